"""The second pass over the training data: exact counts, by the daemon's own counter.

Rows are gathered into blocks of a fixed size before they are counted, so that even the float
moments do not depend on where chunks end.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.cell_of import cells_of
from driftwatch.baseline.chunk import Chunk, Column
from driftwatch.baseline.judging import WORDS
from driftwatch.baseline.ledger import Ledger
from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.texts import Texts
from driftwatch.records import BoolArray, CellArray, FloatArray, Status, StatusArray
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from driftwatch.sketch.vocabulary import VocabularyIndex, text_hash

BLOCK_ROWS = 32_768
BLOCK_CELLS = 2_000_000
"""Cells of a block over all columns: 16 MB of numbers."""

_NAN_BITS = np.uint64(0x7FF8_0000_0000_0000)


@dataclass(frozen=True, slots=True, eq=False)
class PartTally:
    """What is counted of the rows of one segment.

    counts, ledger: see `Tally`; its rows go by their place among themselves. row, cell: a row of
    the data is in the segment where this one of the categorical columns has this cell.
    """

    counts: Counts
    ledger: Ledger
    row: int
    cell: int


class Tally:
    """Counts chunks by a plan.

    counts: what has been counted once `finish` was called; ledger: what it is by hour and half.
    parts: the same of each segment, by its name.
    """

    def __init__(
        self,
        plans: Sequence[ColumnPlan],
        order: RowOrder | None = None,
        parts: Mapping[str, RowOrder | None] | None = None,
    ) -> None:
        """order: of the rows, if it is known. parts: the segments, and the order of their rows."""
        self.ledger = Ledger(plans, order)
        self.layout = Layout(tuple(plan.layout for plan in plans))
        self._counter = RowCounter(self.layout)
        self.counts = self._counter.empty()
        self._numeric = [_NumericColumn(plans[i]) for i in self.layout.numeric]
        self._categorical = [_CategoricalColumn(plans[i]) for i in self.layout.categorical]
        self._block = max(256, min(BLOCK_ROWS, BLOCK_CELLS // len(plans)))
        self._values = np.empty((len(self._numeric), self._block))
        self._missing = np.empty((len(self._numeric), self._block), dtype=np.uint8)
        self._cells = np.empty((len(self._categorical), self._block), dtype=np.int32)
        self._fresh = np.empty((len(self._categorical), self._block), dtype=np.bool_)
        self.rows = 0
        row_of = {column.name: row for row, column in enumerate(self._categorical)}
        self.parts = {
            name: PartTally(
                self._counter.empty(),
                Ledger(plans, own),
                row_of[f"segment.{name}"],
                WORDS.index("true"),
            )
            for name, own in (parts or {}).items()
        }

    def add(self, chunk: Chunk) -> None:
        """Count some more rows."""
        for piece in chunk.pieces(self.rows, self._block):
            start = self.rows % self._block
            part = slice(start, start + piece.rows)
            for i, numeric in enumerate(self._numeric):
                self._values[i, part], self._missing[i, part] = numeric.read(piece)
            for i, categorical in enumerate(self._categorical):
                self._cells[i, part], self._fresh[i, part] = categorical.read(piece)
            self.rows += piece.rows
            if self.rows % self._block == 0:
                self._count(self._block)

    def finish(self) -> str:
        """Count what is left, and return the data's fingerprint.

        It is a hash over the monitored columns' names, kinds and values, row by row; the same for
        the same data, whatever file format they came in.
        """
        self._count(self.rows % self._block)
        digest = hashlib.blake2b(str(self.rows).encode(), digest_size=16)
        readers: list[_NumericColumn | _CategoricalColumn] = [*self._numeric, *self._categorical]
        for reader in sorted(readers, key=lambda reader: reader.name):
            digest.update(f"{reader.kind}\0{reader.name}\0".encode())
            digest.update(reader.digest.digest())
        return digest.hexdigest()

    def _count(self, rows: int) -> None:
        if rows:
            values, missing = self._values[:, :rows], self._missing[:, :rows]
            some = missing if missing.any() else None
            cells = self._cells[:, :rows]
            parts = [(part, cells[part.row] == part.cell) for part in self.parts.values()]
            parts = [(part, mask) for part, mask in parts if mask.any()]
            self._enter(rows, parts)
            self._counter.count(values, some, cells, self.counts)
            for part, mask in parts:
                # Compressed: indexing with a mask would lay the rows out the other way.
                self._counter.count(
                    values.compress(mask, axis=1),
                    None if some is None else some.compress(mask, axis=1),
                    cells.compress(mask, axis=1),
                    part.counts,
                )

    def _enter(self, rows: int, parts: Sequence[tuple[PartTally, BoolArray]]) -> None:
        """Write the block into the ledgers. parts: segments, and which rows are in them."""
        first = self.rows - rows
        second = (first + np.arange(rows)) % 2 == 1  # of the whole, whose words were chosen by it
        if self.ledger.order is not None:
            for at, i in enumerate(self.layout.numeric.tolist()):
                layout = self._numeric[at].layout
                values, missing = self._values[at, :rows], self._missing[at, :rows]
                cells = cells_of(layout, values, missing)
                self.ledger.add(i, first, cells, None)
                for part, mask in parts:
                    part.ledger.add(i, part.counts.rows, cells[mask], None)
        for at, i in enumerate(self.layout.categorical.tolist()):
            if self.ledger.order is not None or self.ledger.half[i] is not None:
                fresh, cells = self._fresh[at, :rows], self._cells[at, :rows]
                self.ledger.add(i, first, cells, fresh)
                for part, mask in parts:
                    own = fresh[mask], second[mask]
                    part.ledger.add(i, part.counts.rows, cells[mask], *own)


class _NumericColumn:
    kind = "numeric"

    def __init__(self, plan: ColumnPlan) -> None:
        assert isinstance(plan.layout, NumericLayout)
        self.layout = plan.layout
        self.name = plan.layout.name
        self.digest = hashlib.blake2b(digest_size=16)
        self._parents = plan.parents

    def read(self, piece: Chunk) -> tuple[FloatArray, StatusArray]:
        column = piece.columns.get(self.name)
        if column is None:
            values, status = np.full(piece.rows, np.nan), _absent(piece.rows)
        else:
            typed = column.numbers_among() if isinstance(column, Texts) else column
            values, status = typed.as_numeric()
        status = _with_parents(status, piece, self._parents)
        bits = (values + 0.0).view(np.uint64)  # one zero of two
        bits = np.where(np.isnan(values), _NAN_BITS + status, bits)  # and one NaN of many
        self.digest.update(bits.astype("<u8", copy=False).tobytes())
        return values, status


class _CategoricalColumn:
    kind = "categorical"

    def __init__(self, plan: ColumnPlan) -> None:
        assert isinstance(plan.layout, CategoricalLayout)
        self.name = plan.layout.name
        self.digest = hashlib.blake2b(digest_size=16)
        self._reading = plan.reading
        self._parents = plan.parents
        self._index = VocabularyIndex(plan.layout, {})
        self._missing_cell = plan.layout.cell("null") - Status.NULL
        self._fresh = plan.fresh

    def read(self, piece: Chunk) -> tuple[CellArray, BoolArray]:
        """Each row's cell, and whether the first half of the rows lacks its word."""
        codes, words, status = self._coded(piece.columns.get(self.name), piece.rows)
        status = _with_parents(status, piece, self._parents)
        missing = codes < 0
        # One look-up a distinct word; the last entry is for cells without one.
        cells = np.append(self._index.cells(words, {}, 0), np.int32(0))[codes]
        cells = np.where(missing, self._missing_cell + status.astype(np.int32), cells)
        sums = [zlib.crc32(word.encode()) for word in words]
        bits = np.append(np.array(sums, dtype=np.uint64), np.uint64(0))[codes]
        bits = np.where(missing, _NAN_BITS + status, bits)
        self.digest.update(bits.astype("<u8", copy=False).tobytes())
        fresh = np.append(self._is_fresh(words), False)[codes]
        return cells.astype(np.int32, copy=False), fresh

    def _is_fresh(self, words: Sequence[str]) -> BoolArray:
        found = np.zeros(len(words), dtype=np.bool_)
        if len(self._fresh):
            hashes = np.fromiter(map(text_hash, words), dtype=np.uint64, count=len(words))
            at = np.searchsorted(self._fresh, hashes)
            found[:] = self._fresh[np.minimum(at, len(self._fresh) - 1)] == hashes
        return found

    def _coded(
        self, column: Column | None, rows: int
    ) -> tuple[CellArray, Sequence[str], StatusArray]:
        if column is None:
            return np.full(rows, -1, dtype=np.int32), (), _absent(rows)
        typed = column.read(self._reading) if isinstance(column, Texts) else column
        return typed.as_categorical()


def _absent(rows: int) -> StatusArray:
    return np.full(rows, Status.ABSENT, dtype=np.uint8)


def _with_parents(status: StatusArray, piece: Chunk, parents: Sequence[str]) -> StatusArray:
    for name in parents:
        parent = piece.columns.get(name)
        if parent is not None and not isinstance(parent, Texts):
            null = (status == Status.ABSENT) & (parent.status == Status.NULL)
            status = np.where(null, np.uint8(Status.NULL), status)
    return status
