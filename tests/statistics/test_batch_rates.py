"""How often `check` fails a batch that is like its baseline, and one that has drifted."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from driftwatch.records import IntArray
from driftwatch.stats.batch import BatchTest, batch_test
from tests.statistics.columns import Column
from tests.statistics.conftest import Say
from tests.statistics.populations import POPULATIONS, daily_cycle
from tests.statistics.power import DRIFTS

BATCHES = 240
PER_BASELINE = 4
ROWS = 1_000
RATE = 0.1
"""Of the null runs, each with one column: at 0.01 as many batches would show next to nothing."""
SURE = 1e-4
NULLS = (
    "normal",
    "lognormal",
    "integer",
    "zero inflated",
    "50 words",
    "rare words",
    "zipf",
    "10,000 words",
)
DEPENDENT = ("AR(1) .9", "bursty word", "null bursts")

POWER: Mapping[tuple[str, int], float] = {
    ("+.25 sd", 50_000): 0.97,
    ("sd x 1.2", 50_000): 0.95,
    ("sd x .85", 50_000): 0.76,
    ("2% tail", 50_000): 1.00,
    ("+.25 sd", 5_000): 0.90,
    ("sd x 1.2", 5_000): 0.86,
    ("sd x .85", 5_000): 0.54,
    ("2% tail", 5_000): 0.98,
}
"""What is asked for in one of 200 columns at a rate of 1%, 1,000 rows, by drift and baseline."""
POWER_BATCHES = 120


def outcome(
    columns: Sequence[Column],
    lives: Sequence[IntArray],
    rate: float,
    tolerance: float,
    hours: IntArray | None = None,
) -> BatchTest:
    """Each column as if it were alone."""
    count = len(columns)
    bases = [column.basis for column in columns]
    return batch_test(bases, lives, np.full(count, tolerance), rate * count, hours)


def failures(population: str, m: int, rows: int) -> int:
    """Of so many batches like their baselines, those that fail; nothing is tolerated."""
    rng = np.random.default_rng([11, m, sorted(POPULATIONS).index(population)])
    columns, lives = [], []
    for _ in range(BATCHES // PER_BASELINE):
        column = POPULATIONS[population](rng, m, rows)
        columns += [column] * PER_BASELINE
        lives += [column.live(rng, 0, 1)[0] for _ in range(PER_BASELINE)]
    return int(outcome(columns, lives, RATE, 0.0).drift.sum())


@pytest.mark.parametrize("population", NULLS)
def test_a_batch_like_its_baseline_fails_at_most_half_as_often_as_allowed(
    population: str, say: Say
) -> None:
    failed = failures(population, 5_000, ROWS)
    say("batches that fail without drift", f"{population}: {failed} of {BATCHES}, allowed {RATE}")
    assert failed <= stats.binom.isf(SURE, BATCHES, RATE / 2)


@pytest.mark.parametrize("population", DEPENDENT)
def test_rows_that_depend_on_each_other_fail_no_more_often_than_allowed(
    population: str, say: Say
) -> None:
    failed = failures(population, 50_000, ROWS)
    say("batches that fail without drift", f"{population}: {failed} of {BATCHES}, allowed {RATE}")
    assert failed <= stats.binom.isf(SURE, BATCHES, RATE)


def test_a_batch_of_some_hours_of_a_cycle_is_compared_with_those(say: Say) -> None:
    rng = np.random.default_rng(12)
    hours = np.zeros(168, dtype=np.int64)
    hours[3:9] = ROWS // 6
    columns, lives = [], []
    for _ in range(20):
        column = daily_cycle(rng, 50_000, ROWS // 36)
        columns += [column] * 5
        lives += [column.live(rng, 3 * 6, 36).sum(axis=0) for _ in range(5)]
    failed = int(outcome(columns, lives, RATE, 0.0, hours).drift.sum())
    blind = int(outcome(columns, lives, RATE, 0.0).drift.sum())
    say("batches that fail without drift", f"6 hours of a cycle: {failed} of {len(lives)}")
    assert failed <= stats.binom.isf(SURE, len(lives), RATE / 2)
    assert blind == len(lives)


@pytest.mark.parametrize(("drift", "m"), POWER)
def test_a_drift_is_found_as_often_as_asked(drift: str, m: int, say: Say) -> None:
    rng = np.random.default_rng([13, m, sorted(DRIFTS).index(drift)])
    columns = [DRIFTS[drift](rng, m) for _ in range(POWER_BATCHES)]
    lives = [column.live(rng, 0, ROWS // column.rows).sum(axis=0) for column in columns]
    found = int(outcome(columns, lives, 0.01 / 200, 0.03).drift.sum())
    share = found / POWER_BATCHES
    say("batches that fail with drift", f"{drift}, m {m}: {share:.2f}, asked {POWER[drift, m]}")
    assert found >= stats.binom.ppf(SURE, POWER_BATCHES, POWER[drift, m])
