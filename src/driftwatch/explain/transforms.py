"""Candidates that carry every value through one x -> a x + b."""

import math
from collections.abc import Iterator

import numpy as np

from driftwatch.explain.choice import Candidate, judged
from driftwatch.explain.column import NumericColumn
from driftwatch.explain.explanation import ExplanationKind
from driftwatch.explain.search import (
    Fit,
    Transform,
    best_affine,
    best_scale,
    best_shift,
    fitted,
)
from driftwatch.explain.units import UNIT_CHANGES
from driftwatch.explain.wording import number, signed

_FLIPS = ((0.0, "the sign flipped (x became -x)"), (1.0, "turned around (x became 1 - x)"))
COMB = 2  # cells that even out a comb
_MIDDLE = 0.15  # standard deviations about the median and the mean
_ABOUT = 0.15
"""Of the way that the median has moved, how far from a unit change it may be."""
_PROMISING = 30.0  # nats behind the best unit change, beyond which none is looked at more closely


def transforms(column: NumericColumn, gained: float = 0.0) -> Iterator[Candidate]:
    """Unit changes, flips, shift, spread and scale; none where the baseline has one value."""
    if column.constant or not column.stddev > 0:
        return
    if len(column.variants) > 1:
        same = fitted(column, (1.0, 0.0))
        if column.comparison.fits(same.predicted, 0):
            return  # rounded, and nothing else
    yield from _units(column, gained)
    for about, words in _FLIPS:
        flip = (-1.0, float(np.ldexp(about, -column.exponent)))
        yield _candidate("sign_flip", words, 0, fitted(column, flip), column, gained)
    yield from _free(column, gained)


def _units(column: NumericColumn, gained: float) -> Iterator[Candidate]:
    with np.errstate(over="ignore"):
        b = np.ldexp(np.array([change.b for change in UNIT_CHANGES]), -column.exponent)
    a = np.array([change.a for change in UNIT_CHANGES])
    usable = np.flatnonzero(np.isfinite(b))
    found = np.min(
        [
            column.comparison.deviance(column.before.transformed(a[usable], b[usable], cuts))
            for cuts in column.variants
        ],
        axis=0,
    )
    for i, deviance in zip(usable.tolist(), found.tolist(), strict=True):
        if deviance <= found.min() + 2 * _PROMISING:
            if not _middle_is_there(column, float(a[i]), float(b[i])):
                continue
            fit = fitted(column, (float(a[i]), float(b[i])))
            words = f"looks like {UNIT_CHANGES[i].names}"
            # One of so many may fit by chance.
            yield _candidate("units", words, 0, fit, column, gained - math.log(len(a)))


def _middle_is_there(column: NumericColumn, a: float, b: float) -> bool:
    """Whether the live median is about where the change would have put it.

    Where few rows are independent almost any change fits; a unit has to fit what was seen as well.
    """
    edges, rows = column.edges.at, np.cumsum(column.live)
    if rows[-1] == 0 or len(edges) == 0:
        return False
    chance = 2.0 / math.sqrt(float(rows[-1]))
    low, high = np.searchsorted(rows / rows[-1], (0.5 - chance, min(1.0, 0.5 + chance)))
    lowest = float(edges[max(0, int(low) - 1)])
    highest = float(edges[min(len(edges) - 1, int(high))])
    margin = _ABOUT * abs((lowest + highest) / 2.0 - column.median)
    return lowest - margin <= a * column.median + b <= highest + margin


def _free(column: NumericColumn, gained: float) -> Iterator[Candidate]:
    starts: list[Transform] = [(1.0, 0.0)]
    shift = best_shift(column)
    if shift is not None:
        starts.append(shift.transform)
        words = _shifted(column, shift.transform[1])
        yield _candidate("shift", words, 1, shift, column, gained)
    for centre in (column.median, column.mean):
        spread = best_scale(column, centre)
        if spread is not None:
            starts.append(spread.transform)
            words = _spread(spread.transform[0])
            yield _candidate("spread", words, 1, spread, column, gained)
    scale = best_scale(column, 0.0)
    if scale is not None:
        starts.append(scale.transform)
        words = f"multiplied by {number(scale.transform[0])}"
        yield _candidate("scale", words, 1, scale, column, gained)
    affine = best_affine(column, starts)
    if affine is not None:
        words = _affine(column, affine.transform)
        yield _candidate("scale", words, 2, affine, column, gained)
        if _keeps_the_middle(column, affine.transform):
            words = _spread(affine.transform[0])
            yield _candidate("spread", words, 2, affine, column, gained)


def _keeps_the_middle(column: NumericColumn, transform: Transform) -> bool:
    """Whether the value that stays where it is lies about where the median and the mean are."""
    a, b = transform
    if abs(a - 1) < 0.05:
        return False
    chance = 3 / (abs(1 - a) * math.sqrt(column.comparison.weight))
    fixed, margin = b / (1 - a), max(_MIDDLE, min(chance, 4 * _MIDDLE)) * column.stddev
    low, high = sorted((column.median, column.mean))
    return low - margin <= fixed <= high + margin


def _candidate(
    kind: ExplanationKind,
    words: str,
    parameters: int,
    fit: Fit,
    column: NumericColumn,
    gained: float,
) -> Candidate:
    combed = parameters > 0 and column.combed
    return judged(
        kind,
        words,
        parameters,
        fit.predicted,
        column.comparison,
        gained=gained,
        grain=COMB if combed else 1,
    )


def _shifted(column: NumericColumn, b: float) -> str:
    deviations = f"{number(abs(b) / column.stddev)} standard deviations"
    by = column.real(b)
    if column.sensitive or not math.isfinite(by):
        return f"shifted {'up' if b > 0 else 'down'} by {deviations}"
    return f"shifted by {signed(by)} ({deviations})"


def _spread(a: float) -> str:
    return f"spread {number(a)} times as wide about the middle"


def _affine(column: NumericColumn, transform: Transform) -> str:
    a, b = transform
    by = column.real(b)
    if column.sensitive or not math.isfinite(by):
        return f"multiplied by {number(a)} and shifted"
    return f"multiplied by {number(a)}, then shifted by {signed(by)}"
