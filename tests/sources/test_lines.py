"""Lines are cut out of bytes where they end, whatever the blocks they are read in."""

from hypothesis import given
from hypothesis import strategies as st

from driftwatch.sources.lines import LineLimits, LineReader
from driftwatch.sources.search import first_line_at, last_line_end, lines_from

contents = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b" ", b"a", b"bc", b" " * 25, b"x" * 9, b"y" * 30]),
    max_size=60,
).map(b"".join)
limits = st.builds(
    LineLimits,
    batch_bytes=st.integers(1, 40),
    batch_records=st.integers(1, 5),
    max_value_bytes=st.integers(1, 20),
)


def reader(content: bytes, limit: LineLimits) -> LineReader:
    return LineReader(lambda offset, count: content[offset : offset + count], limit)


def expected(content: bytes, longest: int) -> list[tuple[int, bytes]]:
    """The same by brute force."""
    found, offset = [], 0
    for line in content.split(b"\n"):
        value = line.removesuffix(b"\r")
        if value and not value.isspace():
            found.append((offset, value[: longest + 1]))
        offset += len(line) + 1
    return found


@given(contents, limits)
def test_any_blocks_give_the_same_lines(content: bytes, limit: LineLimits) -> None:
    lines = reader(content, limit)
    position, found = 0, []
    while (part := lines.read(position, final=True)) is not None:
        assert len(part.values) <= limit.batch_records
        found += list(zip(part.offsets.tolist(), part.values, strict=True))
        position = part.next_offset
    assert position == len(content)
    longest = limit.max_value_bytes
    assert found == expected(content, longest)


@given(contents, limits)
def test_what_has_no_line_end_waits_until_the_file_has_ended(
    content: bytes, limit: LineLimits
) -> None:
    lines = reader(content, limit)
    position = 0
    while (part := lines.read(position, final=False)) is not None:
        position = part.next_offset
    assert position == content.rfind(b"\n") + 1


@given(contents, limits, st.data())
def test_reading_may_begin_at_any_line(
    content: bytes, limit: LineLimits, data: st.DataObject
) -> None:
    starts = [0, *(i + 1 for i, byte in enumerate(content) if byte == ord("\n"))]
    begin = data.draw(st.sampled_from(starts))
    found = [value for _, value in lines_from(lambda at, n: content[at : at + n], begin)]
    assert found == [v for offset, v in expected(content, 1 << 20) if offset >= begin]


@given(contents)
def test_the_last_line_end_is_found_from_either_side(content: bytes) -> None:
    end = content.rfind(b"\n") + 1

    def at(offset: int, count: int) -> bytes:
        return content[offset : offset + count]

    assert last_line_end(at, len(content)) == last_line_end(at, None) == end


@given(st.integers(0, 400), st.integers(1, 40), st.integers(-1, 401), st.booleans())
def test_halving_finds_what_looking_at_every_line_finds(
    count: int, alike: int, wanted: int, by_halving: bool
) -> None:
    times = [n // alike for n in range(count)]
    lines = [b"%d %s\n" % (time, b"x" * (1000 + 37 * n % 500)) for n, time in enumerate(times)]
    content = b"".join(lines)
    size = len(content) if by_halving else None
    found = first_line_at(
        lambda at, n: content[at : at + n], size, wanted, lambda line: int(line.split()[0])
    )
    assert found == sum(len(line) for line in lines if int(line.split()[0]) < wanted)
