"""What the second pass keeps beside the counts: by hour and part, by half, and row by row.

Memory: 4 bytes a cell and slot, 2 bytes a kept row and column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.records import BoolArray, CellArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout
from driftwatch.stats.events import MAX_WORDS, is_chosen

Array = np.ndarray[Any, np.dtype[Any]]

HALVES = 4
"""Counts of a half that are not those of single words."""

_ONE = np.int32(1)  # of the tables' own type, or `np.add.at` takes a slow way


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """A table's counts that are not zero, (n,), and where they stand in it."""

    places: IntArray
    counts: Array


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What a ledger of some of the rows holds: of each column its tables, and the kept cells."""

    cells: tuple[Sparse | None, ...]
    half: tuple[Sparse | None, ...]
    kept: Array


class Ledger:
    """The tables of all columns.

    cells: (slots, cells) counts of each column; None where there is no order to count by.
    half: (slots, 4 + W) rows of the second half: with a value, the events of `HalfCounts`, and the
        W words that the first half has chosen for events; None of columns that need none.
    kept: (columns, K) the cell of each kept row.
    """

    def __init__(self, plans: Sequence[ColumnPlan], order: RowOrder | None) -> None:
        self.order = order
        slots = 1 if order is None else order.slots
        self._layouts = [plan.layout for plan in plans]
        self.cells: list[Array | None] = [
            None if order is None else np.zeros((slots, layout.size), dtype=np.int32)
            for layout in self._layouts
        ]
        self.half: list[Array | None] = [
            np.zeros((slots, HALVES + _chosen(plan)), dtype=np.int32) if plan.halved else None
            for plan in plans
        ]
        kept = 0 if order is None else order.kept
        self.kept = np.zeros((len(plans), kept), dtype=np.uint16)

    def add(
        self,
        column: int,
        first_row: int,
        cells: CellArray,
        fresh: BoolArray | None,
        second: BoolArray | slice,
    ) -> None:
        """Count some rows of a column.

        cells: of consecutive rows, within the column. fresh: where the first half of the rows lacks
        the word; None where it does nowhere. second: which rows are of the second half.
        """
        if self.order is None:
            slot: Array = np.zeros(len(cells), dtype=np.uint16)
        else:
            rows = slice(first_row, first_row + len(cells))
            slot, position = self.order.slot[rows], self.order.position[rows]
            _count(self.cells[column], slot, cells)
            kept = position >= 0
            self.kept[column, position[kept]] = cells[kept]
        half = self.half[column]
        if half is not None:
            some = None if fresh is None else fresh[second]
            self._count_half(half, column, slot[second], cells[second], some)

    def entries(self) -> "Entries":
        """All that was entered, in a form that is small where most of it is zero."""
        return Entries(tuple(map(_sparse, self.cells)), tuple(map(_sparse, self.half)), self.kept)

    def enter(self, entries: "Entries", position: IntArray) -> None:
        """Add what was entered of other rows. position: places of those that are kept of them."""
        for tables, parts in ((self.cells, entries.cells), (self.half, entries.half)):
            for table, part in zip(tables, parts, strict=True):
                if table is not None and part is not None:
                    table.reshape(-1)[part.places] += part.counts
        self.kept[:, position] = entries.kept

    def _count_half(
        self, half: Array, column: int, slot: Array, cells: CellArray, fresh: BoolArray | None
    ) -> None:
        layout = self._layouts[column]
        assert isinstance(layout, CategoricalLayout)
        words = len(layout.vocabulary)
        masks = [
            cells < layout.bins,
            (cells >= MAX_WORDS) & (cells < words),
            (cells >= words) & (cells < layout.bins),
        ]
        if fresh is not None:
            masks.append(fresh)
        for i, mask in enumerate(masks):
            half[:, i] += np.bincount(slot[mask], minlength=len(half))
        if half.shape[1] > HALVES:
            chosen = cells < half.shape[1] - HALVES
            flat = slot[chosen].astype(np.int64) * half.shape[1] + HALVES + cells[chosen]
            np.add.at(half.reshape(-1), flat, _ONE)

    def counts(self, column: int, slots: int) -> IntArray:
        """(slots, cells) of the first so many slots."""
        table = self.cells[column]
        assert table is not None
        return table[:slots].astype(np.int64)


def _sparse(table: Array | None) -> "Sparse | None":
    if table is None:
        return None
    flat = table.reshape(-1)
    places = np.flatnonzero(flat)
    return Sparse(places, flat[places])


def _chosen(plan: ColumnPlan) -> int:
    layout = plan.layout
    if not isinstance(layout, CategoricalLayout) or not is_chosen(layout):
        return 0
    return min(MAX_WORDS, len(layout.vocabulary))


def _count(table: Array | None, slot: Array, cells: CellArray) -> None:
    assert table is not None
    flat = slot.astype(np.int64) * table.shape[1] + cells
    np.add.at(table.reshape(-1), flat, _ONE)
