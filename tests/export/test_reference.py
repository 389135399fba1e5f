"""The reference of the metrics is made from their table."""

from driftwatch.export.reference import reference
from driftwatch.export.table import METRICS
from tests.harness.tools import ROOT


def test_the_reference_is_the_one_that_the_table_makes() -> None:
    written = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    assert written == reference(), (
        "python -m driftwatch.export.reference > docs/reference/metrics.md"
    )


def test_the_reference_has_every_metric_once_and_every_value_of_its_labels() -> None:
    text = reference()
    for metric in METRICS:
        assert text.count(f"| `{metric.full_name}` |") == 1
        for meanings in metric.values.values():
            assert all(f"- `{value}`: {meaning}\n" in text for value, meaning in meanings.items())
