"""Events of the spool keep the contract of a source, and tell what the spool has lost."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from driftwatch.records import Assigned, RawBatch
from driftwatch.sources.frames import Event
from driftwatch.sources.http import EVENTS, HttpSource, ReadLimits
from driftwatch.sources.port import Committed, Gap, Source
from driftwatch.sources.spool import Spool, SpoolFullError, SpoolPolicy
from tests.sources.contract import VALUES, Log, Reader, SourceContract, begin


class HttpLog(Log):
    has_two_partitions = False

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(SpoolPolicy(folder, file_bytes=1000))

    def open(self) -> Source:
        return HttpSource(self.spool)

    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        assert partition == 0
        for start in range(0, len(values), 20):
            group = [value for value in values[start : start + 20] if value is not None]
            self.spool.append([Event((), value, 7) for value in group])

    def leave_a_gap(self) -> None:
        self.spool.go_on_at(self.spool.end + 7)


class TestContract(SourceContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Log:
        return HttpLog(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HttpLog]:
    log = HttpLog(tmp_path)
    yield log
    log.spool.close()


def test_a_record_has_its_headers_and_the_time_at_which_it_came(log: HttpLog) -> None:
    log.spool.append([Event((("ce_id", b"7"),), b"{}", 5), Event((), b"[]", 6)])
    reader = begin(log.open())
    reader.read(2)
    (batch,) = reader.batches
    assert batch.headers == [(("ce_id", b"7"),), ()]
    assert batch.broker_times_us is not None
    assert batch.broker_times_us.tolist() == [5, 6]


def test_it_knows_its_place_once_it_was_sought(log: HttpLog) -> None:
    source = HttpSource(log.spool)
    assert source.poll(0) == [Assigned((EVENTS,))]
    assert not source.is_placed
    source.seek({EVENTS: 0})
    assert source.is_placed


def test_what_is_saved_is_deleted_and_what_is_not_stays(log: HttpLog) -> None:
    log.write(VALUES)
    source = log.open()
    begin(source).read(len(VALUES))
    source.commit({EVENTS: Committed(150)})
    assert 100 < log.spool.first <= 150
    source.seek({EVENTS: 150})
    assert len(Reader(source).read(150)) == 150


def test_a_state_that_is_ahead_of_the_spool_is_a_gap_and_no_event_after_it_is_lost(
    log: HttpLog,
) -> None:
    log.write(VALUES[:3])
    source = HttpSource(log.spool)
    reader = Reader(source)
    reader.take()
    source.seek({EVENTS: 1000})
    assert source.take_gaps() == [Gap(EVENTS, 3, 1000, None, "truncated")]
    log.write(VALUES[3:6])
    assert reader.read(3) == list(zip(range(1000, 1003), VALUES[3:6], strict=True))


def test_a_state_that_is_behind_the_spool_is_a_gap_of_known_size(log: HttpLog) -> None:
    log.write(VALUES)
    log.spool.delete_below(150)
    first = log.spool.first
    source = HttpSource(log.spool)
    reader = Reader(source)
    reader.take()
    source.seek({EVENTS: 20})
    assert source.take_gaps() == [Gap(EVENTS, 20, first, first - 20, "expired")]
    assert reader.read(1)[0] == (first, VALUES[first])


def test_a_damaged_event_is_a_gap_and_reading_goes_on(log: HttpLog, tmp_path: Path) -> None:
    log.write(VALUES)
    path = min(tmp_path.glob("*.events"))
    written = bytearray(path.read_bytes())
    written[30] ^= 1
    path.write_bytes(written)
    source = log.open()
    reader = begin(source)
    reader.poll_until(reader.records)
    (gap,) = source.take_gaps()
    assert (gap.position, gap.reason) == (0, "corrupt")
    assert gap.lost == gap.resumed == reader.records()[0][0]


def test_that_events_are_refused_is_a_problem_until_they_are_taken_again(tmp_path: Path) -> None:
    spool = Spool(SpoolPolicy(tmp_path, max_bytes=1000, file_bytes=300))
    source = HttpSource(spool)
    begin(source)
    spool.append([Event((), b"x" * 500, 0)])
    with pytest.raises(SpoolFullError):
        spool.append([Event((), b"x" * 600, 0)])
    (problem,) = source.problems
    assert "is full" in problem.what
    spool.append([Event((), b"x", 0)])
    assert list(source.problems) == []
    source.close()


def test_few_events_wait_for_more_and_many_do_not(tmp_path: Path) -> None:
    spool = Spool(SpoolPolicy(tmp_path))
    source = HttpSource(spool, ReadLimits(batch_records=2))
    begin(source)
    spool.append([Event((), b"x", 0)] * 5)
    began = time.monotonic()
    sizes = [len(batch.values) for _ in range(2) for batch in polled(source, 10)]
    assert (sizes, time.monotonic() - began < 5) == ([2, 2], True)
    spool.append([Event((), b"x", 0)] * 2)
    assert [len(batch.values) for _ in range(2) for batch in polled(source, 0.2)] == [2, 1]
    source.close()


def polled(source: HttpSource, timeout: float) -> list[RawBatch]:
    return [event for event in source.poll(timeout) if isinstance(event, RawBatch)]
