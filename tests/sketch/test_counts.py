import math
import struct
import zlib
from collections.abc import Sequence

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftwatch.errors import StateError
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts, Moments

CELLS, COLUMNS = 6, 2

# Written once, by the first program that stored counts. Files hold bytes like these for ever.
GOLDEN = (
    "4457633103070000000000000006000000000000000100000074f1003001174011000000000000104000000000"
    "0000f83f000000000000d03f000000000000f0bf0000000000000040dc98bae1"
)

# Values that differ by no more than this factor, so that "within rounding" can be said as a ratio.
values = st.floats(min_value=-1e6, max_value=1e6).map(lambda value: round(value, 6))
records = st.tuples(
    st.integers(0, CELLS - 1), st.tuples(*[st.none() | values for _ in range(COLUMNS)])
)
Record = tuple[int, tuple[float | None, ...]]


def counted(batch: Sequence[Record]) -> Counts:
    """The counts of some records, each with the cell it falls in and a value a column."""
    cells = np.bincount([cell for cell, _ in batch], minlength=CELLS).astype(np.int64)
    columns = [[row[c] for _, row in batch if row[c] is not None] for c in range(COLUMNS)]
    return Counts(len(batch), cells, moments_of([np.array(c, dtype=float) for c in columns]))


def moments_of(columns: Sequence[FloatArray]) -> Moments:
    """What numpy says of the values of each column."""
    empty = Moments.empty(1)
    rows = [
        (len(v), v.mean(), ((v - v.mean()) ** 2).sum(), v.min(), v.max())
        if len(v)
        else (0, 0, 0, empty.minimum[0], empty.maximum[0])
        for v in columns
    ]
    return Moments(*np.array(rows, dtype=float).reshape(-1, 5).T)


def with_cells(*cells: int) -> Counts:
    return Counts(sum(cells), np.array(cells, dtype=np.int64), Moments.empty(0))


@given(st.lists(records, max_size=40), st.data())
def test_any_split_merged_in_any_order_is_the_batch(
    batch: list[Record], data: st.DataObject
) -> None:
    owner = data.draw(st.lists(st.integers(0, 4), min_size=len(batch), max_size=len(batch)))
    parts = [[r for r, o in zip(batch, owner, strict=True) if o == part] for part in range(5)]
    order = data.draw(st.permutations(range(5)))

    merged = Counts.total([counted(parts[part]) for part in order], CELLS, COLUMNS)

    whole = counted(batch)
    assert merged.rows == whole.rows
    assert merged.cells.tolist() == whole.cells.tolist()
    for exact in ("count", "minimum", "maximum"):
        assert np.array_equal(getattr(merged.moments, exact), getattr(whole.moments, exact))
    scale = np.maximum(abs(whole.moments.minimum), abs(whole.moments.maximum))
    scale = np.where(whole.moments.count > 0, scale, 0.0)
    assert (abs(merged.moments.mean - whole.moments.mean) <= 1e-14 * scale * 40).all()
    assert (abs(merged.moments.m2 - whole.moments.m2) <= 1e-14 * scale**2 * 40**2).all()


@given(st.lists(records, max_size=20), st.lists(records, max_size=20))
def test_subtracting_what_was_added_restores_the_integers(
    kept: list[Record], gone: list[Record]
) -> None:
    counts = counted(kept)
    counts.add(counted(gone))
    counts.subtract(counted(gone))

    assert counts.rows == len(kept)
    assert counts.cells.tolist() == counted(kept).cells.tolist()


def test_adding_leaves_the_other_side_and_copies_alone() -> None:
    first, second = counted([(0, (1.0, None))]), counted([(0, (3.0, 2.0))])
    copy = first.copy()

    first.add(second)

    assert second == counted([(0, (3.0, 2.0))])
    assert copy == counted([(0, (1.0, None))])


@pytest.mark.parametrize("other", [with_cells(7), with_cells(1, 2, 3, 4)])
def test_counts_of_another_layout_are_refused_and_change_nothing(other: Counts) -> None:
    counts = with_cells(1, 2, 3)

    with pytest.raises(ValueError, match="3 cells"):
        counts.add(other)
    with pytest.raises(ValueError, match="3 cells"):
        counts.subtract(other)

    assert counts == with_cells(1, 2, 3)


def test_counts_with_other_numeric_columns_are_refused_and_change_nothing() -> None:
    counts = with_cells(1, 2)

    with pytest.raises(ValueError, match="1 numeric columns"):
        counts.add(Counts(0, np.zeros(2, dtype=np.int64), Moments.empty(1)))

    assert counts == with_cells(1, 2)


@example([1.7e308, 1.7e308])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_merging_an_empty_side_changes_no_bit_of_the_moments(column: list[float]) -> None:
    # Values near the largest float overflow their M2, and the mean of two of them.
    with np.errstate(over="ignore", invalid="ignore"):
        moments = moments_of([np.array(column)])
    empty = Moments.empty(1)

    assert moments.merged(empty) == moments
    assert empty.merged(moments) == moments


def test_the_moments_of_values_that_lie_close_together_keep_their_digits() -> None:
    rng = np.random.default_rng(7)
    column = 1e9 + rng.normal(size=10_000)
    merged = Moments.empty(1)
    for part in np.array_split(column, 100):
        merged = merged.merged(moments_of([part]))

    assert merged.stddev[0] == pytest.approx(column.std(), rel=1e-6)


def test_the_standard_deviation_of_an_empty_column_is_not_a_number() -> None:
    assert math.isnan(Moments.empty(1).stddev[0])
    assert moments_of([np.array([4.0])]).stddev[0] == 0


def bits(moments: Moments) -> list[bytes]:
    return [getattr(moments, name).tobytes() for name in Moments.__slots__]


cell_arrays = npst.arrays(
    np.int64,
    st.integers(0, 70),
    elements=st.integers(0, 3) | st.integers(0, 5_000) | st.integers(0, 2**63 - 1),
    fill=st.just(0),
)
moment_arrays = npst.arrays(np.float64, st.tuples(st.just(5), st.integers(0, 4)))


@given(st.integers(0, 2**64 - 1), cell_arrays, moment_arrays)
def test_counts_come_back_from_bytes_to_the_bit(
    rows: int, cells: IntArray, moments: FloatArray
) -> None:
    counts = Counts(rows, cells, Moments(*moments))

    back = Counts.from_bytes(counts.to_bytes())

    assert back == counts
    assert back.cells.dtype == np.int64
    assert bits(back.moments) == bits(counts.moments)


def test_moments_that_overflowed_come_back_and_are_equal() -> None:
    odd = np.array([math.nan, math.inf, -math.inf, -0.0, 5e-324])
    counts = Counts(3, np.zeros(0, dtype=np.int64), Moments(odd, odd, odd, odd, odd))

    back = Counts.from_bytes(counts.to_bytes())

    assert back == counts
    assert bits(back.moments) == bits(counts.moments)


def test_what_came_back_from_bytes_can_be_added_to() -> None:
    back = Counts.from_bytes(with_cells(1, 0, 300).to_bytes())

    back.add(with_cells(1, 1, 1))

    assert back == with_cells(2, 1, 301)


def test_counts_differ_where_any_part_does() -> None:
    one = counted([(0, (1.0, None))])

    assert one != counted([(1, (1.0, None))])
    assert one != counted([(0, (2.0, None))])
    assert one != Counts(2, one.cells, one.moments)
    assert one != "counts"


@given(st.data())
def test_a_flipped_byte_is_noticed(data: st.DataObject) -> None:
    stored = bytearray(counted([(0, (1.0, None)), (5, (2.0, 3.0))]).to_bytes())
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(StateError, match="damaged"):
        Counts.from_bytes(bytes(stored))


def test_bytes_that_are_cut_short_are_noticed_wherever_the_cut_is() -> None:
    stored = counted([(0, (1.0, None)), (5, (2.0, 3.0))]).to_bytes()

    for length in range(len(stored)):
        with pytest.raises(StateError):
            Counts.from_bytes(stored[:length])


@pytest.mark.parametrize(
    ("at", "value", "complaint"),
    [(0, b"X", "format"), (4, b"\x00", "expected"), (21, b"\xff\xff\xff\xff", "can't be read")],
    ids=["magic", "levels", "columns"],
)
def test_a_header_that_does_not_fit_what_follows_is_refused(
    at: int, value: bytes, complaint: str
) -> None:
    body = bytearray(counted([(0, (1.0, None))]).to_bytes()[:-4])
    body[at : at + len(value)] = value

    with pytest.raises(StateError, match=complaint):
        Counts.from_bytes(bytes(body) + struct.pack("<I", zlib.crc32(body)))


@pytest.mark.parametrize(
    "counts",
    [with_cells(3, -1), Counts(-1, np.zeros(2, dtype=np.int64), Moments.empty(0))],
    ids=["cell", "rows"],
)
def test_a_negative_count_is_not_stored(counts: Counts) -> None:
    with pytest.raises(ValueError, match="negative"):
        counts.to_bytes()


def test_counts_stored_by_an_earlier_program_can_be_read() -> None:
    stored = bytes.fromhex(GOLDEN)
    counts = Counts(
        7,
        np.array([0, 1, 15, 16, 0, 70_000], dtype=np.int64),
        Moments(*(np.array([value]) for value in (4.0, 1.5, 0.25, -1.0, 2.0))),
    )

    assert Counts.from_bytes(stored) == counts
    assert counts.to_bytes() == stored


def test_a_pane_of_a_hundred_columns_is_stored_in_a_few_kilobytes() -> None:
    rng = np.random.default_rng(3)
    counts = Counts.empty(52_000, 100)
    filled = rng.random(52_000) < 0.3
    counts.cells[filled] = 1 + rng.poisson(2, filled.sum())
    counts.cells[0] = 1_000_000

    assert len(counts.to_bytes()) < 21_000
