"""Counting rows apart, here some and there others, to the bit as if one had counted them all.

Integers add up in any order. The float moments and the fingerprint go by whole blocks, folded in
their order: who counts some of the rows hands the sums of whole blocks on, and the rows as they
are where a block begins or ends among somebody else's.

Memory: of what is handed on 16 bytes a column and block, 40 for a numeric one, and up to two blocks
of 9 bytes a cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.ledger import Entries, Ledger
from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.tally import BlockSums, SumArray, Tally
from driftwatch.records import CellArray, FloatArray, IntArray, StatusArray
from driftwatch.sketch.counts import Counts


@dataclass(frozen=True, slots=True, eq=False)
class BlockRows:
    """Some of a block's n rows, in their order.

    values, missing: (numeric columns, n); cells, checksums: (categorical columns, n).
    """

    values: FloatArray
    missing: StatusArray
    cells: CellArray
    checksums: SumArray

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.values.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class PartCounted:
    """The integers that were counted of the rows of a segment, or of all."""

    rows: int
    cells: IntArray
    entries: Entries


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What was counted of some consecutive rows.

    parts: of each segment. blocks: what is folded in the order of the rows.
    """

    whole: PartCounted
    parts: Mapping[str, PartCounted]
    blocks: Sequence[BlockSums | BlockRows]


class TallyApart(Tally):
    """Counts some of the rows, to be put together with the others by `TallyTogether`."""

    def __init__(
        self,
        plans: Sequence[ColumnPlan],
        order: RowOrder | None,
        parts: Mapping[str, RowOrder | None],
        first_row: int,
    ) -> None:
        """order, parts: of these rows alone (`RowOrder.part`)."""
        super().__init__(plans, order, parts, first_row)
        self._blocks: list[BlockSums | BlockRows] = []

    def counted(self) -> Counted:
        """All that was counted."""
        self._count(slice(self._begun, (self._first + self.rows) % self._block))
        return Counted(
            PartCounted(self.rows, self.counts.cells, self.ledger.entries()),
            {
                name: PartCounted(part.counts.rows, part.counts.cells, part.ledger.entries())
                for name, part in self.parts.items()
            },
            self._blocks,
        )

    def _settle(self, rows: slice, counts: Sequence[Counts | None]) -> None:
        if rows == slice(0, self._block):
            self._blocks.append(self._block_sums(rows, counts))
        else:
            values, missing = self._values[:, rows].copy(), self._missing[:, rows].copy()
            cells, checksums = self._cells[:, rows].copy(), self._sums[:, rows].copy()
            self._blocks.append(BlockRows(values, missing, cells, checksums))


class TallyTogether(Tally):
    """Puts together what was counted apart, of one stretch of rows after the other."""

    _gathered = 0

    def merge(self, counted: Counted) -> None:
        """Add the rows that follow those so far."""
        self.rows += counted.whole.rows
        _add(counted.whole, self.counts, self.ledger)
        for name, part in counted.parts.items():
            _add(part, self.parts[name].counts, self.parts[name].ledger)
        for block in counted.blocks:
            if isinstance(block, BlockSums):
                self._fold(block)
            else:
                self._gather(block)

    def _gather(self, block: BlockRows) -> None:
        part = slice(self._gathered, self._gathered + block.rows)
        self._values[:, part], self._missing[:, part] = block.values, block.missing
        self._cells[:, part], self._sums[:, part] = block.cells, block.checksums
        self._gathered = part.stop % self._block
        if self._gathered == 0:
            self._count(slice(0, self._block))

    def _count(self, rows: slice) -> None:
        if rows.start < rows.stop:  # their integers have been added up already
            self._settle(rows, self._counted(rows, self._masks(rows)))


def _add(counted: PartCounted, counts: Counts, ledger: Ledger) -> None:
    if ledger.order is None:
        position = np.empty(0, dtype=np.int64)
    else:
        position = ledger.order.position[counts.rows : counts.rows + counted.rows]
        position = position[position >= 0]
    ledger.enter(counted.entries, position)
    counts.rows += counted.rows
    counts.cells += counted.cells
