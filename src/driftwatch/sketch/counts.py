"""What has been counted: integers that add up exactly, and float moments beside them.

`Counts` is one flat vector over the cells of all columns of a stream. Because the cells are
integers on edges frozen in the baseline, merging is addition and expiry is subtraction, both exact
and free of order. The moments (count, mean, M2, minimum, maximum of the finite values) are combined
by the pairwise formula of Chan, Golub and LeVeque (1979); they are shown to people and are no
part of any exactness claim.

Memory: 8 bytes a cell while it is written to. `to_bytes` costs about a bit for each cell and half a
byte for each that is not zero (18 KB for 52,000 cells of which 30% are filled, in 0.4 ms).
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from driftwatch.errors import StateError
from driftwatch.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Moments of the finite values of each numeric column, all arrays (columns,) float64.

    An empty column has count 0, mean 0, M2 0, minimum +inf and maximum -inf. The arrays are never
    changed in place, so that two `Counts` may hold the same ones.
    """

    count: FloatArray
    mean: FloatArray
    m2: FloatArray
    minimum: FloatArray
    maximum: FloatArray

    @classmethod
    def empty(cls, columns: int) -> Self:
        """The moments of no record."""
        return cls(
            np.zeros(columns),
            np.zeros(columns),
            np.zeros(columns),
            np.full(columns, np.inf),
            np.full(columns, -np.inf),
        )

    def merged(self, other: "Moments") -> "Moments":
        """Both together, by the pairwise formula. An empty side changes nothing, to the bit."""
        with np.errstate(over="ignore", invalid="ignore"):
            count = self.count + other.count
            share = np.divide(other.count, count, out=np.zeros_like(count), where=count > 0)
            delta = other.mean - self.mean
            between = delta * delta * self.count * share
            mean = self.mean + delta * share
            m2 = self.m2 + other.m2 + between
        # Chosen, not computed: inf * 0 would make a NaN of a mean that has overflowed.
        both = (self.count > 0) & (other.count > 0)
        one = self.count > 0
        return Moments(
            count,
            np.where(both, mean, np.where(one, self.mean, other.mean)),
            np.where(both, m2, np.where(one, self.m2, other.m2)),
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
        )

    @property
    def stddev(self) -> FloatArray:
        """(columns,) standard deviation of the population; NaN for an empty column."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(np.where(self.count > 0, self.m2 / self.count, np.nan))

    def __eq__(self, other: object) -> bool:
        """Equal values everywhere; here NaN equals NaN, since it stands for the same overflow."""
        if not isinstance(other, Moments):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True)
            for name in _MOMENTS
        )

    __hash__ = None  # type: ignore[assignment]  # arrays have none


_MOMENTS = ("count", "mean", "m2", "minimum", "maximum")
_MAGIC = b"DWc1"
_HEADER = struct.Struct("<4sBQQI")  # magic, levels, rows, cells, numeric columns
_CHECKSUM = struct.Struct("<I")


@dataclass(slots=True, eq=False)
class Counts:
    """The counts of one stream over some records.

    rows: records counted.
    cells: (cells,) int64, in the order of the stream's layout.
    moments: of the numeric columns.

    >>> a, b = Counts.empty(3, 0), Counts.empty(3, 0)
    >>> a.cells[:] = (1, 2, 0); a.rows = 3
    >>> b.add(a); b.add(a); b.subtract(a)
    >>> b.cells.tolist(), b.rows
    ([1, 2, 0], 3)
    >>> Counts.from_bytes(a.to_bytes()) == a
    True
    """

    rows: int
    cells: IntArray
    moments: Moments

    @classmethod
    def empty(cls, cells: int, numeric_columns: int) -> Self:
        """The counts of no record."""
        return cls(0, np.zeros(cells, dtype=np.int64), Moments.empty(numeric_columns))

    @classmethod
    def total(cls, parts: Iterable["Counts"], cells: int, numeric_columns: int) -> Self:
        """The sum of any number of parts (none gives the empty counts)."""
        result = cls.empty(cells, numeric_columns)
        for part in parts:
            result.add(part)
        return result

    def add(self, other: "Counts") -> None:
        """Merge the other's records into this.

        Raises ValueError, and changes nothing, if the two were counted on different layouts.
        """
        self._require_same_layout(other)
        self.rows += other.rows
        self.cells += other.cells
        self.moments = self.moments.merged(other.moments)

    def subtract(self, other: "Counts") -> None:
        """Take out records that were added before, from the integers only.

        Moments can't be undone without loss, so they are left as they are, and whoever subtracts
        recomputes them.

        Raises ValueError, and changes nothing, if the two were counted on different layouts.
        """
        self._require_same_layout(other)
        self.rows -= other.rows
        self.cells -= other.cells

    def copy(self) -> "Counts":
        """The same counts, to be changed without changing these."""
        return Counts(self.rows, self.cells.copy(), self.moments)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counts):
            return NotImplemented
        return (
            self.rows == other.rows
            and np.array_equal(self.cells, other.cells)
            and self.moments == other.moments
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _require_same_layout(self, other: "Counts") -> None:
        # Asked for by name: numpy would spread a lone cell over all others without a word.
        mine = len(self.cells), len(self.moments.mean)
        theirs = len(other.cells), len(other.moments.mean)
        if mine != theirs:
            raise ValueError(
                f"counts of {theirs[0]} cells and {theirs[1]} numeric columns don't fit "
                f"{mine[0]} cells and {mine[1]} numeric columns"
            )

    def to_bytes(self) -> bytes:
        """A compact, self-describing form: a header, the cells in levels, moments, a checksum.

        The same counts give the same bytes on every machine. `_packed` says what a level is.
        Raises ValueError if a count is negative, which no sum of records can be.
        """
        if self.rows < 0 or (len(self.cells) and self.cells.min() < 0):
            raise ValueError("a negative count can't be stored")
        levels, cells = _packed(self.cells)
        moments = np.stack([getattr(self.moments, name) for name in _MOMENTS])
        data = b"".join(
            (
                _HEADER.pack(_MAGIC, levels, self.rows, len(self.cells), moments.shape[1]),
                cells,
                moments.astype("<f8").tobytes(),
            )
        )
        return data + _CHECKSUM.pack(zlib.crc32(data))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of `to_bytes`. Raises StateError if the bytes are not what was written."""
        if len(data) < _HEADER.size + _CHECKSUM.size:
            raise StateError(f"stored counts are cut short: {len(data)} bytes are left")
        end = len(data) - _CHECKSUM.size
        (checksum,) = _CHECKSUM.unpack_from(data, end)
        if zlib.crc32(memoryview(data)[:end]) != checksum:
            raise StateError("stored counts are damaged: their checksum does not match")
        magic, levels, rows, size, columns = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise StateError("stored counts have a format that this version does not know")
        moments_at = end - len(_MOMENTS) * columns * 8
        try:
            cells = _unpacked(data[_HEADER.size : moments_at], levels, size)
            moments = np.frombuffer(data, "<f8", len(_MOMENTS) * columns, moments_at)
        except ValueError as problem:
            raise StateError(f"stored counts can't be read: {problem}") from problem
        return cls(
            rows, cells, Moments(*moments.astype(np.float64).reshape(len(_MOMENTS), columns))
        )


def _packed(cells: IntArray) -> tuple[int, bytes]:
    """(levels, bytes) of an array without negative numbers.

    The first level is a bitmap of the cells that are not zero, then the lowest 4 bits of each of
    those, two to a byte. Whatever is left above these bits is packed the same way by the next
    level, 8 bits at a time: one large count among small ones costs little more than its own bytes.
    """
    parts: list[bytes] = []
    rest, levels = cells, 0
    while True:
        filled = rest != 0
        rest = rest.compress(filled)  # several times as fast as rest[filled]
        if not len(rest):
            return levels, b"".join(parts)
        parts.append(np.packbits(filled).tobytes())
        if levels == 0:
            low = np.zeros(len(rest) + len(rest) % 2, dtype=np.uint8)
            low[: len(rest)] = rest & 0xF
            parts.append((low[::2] | low[1::2] << 4).tobytes())
            rest = rest >> 4
        else:
            parts.append((rest & 0xFF).astype(np.uint8).tobytes())
            rest = rest >> 8
        levels += 1


def _unpacked(data: bytes, levels: int, size: int) -> IntArray:
    """The inverse of `_packed`. Raises ValueError where the bytes are too few or too many."""
    stack: list[tuple[int, IntArray, IntArray]] = []
    at, count = 0, size
    for level in range(levels):
        bitmap = np.frombuffer(data, np.uint8, (count + 7) // 8, at)
        at += len(bitmap)
        filled = np.flatnonzero(np.unpackbits(bitmap, count=count).view(np.bool_))
        stored = np.frombuffer(data, np.uint8, len(filled) if level else (len(filled) + 1) // 2, at)
        at += len(stored)
        low = stored.astype(np.int64) if level else _nibbles(stored)[: len(filled)]
        stack.append((count, filled, low))
        count = len(filled)
    if at != len(data):
        raise ValueError(f"{len(data)} bytes of cells where {at} were expected")
    cells = np.zeros(count, dtype=np.int64)
    for level, (count, filled, low) in reversed(list(enumerate(stack))):
        values = low | cells << (8 if level else 4)
        cells = np.zeros(count, dtype=np.int64)
        cells[filled] = values
    return cells


def _nibbles(stored: NDArray[np.uint8]) -> IntArray:
    both = np.empty((len(stored), 2), dtype=np.int64)
    both[:, 0] = stored & 0xF
    both[:, 1] = stored >> 4
    return both.reshape(-1)
