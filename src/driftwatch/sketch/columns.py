"""Counting columns of values into cells.

The compiled part looks each value up among its column's edges. Without it numeric columns go
through one sort for all columns and one binary search a column over the sorted values
(`count_numeric`); below a few hundred rows, or where a batch falls into many panes, through one
search a value instead (`numeric_cells`), which gives each value's cell. All agree exactly.
"""

import numpy as np

from driftwatch.records import CellArray, FloatArray, IntArray, StatusArray
from driftwatch.sketch.counts import Moments
from driftwatch.sketch.layout import NumericLayout

SORT_FROM_ROWS = 500
"""From this many rows sorting beats one search a value (measured: benchmarks/spine)."""

_LOWEST = np.finfo(np.float64).min


def sort_keys(column: NumericLayout) -> FloatArray:
    """(E + 3,) what to look up in a column's sorted values: the lowest float, the edges, +inf, NaN.

    Differences of the positions found are the bins, then the +inf; what stands before the first is
    -inf, what stands from the last on is NaN, because numpy sorts NaN behind everything.
    """
    return np.concatenate(([_LOWEST], column.edges, [np.inf, np.nan]))


def count_numeric(
    values: FloatArray, missing: StatusArray | None, keys: list[FloatArray], out: list[IntArray]
) -> None:
    """Add each column's values to its cells.

    values: (columns, n) float64, NaN where `missing` is not VALUE.
    missing: (columns, n) status codes, or None.
    keys: each column's `sort_keys`.
    out: each column's cells, a writable view (E + 7,) int64.
    """
    ordered = np.sort(values, axis=1)
    columns, rows = ordered.shape
    for i in range(columns):
        found = np.searchsorted(ordered[i], keys[i])
        cells = out[i]
        bins = len(keys[i]) - 2
        cells[:bins] += np.diff(found[:-1])
        negative_inf, numbers = found[0], found[-1]
        cells[bins + 3] += rows - numbers  # NaN, less the missing ones below
        cells[bins + 4] += negative_inf
        cells[bins + 5] += numbers - found[-2]
    if missing is not None:
        _count_missing(missing, [len(k) - 2 for k in keys], out)


def _count_missing(missing: StatusArray, bins: list[int], out: list[IntArray]) -> None:
    for i in np.flatnonzero(missing.any(axis=1)):
        by_status = np.bincount(missing[i], minlength=4)[1:4]
        cells = out[i]
        cells[bins[i] : bins[i] + 3] += by_status
        cells[bins[i] + 3] -= by_status.sum()


def numeric_cells(column: NumericLayout, values: FloatArray, missing: StatusArray) -> CellArray:
    """(n,) int32 cell of each value within its column.

    >>> column = NumericLayout("x", "feature", np.array([0.0, 1.0]), 0, 1)
    >>> values = np.array([-1.0, 0.0, 0.5, 1.0, np.nan, np.nan, -np.inf, np.inf])
    >>> missing = np.array([0, 0, 0, 0, 0, 2, 0, 0], dtype=np.uint8)
    >>> numeric_cells(column, values, missing).tolist()
    [0, 1, 1, 2, 6, 4, 7, 8]
    """
    cells = np.searchsorted(column.edges, values, side="right").astype(np.int32)
    odd = np.flatnonzero(~np.isfinite(values))
    if len(odd):
        value, status, bins = values[odd], missing[odd], column.bins
        cells[odd] = np.select(
            [status > 0, np.isnan(value), value < 0],
            [bins - 1 + status.astype(np.int32), bins + 3, bins + 4],
            bins + 5,
        )
    return cells


def moments_of(values: FloatArray) -> Moments:
    """Moments of each row's finite values; values: (columns, n)."""
    columns, rows = values.shape
    if not rows:
        return Moments.empty(columns)
    values = np.ascontiguousarray(values)  # in another order a sum has other last digits
    with np.errstate(over="ignore", invalid="ignore"):
        mean = values.mean(axis=1)
        whole = np.isfinite(mean)  # so are all of the row's values
        if not whole.all():
            found = _moments_of_some(values)
            if whole.any():
                easy = moments_of(values[whole])
                for name in Moments.__dataclass_fields__:
                    getattr(found, name)[whole] = getattr(easy, name)
            return found
        minimum, maximum = values.min(axis=1), values.max(axis=1)
        # Rounding carries the mean of equal values out of them.
        mean = np.clip(mean, minimum, maximum)
        centred = values - mean[:, None]
        m2 = np.einsum("ij,ij->i", centred, centred)
    return Moments(np.full(columns, float(rows)), mean, m2, minimum, maximum)


def _moments_of_some(values: FloatArray) -> Moments:
    """The same where some values are not finite, or too large to be added up."""
    finite = np.isfinite(values)
    count = finite.sum(axis=1).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        # Divided before they are summed, so that no sum of large values overflows.
        mean = np.sum(values / np.maximum(count, 1)[:, None], axis=1, where=finite)
        minimum = np.min(values, axis=1, where=finite, initial=np.inf)
        maximum = np.max(values, axis=1, where=finite, initial=-np.inf)
        # Rounding carries the mean of equal values, the largest floats or denormals, out of them.
        mean = np.where(count > 0, np.clip(mean, minimum, np.maximum(minimum, maximum)), 0.0)
        centred = np.where(finite, values - mean[:, None], 0.0)
        m2 = np.einsum("ij,ij->i", centred, centred)
        return Moments(count, mean, m2, minimum, maximum)
