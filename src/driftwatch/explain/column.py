"""A numeric column in alarm, cut into few enough cells that each holds enough rows to compare.

The cells are chosen by the mass of both sides together, so that about half of them lie where the
live values are now, wherever that is. Bins that may hold a value of their own (a default, a limit)
are cells by themselves.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import rel_entr

from driftwatch.explain.distribution import (
    FEWEST_SEEN,
    OFF,
    Cuts,
    Distribution,
    Lattice,
    Rounding,
    Scaled,
    distribution_of,
    kept_to,
    lattice_of,
    on_lattice,
    scaled,
)
from driftwatch.explain.evidence import Comparison
from driftwatch.explain.named import MANY
from driftwatch.explain.one_value import Ends, one_value
from driftwatch.explain.wording import number, value
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.layout import NumericLayout

MOST_CELLS = 36
FEWEST_CELLS = 6
ROWS_A_CELL = 8
STANDS_OUT = 8.0
"""Nats that one of some hundred bins must gain or lose to be looked at by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """All that is asked of a numeric column, for one explanation.

    live, base: (bins,) counts. exponent: see `Scaled`.
    edges: the cuts at all edges. cuts: those between cells.
    lattice: that the baseline keeps to.
    variants: the cuts as a transform sees them that may round to the lattice afterwards.
    starts: (K,) the first bin of each cell.
    before, after: the distributions of the baseline and of the live values.
    smooth: `before` without the points of its lattice, to search by.
    mean, stddev, median: of the baseline.
    gains, losses: bins that gained (lost) most, first; none of them twice.
    named_alone: whether a value that all live rows have may be named.
    ends: of the live values, where they are known.
    """

    layout: NumericLayout
    live: IntArray
    base: IntArray
    exponent: int
    edges: Cuts
    cuts: Cuts
    variants: tuple[Cuts, ...]
    lattice: Lattice
    starts: IntArray
    before: Distribution
    smooth: Distribution
    after: Distribution
    comparison: Comparison
    mean: float
    stddev: float
    median: float
    gains: IntArray
    losses: IntArray
    sensitive: bool
    named_alone: bool
    ends: Ends | None = None

    @property
    def combed(self) -> bool:
        """Whether the values come from a lattice.

        Then they lie like the teeth of a comb, which depends on the last digit of a transform.
        """
        return self.smooth is not self.before

    @property
    def constant(self) -> bool:
        """Whether the baseline has all its values in one bin."""
        return int(np.count_nonzero(self.base)) <= 1

    def cell_of(self, bin_index: int) -> int:
        """The cell that a bin belongs to."""
        return int(np.searchsorted(self.starts, bin_index, side="right")) - 1

    def without(self, bin_index: int) -> "NumericColumn":
        """The same, given that a value is not in this bin, which is a cell by itself.

        What training had there is left out as well: a default that was filled in then does not
        move with the other values.
        """
        live, base = self.live.copy(), self.base.copy()
        live[bin_index] = base[bin_index] = 0
        before = distribution_of(self.edges, base, self.lattice) if base.any() else self.before
        return replace(
            self,
            live=live,
            base=base,
            before=before,
            smooth=before.smooth(self.lattice.step) if self.lattice.step > 0 else before,
            after=distribution_of(self.edges, live, None) if live.any() else self.after,
            comparison=self.comparison.without(self.cell_of(bin_index)),
        )

    def width(self, bin_index: int) -> float:
        """From the bin's lower edge to its upper one; infinite for the outer two."""
        if not 0 < bin_index < len(self.edges.at):
            return math.inf
        return float(self.edges.at[bin_index] - self.edges.at[bin_index - 1])

    def real(self, x: float) -> float:
        """A scaled value as it stands in the data."""
        with np.errstate(over="ignore"):
            return float(np.ldexp(x, self.exponent))

    def one(self, bin_index: int) -> float | None:
        """The one value that many live rows have in a wide bin, where that can be told."""
        if self.live[bin_index] < MANY:
            return None
        found = one_value(self.live, self.edges, self.lattice, self.ends, bin_index)
        return None if found is None else self.real(found)

    def place(self, bin_index: int, only: float | None = None) -> str:
        """Where a bin lies, in words; only: the one value in it, where that is known."""
        edges = self.layout.edges
        if only is not None and self.named_alone:
            return value(only)
        if (one := self.one(bin_index)) is not None:
            return value(one)
        if bin_index == 0:
            return f"below {number(float(edges[0]))}"
        if bin_index == len(edges):
            return f"{number(float(edges[-1]))} or more"
        if self.edges.at[bin_index] == self.edges.at[bin_index - 1]:
            return value(float(edges[bin_index - 1]))
        low, high = float(edges[bin_index - 1]), float(edges[bin_index])
        words = number(low), number(high)
        if words[0] == words[1]:
            words = value(low), value(high)
        return f"about {words[0]}" if words[0] == words[1] else f"between {words[0]} and {words[1]}"


def numeric_column(
    layout: NumericLayout,
    base: IntArray,
    live: IntArray,
    phi: float,
    sensitive: bool,
    named_alone: bool,
    ends: Ends | None = None,
) -> NumericColumn:
    """A column with a value on both sides and at least one edge."""
    places: Scaled = scaled(layout)
    lattice = lattice_of(layout, places.cuts, base)
    n, m = float(live.sum()) / phi, float(base.sum()) / phi
    gains, losses = _most_moved(live / live.sum(), base / base.sum(), n, m)
    starts = _cells(live, base, np.concatenate((gains, losses)), n * m / (n + m))
    cuts = Cuts(places.cuts.at[starts[1:] - 1], places.cuts.below[starts[1:] - 1])
    before = distribution_of(places.cuts, base, lattice)
    after = distribution_of(places.cuts, live, None)
    mean, stddev = before.moments
    return NumericColumn(
        layout=layout,
        live=live,
        base=base,
        exponent=places.exponent,
        edges=places.cuts,
        cuts=cuts,
        variants=_variants(places.cuts, cuts, lattice, base, live),
        lattice=lattice,
        starts=starts,
        before=before,
        smooth=before.smooth(lattice.step) if lattice.step > 0 else before,
        after=after,
        comparison=Comparison(
            np.add.reduceat(live, starts) / phi,
            np.add.reduceat(base, starts) / base.sum(),
            m,
            np.ones(len(starts), dtype=np.bool_),
        ),
        mean=mean,
        stddev=stddev,
        median=_median(before, lattice.step),
        gains=gains,
        losses=losses,
        sensitive=sensitive,
        named_alone=named_alone,
        ends=None if ends is None else ends.scaled(-places.exponent),
    )


def _median(distribution: Distribution, step: float) -> float:
    median = float(distribution.quantile(np.array([0.5]))[0])
    return round(median / step) * step if step > 0 else median


def _most_moved(q: FloatArray, p: FloatArray, n: float, m: float) -> tuple[IntArray, IntArray]:
    """The two bins that gained most, in nats, and the one that lost most."""
    pooled = (n * q + m * p) / (n + m)
    nats = rel_entr(n * q, n * pooled) + rel_entr(m * p, m * pooled)
    signed = np.where(q > p, nats, -nats)
    order = np.argsort(signed)
    gains = order[::-1][:2]
    losses = order[:1]
    return gains[signed[gains] >= STANDS_OUT], losses[signed[losses] <= -STANDS_OUT]


def _cells(live: IntArray, base: IntArray, apart: IntArray, weight: float) -> IntArray:
    """(K,) the first bin of each cell; bins of `apart` are cells by themselves."""
    mass = live / live.sum() + base / base.sum()
    middle = (np.cumsum(mass) - mass / 2) / 2
    count = int(min(MOST_CELLS, max(FEWEST_CELLS, weight / ROWS_A_CELL)))
    cell = np.minimum((middle * count).astype(np.int64), count - 1)
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    starts = np.unique(np.concatenate(([0], starts, apart, apart + 1)))
    return starts[starts < len(live)]


def _variants(
    edges: Cuts, cuts: Cuts, lattice: Lattice, base: IntArray, live: IntArray
) -> tuple[Cuts, ...]:
    """Live values that keep to a lattice may have been rounded to it."""
    if lattice.step > 0:
        off, seen = lattice.off(live)
        step = 0.0 if off > OFF * seen else lattice.step
    else:
        step, seen = kept_to(edges, base, live), FEWEST_SEEN
    if step == 0:
        return (cuts,)
    ways: tuple[Rounding, ...] = ("nearest", "down")
    rounded = tuple(on_lattice(cuts, step, way) for way in ways)
    # Out of the baseline's range the bins are too wide to show a lattice.
    return rounded if seen >= FEWEST_SEEN else (cuts, *rounded)
