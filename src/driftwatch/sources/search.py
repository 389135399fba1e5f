"""Finding a place in a file of lines: its last line end, or the first line of a time."""

from collections.abc import Callable, Iterator

from driftwatch.sources.lines import BytesAt, LineLimits, LineReader

PeekTime = Callable[[bytes], int | None]
"""The event time of a raw line in microseconds; None where it has none that can be read."""

_BLOCK_BYTES = 64 << 10
_PROBE = LineLimits(batch_bytes=_BLOCK_BYTES)


def lines_from(bytes_at: BytesAt, begin: int) -> Iterator[tuple[int, bytes]]:
    r"""Offset and value of each line from a line's beginning on; an overlong one is cut.

    >>> content = b"one\n\ntwo"
    >>> list(lines_from(lambda offset, count: content[offset : offset + count], 0))
    [(0, b'one'), (5, b'two')]
    """
    reader = LineReader(bytes_at, _PROBE)
    position = begin
    while lines := reader.read(position, final=True):
        yield from zip(lines.offsets.tolist(), lines.values, strict=True)
        position = lines.next_offset


def last_line_end(bytes_at: BytesAt, size: int | None) -> int:
    """The offset behind the last line end; 0 where there is none.

    Args:
        bytes_at: reads the file.
        size: how long the file is; None where it has to be read to know.
    """
    if size is None:
        reader, position = LineReader(bytes_at, _PROBE), 0
        while lines := reader.read(position, final=False):
            position = lines.next_offset
        return position
    while size > 0:
        begin = max(0, size - _BLOCK_BYTES)
        found = bytes_at(begin, size - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return 0


def first_line_at(bytes_at: BytesAt, size: int | None, time_us: int, peek_time: PeekTime) -> int:
    """The offset of the first line whose event time is `time_us` or later.

    Found by halving, as far as the lines are in the order of their times; where there is no such
    line, the offset behind the last line end. Where `size` is unknown, all lines are looked at.
    """
    end = last_line_end(bytes_at, size)
    low, high, answer = 0, end, end
    # No line that begins before `low` is late enough; `answer` is, and none between it and `high`.
    while size is not None and high - low > _BLOCK_BYTES:
        middle = (low + high) // 2
        probe = _first_timed(bytes_at, middle, high, peek_time)
        if probe is None:
            high = middle
        elif probe[1] >= time_us:
            high, answer = middle, probe[0]
        else:
            low = probe[0] + 1
    for offset, line in lines_from(bytes_at, _line_start(bytes_at, low)):
        if offset >= high:
            break
        if (found := peek_time(line)) is not None and found >= time_us:
            return offset
    return answer


def _first_timed(
    bytes_at: BytesAt, begin: int, end: int, peek_time: PeekTime
) -> tuple[int, int] | None:
    """Offset and time of the first line that begins in [begin, end) and has a time."""
    for offset, line in lines_from(bytes_at, _line_start(bytes_at, begin)):
        if offset >= end:
            break
        if (time_us := peek_time(line)) is not None:
            return offset, time_us
    return None


def _line_start(bytes_at: BytesAt, offset: int) -> int:
    """The first beginning of a line at this offset or behind it."""
    if offset == 0:
        return 0
    begin = offset - 1
    while block := bytes_at(begin, _BLOCK_BYTES):
        found = block.find(b"\n")
        if found >= 0:
            return begin + found + 1
        begin += len(block)
    return begin
