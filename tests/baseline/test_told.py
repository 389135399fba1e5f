import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.summary import summarize
from driftwatch.baseline.told import told
from tests.baseline.data import Array, built_of_arrays

RNG = np.random.default_rng(0)
DRIFTING = RNG.normal(size=10_000)
DRIFTING[8_000:] += 1.0


def in_order(**columns: Array) -> Baseline:
    return built_of_arrays(columns, in_order=True, rows_per_pane=100)


def test_an_unknown_order_is_said_with_what_it_means_and_what_to_do() -> None:
    (line,) = told(built_of_arrays({"x": RNG.normal(size=500)}))
    assert line.startswith("order: unknown, so rows are taken to be independent: ")
    assert "--timestamp COLUMN or --in-order" in line


def test_the_most_dependent_column_is_named() -> None:
    sticky = np.repeat(RNG.normal(size=100), 100)
    lines = told(in_order(x=RNG.normal(size=10_000), sticky=sticky))
    assert lines[0] == "order: as the rows stand in the data"
    assert lines[1].startswith("dependence: measured in blocks of 100 rows; the largest phi is 1")
    assert ", of sticky " in lines[1]


def test_too_few_rows_for_blocks_are_said() -> None:
    assert any("too few rows" in line for line in told(in_order(x=RNG.normal(size=40))))


def test_a_column_that_drifts_inside_itself_is_told_with_a_hint() -> None:
    lines = told(in_order(x=DRIFTING, y=RNG.normal(size=10_000)))
    general, *rest = [line for line in lines if line.startswith("self-test: ")]
    assert "20 panes of up to 100 rows, 1 per 30d, tolerance 0.03" in general
    assert next(line for line in rest if "would have paged" in line).startswith(
        "self-test: x would have paged once: it drifts inside the training data; train on"
    )
    assert not any("y would" in line for line in lines)


def test_a_stationary_training_set_is_said_to_be_one() -> None:
    lines = told(in_order(x=RNG.normal(size=10_000)))
    assert lines[-1].endswith(": no column would have paged")


def test_times_and_strata_are_said() -> None:
    hour_us = 3_600_000_000
    at = 5_800 * 24 * hour_us * 3 + (np.arange(60_000) * (35 * 24 * hour_us / 60_000)).astype(int)
    values = RNG.normal(size=60_000) + 0.5 * np.sin(at / (24 * hour_us) * 2 * np.pi)
    at[::6_000] = -1
    lines = told(built_of_arrays({"x": values}, at))
    assert lines[0] == "order: by the time of the records; 10 rows without a readable time"
    assert "strata: compared by hour of the day (UTC): x" in lines


def test_the_summary_holds_it_all() -> None:
    summary = summarize(in_order(x=DRIFTING))
    assert (summary["order"], summary["untimed"], summary["block_sizes"]) == ("rows", 0, [100])
    assert summary["self_test"]["panes"] == 20
    (column,) = summary["columns"]
    assert column["self_test"]["page"] == 1
    assert column["largest_phi"] > 1
    assert column["strata"] == "none"
