"""Which of a numeric column's edges its exported histogram has.

The baseline has some 480 edges, far more than Prometheus should keep. A histogram has at most 25 of
them: where a twentieth of the baseline's mass ends, so that no distance between two distributions
shrinks by much; its outer hundredths; and the two ends of its range. A column with few values has
the end of each.
"""

from dataclasses import dataclass

import numpy as np
from prometheus_client.utils import floatToGoString

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.layout import NumericLayout

FEW_EDGES = 25
_SHARES = np.array([0.01, *(k / 20 for k in range(1, 20)), 0.99])
_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """ends: (B,) cells of the column that lie below each bucket's end. les: (B,) their labels.

    The last one is `+Inf` and holds all finite values.
    """

    ends: IntArray
    les: tuple[str, ...]


def buckets(column: NumericLayout, cells: IntArray) -> Buckets:
    """The buckets of a column with these counts in the baseline.

    >>> edges = np.array([1.0, np.nextafter(1.0, 2.0), 2.0, np.nextafter(2.0, 3.0)])
    >>> found = buckets(NumericLayout("n", "feature", edges, 0, 3), np.array([0, 5, 0, 4, 0]))
    >>> found.ends.tolist(), found.les
    ([1, 2, 4, 5], ('0.999999', '1.0', '2.0', '+Inf'))
    """
    if len(column.edges) == 0:
        return Buckets(np.array([column.bins]), ("+Inf",))
    chosen = _chosen(column, cells[: column.bins])
    return Buckets(np.append(chosen + 1, column.bins), (*_labels(column, chosen), "+Inf"))


def _chosen(column: NumericLayout, bins: IntArray) -> IntArray:
    """Indices of the edges, ascending."""
    below = np.cumsum(bins[:-1])
    usable = _one_of_each(column, below)
    if len(usable) > FEW_EDGES:
        wanted = _SHARES * bins.sum()
        nearest = np.abs(below[usable][:, None] - wanted[None, :]).argmin(axis=0)
        usable = usable[nearest]
    return np.unique(np.append(usable, (column.low, column.high)))


def _one_of_each(column: NumericLayout, below: IntArray) -> IntArray:
    """Of the edges with the same mass below them only the first.

    The baseline does not tell them apart, and where there are single values it is the one at which
    a value ends.
    """
    inside = np.arange(column.low, column.high + 1)
    _, first = np.unique(below[inside], return_index=True)
    found: IntArray = inside[first]
    return found


def _labels(column: NumericLayout, chosen: IntArray) -> tuple[str, ...]:
    """What stands in `le`: the edge, to six digits where these tell the edges apart.

    Where a single value ends it is that value, and the largest one where the range ends: a value
    counts as at most itself. Where a single value begins it is a little less.
    """
    edges = column.edges[chosen]
    ends = column.single[chosen] | (chosen == column.high)
    begins = column.single[chosen + 1] & ~ends
    with np.errstate(over="ignore"):
        exact = np.where(ends | begins, np.nextafter(edges, -np.inf), edges)
        plain = np.where(begins, edges - 10.0**-_DIGITS * _scale(column, edges), exact)
    short = np.array([float(f"{value:.{_DIGITS}g}") for value in plain.tolist()])
    shown = next(found for found in (short, plain, exact) if _rises(found) or found is exact)
    return tuple(str(floatToGoString(value)) for value in shown.tolist())  # type: ignore[no-untyped-call]


def _scale(column: NumericLayout, values: FloatArray) -> FloatArray:
    """How large a column's values are: their own size, or that of the range."""
    width = float(column.edges[column.high] - column.edges[column.low])
    return np.maximum(np.abs(values), width if np.isfinite(width) else 0.0)


def _rises(values: FloatArray) -> bool:
    return bool((values[1:] > values[:-1]).all())
