import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.texts import Texts
from driftwatch.baseline.times import TimeLog, column_times, own_times
from driftwatch.timestamps import parse_times

times_of = column_times("ts", parse_times)
US = 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        ([1_700_000_000, 1_700_000_000.5, None], [US, US + 500_000, -1]),
        ([1_700_000_000_123_456_789], [US + 123_457]),
        (["2023-11-14T22:13:20Z", "soon", 1_700_000_000], [US, -1, US]),
        ([True, [1], None, float("nan")], [-1, -1, -1, -1]),
    ],
)
def test_times_are_read_as_the_serving_log_has_them(cells: list[object], times: list[int]) -> None:
    chunk = Chunk.from_records([{"ts": cell} for cell in cells])
    found = times_of(chunk)
    assert found is not None
    # A float has no nanoseconds.
    assert np.abs(found - times).max() <= 1


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["1700000000", "", "1700000001.5"], [US, -1, US + 1_500_000]),
        (["2023-11-14T22:13:20Z", "1700000000.5", ""], [US, US + 500_000, -1]),
        (["20231114", "2023-11-14"], [US - 80_000_000_000, US - 80_000_000_000]),
        (["20231114"], [US - 80_000_000_000]),
    ],
)
def test_texts_of_unknown_type_are_numbers_or_dates(cells: list[str], times: list[int]) -> None:
    found = times_of(Chunk(len(cells), {"ts": Texts(cells)}))
    assert found is not None
    assert found.tolist() == times


CELLS = ("1700000000", "1700000000.25", "20231114", "2023-11-14T22:13:20Z", "", "x", "5", "1e9")


@given(st.lists(st.sampled_from(CELLS), min_size=1, max_size=12))
def test_what_a_time_means_does_not_depend_on_its_neighbours(cells: list[str]) -> None:
    whole = times_of(Chunk(len(cells), {"ts": Texts(cells)}))
    alone = [times_of(Chunk(1, {"ts": Texts([cell])})) for cell in cells]
    assert whole is not None
    assert whole.tolist() == [int(one[0]) for one in alone if one is not None]


def test_rows_without_the_column_have_no_time() -> None:
    found = times_of(Chunk.from_records([{"a": 1}, {"a": 2}]))
    assert found is not None
    assert found.tolist() == [-1, -1]


def test_a_log_without_times_knows_none() -> None:
    log = TimeLog(own_times)
    log.add(Chunk.from_records([{"a": 1}, {"a": 2}]))
    assert not log.known


def test_chunks_without_times_beside_some_with_are_untimed() -> None:
    log = TimeLog(own_times)
    log.add(Chunk.from_records([{"a": 1}, {"a": 2}]))
    log.add(Chunk(1, {}, times=np.array([7])))
    assert log.known
    assert log.take().tolist() == [-1, -1, 7]
