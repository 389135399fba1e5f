"""The counts of columns as series that Prometheus can add up."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from driftwatch.export.count_plans import CountPlans
from driftwatch.export.exposition import render
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.export.table import METRICS
from driftwatch.records import StreamKey
from tests.export.reports import AMOUNT, COUNTRY, pictures, report, stream

# below 0, [0, 1), [1, 2), from 2, null, absent, wrong type, NaN, -inf, +inf
AMOUNTS = (1, 20, 40, 3, 5, 6, 7, 8, 9, 2)
# DE, FR, other, new, null, absent, wrong type
COUNTRIES = (10, 20, 5, 4, 3, 2, 1)
COUNTED = (*AMOUNTS, *COUNTRIES)
ON = ExportPolicy(counts=True)
BOTH = (AMOUNT, COUNTRY)
OF_COUNTS = {metric.series_name for metric in METRICS if metric.per == "column and cell"}


def series(
    policy: ExportPolicy = ON, sensitive: frozenset[str] = frozenset()
) -> Mapping[tuple[str, str, str], float]:
    """By metric, column, and bucket or cell."""
    found = report(stream(columns=BOTH, pictures=pictures(BOTH, COUNTED, sensitive)))
    page = render(found, ProcessFacts(), policy).text(False, b"").decode()
    return {
        (s.name.removeprefix("driftwatch_"), s.labels["column"], s.labels.get("le", key)): s.value
        for family in text_string_to_metric_families(page)
        for s in family.samples
        if s.name in OF_COUNTS
        for key in [s.labels.get("cell", "")]
    }


def test_there_are_no_counts_unless_asked_for() -> None:
    assert series(ExportPolicy()) == {}


def test_buckets_hold_the_finite_values_below_their_end() -> None:
    found = series()
    live = {le: v for (name, _, le), v in found.items() if name == "column_values_bucket"}
    assert live == {"0.0": 1.0, "1.0": 21.0, "2.0": 61.0, "+Inf": 64.0}
    base = {le: v for (name, _, le), v in found.items() if name == "baseline_values_bucket"}
    assert base == {"0.0": 0.0, "1.0": 30.0, "2.0": 40.0, "+Inf": 40.0}


def test_cells_hold_every_record_with_the_missing_ones_and_the_infinite_ones_apart() -> None:
    found = series()

    def of(name: str, column: str) -> dict[str, float]:
        return {cell: v for (n, c, cell), v in found.items() if (n, c) == (name, column)}

    amount = of("column_records_total", "amount")
    assert (amount["(missing)"], amount["(infinite)"]) == (26.0, 11.0)
    assert sum(amount.values()) == sum(AMOUNTS)
    country = of("column_records_total", "country")
    expected = {"DE": 10.0, "FR": 20.0, "(other)": 5.0, "(new)": 4.0, "(missing)": 6.0}
    assert country == expected
    assert of("baseline_records", "country") == dict.fromkeys(expected, 0.0) | {
        "DE": 30.0,
        "FR": 10.0,
        "(missing)": 2.0,
    }


def test_a_sensitive_column_shows_neither_its_edges_nor_its_words() -> None:
    found = series(sensitive=frozenset(("amount", "country")))
    assert not [name for name, _, _ in found if name.endswith("_bucket")]
    assert {cell for _, column, cell in found if column == "country"} == {
        *("word 1", "word 2"),
        *("(other)", "(new)", "(missing)"),
    }


def test_counts_go_before_anything_else_goes() -> None:
    whole = stream(columns=BOTH, pictures=pictures(BOTH, COUNTED))
    segment = stream(StreamKey("fraud", "3", "new"), columns=BOTH, pictures=pictures(BOTH))
    found = report(whole, segment)

    def names(max_series: int) -> list[str]:
        policy = ExportPolicy(max_series, counts=True)
        page = render(found, ProcessFacts(), policy).text(False, b"").decode()
        families = text_string_to_metric_families(page)
        return [sample.name for family in families for sample in family.samples]

    everything, without = names(10_000), names(10_000 - 1)
    assert everything == without
    others = len([name for name in everything if name not in OF_COUNTS])
    # What alarms would need is kept free for them.
    reserve = next(n for n in range(others, others + 100) if "driftwatch_psi" in names(n))
    fewer = names(reserve + 30)
    assert not OF_COUNTS & set(fewer)
    assert [name for name in everything if name not in OF_COUNTS] == fewer


def test_a_plan_is_made_once_and_goes_with_its_layout() -> None:
    plans, given = CountPlans(), pictures(BOTH, COUNTED)
    assert plans.of(given) is plans.of(given)
    assert plans.of(given) is not plans.of(pictures(BOTH, COUNTED))
