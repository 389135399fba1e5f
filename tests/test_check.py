"""A batch counted and compared: hours, names, notes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.basis import events_of
from driftwatch.baseline.chunk import Chunk
from driftwatch.check import MOST_NAMES, CheckPolicy, check, count
from tests.decode.baselines import baseline_of

Records = list[dict[str, Any]]

HOUR_S = 3_600
MONDAY_S = 4 * 24 * HOUR_S
BASELINE = baseline_of({"x": [float(i) for i in range(100)] * 4}, timestamp=None)
NESTED = baseline_of({"user.age": [float(i) for i in range(100)] * 4})


def chunks(*records: Records) -> Iterator[Chunk]:
    return map(Chunk.from_records, records)


def test_rows_are_counted_by_the_hour_of_the_week_of_their_time() -> None:
    timed = [{"x": 1.0, "ts": MONDAY_S + HOUR_S * h} for h in (0, 0, 5, 168, 167)]
    untimed: Records = [{"x": 2.0, "ts": "never"}, {"x": 2.0}]
    found = count(BASELINE, chunks(timed, untimed), "ts")
    assert found.counts.rows == 7
    assert found.hours is not None
    assert {h: int(n) for h, n in enumerate(found.hours) if n} == {0: 3, 5: 1, 167: 1}
    assert found.unknown == ()


def test_without_a_readable_time_no_hour_is_known() -> None:
    untimed: Records = [{"x": 1.0, "ts": "soon"}, {"x": 1.0}]
    assert count(BASELINE, chunks(untimed), "ts").hours is None
    assert count(BASELINE, chunks(untimed)).hours is None


def test_a_column_is_unknown_unless_the_baseline_has_it_or_a_part_of_it() -> None:
    batch: Records = [{"user": None}, {"user.age": 3.0, "user.name": "x", "id": 1, "extra": 2}]
    found = count(NESTED, chunks(batch), known=("extra",))
    assert found.unknown == ("id", "user.name")


def test_a_part_of_a_null_is_null() -> None:
    found = count(NESTED, chunks([{"user": None}] * 3))
    layout = NESTED.layout()
    assert found.counts.cells[layout.columns[0].cell("null")] == 3


def test_names_without_end_are_not_kept() -> None:
    records: list[Records] = [[{f"k{i}": 1, "x": 1.0}] for i in range(MOST_NAMES + 50)]
    found = count(BASELINE, chunks(*records))
    assert len(found.unknown) == MOST_NAMES


def test_progress_is_told_after_each_chunk() -> None:
    seen: list[tuple[int, float | None]] = []
    count(BASELINE, chunks([{"x": 1.0}], [{"x": 1.0}] * 2), progress=lambda *at: seen.append(at))
    assert seen == [(1, None), (3, None)]


def test_no_rows_are_no_verdict() -> None:
    found = check(BASELINE, count(BASELINE, chunks()), CheckPolicy())
    assert (found.verdict, found.rows, found.columns) == ("unknown", 0, ())
    assert found.reason == "the data has 0 rows; with fewer than 50 nothing is said"


def test_the_worst_column_comes_first() -> None:
    columns = {name: [float(i) for i in range(100)] * 4 for name in "abc"}
    baseline = baseline_of(columns)
    rng = np.random.default_rng(1)
    batch = [
        {"a": float(a), "b": float(b) + 90, "c": float(c) + 40}
        for a, b, c in rng.integers(0, 100, (500, 3)).tolist()
    ]
    found = check(baseline, count(baseline, chunks(batch)), CheckPolicy())
    assert found.verdict == "drift"
    assert found.reason == "2 of 3 columns have drifted"
    assert [(column.name, column.drift) for column in found.columns] == [
        ("b", True),
        ("c", True),
        ("a", False),
    ]


def test_what_the_baseline_does_not_know_is_noted() -> None:
    found = check(BASELINE, count(BASELINE, chunks([{"x": 5.0}] * 100)), CheckPolicy())
    assert any("no order of its rows" in note for note in found.notes)


def by_hour() -> Baseline:
    """A baseline whose values at 3 o'clock are the lower half of what they are else."""
    (column,) = BASELINE.columns
    events = events_of(column)
    cells = np.array(column.cells(), dtype=np.int64)
    half = np.where(np.cumsum(cells) <= cells.sum() // 2, 2 * cells, 0)
    whole, lower = events.grouped(cells), events.grouped(half)
    groups = tuple(tuple((lower if hour == 3 else whole).tolist()) for hour in range(24))
    changed = column.model_copy(update={"strata": "hour_of_day", "stratum_groups": groups})
    return BASELINE.model_copy(update={"columns": (changed,), "timestamp": "ts"})


@pytest.mark.parametrize(
    ("hour", "verdict", "note"),
    [
        (3, "ok", "hours of the data"),
        (4, "drift", "hours of the data"),
        (None, "drift", "no times"),
    ],
)
def test_a_column_that_goes_by_the_hour_is_compared_with_the_hours_of_the_batch(
    hour: int | None, verdict: str, note: str
) -> None:
    baseline = by_hour()
    batch: Records = [{"x": float(i % 50)} for i in range(400)]
    if hour is not None:
        batch = [{**row, "ts": MONDAY_S + hour * HOUR_S} for row in batch]
    found = check(baseline, count(baseline, chunks(batch)), CheckPolicy())
    assert found.verdict == verdict
    assert any(note in words for words in found.notes)


@pytest.mark.parametrize(("tolerance", "verdict"), [(0.0, "drift"), (1.0, "ok")])
def test_a_column_may_have_a_tolerance_of_its_own(tolerance: float, verdict: str) -> None:
    batch = [{"x": float(i % 100) + 20.0} for i in range(400)]
    policy = CheckPolicy(tolerances={"x": tolerance})
    assert check(BASELINE, count(BASELINE, chunks(batch)), policy).verdict == verdict
