"""Two baselines, two logs, one of each: what is found, and how often where there is nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from driftwatch.baseline.options import BuildOptions
from driftwatch.check import CheckPolicy
from driftwatch.comparison import Comparison, Side, compare, open_side
from driftwatch.errors import BaselineError, DataError, UsageError
from tests.baseline.data import built_of, built_of_arrays, write_jsonl

ROWS = 2_000
PAIRS = [("log", "log"), ("baseline", "baseline"), ("baseline", "log"), ("log", "baseline")]


def rides(seed: int, rows: int = ROWS, factor: float = 1.0, new: float = 0.0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    weather = rng.choice(["clear", "rain", "snow"], rows).astype(object)
    weather[rng.random(rows) < new] = "hail"
    tip = np.round(rng.normal(3.0, 1.0, rows), 2).astype(object)
    tip[rng.random(rows) < 0.1] = None
    return {
        "minutes": np.round(rng.lognormal(2.5, 0.4, rows) * factor, 3).tolist(),
        "weather": weather.tolist(),
        "tip": tip.tolist(),
        "score": rng.random(rows).tolist(),
    }


def side(folder: Path, kind: str, name: str, columns: dict[str, Any]) -> Side:
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    log = write_jsonl(folder / f"{name}.jsonl", records)
    if kind == "log":
        return open_side(str(log))
    path = folder / f"{name}.baseline.json.gz"
    built_of(log).save(path)
    return open_side(str(path))


def compared(folder: Path, kinds: tuple[str, str], b: dict[str, Any], **given: Any) -> Comparison:
    sides = [
        side(folder, kind, name, columns)
        for kind, name, columns in zip(kinds, "ab", (rides(1), b), strict=True)
    ]
    return compare(sides[0], sides[1], CheckPolicy(), **given)


@pytest.mark.parametrize("kinds", PAIRS)
def test_what_changed_is_said_worst_first(tmp_path: Path, kinds: tuple[str, str]) -> None:
    found = compared(tmp_path, kinds, rides(2, factor=1.3, new=0.05))
    assert (found.verdict, found.reason) == ("drift", "2 of 4 columns differ")
    assert (found.a_rows, found.b_rows) == (ROWS, ROWS)
    first, second, *others = found.columns
    assert [(c.name, c.differs) for c in (first, second)] == [("minutes", True), ("weather", True)]
    assert not any(column.differs for column in others)
    assert first.change.startswith("multiplied by 1.3")
    assert first.b.mean / first.a.mean == pytest.approx(1.3, rel=0.05)
    assert first.b.stddev / first.a.stddev == pytest.approx(1.3, rel=0.1)
    assert "(" in first.evidence
    assert f"in {tmp_path}/a." in first.evidence
    assert second.gauges["new_category_ratio"] == pytest.approx(0.05, abs=0.02)
    assert "in training" not in second.change + second.evidence
    tip = next(column for column in others if column.name == "tip")
    assert tip.a.missing == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("kinds", PAIRS)
def test_two_that_are_alike_differ_in_nothing(tmp_path: Path, kinds: tuple[str, str]) -> None:
    found = compared(tmp_path, kinds, rides(3))
    assert (found.verdict, found.reason) == ("ok", "no column differs by more than is tolerated")
    assert all(column.change == "" for column in found.columns)
    for column in found.columns:
        if column.kind == "numeric":
            assert column.gauges["ks_statistic"] < 0.07


@pytest.mark.parametrize("kinds", PAIRS)
def test_columns_that_one_lacks_are_told(tmp_path: Path, kinds: tuple[str, str]) -> None:
    b = rides(3)
    b["fresh"] = b.pop("score")
    options = BuildOptions("log", "a", ignore=("tip",))
    found = compared(tmp_path, kinds, b, options=options)
    assert (found.only_a, found.only_b) == (("score",), ("fresh",))
    assert "tip" not in {column.name for column in found.columns}


def test_too_few_rows_are_no_verdict(tmp_path: Path) -> None:
    found = compared(tmp_path, ("log", "log"), rides(3, rows=49))
    assert found.verdict == "unknown"
    assert found.reason.endswith("b.jsonl has 49 rows; with fewer than 50 nothing is said")


def test_a_column_of_another_kind_can_not_be_compared() -> None:
    rng = np.random.default_rng(1)
    a = built_of_arrays({"n": rng.normal(size=ROWS), "x": rng.normal(size=ROWS)})
    b = built_of_arrays({"n": rng.choice(["1", "2"], ROWS), "x": rng.normal(size=ROWS)})
    found = compare(Side("a", a), Side("b", b), CheckPolicy())
    assert (found.verdict, found.reason) == ("unknown", "1 of the columns can't be compared")
    assert found.other_kind == ("n",)
    with pytest.raises(UsageError, match="a and b have no column in common"):
        compare(Side("a", a.without(frozenset("x"))), Side("b", b), CheckPolicy())


def test_what_is_compared_is_known_by_what_the_file_holds(tmp_path: Path) -> None:
    baseline = built_of_arrays({"x": np.arange(100.0)})
    for name in ("b.json", "b.json.gz"):
        baseline.save(tmp_path / name)
        assert open_side(str(tmp_path / name)).baseline == baseline
    log = write_jsonl(tmp_path / "log.json", [{"format": "driftwatch-baseline"}])
    assert open_side(str(log)).baseline is None
    whole = (tmp_path / "b.json").read_bytes()
    (tmp_path / "cut.json").write_bytes(whole[:-100])
    with pytest.raises(BaselineError, match="truncated"):
        open_side(str(tmp_path / "cut.json"))
    with pytest.raises(DataError, match="no such file"):
        open_side(str(tmp_path / "none.jsonl"))


def test_two_halves_of_one_data_set_differ_no_more_often_than_stated() -> None:
    runs, rate, failed = 25, 0.1, 0
    for seed in range(runs):
        rng = np.random.default_rng([7, seed])
        values = np.where(rng.random(2_000) < 0.2, 0.0, np.round(rng.lognormal(1, 1, 2_000), 2))
        a, b = (built_of_arrays({"x": half}) for half in np.split(values, 2))
        found = compare(Side("a", a), Side("b", b), CheckPolicy(rate, tolerance=0.0))
        failed += found.verdict == "drift"
    assert failed <= stats.binom.isf(1e-3, runs, rate)


def test_two_baselines_find_what_a_log_finds() -> None:
    """Laying one on the other's edges costs little power."""
    found = 0
    for seed in range(20):
        rng = np.random.default_rng([8, seed])
        a = built_of_arrays({"x": rng.normal(size=3_000)})
        b = built_of_arrays({"x": rng.normal(0.25, 1.0, 3_000)})
        found += compare(Side("a", a), Side("b", b), CheckPolicy()).verdict == "drift"
    assert found >= 18
