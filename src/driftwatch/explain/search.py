"""Finds the transform x -> a x + b under which the baseline comes closest to the live counts."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from driftwatch.explain.column import NumericColumn
from driftwatch.records import FloatArray

GRID = 25
ZOOMS = 3
_ABOUT_RIGHT = 0.25
SHARES = np.array([0.02, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.98])

Transform = tuple[float, float]
"""a and b."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The best transform of a family, and the shares (K,) that it predicts."""

    transform: Transform
    predicted: FloatArray


def fitted(column: NumericColumn, transform: Transform) -> Fit:
    """What a transform predicts; rounded to the lattice if that comes closer."""
    a, b = np.array([transform[0]]), np.array([transform[1]])
    found = [column.before.transformed(a, b, cuts)[0] for cuts in column.variants]
    return Fit(transform, min(found, key=lambda p: float(column.comparison.deviance(p))))


def _closest(column: NumericColumn, a: FloatArray, b: FloatArray) -> Fit:
    """The best of T transforms, each point of a lattice taken where it comes to lie."""
    if len(a) > 1:
        found = [
            column.comparison.distance(column.before.transformed(a, b, cuts))
            for cuts in column.variants
        ]
        at = int(np.argmin(np.min(found, axis=0)))
        a, b = a[at : at + 1], b[at : at + 1]
    return fitted(column, (float(a[0]), float(b[0])))


def distances(column: NumericColumn, a: FloatArray, b: FloatArray) -> FloatArray:
    """(T,) how far T transforms are from the live counts.

    Of the ways to round only the first is looked at, and the points of a lattice are spread out:
    they make a thousand small dips of what is one valley.
    """
    return column.comparison.distance(column.smooth.transformed(a, b, column.variants[0]))


def best_shift(column: NumericColumn) -> Fit | None:
    """The best x + b."""
    steps = column.after.quantile(SHARES) - column.before.quantile(SHARES)
    margin = 0.2 * column.stddev
    return _along(
        column,
        lambda b: (np.ones_like(b), b),
        float(steps.min()) - margin,
        float(steps.max()) + margin,
        column.stddev / math.sqrt(column.comparison.weight),
    )


def best_scale(column: NumericColumn, centre: float) -> Fit | None:
    """The best c + a (x - c), with a above 0."""
    before = column.before.quantile(SHARES) - centre
    after = column.after.quantile(SHARES) - centre
    usable = (before != 0) & (np.abs(before) > 0.1 * column.stddev) & (before * after > 0)
    if not usable.any():
        return None
    ratios = np.log(after[usable] / before[usable])
    margin = 0.2
    return _along(
        column,
        lambda log_a: (np.exp(log_a), centre * (1 - np.exp(log_a))),
        float(ratios.min()) - margin,
        float(ratios.max()) + margin,
        1 / math.sqrt(2 * column.comparison.weight),
    )


def best_affine(column: NumericColumn, starts: list[Transform]) -> Fit | None:
    """The best a x + b with a above 0, from the best of these starts and of matched quantiles."""
    a, b = _starts(column, starts)
    if not len(a):
        return None
    at = int(np.argmin(distances(column, a, b)))
    # Where the median comes to lie moves little when a does; b may move wildly.
    log_a, middle = float(np.log(a[at])), float(a[at] * column.median + b[at])
    reach, span = 0.35, 0.35
    offsets = np.linspace(-1, 1, 7)
    for _ in range(5):
        side = np.repeat(offsets, len(offsets)), np.tile(offsets, len(offsets))
        tried_a = np.exp(log_a + reach * side[0])
        tried = middle + span * np.exp(log_a) * column.stddev * side[1]
        at = int(np.argmin(distances(column, tried_a, tried - tried_a * column.median)))
        log_a, middle = float(np.log(tried_a[at])), float(tried[at])
        reach, span = reach * 0.42, span * 0.42
    errors = np.zeros((1, 1)), np.zeros((1, 1))
    scale = math.exp(log_a)
    if _has_teeth(column, np.array([scale]), np.array([middle - scale * column.median])):
        errors = np.meshgrid(np.linspace(-2.5, 2.5, 17), np.linspace(-2.5, 2.5, 11))
    root = math.sqrt(column.comparison.weight)
    a = np.exp(log_a + errors[0].ravel() / (math.sqrt(2) * root))
    tried = middle + errors[1].ravel() / root * a * column.stddev
    return _closest(column, a, tried - a * column.median)


def _starts(column: NumericColumn, starts: list[Transform]) -> tuple[FloatArray, FloatArray]:
    before, after = column.before.quantile(SHARES), column.after.quantile(SHARES)
    lower, upper = np.triu_indices(len(SHARES), k=3)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (after[upper] - after[lower]) / (before[upper] - before[lower])
        b = after[lower] - a * before[lower]
    a = np.concatenate((a, [t[0] for t in starts]))
    b = np.concatenate((b, [t[1] for t in starts]))
    usable = np.isfinite(a) & np.isfinite(b) & (a > 1e-9)
    return a[usable], b[usable]


def _along(
    column: NumericColumn,
    transforms: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    low: float,
    high: float,
    error: float,
) -> Fit | None:
    """The best transform of a line of them, by ever finer grids.

    error: of the best, by chance.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    best = low
    for _ in range(ZOOMS):
        grid = np.linspace(low, high, GRID)
        best = float(grid[np.argmin(distances(column, *transforms(grid)))])
        step = (high - low) / (GRID - 1)
        low, high = best - 1.5 * step, best + 1.5 * step
    around = np.array([best])
    if _has_teeth(column, *transforms(around)):
        around = best + error * np.linspace(-3, 3, 41)
    return _closest(column, *transforms(around))


def _has_teeth(column: NumericColumn, a: FloatArray, b: FloatArray) -> bool:
    """Whether a transform is so good already that the teeth of a comb matter."""
    if not column.combed:
        return False
    unchanged = float(column.comparison.distance(column.comparison.unchanged))
    return float(distances(column, a, b)[0]) < _ABOUT_RIGHT * unchanged
