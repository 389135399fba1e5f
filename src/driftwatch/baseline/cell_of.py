"""The cell of each value, found by sorting: three times as fast as one search a value.

A value is sorted as an integer whose order is that of the floats, with its place in the lowest bits
instead of its own. What falls next to an edge up to these bits is looked up one by one.
"""

import numpy as np

from driftwatch.records import CellArray, FloatArray, StatusArray
from driftwatch.sketch.columns import numeric_cells
from driftwatch.sketch.layout import NumericLayout

_BITS = 15
_PLACES = np.uint64((1 << _BITS) - 1)
_SIGN = np.uint64(1 << 63)
SORT_FROM_ROWS = 2_000
MOST_NEAR = 4
"""Where more than one in so many values lies near an edge, as in a column of few values."""


def cells_of(layout: NumericLayout, values: FloatArray, missing: StatusArray) -> CellArray:
    """(n,) int32 cell of each value within its column, as `numeric_cells` gives it.

    >>> layout = NumericLayout("x", "feature", np.linspace(-1.0, 1.0, 50), 0, 49)
    >>> values = np.sin(np.arange(9_000.0))
    >>> present = np.zeros(9_000, dtype=np.uint8)
    >>> bool((cells_of(layout, values, present) == numeric_cells(layout, values, present)).all())
    True
    """
    rows = len(values)
    if not SORT_FROM_ROWS <= rows <= int(_PLACES) + 1 or not np.isfinite(values).all():
        return numeric_cells(layout, values, missing)
    keys = (_ordered(values) & ~_PLACES) | np.arange(rows, dtype=np.uint64)
    keys.sort()
    edges = _ordered(layout.edges)
    first = np.searchsorted(keys, edges & ~_PLACES)
    last = np.searchsorted(keys, edges | _PLACES, side="right")
    if int((last - first).sum()) * MOST_NEAR > rows:
        return numeric_cells(layout, values, missing)
    places = (keys & _PLACES).astype(np.int64)
    cells = np.empty(rows, dtype=np.int32)
    cells[places] = np.repeat(
        np.arange(len(edges) + 1, dtype=np.int32), np.diff(first, prepend=0, append=rows)
    )
    some = [places[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if a < b]
    if some:
        near = np.concatenate(some)
        cells[near] = np.searchsorted(layout.edges, values[near], side="right")
    return cells


def _ordered(values: FloatArray) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """Integers in the order of the floats, -0 and 0 being one."""
    bits = (values + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)
