"""Edges of a numeric column, from what its baseline looks like.

- 320 equal-mass bins, so that deciles and vigintiles are unions of bins, and edges at the quantiles
  .001 .005 .01 .02 .98 .99 .995 .999 that 320 lacks;
- a value with at least 1/320 of the mass is an atom and gets the bin `[v, nextafter(v))`;
- the range ends at the smallest value and just above the largest; beyond it on each side geometric
  bins, 4 an octave over 20 octaves of the range, so that a column that moves right out of its range
  can still be located. What lies farther falls in one last bin.
"""

import numpy as np

from driftwatch.records import FloatArray, IntArray

EQUAL_MASS_BINS = 320
EXTRA_QUANTILES = (0.001, 0.005, 0.01, 0.02, 0.98, 0.99, 0.995, 0.999)
TAIL_BINS_PER_OCTAVE = 4
TAIL_OCTAVES = 20

_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST_NORMAL = float(np.finfo(np.float64).tiny)


def make_edges(
    values: FloatArray, weights: IntArray, minimum: float, maximum: float
) -> tuple[FloatArray, int, int]:
    """Edges, and the indices of the range's two ends among them (see `NumericLayout`).

    values, weights: a weighted sample of the finite values, ascending
        (`QuantileSummary.weighted`).
    minimum, maximum: the exact range.

    >>> edges, low, high = make_edges(np.array([1.0, 2.0]), np.array([5, 5]), 1.0, 2.0)
    >>> edges[low], bool(edges[high] > 2.0), len(edges) - (high - low)
    (np.float64(1.0), True, 161)

    Without a single finite value there is nothing to divide: no edges, one bin.
    """
    if len(values) == 0:
        return np.empty(0), 0, 0
    inner = np.concatenate((_quantile_edges(values, weights), _atom_edges(values, weights)))
    # The summary may have dropped the extremes; the range is exact all the same.
    inner = inner[(inner > minimum) & (inner <= maximum)]
    with np.errstate(over="ignore"):
        end = min(float(np.nextafter(maximum, np.inf)), _LARGEST)
    tails = _tail_distances(minimum, maximum)
    with np.errstate(over="ignore"):
        edges = np.concatenate((minimum - tails, [minimum, end], inner, maximum + tails))
    # -0.0 and 0.0 are one value; adding 0.0 makes them one text in the artifact as well.
    edges = np.unique(edges[np.isfinite(edges)] + 0.0)
    return (
        edges,
        int(np.searchsorted(edges, minimum)),
        int(np.searchsorted(edges, end)),
    )


def _quantile_edges(values: FloatArray, weights: IntArray) -> FloatArray:
    targets = np.concatenate((np.arange(1, EQUAL_MASS_BINS) / EQUAL_MASS_BINS, EXTRA_QUANTILES))
    rank = np.cumsum(weights)
    at = np.searchsorted(rank, targets * rank[-1])
    edges: FloatArray = values[np.minimum(at, len(values) - 1)]
    return edges


def _atom_edges(values: FloatArray, weights: IntArray) -> FloatArray:
    distinct, first = np.unique(values, return_index=True)
    mass = np.add.reduceat(weights, first)
    atoms = distinct[mass * EQUAL_MASS_BINS >= mass.sum()]
    with np.errstate(over="ignore"):  # behind the largest float lies infinity, which is no edge
        return np.concatenate((atoms, np.nextafter(atoms, np.inf)))


def _tail_distances(minimum: float, maximum: float) -> FloatArray:
    with np.errstate(over="ignore"):
        width = float(np.float64(maximum) - np.float64(minimum))
    if width == 0:  # a constant: its own size is the only scale there is
        width = abs(maximum) or 1.0
    width = max(min(width, _LARGEST), _SMALLEST_NORMAL)
    octaves = np.arange(1, TAIL_OCTAVES * TAIL_BINS_PER_OCTAVE + 1) / TAIL_BINS_PER_OCTAVE
    with np.errstate(over="ignore"):
        return width * (np.exp2(octaves) - 1.0)
