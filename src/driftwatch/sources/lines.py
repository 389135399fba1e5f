"""Lines of bytes and the offsets at which they begin, with flat memory whatever their length."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from driftwatch.records import IntArray

BytesAt = Callable[[int, int], bytes]
"""`bytes_at(offset, n)`: the n bytes from there on; fewer where the file ends."""

_SEARCH_BYTES = 64 << 20  # how much of an overlong line one call looks through, and in what blocks
_SEARCH_BLOCK_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class LineLimits:
    """How much is read at a time.

    batch_bytes: lines are read in blocks of this size.
    batch_records: the most lines in one batch.
    max_value_bytes: of a longer line only the first max_value_bytes + 1 bytes are handed out, which
        is enough to tell that it is too long.
    """

    batch_bytes: int = 1 << 20
    batch_records: int = 5000
    max_value_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines without their line ends; blank lines are left out.

    offsets: (n,) the offset of each line's first byte.
    next_offset: the byte after the last line end that was taken.
    """

    values: list[bytes]
    offsets: IntArray
    next_offset: int


def split_lines(block: bytes, begin: int, limits: LineLimits) -> Lines:
    r"""Split a block into its complete lines, or as many of them as the limits allow.

    Args:
        block: holds a line end; what lies behind the last one is left alone.
        begin: the offset of its first byte.
        limits: see `LineLimits`.

    >>> lines = split_lines(b"one\r\n\ntwo\nthr", 100, LineLimits())
    >>> lines.values, lines.offsets, lines.next_offset
    ([b'one', b'two'], array([100, 106]), 110)
    """
    values = block.split(b"\n", limits.batch_records)
    values.pop()  # what lies behind the last line end taken
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    ends = begin + np.cumsum(lengths + 1)
    return _tidy(Lines(values, ends - lengths - 1, int(ends[-1])), limits, crlf=b"\r" in block)


def _tidy(lines: Lines, limits: LineLimits, *, crlf: bool) -> Lines:
    """Take out carriage returns, blank lines, and what is too much of a line."""
    values, offsets = lines.values, lines.offsets
    if crlf:
        values = [value.removesuffix(b"\r") for value in values]
    blank = np.fromiter((not v or v.isspace() for v in values), np.bool_, len(values))
    if blank.any():
        values = [value for value, skip in zip(values, blank, strict=True) if not skip]
        offsets = offsets[~blank]
    longest = limits.max_value_bytes
    if max(map(len, values), default=0) > longest:
        values = [value[: longest + 1] for value in values]
    return Lines(values, offsets, lines.next_offset)


class LineReader:
    """Reads the lines of one file, from any offset on.

    Memory is bounded by twice the larger of batch_bytes and max_value_bytes: a line that is longer
    is looked through for its end, not read into memory, and that in steps, so that a line of ten
    gigabytes holds nobody up.

    Args:
        bytes_at: reads the file.
        limits: see `LineLimits`.
    """

    def __init__(self, bytes_at: BytesAt, limits: LineLimits) -> None:
        self._bytes_at = bytes_at
        self._limits = limits
        self._long: _LongLine | None = None

    def read(self, position: int, *, final: bool) -> Lines | None:
        """The next lines.

        Args:
            position: where a line begins.
            final: the file has ended, so what has no line end yet counts as a line.

        Returns:
            None where no line is complete; lines without values that end at `position` where the
            end of an overlong line has not been found yet, and the search should go on.
        """
        if self._long is not None and self._long.begin == position:
            return self._search(self._long, final=final)
        self._long = None
        limits = self._limits
        block, size = b"", 0
        # A line may be longer than a block and still not be too long.
        for size in (limits.batch_bytes, limits.max_value_bytes + 2):
            if size > len(block):
                block = self._bytes_at(position, size)
            if b"\n" in block:
                return split_lines(block, position, limits)
            if len(block) < size:
                return self._last(block, position) if final else None
        prefix = block[: limits.max_value_bytes + 1]
        self._long = _LongLine(position, prefix, position + len(block), block.isspace())
        return self._search(self._long, final=final)

    def _search(self, line: "_LongLine", *, final: bool) -> Lines | None:
        """Look for the end of an overlong line."""
        give_up = line.searched + _SEARCH_BYTES
        while line.searched < give_up:
            block = self._bytes_at(line.searched, _SEARCH_BLOCK_BYTES)
            found = block.find(b"\n")
            line.note(block if found < 0 else block[:found])
            if found >= 0:
                return self._found(line, line.searched + 1)
            if len(block) < _SEARCH_BLOCK_BYTES:
                return self._found(line, line.searched) if final else None
        return Lines([], np.empty(0, np.int64), line.begin)

    def _found(self, line: "_LongLine", next_offset: int) -> Lines:
        self._long = None
        if line.is_blank:
            return Lines([], np.empty(0, np.int64), next_offset)
        return Lines([line.prefix], np.array([line.begin], np.int64), next_offset)

    def _last(self, value: bytes, begin: int) -> Lines | None:
        """What has no line end; None where there is nothing."""
        if not value:
            return None
        lines = Lines([value], np.array([begin], np.int64), begin + len(value))
        return _tidy(lines, self._limits, crlf=True)


@dataclass(slots=True)
class _LongLine:
    begin: int
    prefix: bytes
    searched: int  # no line end lies before this offset
    is_blank: bool

    def note(self, block: bytes) -> None:
        """This comes next in the line."""
        self.searched += len(block)
        self.is_blank = self.is_blank and (not block or block.isspace())
