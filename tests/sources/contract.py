"""What every Source promises, as one suite that each adapter runs against a log of its own kind."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from driftwatch.records import Assigned, Partition, RawBatch, Revoked, SourceEvent
from driftwatch.sources.port import Committed, Source

Record = tuple[int, bytes | None]  # offset and value


class Log(ABC):
    """A log that an adapter reads, and what a test may do to it."""

    has_group = False
    has_tombstones = False
    can_revoke = False
    has_two_partitions = True

    @abstractmethod
    def open(self) -> Source:
        """A source that reads the log from now on."""

    @abstractmethod
    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        """Add records at the end of its first or second partition."""

    @abstractmethod
    def leave_a_gap(self) -> None:
        """Let the first partition go on at a higher offset."""

    def revoke(self) -> None:
        """Begin to take one of two partitions away."""
        raise NotImplementedError

    def tick(self) -> bool:
        """Do what the log itself has to while a source is polled; always False."""
        return False


class Reader:
    """Polls a source and keeps what came."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.events: list[SourceEvent] = []

    @property
    def batches(self) -> list[RawBatch]:
        return [event for event in self.events if isinstance(event, RawBatch)]

    @property
    def assigned(self) -> list[Partition]:
        """In the order in which they came; those that went left out."""
        ours: dict[Partition, None] = {}
        for event in self.events:
            if isinstance(event, Assigned):
                ours |= dict.fromkeys(event.partitions)
            elif isinstance(event, Revoked):
                ours = {p: None for p in ours if p not in event.partitions}
        return list(ours)

    def records(self, partition: Partition | None = None) -> list[Record]:
        """All records that came, of one partition or of all."""
        return [
            record
            for batch in self.batches
            if partition is None or batch.partition == partition
            for record in zip(batch.offsets.tolist(), batch.values, strict=True)
        ]

    def poll_until(self, done: Callable[[], object], *, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"not in {seconds:g} s; came: {self.events}"
            self.events += self.source.poll(0.1)

    def poll_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.events += self.source.poll(0.1)

    def take(self, count: int = 1) -> list[Partition]:
        """Wait until that many partitions are ours."""
        self.poll_until(lambda: len(self.assigned) >= count)
        return self.assigned

    def read(self, count: int) -> list[Record]:
        """Wait until that many records have come."""
        self.poll_until(lambda: len(self.records()) >= count)
        return self.records()

    def read_again(self, partition: Partition, position: int, count: int) -> list[Record]:
        """Forget what came, and read that many records from an offset on."""
        self.events = []
        self.source.seek({partition: position})
        return self.read(count)


def begin(source: Source, partitions: int = 1) -> Reader:
    """Take that many partitions, and read each from its beginning."""
    reader = Reader(source)
    reader.source.seek(reader.source.starts(reader.take(partitions), "earliest"))
    return reader


VALUES = [b'{"n":%d,"text":"%s"}' % (n, b"x" * (n % 50)) for n in range(300)]


class SourceContract:
    """Subclasses provide the fixture `log`."""

    @pytest.fixture
    def source(self, log: Log) -> Iterator[Source]:
        source = log.open()
        yield source
        source.close()

    def test_nothing_flows_before_seek(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = Reader(source)
        reader.take()
        reader.poll_for(0.5)
        assert reader.batches == []

    def test_records_come_once_and_in_order(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        reader.read(len(VALUES))
        reader.poll_for(0.3)
        assert [value for _, value in reader.records()] == VALUES
        offsets = [offset for offset, _ in reader.records()]
        assert offsets == sorted(set(offsets))

    def test_a_batch_holds_arrays_of_one_length(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        reader.read(len(VALUES))
        for batch in reader.batches:
            assert batch.offsets.dtype == np.int64
            assert len(batch.offsets) == len(batch.values)
            if batch.broker_times_us is not None:
                assert batch.broker_times_us.dtype == np.int64
                assert len(batch.broker_times_us) == len(batch.values)

    def test_batches_follow_each_other_without_a_hole(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        position = source.progress()[reader.assigned[0]].position
        reader.read(len(VALUES))
        for batch in reader.batches:
            assert all(position <= offset < batch.next_offset for offset in batch.offsets)
            position = batch.next_offset
        assert source.progress()[reader.assigned[0]].position == position

    def test_reading_again_from_any_offset_gives_the_same_bytes(
        self, log: Log, source: Source
    ) -> None:
        log.write(VALUES)
        reader = begin(source)
        (partition,) = reader.assigned
        all_of_it = reader.read(len(VALUES))
        for first in (0, 1, 150, 299):
            rest = all_of_it[first:]
            assert reader.read_again(partition, rest[0][0], len(rest)) == rest

    def test_what_is_written_later_is_handed_out_later(self, log: Log, source: Source) -> None:
        log.write(VALUES[:100])
        reader = begin(source)
        reader.read(100)
        log.write(VALUES[100:])
        assert [value for _, value in reader.read(300)] == VALUES

    def test_reading_goes_on_over_a_gap_in_the_offsets(self, log: Log, source: Source) -> None:
        log.write(VALUES[:10])
        log.leave_a_gap()
        log.write(VALUES[10:20])
        reader = begin(source)
        records = reader.read(20)
        assert [value for _, value in records] == VALUES[:20]
        (partition,) = reader.assigned
        assert reader.read_again(partition, records[10][0], 10) == records[10:]
        # An offset within the gap is where a frontier may lie, too.
        before = [batch for batch in reader.batches if batch.next_offset <= records[10][0]]
        for batch in before:
            assert reader.read_again(partition, batch.next_offset, 10) == records[10:]
        assert source.take_gaps() == [] or source.take_gaps() == ()

    def test_an_empty_poll_takes_about_its_timeout(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        reader.read(len(VALUES))
        reader.poll_for(0.3)
        began = time.monotonic()
        assert list(source.poll(0.4)) == []
        assert 0.2 < time.monotonic() - began < 2
        began = time.monotonic()
        assert list(source.poll(0)) == []
        assert time.monotonic() - began < 0.2

    def test_two_partitions_are_read_side_by_side(self, log: Log, source: Source) -> None:
        if not log.has_two_partitions:
            return
        log.write(VALUES[:100])
        log.write(VALUES[100:], partition=1)
        reader = begin(source, partitions=2)
        reader.read(300)
        found = {tuple(v for _, v in reader.records(p)) for p in reader.assigned}
        assert found == {tuple(VALUES[:100]), tuple(VALUES[100:])}

    def test_what_is_held_alone_rests_and_goes_on_where_it_was(
        self, log: Log, source: Source
    ) -> None:
        log.write(VALUES[:20])
        reader = begin(source)
        reader.read(20)
        source.hold(reader.assigned)
        log.write(VALUES[20:40])
        reader.poll_for(0.3)
        assert len(reader.records()) == 20
        source.hold([])
        assert [value for _, value in reader.read(40)] == VALUES[:40]

    def test_a_partition_that_is_held_rests_and_goes_on_where_it_was(
        self, log: Log, source: Source
    ) -> None:
        if not log.has_two_partitions:
            return
        log.write(VALUES[:20])
        log.write(VALUES[100:120], partition=1)
        reader = begin(source, partitions=2)
        reader.read(40)
        held, other = sorted(reader.assigned, key=lambda p: reader.records(p)[0][1] or b"")
        source.hold([held, Partition("someone-elses", 7)])
        log.write(VALUES[20:40])
        log.write(VALUES[120:140], partition=1)
        reader.poll_until(lambda: len(reader.records(other)) == 40)
        reader.poll_for(0.3)
        assert len(reader.records(held)) == 20
        assert source.connected
        source.hold([])
        reader.read(80)
        records = {p: [value for _, value in reader.records(p)] for p in (held, other)}
        assert records == {held: VALUES[:40], other: VALUES[100:140]}

    def test_latest_is_behind_all_that_there_is(self, log: Log, source: Source) -> None:
        log.write(VALUES[:100])
        reader = Reader(source)
        partitions = reader.take()
        source.seek(source.starts(partitions, "latest"))
        reader.poll_for(0.3)
        log.write(VALUES[100:])
        assert [value for _, value in reader.read(200)] == VALUES[100:]

    def test_progress_tells_what_is_left(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = Reader(source)
        (partition,) = reader.take()
        assert not source.progress()[partition].caught_up
        source.seek(source.starts([partition], "earliest"))
        assert not source.progress()[partition].caught_up
        reader.read(len(VALUES))
        reader.poll_until(lambda: source.progress()[partition].caught_up)
        progress = source.progress()[partition]
        assert progress.position == progress.end_offset == reader.batches[-1].next_offset
        assert progress.lag_records == 0
        assert not progress.ended

    def test_a_source_in_good_health_says_so(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        reader.read(len(VALUES))
        assert source.connected
        assert not source.exhausted
        assert list(source.problems) == []
        assert list(source.take_gaps()) == []

    def test_a_partition_has_a_name_for_people(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        assert source.describe(reader.assigned[0])

    def test_seeking_a_partition_that_is_not_ours_does_nothing(
        self, log: Log, source: Source
    ) -> None:
        log.write(VALUES)
        reader = begin(source)
        source.seek({Partition("someone-elses", 7): 3})
        assert len(reader.read(len(VALUES))) == len(VALUES)

    def test_what_is_committed_is_there_for_the_next_one(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        reader = begin(source)
        reader.read(100)
        (partition,) = reader.assigned
        frontier = reader.batches[0].next_offset
        assert dict(source.committed([partition])) == {partition: None}
        for metadata in ("first", "and then " + "x" * 3_000):
            word = Committed(frontier, metadata)
            source.commit({partition: word})
            expected = word if source.has_group else None
            assert dict(source.committed([partition])) == {partition: expected}

    def test_a_group_knows_how_many_partitions_a_topic_has(self, log: Log, source: Source) -> None:
        log.write(VALUES[:10])
        reader = begin(source)
        count = source.partition_count(reader.assigned[0].topic)
        assert count == (1 if source.has_group else None)

    def test_a_tombstone_is_none(self, log: Log, source: Source) -> None:
        if not log.has_tombstones:
            return
        log.write([b"a", None, b"", b"b"])
        reader = begin(source)
        assert [value for _, value in reader.read(4)] == [b"a", None, b"", b"b"]

    def test_a_revoked_partition_hands_out_nothing_more(self, log: Log, source: Source) -> None:
        if not log.can_revoke:
            return
        log.write(VALUES[:10])
        log.write(VALUES[:10], partition=1)
        reader = begin(source, partitions=2)
        reader.read(20)
        log.revoke()
        reader.poll_until(lambda: log.tick() or any(isinstance(e, Revoked) for e in reader.events))
        reader.events = reader.events[reader.events.index(_first_revoked(reader)) :]
        reader.poll_until(lambda: log.tick() or len(source.progress()) == 1)
        (ours,) = source.progress()
        source.seek(source.starts([ours], "earliest"))
        log.write(VALUES[10:20])
        log.write(VALUES[10:20], partition=1)
        reader.poll_until(lambda: log.tick() or len(reader.records(ours)) >= 20)
        assert {batch.partition for batch in reader.batches} == {ours}

    def test_it_may_be_closed_twice(self, log: Log, source: Source) -> None:
        log.write(VALUES)
        begin(source)
        source.close()
        source.close()


def _first_revoked(reader: Reader) -> SourceEvent:
    return next(event for event in reader.events if isinstance(event, Revoked))
