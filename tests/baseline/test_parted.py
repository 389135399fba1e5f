"""Rows that are gone through apart give what one pass over all of them gives, to the byte."""

import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from driftwatch.baseline import order, survey, tally, words
from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build, build_by
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.frames import options_of, times_of_column
from driftwatch.baseline.parted import PartedPasses, Run, Work, worked
from driftwatch.errors import DataError, UsageError
from tests.baseline.data import Record, chunks_of

ROWS = 1_500
HOUR_S = 3_600


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to many rows happens to these few."""
    monkeypatch.setattr(tally, "BLOCK_ROWS", 300)
    monkeypatch.setattr(survey, "BLOCK_ROWS", 128)
    monkeypatch.setattr(order, "KEPT_ROWS", 600)
    for module in (words, survey):
        monkeypatch.setattr(module, "MAX_WORDS", 400)
        monkeypatch.setattr(module, "SUMMARY_WORDS", 50)


def records() -> list[Record]:
    rng = np.random.default_rng(4)
    late = rng.permutation(ROWS // 4)
    return [
        {
            "x": [float(rng.normal()), None, float("nan")][int(rng.choice(3, p=[0.9, 0.07, 0.03]))],
            "few": int(rng.integers(0, 7)),
            "many": int(rng.integers(0, 1_000)),
            "word": f"w{rng.zipf(1.5) % 100}",
            "flag": bool(rng.random() < 0.3),
            "id": f"id{i}",
            "at": 1_700_000_000 + HOUR_S * int(late[i // 4] if i % 5 == 0 else i // 4),
        }
        for i in range(ROWS)
    ]


def run_of(rows: list[Record], cuts: list[int]) -> Run:
    """Works on the rows in parts that end there; only bytes go back."""

    def run(work: Work) -> Iterator[tuple[int, Any]]:
        for part, (start, end) in enumerate(pairwise([0, *cuts, len(rows)])):
            if start < end:
                for found in worked(work, part, chunks_of(rows[start:end], 70)):
                    yield part, pickle.loads(pickle.dumps(found))

    return run


def apart(rows: list[Record], cuts: list[int], **given: Any) -> Baseline:
    options = options_of("m", "1", **given)
    passes = PartedPasses(run_of(rows, cuts), times_of_column(options.timestamp))
    return build_by(passes, options).baseline


def at_once(rows: list[Record], **given: Any) -> Baseline:
    options = options_of("m", "1", **given)
    times_of = times_of_column(options.timestamp)
    return build(lambda: chunks_of(rows, 90), options, times_of=times_of)


CASES: dict[str, dict[str, Any]] = {
    "unordered": {},
    "in order": {"in_order": True, "categorical": "many"},
    "timed": {"timestamp": "at", "numeric": "few"},
    "in segments": {
        "timestamp": "at",
        "segments": {"high": "x > 0.5", "flagged": "flag = 'true'"},
        "rates": {"low": "x < 0"},
        "ignore": "id",
    },
}


@pytest.mark.parametrize("cuts", [[], [1, 299, 300, 300, 301, 1_000], [700]])
@pytest.mark.parametrize("case", CASES)
def test_the_baseline_is_the_same_wherever_parts_end(case: str, cuts: list[int]) -> None:
    rows = records()
    whole = at_once(rows, **CASES[case])
    assert apart(rows, cuts, **CASES[case]).to_bytes() == whole.to_bytes()


def test_the_order_of_the_parts_matters() -> None:
    rows = records()
    assert apart(rows[700:] + rows[:700], [700]) != at_once(rows)


@pytest.mark.parametrize("most", [100_000, 700])
def test_words_that_are_too_many_together_are_given_up_alike(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(survey, "MAX_ALL_WORDS", most)
    rows = records()
    whole = at_once(rows, categorical="many")
    assert apart(rows, [200, 900], categorical="many").to_bytes() == whole.to_bytes()
    assert not all(column.other_complete for column in whole.columns if column.kind != "numeric")


def test_a_vector_is_averaged_alike() -> None:
    rng = np.random.default_rng(1)
    rows: list[Record] = [{"v": rng.normal(size=3).tolist()} for _ in range(400)]
    made: list[Baseline] = []
    for cuts in ([], [33, 350]):
        passes = PartedPasses(_raw_run(rows, cuts), times_of_column(None))
        made.append(build_by(passes, options_of("m", "1", derive="vector:v")).baseline)
    assert made[0].derived == made[1].derived
    assert made[0].to_bytes() == made[1].to_bytes()


def _raw_run(rows: list[Record], cuts: list[int]) -> Run:
    def run(work: Work) -> Iterator[tuple[int, Any]]:
        for part, (start, end) in enumerate(pairwise([0, *cuts, len(rows)])):
            yield from (
                (part, found) for found in work(part, chunks_of(rows[start:end], 70, {"v"}))
            )

    return run


def test_no_rows_are_said_to_be_none() -> None:
    with pytest.raises(DataError, match="no rows"):
        apart([], [])


def test_a_name_that_no_column_has_is_named() -> None:
    with pytest.raises(UsageError, match=r"--prediction wrd: .* did you mean word"):
        apart(records(), [700], predictions="wrd")


def test_an_age_needs_times() -> None:
    with pytest.raises(UsageError, match="--timestamp names its column"):
        apart(records(), [700], derive="age:at")


@pytest.mark.parametrize(
    "change", [lambda rows: rows[:-1], lambda rows: [*rows, rows[0]], lambda rows: rows[:0]]
)
@pytest.mark.parametrize("unchanged_passes", [1, 2])
def test_rows_that_change_between_the_passes_are_found_out(
    change: Callable[[list[Record]], list[Record]], unchanged_passes: int
) -> None:
    rows, done = records(), 0

    def run(work: Work) -> Iterator[tuple[int, Any]]:
        nonlocal done
        now = rows if done < unchanged_passes else change(rows)
        done += 1
        yield from run_of(now, [700])(work)

    passes = PartedPasses(run, times_of_column(None))
    with pytest.raises(DataError, match="changed while it was read"):
        build_by(passes, options_of("m", "1", ignore="id", in_order=True))


def test_an_error_of_ours_is_handed_on_as_the_last_result() -> None:
    def work(_: int, chunks: Iterator[Chunk]) -> Iterator[int]:
        yield next(chunks).rows
        raise DataError("the file is gone")

    one, problem = worked(work, 0, chunks_of(records(), 70))
    assert one == 70
    assert isinstance(problem, DataError)
