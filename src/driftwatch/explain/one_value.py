"""Which value it is that fills a bin, where the bin is wide: 0, and not "between -750 and 4.9".

A default lies where training had nothing, and there bins are wide. Two things may tell it all the
same: that the column keeps to whole numbers (or tenths) of which the bin holds one, and that the
smallest or largest live value is what the mean of all of them says the bin must hold.
"""

import math
from typing import NamedTuple

import numpy as np

from driftwatch.explain.distribution import NEAR, OFF, Cuts, Lattice
from driftwatch.records import IntArray

ROUND_DIGITS = 3
"""Defaults are round: no more digits than that, or nines only."""
_SKEW = 0.05
"""How far values of a bin lie from its middle on average, in widths, by a tilted density."""
_DEVIATIONS = 5
_SUMS = 1e-9
"""How far sums of floats are off, of themselves."""
_MOST_UNSURE = 0.02
"""Of the bin's width, how far off the mean of its values may be known."""


class Ends(NamedTuple):
    """The smallest live value, the largest one and the mean of all."""

    least: float
    most: float
    mean: float

    def scaled(self, exponent: int) -> "Ends":
        """All of them times 2 ** exponent."""
        with np.errstate(over="ignore", under="ignore"):
            return Ends(*np.ldexp(np.array(self), exponent).tolist())


def one_value(
    live: IntArray, edges: Cuts, lattice: Lattice, ends: Ends | None, bin_index: int
) -> float | None:
    """The one value of a bin's live rows; None where there may be several.

    live: (E + 1,) counts. edges: the cuts at all edges, scaled, and so are `ends` and the result.
    """
    found = _of_lattice(live, edges, lattice, ends, bin_index)
    return _at_an_end(live, edges, lattice, ends, bin_index) if found is None else found


def _of_lattice(
    live: IntArray, edges: Cuts, lattice: Lattice, ends: Ends | None, bin_index: int
) -> float | None:
    off, seen = lattice.off(live)
    if lattice.step == 0 or off > OFF * seen:
        return None
    first, last = -math.inf, math.inf
    if 0 < bin_index < len(edges.at):
        first = float(lattice.first[bin_index - 1])
        last = first + float(lattice.count[bin_index - 1]) - 1
    elif bin_index == 0:
        last = math.ceil(edges.at[0] / lattice.step - NEAR) - 1
    if ends is not None:
        occupied = np.flatnonzero(live)
        if bin_index == occupied[0]:
            first = max(first, math.ceil(ends.least / lattice.step - NEAR))
        if bin_index == occupied[-1]:
            last = min(last, math.floor(ends.most / lattice.step + NEAR))
    # Twelve digits: tenths are no exact floats.
    return float(f"{first * lattice.step:.12g}") if first == last else None


def _at_an_end(
    live: IntArray, edges: Cuts, lattice: Lattice, ends: Ends | None, bin_index: int
) -> float | None:
    occupied = np.flatnonzero(live)
    if ends is None or bin_index not in (occupied[0], occupied[-1]):
        return None
    end = ends.least if bin_index == occupied[0] else ends.most
    others = occupied[occupied != bin_index]
    if not _is_round(end) or (len(others) and (others[0] == 0 or others[-1] == len(edges.at))):
        return None  # of the outer bins nobody knows where their values lie
    low, high = edges.at[others - 1], edges.at[np.minimum(others, len(edges.at) - 1)]
    if lattice.step > 0 and (lattice.count[others - 1] > 0).all():
        low = lattice.first[others - 1] * lattice.step
        high = low + (lattice.count[others - 1] - 1) * lattice.step
    counts, widths = live[others].astype(np.float64), high - low
    total = float(live.sum()) * ends.mean
    of_others = float((counts * (low + high) / 2).sum())
    unsure = _DEVIATIONS * math.sqrt(float((counts * widths**2).sum()) / 12)
    unsure += _SKEW * float((counts * widths).sum()) + _SUMS * abs(total)
    inside = float(live[bin_index])
    mean, unsure = (total - of_others) / inside, unsure / inside
    width = math.inf
    if 0 < bin_index < len(edges.at):
        width = float(edges.at[bin_index] - edges.at[bin_index - 1])
    return end if unsure <= _MOST_UNSURE * width and abs(mean - end) <= unsure else None


def _is_round(x: float) -> bool:
    if not math.isfinite(x):
        return False
    return x == float(f"{x:.{ROUND_DIGITS}g}") or set(f"{abs(x):.15g}") == {"9"}
