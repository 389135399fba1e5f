"""The reference of the configuration is made from its settings."""

from driftwatch.config.reference import reference
from driftwatch.config.settings import Settings
from tests.harness.tools import ROOT


def test_the_reference_is_the_one_that_the_settings_make() -> None:
    written = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    assert written == reference(), (
        "python -m driftwatch.config.reference > docs/reference/configuration.md"
    )


def test_the_reference_has_every_key_at_the_top_with_a_meaning() -> None:
    rows = dict(
        line.split(" | ")[:3:2] for line in reference().splitlines() if line.startswith("| `")
    )
    for name in Settings.model_fields:
        found = [meaning for key, meaning in rows.items() if key.strip("| `*") == name]
        assert found
        assert all(meaning.strip(" |") for meaning in found), name
