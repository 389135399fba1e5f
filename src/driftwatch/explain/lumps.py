"""Candidates that put mass in one place: stuck, a default filled in, clipped; or take it away."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from driftwatch.explain.choice import Candidate, judged, penalty
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.evidence import Comparison
from driftwatch.explain.explanation import ExplanationKind
from driftwatch.explain.wording import percent
from driftwatch.records import FloatArray

STUCK = 0.95
"""From this share of the values on, a column is stuck, and not just partly filled."""
LEAST_LEFT = 0.1
"""Between limits that leave less of the baseline than that, a column is not clipped but moved."""
NARROW = 0.05
"""A bin this narrow, in standard deviations, is one value to a person."""


def lumps(column: NumericColumn, only: float | None) -> Iterator[Candidate]:
    """One value more, or less, and the others as they were; all beyond a limit set to it.

    only: the one value that was seen, where there is one.
    """
    for bin_index in column.gains.tolist():
        found = filled(column, bin_index, only)
        yield found
        if found.kind == "default" and not is_one_value(column, bin_index):
            yield replace(found, kind="new_mode", words=_group_words(column, bin_index))
    for bin_index in column.losses.tolist():
        yield _vanished(column, bin_index)
    yield from _clipped(column)


def filled(column: NumericColumn, bin_index: int, only: float | None = None) -> Candidate:
    """More of one bin, and the others in proportion."""
    cell = column.cell_of(bin_index)
    now, was = _share(column.comparison, cell), float(column.comparison.unchanged[cell])
    predicted = with_share(column.comparison, cell, now)
    kind: ExplanationKind = "stuck" if now >= STUCK else "default"
    words = _filled_words(column, bin_index, now, was, only)
    found = judged(kind, words, 1, predicted, column.comparison)
    if kind == "stuck" and (is_one_value(column, bin_index) or only is not None):
        # Whatever the few others do, this is what there is to say.
        return replace(found, parameters=0, fits=True)
    if kind == "default" and column.one(bin_index) is not None:
        return replace(found, parameters=0)  # one value, as its ends tell: nothing was fitted
    return found


def surely_stuck(column: NumericColumn, only: float | None) -> Candidate | None:
    """That the values are one value, to the last digit: no transform makes that of many."""
    for bin_index in column.gains[:1].tolist():
        found = filled(column, bin_index, only)
        if found.kind == "stuck" and (only is not None or column.width(bin_index) == 0):
            return found
    return None


def is_one_value(column: NumericColumn, bin_index: int) -> bool:
    """Whether a bin is so narrow that a person would call it one value."""
    is_narrow = column.width(bin_index) <= NARROW * column.stddev
    return is_narrow or column.one(bin_index) is not None


def gained_by(column: NumericColumn, bin_index: int) -> float:
    """Nats won by setting a bin's share aside, so that the other values are looked at alone."""
    full, rest = column.comparison, column.comparison.without(column.cell_of(bin_index))
    return full.nats - rest.nats - penalty(2, full.weight)


def with_share(comparison: Comparison, cell: int, share: float) -> FloatArray:
    """(K,) the baseline with another share in one cell, the others in proportion."""
    others = 1.0 - float(comparison.unchanged[cell])
    predicted: FloatArray = comparison.unchanged * ((1.0 - share) / others if others > 0 else 0.0)
    predicted[cell] = share if others > 0 else 1.0
    return predicted


def _share(comparison: Comparison, cell: int) -> float:
    return float(comparison.live[cell] / comparison.live.sum())


def _filled_words(
    column: NumericColumn, bin_index: int, now: float, was: float, only: float | None
) -> str:
    if now >= STUCK:
        place = "at one value" if column.sensitive else _at(column.place(bin_index, only))
        return f"stuck {place} (was {percent(was)} of the values, now {percent(now)})"
    place = "one value" if column.sensitive else column.place(bin_index, only)
    shares = f"{percent(now)} of the values are now {place} ({percent(was)} in training)"
    return f"{shares}: a default filled in?"


def _group_words(column: NumericColumn, bin_index: int) -> str:
    now = percent(_share(column.comparison, column.cell_of(bin_index)))
    if column.sensitive:
        return f"{now} of the values form a new group"
    return f"{now} of the values form a new group {_at(column.place(bin_index))}"


def _at(place: str) -> str:
    return place if place.startswith(("between", "below", "about")) else f"at {place}"


def _vanished(column: NumericColumn, bin_index: int) -> Candidate:
    cell = column.cell_of(bin_index)
    now, was = _share(column.comparison, cell), float(column.comparison.unchanged[cell])
    place = "one value" if column.sensitive else column.place(bin_index)
    words = f"only {percent(now)} of the values are now {place} ({percent(was)} in training)"
    predicted = with_share(column.comparison, cell, now)
    return judged("vanished", words, 2, predicted, column.comparison)


def _clipped(column: NumericColumn) -> Iterator[Candidate]:
    """All values above a limit, below another, or both, set to the limit."""
    cells = sorted({column.cell_of(i): i for i in column.gains.tolist()}.items())
    for low, high in product((None, *cells), (None, *cells)):
        if low is None and high is None:
            continue
        if low is not None and high is not None and low[0] >= high[0]:
            continue
        predicted = column.comparison.unchanged.copy()
        words = []
        left = slice(low[0] if low else 0, high[0] + 1 if high else None)
        if predicted[left].sum() < LEAST_LEFT:
            continue
        for limit, side in ((low, "below"), (high, "above")):
            if limit is None:
                continue
            cell, bin_index = limit
            beyond = slice(0, cell) if side == "below" else slice(cell + 1, None)
            moved = float(predicted[beyond].sum())
            predicted[cell] += moved
            predicted[beyond] = 0.0
            place = "a limit" if column.sensitive else column.place(bin_index)
            words.append(
                f"{_at(place)} ({percent(moved)} of the values were {side} it in training)"
            )
        yield judged(
            "clipped",
            f"clipped {' and '.join(words)}",
            len(words),
            predicted,
            column.comparison,
            gained=-len(words) * math.log(max(2, int(np.count_nonzero(column.base)))) / 2,
        )
