"""The second pass over the training data: exact counts, by the daemon's own counter.

Rows are gathered into blocks of a fixed size before they are counted, so that even the float
moments do not depend on where chunks end.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from driftwatch.sketch.vocabulary import VocabularyIndex, text_hash

BLOCK_ROWS = 32_768
BLOCK_CELLS = 2_000_000
"""Cells of a block over all columns: 16 MB of numbers."""

HashedArray = np.ndarray[Any, np.dtype[np.uint64]]
SumArray = np.ndarray[Any, np.dtype[np.uint32]]

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


@dataclass(frozen=True, slots=True, eq=False)
class BlockSums:
    """What depends on all rows of a block at once.

    moments: of the block; parts: of its rows in each segment, None where it has none there.
    digests: of each column's values, the numeric columns first.
    """

    moments: Moments
    parts: tuple[Moments | None, ...]
    digests: tuple[bytes, ...]


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
        first_row: int = 0,
    ) -> None:
        """order: of the rows, if it is known. parts: the segments, and the order of their rows.

        first_row: the number of the first row in the data.
        """
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
        self._sums = np.empty((len(self._categorical), self._block), dtype=np.uint32)
        self._fresh = np.empty((len(self._categorical), self._block), dtype=np.bool_)
        self._first = first_row
        self._begun = first_row % self._block
        """Where in the block its first row stands that was added here."""
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
        for piece in chunk.pieces(self._first + self.rows, self._block):
            start = (self._first + self.rows) % self._block
            part = slice(start, start + piece.rows)
            for i, numeric in enumerate(self._numeric):
                self._values[i, part], self._missing[i, part] = numeric.read(piece)
            for i, categorical in enumerate(self._categorical):
                found = categorical.read(piece)
                self._cells[i, part], self._sums[i, part], self._fresh[i, part] = found
            self.rows += piece.rows
            if part.stop == self._block:
                self._count(slice(self._begun, self._block))
                self._begun = 0

    def finish(self) -> str:
        """Count what is left, and return the data's fingerprint.

        It is a hash over the monitored columns' names, kinds and values, row by row; the same for
        the same data, whatever file format they came in.
        """
        self._count(slice(self._begun, (self._first + self.rows) % self._block))
        digest = hashlib.blake2b(str(self.rows).encode(), digest_size=16)
        for reader in sorted(self._readers, key=lambda reader: reader.name):
            digest.update(f"{reader.kind}\0{reader.name}\0".encode())
            digest.update(reader.digest.digest())
        return digest.hexdigest()

    @property
    def _readers(self) -> "list[_NumericColumn | _CategoricalColumn]":
        return [*self._numeric, *self._categorical]

    def _count(self, rows: slice) -> None:
        """Count rows that stand in the block."""
        if rows.start < rows.stop:
            masks = self._masks(rows)
            self._enter(rows, masks)
            counts = self._counted(rows, masks)
            _add_cells(counts[0], self.counts)
            for part, own in zip(self.parts.values(), counts[1:], strict=True):
                _add_cells(own, part.counts)
            self._settle(rows, counts)

    def _settle(self, rows: slice, counts: Sequence[Counts | None]) -> None:
        """Fold a whole block. counts: of these rows and of each part, None where it has none."""
        self._fold(self._block_sums(rows, counts))

    def _masks(self, rows: slice) -> list[BoolArray]:
        """Which rows are in each segment."""
        return [self._cells[part.row, rows] == part.cell for part in self.parts.values()]

    def _counted(self, rows: slice, masks: Sequence[BoolArray]) -> list[Counts | None]:
        """Counts of the rows, and of those in each segment; None where there are none."""
        values, missing = self._values[:, rows], self._missing[:, rows]
        some = missing if missing.any() else None
        cells = self._cells[:, rows]
        whole = self._counter.empty()
        self._counter.count(values, some, cells, whole)
        found: list[Counts | None] = [whole]
        for mask in masks:
            own = None
            if mask.any():
                own = self._counter.empty()
                # Compressed: indexing with a mask would lay the rows out the other way.
                self._counter.count(
                    values.compress(mask, axis=1),
                    None if some is None else some.compress(mask, axis=1),
                    cells.compress(mask, axis=1),
                    own,
                )
            found.append(own)
        return found

    def _block_sums(self, rows: slice, counts: Sequence[Counts | None]) -> BlockSums:
        assert counts[0] is not None
        bits = [
            *map(_NumericColumn.bits, self._numeric, self._values[:, rows], self._missing[:, rows]),
            *map(
                _CategoricalColumn.bits,
                self._categorical,
                self._cells[:, rows],
                self._sums[:, rows],
            ),
        ]
        parts = tuple(None if own is None else own.moments for own in counts[1:])
        return BlockSums(counts[0].moments, parts, tuple(map(_digest, bits)))

    def _fold(self, sums: BlockSums) -> None:
        """Add what depends on a block's rows to what the blocks before it have given."""
        self.counts.moments = self.counts.moments.merged(sums.moments)
        for part, own in zip(self.parts.values(), sums.parts, strict=True):
            if own is not None:
                part.counts.moments = part.counts.moments.merged(own)
        for reader, digest in zip(self._readers, sums.digests, strict=True):
            reader.digest.update(digest)

    def _enter(self, block: slice, masks: Sequence[BoolArray]) -> None:
        """Write the block into the ledgers. masks: which rows are in each segment."""
        rows = block.stop - block.start
        first = self.rows - rows
        # By the number in the data: the words of the whole were chosen by the first half.
        halves = slice((self._first + first + 1) % 2, None, 2)
        second = np.zeros(rows, dtype=np.bool_)
        second[halves] = True
        parts = [
            (part, mask)
            for part, mask in zip(self.parts.values(), masks, strict=True)
            if mask.any()
        ]
        if self.ledger.order is not None:
            for at, i in enumerate(self.layout.numeric.tolist()):
                layout = self._numeric[at].layout
                values, missing = self._values[at, block], self._missing[at, block]
                cells = cells_of(layout, values, missing)
                self.ledger.add(i, first, cells, None, halves)
                for part, mask in parts:
                    part.ledger.add(i, part.counts.rows, cells[mask], None, second[mask])
        for at, i in enumerate(self.layout.categorical.tolist()):
            if self.ledger.order is not None or self.ledger.half[i] is not None:
                fresh, cells = self._fresh[at, block], self._cells[at, block]
                self.ledger.add(i, first, cells, fresh, halves)
                for part, mask in parts:
                    own = fresh[mask], second[mask]
                    part.ledger.add(i, part.counts.rows, cells[mask], *own)


def _add_cells(counts: Counts | None, into: Counts) -> None:
    """Add all but the moments."""
    if counts is not None:
        into.rows += counts.rows
        into.cells += counts.cells


def _digest(bits: HashedArray) -> bytes:
    return hashlib.blake2b(bits.astype("<u8", copy=False).tobytes(), digest_size=16).digest()


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
        return values, _with_parents(status, piece, self._parents)

    def bits(self, values: FloatArray, status: StatusArray) -> HashedArray:
        """What is hashed of each row."""
        bits = (values + 0.0).view(np.uint64)  # one zero of two
        return np.where(np.isnan(values), _NAN_BITS + status, bits)  # and one NaN of many


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

    def read(self, piece: Chunk) -> tuple[CellArray, SumArray, BoolArray]:
        """Each row's cell, its word's checksum, and whether the first half of the rows lacks it."""
        codes, words, status = self._coded(piece.columns.get(self.name), piece.rows)
        status = _with_parents(status, piece, self._parents)
        missing = codes < 0
        # One look-up a distinct word; the last entry is for cells without one.
        cells = np.append(self._index.cells(words, {}, 0), np.int32(0))[codes]
        cells = np.where(missing, self._missing_cell + status.astype(np.int32), cells)
        sums = [zlib.crc32(word.encode()) for word in words]
        checksums = np.append(np.array(sums, dtype=np.uint32), np.uint32(0))[codes]
        fresh = np.append(self._is_fresh(words), False)[codes]
        return cells.astype(np.int32, copy=False), checksums, fresh

    def bits(self, cells: CellArray, checksums: SumArray) -> HashedArray:
        """What is hashed of each row."""
        status = cells - np.int32(self._missing_cell)
        missing = status >= int(Status.NULL)
        return np.where(missing, _NAN_BITS + status.astype(np.uint64), checksums.astype(np.uint64))

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
