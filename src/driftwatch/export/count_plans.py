"""Which buckets and cells the columns of a stream are exported by: worked out once a layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from driftwatch.export.buckets import Buckets, buckets
from driftwatch.export.cells import NamedCells, named_cells
from driftwatch.monitor.report import Pictures
from driftwatch.sketch.layout import Layout, NumericLayout


@dataclass(frozen=True, slots=True)
class CountPlan:
    """buckets: of the numeric columns, by index. cells: of all columns, in order."""

    buckets: Mapping[int, Buckets]
    cells: tuple[NamedCells, ...]

    @property
    def series(self) -> int:
        """How many series the counts of a stream are, the baseline's included."""
        cells = sum(len(found.names) for found in self.cells)
        return 2 * (cells + sum(len(found.les) for found in self.buckets.values()))


class CountPlans:
    """The plans of all streams: they take longer to make than to write out.

    One that is in no report any more goes with its layout.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Layout, CountPlan] = WeakKeyDictionary()

    def of(self, pictures: Pictures) -> CountPlan:
        """The plan of a stream."""
        plan = self._known.get(pictures.layout)
        if plan is None:
            plan = self._known[pictures.layout] = _made(pictures)
        return plan


def _made(pictures: Pictures) -> CountPlan:
    layout, sensitive = pictures.layout, pictures.sensitive
    own = [
        pictures.baseline.cells[start : start + column.size]
        for column, start in zip(layout.columns, layout.starts, strict=False)
    ]
    columns = list(zip(layout.columns, own, strict=True))
    return CountPlan(
        {
            i: buckets(column, cells)
            for i, (column, cells) in enumerate(columns)
            # The edges of a column are values of its training data.
            if isinstance(column, NumericLayout) and column.name not in sensitive
        },
        tuple(named_cells(column, cells, column.name in sensitive) for column, cells in columns),
    )
