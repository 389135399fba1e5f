import numpy as np
import pytest
from scipy.stats import binom

from driftwatch.baseline import self_test as self_test_module
from driftwatch.baseline.artifact import Baseline
from tests.baseline.data import Array, built_of_arrays, column, numeric

ROWS = 10_000
SEEDS = 20


def replayed(**columns: Array) -> Baseline:
    return built_of_arrays(columns, in_order=True, rows_per_pane=100)


def pages(baseline: Baseline, name: str = "x") -> int:
    found = column(baseline, name).self_test
    assert found is not None
    return found.page


def drifting(seed: int, shift: float) -> Array:
    """The last fifth is shifted by so many standard deviations."""
    values = np.random.default_rng(seed).normal(size=ROWS)
    values[int(0.8 * ROWS) :] += shift
    return values


def test_a_training_set_that_drifts_in_its_last_fifth_would_have_paged() -> None:
    found = sum(pages(replayed(x=drifting(seed, 0.7))) > 0 for seed in range(SEEDS))
    assert found >= SEEDS - 1


def test_a_stationary_training_set_would_not() -> None:
    columns = [
        replayed(x=drifting(seed, 0.0), y=drifting(1_000 + seed, 0.0)) for seed in range(SEEDS)
    ]
    panes = sum(found.self_test.panes for found in columns if found.self_test is not None)
    assert panes == SEEDS * ROWS // 500
    alarms = sum(pages(found, "x") + pages(found, "y") for found in columns)
    # One in 43,200 panes for all columns together is promised; hundreds of panes have none.
    assert alarms <= binom.ppf(0.999, panes, 1 / 43_200)


def test_a_drift_is_told_of_its_own_column_only() -> None:
    baseline = replayed(x=drifting(0, 0.7), y=drifting(1, 0.0))
    assert pages(baseline, "x") > 0
    assert pages(baseline, "y") == 0


def test_words_that_come_late_would_have_paged() -> None:
    rng = np.random.default_rng(0)
    words = np.array(["a", "b"])[rng.integers(0, 2, ROWS)].astype(object)
    words[int(0.9 * ROWS) :: 3] = "late"
    assert pages(replayed(x=words)) > 0


def test_a_tolerance_is_tolerated() -> None:
    values = {"x": drifting(0, 0.2)}
    found = [
        pages(built_of_arrays(values, in_order=True, rows_per_pane=100, tolerance=tolerance))
        for tolerance in (0.0, 0.5)
    ]
    assert found[0] > 0
    assert found[1] == 0


def test_alarms_that_end_are_counted_each() -> None:
    values = np.random.default_rng(0).normal(size=200_000)
    values[161_000:162_000] += 3.0
    values[190_000:191_000] += 3.0
    assert pages(replayed(x=values)) == 2


def test_panes_of_too_large_data_are_joined_and_then_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(self_test_module, "MOST_LOOKS", 10)
    monkeypatch.setattr(self_test_module, "LEAST_PANES", 100)
    monkeypatch.setattr(self_test_module, "MOST_JOINED", 3)
    values = np.random.default_rng(0).normal(size=400_000)
    few, many = replayed(x=values[:50_000]).self_test, replayed(x=values).self_test
    assert few is not None
    assert many is not None
    assert (few.panes, few.pane_rows) == (100, 100)
    assert (many.panes, many.pane_rows) == (100, 300)


def test_a_tail_too_small_for_a_pane_is_not_replayed() -> None:
    baseline = replayed(x=np.random.default_rng(0).normal(size=240))
    assert baseline.self_test is None
    assert numeric(baseline).self_test is None


def test_what_was_replayed_with_is_written() -> None:
    values = {"x": np.random.default_rng(0).normal(size=2_000)}
    found = built_of_arrays(
        values, in_order=True, rows_per_pane=100, false_alarms=" 1 per 7d", tolerance=0.1
    ).self_test
    assert found is not None
    assert found.model_dump() == {
        "panes": 4,
        "pane_rows": 100,
        "false_alarms": "1 per 7d",
        "tolerance": 0.1,
    }
