"""A log in memory, for tests and benchmarks: what is appended is handed out, without a copy."""

import threading
import time
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import (
    Assigned,
    Headers,
    IntArray,
    Partition,
    Progress,
    RawBatch,
    Revoked,
    SourceEvent,
)
from driftwatch.sources.port import Committed, Gap, Problem, Start


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What one `append` brought; batches never reach over its end."""

    values: Sequence[bytes | None]
    offsets: IntArray
    broker_times_us: IntArray | None
    next_offset: int
    keys: Sequence[bytes | None] | None
    headers: Sequence[Headers] | None


@dataclass(slots=True)
class _Log:
    chunks: list[_Chunk] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # each chunk's next_offset
    first_offset: int = 0

    @property
    def end_offset(self) -> int:
        return self.ends[-1] if self.ends else 0


class MemorySource:
    """A Source whose log is appended to by the test that reads it.

    Appending and polling may happen in different threads. Nothing is copied: a batch holds slices
    of the sequences that were appended, or those themselves where a chunk is handed out whole.

    Args:
        batch_records: the most records in one batch.

    >>> source, clicks = MemorySource(), Partition("clicks", 0)
    >>> source.assign(clicks)
    >>> source.append(clicks, [b"one", b"two"])
    >>> source.poll(0)
    [Assigned(partitions=(Partition(topic='clicks', number=0),))]
    >>> source.seek({clicks: 1})
    >>> [batch.values for batch in source.poll(0)]
    [[b'two']]
    """

    def __init__(self, *, batch_records: int = 1000) -> None:
        self.batch_records = batch_records
        self.commits: list[dict[Partition, Committed]] = []
        """Every commit, in order."""
        self._logs: dict[Partition, _Log] = {}
        self._positions: dict[Partition, int | None] = {}  # of the assigned; None: not sought yet
        self._committed: dict[Partition, Committed] = {}
        self._held: frozenset[Partition] = frozenset()
        self._topic_ids: dict[str, str] = {}
        self._events: list[Assigned | Revoked] = []
        self._gaps: list[Gap] = []
        self._connected = True
        self._ended = False
        self._changed = threading.Condition()

    def append(
        self,
        partition: Partition,
        values: Sequence[bytes | None],
        *,
        offsets: Sequence[int] | IntArray | None = None,
        broker_times_us: Sequence[int] | IntArray | None = None,
        next_offset: int | None = None,
        keys: Sequence[bytes | None] | None = None,
        headers: Sequence[Headers] | None = None,
    ) -> None:
        """Add records at the end of a partition.

        Args:
            partition: made where it does not exist yet.
            values: kept as they are, not copied.
            offsets: ascending, from the partition's end on; those right after the end by default.
            broker_times_us: when the broker took each record in; none by default.
            next_offset: the partition's end afterwards; right after the last record by default.
            keys: of each record; none by default.
            headers: the same.
        """
        with self._changed:
            log = self._logs.setdefault(partition, _Log())
            begin = log.end_offset
            where = (
                np.arange(begin, begin + len(values), dtype=np.int64)
                if offsets is None
                else np.asarray(offsets, dtype=np.int64)
            )
            times = None if broker_times_us is None else np.asarray(broker_times_us, np.int64)
            after = next_offset or (int(where[-1]) + 1 if len(where) else begin)
            log.chunks.append(_Chunk(values, where, times, after, keys, headers))
            log.ends.append(after)
            self._changed.notify_all()

    def assign(self, *partitions: Partition) -> None:
        """Make these partitions ours, as a rebalance would."""
        with self._changed:
            for partition in partitions:
                self._logs.setdefault(partition, _Log())
                self._positions[partition] = None
            self._events.append(Assigned(partitions))
            self._changed.notify_all()

    def revoke(self, *partitions: Partition) -> None:
        """Take these partitions away, as a rebalance would."""
        with self._changed:
            for partition in partitions:
                self._positions.pop(partition, None)
            self._events.append(Revoked(partitions))
            self._changed.notify_all()

    def expire(self, partition: Partition, before: int) -> None:
        """Delete what lies below this offset, as a topic's retention would."""
        with self._changed:
            self._logs[partition].first_offset = before

    def recreate(self, topic: str, topic_id: str) -> None:
        """Delete a topic and make an empty one of its name, as an administrator would.

        The group forgets its commits; the partitions are taken away, and are to be assigned anew.
        """
        with self._changed:
            self._topic_ids[topic] = topic_id
            gone = tuple(p for p in self._logs if p.topic == topic)
            for partition in gone:
                self._logs[partition] = _Log()
                self._positions.pop(partition, None)
                self._committed.pop(partition, None)
            self._events.append(Revoked(gone))
            self._changed.notify_all()

    def disconnect(self) -> None:
        """Let the log be out of reach: nothing comes, nothing can be asked or committed."""
        with self._changed:
            self._connected = False

    def reconnect(self) -> None:
        """End what `disconnect` began."""
        with self._changed:
            self._connected = True
            self._changed.notify_all()

    def end(self) -> None:
        """Say that no more will be appended."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """What happened; at most one batch of each partition. See `port.Source.poll`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                events: list[SourceEvent] = [*self._events]
                self._events = []
                if self._connected:
                    flowing = [p for p in self._positions if p not in self._held]
                    events += [batch for p in flowing if (batch := self._batch(p))]
                remaining = deadline - time.monotonic()
                if events or remaining <= 0 or self._is_exhausted():
                    return events
                self._changed.wait(remaining)

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """See `port.Source.seek`."""
        with self._changed:
            # What was taken away and given again since the last poll is not told yet: it is sought
            # when it is, and flows from then on.
            untold = {partition for event in self._events for partition in event.partitions}
            for partition, offset in positions.items():
                if partition in self._positions and partition not in untold:
                    self._held -= {partition}
                    self._positions[partition] = offset

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `port.Source.hold`."""
        with self._changed:
            self._held = frozenset(partitions)

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """See `port.Source.starts`; a time is compared with the broker's."""
        self._reach()
        return {partition: self._start(self._logs[partition], start) for partition in partitions}

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, Committed | None]:
        """See `port.Source.committed`."""
        self._reach()
        return {partition: self._committed.get(partition) for partition in partitions}

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """See `port.Source.commit`. Refused for partitions that are not ours."""
        self._reach()
        if strange := [str(p) for p in frontiers if p not in self._positions]:
            raise CommitRefusedError(f"not assigned, so not committed: {', '.join(strange)}")
        self.commits.append(dict(frontiers))
        self._committed.update(frontiers)

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`."""
        with self._changed:
            return {p: self._progress(self._logs[p], at) for p, at in self._positions.items()}

    def take_gaps(self) -> Sequence[Gap]:
        """See `port.Source.take_gaps`."""
        with self._changed:
            gaps, self._gaps = self._gaps, []
            return gaps

    def describe(self, partition: Partition) -> str:
        """See `port.Source.describe`."""
        return str(partition)

    def topic_id(self, partition: Partition) -> str | None:
        """See `port.Source.topic_id`: what `recreate` has made of it."""
        return self._topic_ids.get(partition.topic)

    def partition_count(self, topic: str) -> int | None:
        """See `port.Source.partition_count`."""
        return sum(partition.topic == topic for partition in self._logs)

    @property
    def has_group(self) -> bool:
        """See `port.Source.has_group`."""
        return True

    @property
    def problems(self) -> Sequence[Problem]:
        """See `port.Source.problems`."""
        return () if self._connected else (Problem("memory", "the log can't be reached"),)

    @property
    def connected(self) -> bool:
        """See `port.Source.connected`."""
        return self._connected

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`: `end` was called, and all that is ours was handed out."""
        with self._changed:
            return self._is_exhausted()

    def close(self) -> None:
        """See `port.Source.close`."""

    def _batch(self, partition: Partition) -> RawBatch | None:
        position, log = self._positions[partition], self._logs[partition]
        if position is None:
            return None
        if position < log.first_offset:
            lost = log.first_offset - position
            self._gaps.append(Gap(partition, position, log.first_offset, lost, "expired"))
            position = log.first_offset
        index = bisect_right(log.ends, position)
        if index == len(log.chunks):
            self._positions[partition] = position
            return None
        chunk = log.chunks[index]
        first = int(np.searchsorted(chunk.offsets, position))
        last = min(first + self.batch_records, len(chunk.offsets))
        whole = last - first == len(chunk.offsets)
        times = chunk.broker_times_us
        after = int(chunk.offsets[last]) if last < len(chunk.offsets) else chunk.next_offset
        self._positions[partition] = after
        return RawBatch(
            partition,
            chunk.values if whole else chunk.values[first:last],
            chunk.offsets[first:last],
            after,
            None if times is None else times[first:last],
            None if chunk.keys is None else chunk.keys[first:last],
            None if chunk.headers is None else chunk.headers[first:last],
        )

    def _start(self, log: _Log, start: Start) -> int:
        if start == "earliest":
            return log.first_offset
        if start == "latest":
            return log.end_offset
        for chunk in log.chunks:
            if chunk.broker_times_us is not None and len(chunk.offsets):
                reached = np.flatnonzero(chunk.broker_times_us >= start)
                if len(reached):
                    return max(int(chunk.offsets[reached[0]]), log.first_offset)
        return log.end_offset

    def _progress(self, log: _Log, position: int | None) -> Progress:
        if position is None:
            return Progress(0, None, None, caught_up=False)
        lag = max(0, log.end_offset - position)
        at_end = lag == 0 and self._connected
        return Progress(position, log.end_offset, lag, at_end, ended=at_end and self._ended)

    def _is_exhausted(self) -> bool:
        return (
            self._ended
            and not self._events
            and all(
                at is not None and at >= self._logs[p].end_offset
                for p, at in self._positions.items()
            )
        )

    def _reach(self) -> None:
        if not self._connected:
            raise SourceError("the log in memory is disconnected")
