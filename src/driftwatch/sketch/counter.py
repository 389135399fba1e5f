"""Counts the columns of some rows, for one pane or for many panes at once."""

import numpy as np

from driftwatch.native import compiled
from driftwatch.records import CellArray, FloatArray, IntArray, StatusArray
from driftwatch.sketch import columns as numeric_columns
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout, NumericLayout


class RowCounter:
    """Turns rows, column by column, into counts of one layout.

    All methods take `numeric` (numeric columns, n) float64 with NaN where nothing stands, `missing`
    (numeric columns, n) status codes or None, and `cells` (categorical columns, n) int32 cells
    within each column.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._numeric = [c for c in layout.columns if isinstance(c, NumericLayout)]
        self._keys = [numeric_columns.sort_keys(c) for c in self._numeric]
        self._edges = [c.edges for c in self._numeric]
        self._compiled = compiled()
        self._slices = [
            slice(int(a), int(b)) for a, b in zip(layout.starts, layout.starts[1:], strict=False)
        ]
        self._numeric_slices = [self._slices[i] for i in layout.numeric]
        self._numeric_starts = layout.starts[:-1][layout.numeric].astype(np.int64)
        self._categorical_starts = layout.starts[:-1][layout.categorical].astype(np.int64)

    def empty(self) -> Counts:
        """The counts of no rows."""
        return Counts.empty(self.layout.size, len(self._numeric))

    def count(
        self, numeric: FloatArray, missing: StatusArray | None, cells: CellArray, into: Counts
    ) -> None:
        """Add rows to `into`."""
        rows = numeric.shape[1] if len(numeric) else cells.shape[1]
        if self._compiled is None and rows < numeric_columns.SORT_FROM_ROWS:
            groups = np.zeros(rows, dtype=np.int64)
            into.add(self.count_groups(numeric, missing, cells, groups, 1)[0])
            return
        into.rows += rows
        if self._numeric:
            out = [into.cells[s] for s in self._numeric_slices]
            if self._compiled is None:
                numeric_columns.count_numeric(numeric, missing, self._keys, out)
            else:
                self._compiled.count_numbers(
                    np.ascontiguousarray(numeric),
                    None if missing is None else np.ascontiguousarray(missing),
                    self._edges,
                    out,
                )
            into.moments = into.moments.merged(numeric_columns.moments_of(numeric))
        for start, column in zip(self._categorical_starts, cells, strict=True):
            found = np.bincount(column)
            into.cells[start : start + len(found)] += found

    def count_groups(
        self,
        numeric: FloatArray,
        missing: StatusArray | None,
        cells: CellArray,
        groups: IntArray,
        group_count: int,
    ) -> list[Counts]:
        """Counts of each group of rows; groups: (n,) numbers below `group_count`."""
        size = self.layout.size
        flat = self._flat_cells(numeric, missing, cells)
        order = np.argsort(groups, kind="stable")
        bounds = np.searchsorted(groups[order], np.arange(group_count + 1))
        result = []
        for group in range(group_count):
            rows = order[bounds[group] : bounds[group + 1]]
            result.append(
                Counts(
                    len(rows),
                    np.bincount(flat[:, rows].ravel(), minlength=size).astype(np.int64),
                    numeric_columns.moments_of(numeric[:, rows]),
                )
            )
        return result

    def _flat_cells(
        self, numeric: FloatArray, missing: StatusArray | None, cells: CellArray
    ) -> IntArray:
        """(columns, n) each value's cell in the flat vector; numeric columns first."""
        present = np.zeros(numeric.shape[1], dtype=np.uint8)
        found = [
            numeric_columns.numeric_cells(
                column, numeric[i], present if missing is None else missing[i]
            )
            + start
            for i, (column, start) in enumerate(
                zip(self._numeric, self._numeric_starts, strict=True)
            )
        ]
        parts = [np.array(found).reshape(len(found), -1)] if found else []
        if len(cells):
            parts.append(cells + self._categorical_starts[:, None])
        if not parts:  # a layout without columns counts rows and nothing else
            return np.empty((0, len(present)), dtype=np.int64)
        return np.concatenate(parts).astype(np.int64, copy=False)
