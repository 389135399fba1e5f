"""How often two that are alike are found to differ, and that the hours of a log are its own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from driftwatch.baseline.options import BuildOptions
from driftwatch.check import CheckPolicy
from driftwatch.comparison import Side, compare, open_side
from tests.baseline.data import built_of_arrays
from tests.statistics.conftest import Say

Make = Callable[[np.random.Generator, int], Any]

RUNS = 150
RATE = 0.1
SURE = 1e-4


def named(numbers: Any) -> Any:
    return np.array([f"w{i}" for i in numbers])


POPULATIONS: Mapping[str, Make] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0.0, 1.5, n),
    "zero inflated": lambda rng, n: np.where(rng.random(n) < 0.6, 0.0, rng.lognormal(size=n)),
    "cents": lambda rng, n: np.round(rng.lognormal(1.0, 1.0, n), 2),
    "40 words": lambda rng, n: named(rng.integers(0, 40, n)),
    "zipf": lambda rng, n: named(np.minimum(rng.zipf(1.3, n), 10**6)),
    "10,000 words": lambda rng, n: named(rng.integers(0, 10_000, n)),
}


@pytest.mark.parametrize("population", POPULATIONS)
def test_two_baselines_of_one_population_differ_no_more_often_than_stated(
    population: str, say: Say
) -> None:
    failed = 0
    for seed in range(RUNS):
        values = POPULATIONS[population](np.random.default_rng([7, seed]), 6_000)
        a, b = (built_of_arrays({"x": half}) for half in np.split(values, 2))
        found = compare(Side("a", a), Side("b", b), CheckPolicy(RATE, tolerance=0.0))
        failed += found.verdict == "drift"
    say("pairs that differ without a difference", f"{population}: {failed} of {RUNS}")
    assert failed <= stats.binom.isf(SURE, RUNS, RATE)


@pytest.mark.parametrize("population", ["normal", "cents", "zipf"])
def test_two_logs_of_one_population_differ_no_more_often_than_stated(
    population: str, say: Say, tmp_path: Path
) -> None:
    failed = 0
    for seed in range(RUNS):
        values = POPULATIONS[population](np.random.default_rng([9, seed]), 6_000)
        sides = []
        for name, half in zip("ab", np.split(values, 2), strict=True):
            pq.write_table(pa.table({"x": half}), tmp_path / f"{name}.parquet")
            sides.append(open_side(str(tmp_path / f"{name}.parquet")))
        found = compare(sides[0], sides[1], CheckPolicy(RATE, tolerance=0.0))
        failed += found.verdict == "drift"
    say("pairs that differ without a difference", f"{population}, logs: {failed} of {RUNS}")
    assert failed <= stats.binom.isf(SURE, RUNS, RATE)


def test_hours_of_a_log_are_compared_with_their_like(tmp_path: Path) -> None:
    """A strong daily cycle, and B has the nights only: the same, hour by hour."""
    rng = np.random.default_rng(5)

    def log(name: str, hours: Any) -> Side:
        of_day = hours % 24
        x = rng.normal(size=len(hours)) + 4.0 * (of_day < 8)
        times = 1_700_006_400 + 3_600 * hours + np.arange(len(hours)) % 3_600
        pq.write_table(pa.table({"ts": times, "x": x}), tmp_path / f"{name}.parquet")
        return open_side(str(tmp_path / f"{name}.parquet"))

    a = log("a", np.repeat(np.arange(24 * 14), 170))
    b = log("b", np.tile(np.arange(8), 150))
    timed = compare(a, b, CheckPolicy(), BuildOptions("log", "a", timestamp="ts"))
    assert timed.verdict == "ok"
    untimed = compare(a, b, CheckPolicy(), BuildOptions("log", "a", ignore=("ts",)))
    assert untimed.verdict == "drift"
