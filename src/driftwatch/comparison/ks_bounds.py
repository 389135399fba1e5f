"""Kolmogorov-Smirnov distance of two samples that are known at edges of their own only.

At an edge of the one, what lies below it in the other is known to be between what lies below its
next edges on both sides. So over the union of all edges each distribution runs between two stairs,
and the true distance between a least and a largest one.
"""

from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.columns import NumericBaseline
from driftwatch.records import FloatArray


@dataclass(frozen=True, slots=True)
class KsBounds:
    """The true distance is neither smaller nor larger. NaN where either side has no values."""

    least: float
    largest: float


def ks_bounds(a: NumericBaseline, b: NumericBaseline) -> KsBounds:
    """How far apart the values of two baselines are."""
    if not (a.count and b.count):
        return KsBounds(float("nan"), float("nan"))
    edges = np.union1d(np.array(a.edges, dtype=np.float64), np.array(b.edges, dtype=np.float64))
    a_low, a_high = _stairs(a, edges)
    b_low, b_high = _stairs(b, edges)
    least = float(np.max(np.maximum(a_low - b_high, b_low - a_high), initial=0.0))
    # Between two edges: what the one may have gained at the end, the other at the beginning.
    inside = np.maximum(
        np.append(a_high, 1.0) - np.append(0.0, b_low),
        np.append(b_high, 1.0) - np.append(0.0, a_low),
    )
    inside[1:-1][edges[1:] == np.nextafter(edges[:-1], np.inf)] = 0.0  # a single value
    at_edges = np.maximum(a_high - b_low, b_high - a_low)
    largest = max(float(inside.max()), float(np.max(at_edges, initial=0.0)))
    return KsBounds(least, min(1.0, largest))


def _stairs(column: NumericBaseline, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The least and the largest share of the values that may lie below each point."""
    edges = np.array(column.edges, dtype=np.float64)
    below = np.append(np.cumsum(column.bins[:-1]) / column.count, 1.0)
    before = np.searchsorted(edges, at, side="right") - 1
    after = np.searchsorted(edges, at, side="left")
    return np.where(before < 0, 0.0, below[before]), below[after]
