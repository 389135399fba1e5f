"""A stream's counts as series, with the baseline's beside them: one view of a fleet adds them up.

Counters, which only grow while the process lives, so that `increase()` gives the counts of any time
and `sum` those of all replicas.
"""

from collections.abc import Sequence

import numpy as np

from driftwatch.export.count_plans import CountPlan
from driftwatch.export.page import Page
from driftwatch.export.text import escaped
from driftwatch.monitor.report import Pictures
from driftwatch.records import IntArray


class CountedSeries:
    """The counts of all columns of a stream."""

    def __init__(
        self, pictures: Pictures, plan: CountPlan, heads: Sequence[str], tails: Sequence[str]
    ) -> None:
        """heads: the label `column` of each column. tails: its other labels, which follow `le`."""
        self._pictures = pictures
        self._plan = plan
        self._heads, self._tails = heads, tails

    def write(self, page: Page) -> None:
        """Add them to a page."""
        live, baseline = self._pictures.counted, self._pictures.baseline.cells
        self._write_buckets(page, {"column_values": live, "baseline_values": baseline})
        self._write_cells(page, {"column_records_total": live, "baseline_records": baseline})

    def _write_buckets(self, page: Page, metrics: dict[str, IntArray]) -> None:
        for i, found in self._plan.buckets.items():
            head, tail = self._heads[i], self._tails[i]
            written = [f'{{{head},le="{le}",{tail}}}' for le in found.les]
            for metric, cells in metrics.items():
                below = np.cumsum(self._own(i, cells))
                page.add(metric, written, below[found.ends - 1].astype(np.float64).tolist())

    def _write_cells(self, page: Page, metrics: dict[str, IntArray]) -> None:
        for i, found in enumerate(self._plan.cells):
            head, tail = self._heads[i], self._tails[i]
            written = [f'{{cell="{escaped(name)}",{head},{tail}}}' for name in found.names]
            for metric, cells in metrics.items():
                counts = np.add.reduceat(self._own(i, cells), found.starts)
                page.add(metric, written, counts.astype(np.float64).tolist())

    def _own(self, column: int, cells: IntArray) -> IntArray:
        starts = self._pictures.layout.starts
        return cells[starts[column] : starts[column + 1]]
