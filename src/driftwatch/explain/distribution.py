"""A column's distribution, read from its counts, so that it can be carried through a transform.

Within a bin the mass lies evenly; a bin of one value is a point. Columns whose values lie on a
lattice (whole numbers, tenths, hundredths) keep to it: the few lattice values of a narrow bin are
points as well. Without that a transformed integer column would never fit what was counted.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.sketch.layout import NumericLayout

Rounding = Literal["none", "nearest", "down"]

_STEPS = (100.0, 10.0, 1.0, 0.1, 0.01)
NEAR = 1e-6  # of a lattice step: tenths are no exact floats
_MOST_POINTS = 16  # lattice values of a bin that are kept apart
FEWEST_SEEN = 20
FEWEST_TEETH = 8
OFF = 0.01
"""Of the values that could be seen off a lattice, so many may be, and it still holds for them."""
_NEGLIGIBLE = 1e-290
_ULPS = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Boundaries between cells, ascending.

    at: (K - 1,) the boundary.
    below: (K - 1,) how much of the mass exactly at the boundary lies below it: 0 before an edge, 1
        just behind a single value, 0.5 where a tie is rounded to the even neighbour.
    """

    at: FloatArray
    below: FloatArray


@dataclass(frozen=True, slots=True)
class Scaled:
    """A column's edges, in a unit in which nothing overflows.

    exponent: values are `x * 2 ** exponent`; 0 but for columns at the limits of floats.
    cuts: one for each edge.
    """

    exponent: int
    cuts: Cuts


def scaled(column: NumericLayout) -> Scaled:
    """The edges of a column; an edge just above a single value counts as that value's own end."""
    edges = column.edges
    largest = float(np.abs(edges).max(initial=0.0))
    exponent = 0 if 1e-100 < largest < 1e100 else math.frexp(largest)[1]
    with np.errstate(over="ignore", under="ignore"):  # before the lowest float lies infinity
        before = np.nextafter(edges, -np.inf)
    closed = np.zeros(len(edges), dtype=np.bool_)
    closed[1:] = before[1:] == edges[:-1]
    if len(edges):
        closed[column.high] = True  # the range ends just above the largest value
        before[column.high] = max(before[column.high], -float(np.finfo(np.float64).max))
    with np.errstate(under="ignore"):
        at = np.ldexp(np.where(closed, before, edges), -exponent)
    at[np.abs(at) < _NEGLIGIBLE] = 0.0  # slopes between smaller ones overflow
    return Scaled(exponent, Cuts(at, closed.astype(np.float64)))


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution function with points.

    knots, even: where the mass that lies evenly has its breaks, and its cumulative share there.
    points, pointed: values with a mass of their own, ascending; (P + 1,) cumulative share.
    """

    knots: FloatArray
    even: FloatArray
    points: FloatArray
    pointed: FloatArray

    def cumulative(self, at: FloatArray, below: FloatArray, slack: float = 0.0) -> FloatArray:
        """(...) share below each place, with `below` of the mass exactly there.

        slack: an absolute error that the places may carry, from being computed.
        """
        result = np.interp(at, self.knots, self.even)
        if len(self.points):
            margin = _ULPS * np.abs(at) + slack
            under = self.pointed[np.searchsorted(self.points, at - margin)]
            upto = self.pointed[np.searchsorted(self.points, at + margin)]
            result += under + below * (upto - under)
        return result

    def transformed(self, a: FloatArray, b: FloatArray, cuts: Cuts) -> FloatArray:
        """(T, K) shares of the cells after x -> a x + b, for T pairs of a and b; a is not 0."""
        at = (cuts.at - b[:, None]) / a[:, None]
        slack = _ULPS * float(np.abs(b / a).max(initial=0.0)) if len(self.points) else 0.0
        up = a[:, None] > 0
        if up.all():
            run = self.cumulative(at, cuts.below, slack)
        else:
            run = self.cumulative(at, np.where(up, cuts.below, 1.0 - cuts.below), slack)
            run = np.where(up, run, 1.0 - run)
        return shares(run)

    def quantile(self, share: FloatArray) -> FloatArray:
        """Values below which these shares lie, to within a point's distance to the next."""
        places = np.concatenate((self.knots, self.points))
        places.sort()
        return np.interp(share, self.cumulative(places, np.full(len(places), 0.5)), places)

    def smooth(self, step: float) -> "Distribution":
        """The same without points: each is spread over a step of its lattice."""
        if not len(self.points):
            return self
        knots = np.unique(
            np.concatenate((self.knots, self.points - step / 2, self.points + step / 2))
        )
        run = self.cumulative(knots, np.full(len(knots), 0.5))
        return Distribution(knots, run, np.empty(0), np.zeros(1))

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation."""
        mass = np.diff(self.even)
        middle = (self.knots[1:] + self.knots[:-1]) / 2
        own = np.diff(self.pointed)
        mean = float(mass @ middle + own @ self.points)
        width = np.diff(self.knots)
        within = float(mass @ ((middle - mean) ** 2 + width**2 / 12))
        return mean, math.sqrt(max(0.0, within + float(own @ (self.points - mean) ** 2)))


def shares(cumulative: FloatArray) -> FloatArray:
    """(..., K) shares of cells from the (..., K - 1) cumulative shares at their boundaries."""
    full = np.empty((*cumulative.shape[:-1], cumulative.shape[-1] + 1))
    full[..., :-1] = cumulative
    full[..., -1] = 1.0
    full[..., 1:] -= cumulative
    return np.maximum(full, 0.0)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The values that a column's baseline keeps to.

    step: their distance; 0 where it keeps to none.
    first, count: (E - 1,) of each bin between two edges, the first multiple of the step and how
        many there are.
    telling: (E - 1,) bins that a value off the lattice is as likely to miss as to hit.
    """

    step: float
    first: FloatArray
    count: FloatArray
    telling: BoolArray

    def off(self, counts: IntArray) -> tuple[int, int]:
        """(of values off the lattice, of values that could be seen off it), for bin counts."""
        inner = counts[1:-1]
        return int(inner[self.count == 0].sum()), int(inner[self.telling].sum())


def kept_to(cuts: Cuts, base: IntArray, live: IntArray) -> float:
    """The step of a lattice that live values keep to, though the baseline's don't; 0 for none."""
    for step in _STEPS:
        lattice = _lattice(cuts, step)
        off, seen = lattice.off(live)
        if seen < FEWEST_SEEN or np.count_nonzero(live[1:-1][lattice.telling]) < FEWEST_TEETH:
            continue  # a few places would be a lattice of any kind
        if off <= OFF * seen and lattice.off(base)[0] > 0.1 * base.sum():
            return step
    return 0.0


def _lattice(cuts: Cuts, step: float) -> Lattice:
    run = np.where(
        cuts.below > 0, np.floor(cuts.at / step + NEAR) + 1, np.ceil(cuts.at / step - NEAR)
    )
    count = np.maximum(np.diff(run), 0)
    narrow = np.diff(cuts.at) < step / 4
    return Lattice(step, run[:-1], count, (count == 0) | ((count == 1) & narrow))


def lattice_of(column: NumericLayout, cuts: Cuts, counts: IntArray) -> Lattice:
    """The lattice of a baseline with these bins, if all its edges and its mass keep to one."""
    nothing = np.zeros(max(0, len(cuts.at) - 1))
    low, high = column.low, column.high
    inner = cuts.at[low : high + 1]
    if len(inner) < 3 or np.abs(inner).max() > 2.0**50 or np.abs(inner).max() < 1e-6:
        return Lattice(0.0, nothing, nothing, nothing > 0)
    for step in _STEPS:
        if (np.abs(inner / step - np.round(inner / step)) > NEAR).any():
            continue
        lattice = _lattice(cuts, step)
        if lattice.off(counts)[0] == 0:
            return lattice
    return Lattice(0.0, nothing, nothing, nothing > 0)


def on_lattice(cuts: Cuts, step: float, rounding: Rounding) -> Cuts:
    """The boundaries that values fall between before they are rounded to a lattice."""
    if rounding == "none":
        return cuts
    reach = np.where(
        cuts.below > 0, np.floor(cuts.at / step + NEAR), np.ceil(cuts.at / step - NEAR) - 1
    )
    if rounding == "nearest":
        return Cuts((reach + 0.5) * step, np.full(len(reach), 0.5))
    return Cuts((reach + 1) * step, np.zeros(len(reach)))


def distribution_of(cuts: Cuts, counts: IntArray, lattice: Lattice | None) -> Distribution:
    """The distribution of at least one value, counted on bins with at least one edge.

    lattice: what the values keep to; None if that isn't known.
    """
    share = counts / counts.sum()
    inner, at = share[1:-1], cuts.at
    single = at[1:] == at[:-1]
    points, masses = [at[:1], at[-1:]], [share[:1], share[-1:]]
    pointed = single.copy()
    knots = at
    if lattice is not None and lattice.step > 0:
        pointed, more, mass = _lattice_points(lattice, inner, single)
        points.append(more)
        masses.append(mass)
        knots = at - lattice.step / 2
    points.append(at[1:][single])
    masses.append(inner[single])
    return _assembled(knots, np.where(pointed, 0.0, inner), points, masses)


def _lattice_points(
    lattice: Lattice, inner: FloatArray, single: BoolArray
) -> tuple[BoolArray, FloatArray, FloatArray]:
    """Which bins are nothing but points, and the points of those that are no single value."""
    few = (lattice.count > 0) & (lattice.count <= _MOST_POINTS)
    split = np.flatnonzero(few & ~single & (inner > 0))
    count = lattice.count[split].astype(np.int64)
    before = np.repeat(np.cumsum(count) - count, count)
    nth = np.arange(int(count.sum())) - before
    points = (np.repeat(lattice.first[split], count) + nth) * lattice.step
    pointed = single.copy()
    pointed[split] = True
    return pointed, points, np.repeat(inner[split] / np.maximum(count, 1), count)


def _assembled(
    knots: FloatArray, even: FloatArray, points: list[FloatArray], masses: list[FloatArray]
) -> Distribution:
    place, mass = np.concatenate(points), np.concatenate(masses)
    place, mass = place[mass > 0], mass[mass > 0]
    order = np.argsort(place, kind="stable")
    return Distribution(
        knots,
        np.concatenate(([0.0], np.cumsum(even))),
        place[order],
        np.concatenate(([0.0], np.cumsum(mass[order]))),
    )
