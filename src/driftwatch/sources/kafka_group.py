"""A serving log in Kafka: topics read as a member of a consumer group, by whichever library."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import Partition, Progress, RawBatch, Revoked, SourceEvent
from driftwatch.sources.kafka_connection import Connection
from driftwatch.sources.kafka_errors import (
    CorruptError,
    HopelessError,
    OutOfRangeError,
    RefusedError,
    TruncatedError,
)
from driftwatch.sources.kafka_gaps import KafkaGaps
from driftwatch.sources.kafka_member import Fetched, Join, Member
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Committed, Gap, Problem, Start

_GRACE_SECONDS = 2.0  # a leader that moves to another broker is away for about a second
_GIVE_UP_SECONDS = 120.0  # brokers that moved elsewhere are found by a new member only


_NOTHING = Fetched([], np.empty(0, np.int64), np.empty(0, np.int64))


class GroupSource:
    """Records of the partitions that the group gives us.

    Any error of the library ends the member, and another one joins in its place: its partitions are
    revoked and, in time, assigned again. Making a source neither fails nor waits.

    Memory: two fetches, so about twice `fetch_max_bytes` a broker, and one poll's records.
    """

    def __init__(self, policy: KafkaPolicy, join: Join) -> None:
        self._policy = policy
        self._connection = Connection(policy, join)
        self._positions: dict[Partition, int] = {}  # of what flows
        self._gaps = KafkaGaps()
        self._refusal: Exception | None = None  # why the last commit failed
        self._has_worked = False
        self._connected = False
        self._unreachable_since: float | None = None

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """See `port.Source.poll`. At most one batch of each partition."""
        deadline = time.monotonic() + timeout
        self._raise_if_hopeless(self._refusal)
        while (member := self._connection.open(max(0.0, deadline - time.monotonic()))) is None:
            self._raise_if_hopeless(self._connection.error)
            if time.monotonic() >= deadline:
                return []
        fetched: Mapping[Partition, Fetched] = {}
        try:
            fetched = member.poll(max(0.0, deadline - time.monotonic()))
            self._note_health(member)
        except OutOfRangeError as error:
            self._positions |= self._gaps.out_of_range(member, error.positions)
        except TruncatedError as error:
            self._gaps.truncated(error.partitions, self._positions)
        except CorruptError as error:
            passed = self._gaps.corrupt(member, error.partition)
            if passed is None:
                return self._start_over(member, error)
            self._positions |= passed
        except Exception as error:  # noqa: BLE001 (a broken consumer raises whatever it likes)
            return self._start_over(member, error)
        events = self._take_events(member)
        for partition in member.ours.flowing:
            batch = self._batch(member, partition, fetched.get(partition, _NOTHING))
            if batch is not None:
                events.append(batch)
        return events

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """See `port.Source.seek`."""
        member = self._connection.member
        for partition, offset in positions.items():
            if member is not None and member.ours.may_seek(partition):
                member.seek(partition, offset)
                self._positions[partition] = offset

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `port.Source.hold`."""
        member = self._connection.member
        if member is not None and member.ours.flowing.intersection(partitions) != member.ours.held:
            try:
                member.hold(member.ours.flowing.intersection(partitions))
            except SourceError:
                return  # the next poll meets what is wrong, and deals with it

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """See `port.Source.starts`; a time is compared with the broker's."""
        member, wanted = self._member(), list(partitions)
        try:
            if start == "earliest":
                return member.first_offsets(wanted)
            if start == "latest":
                return member.end_offsets(wanted)
            return member.offsets_at(wanted, max(0, start // 1000))
        except SourceError as error:
            raise self._failure("could not be asked where to begin", error) from error

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, Committed | None]:
        """See `port.Source.committed`."""
        member = self._member()
        try:
            return member.committed(partitions)
        except SourceError as error:
            raise self._failure("could not be asked what it has committed", error) from error

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """See `port.Source.commit`."""
        if not frontiers:
            return
        member = self._member()
        if not member.ours.flowing.issuperset(frontiers):
            text = self._text("took partitions away before they were committed", None)
            raise CommitRefusedError(text)
        try:
            member.commit(frontiers)
        except SourceError as error:
            self._refusal = error
            text = self._text("did not take our commit", error)
            is_known = isinstance(error, CommitRefusedError | HopelessError)
            raise (CommitRefusedError if is_known else SourceError)(text) from error

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`. The ends are those of the latest fetch."""
        member = self._connection.member
        if member is None:
            return {}
        return {partition: self._progress(member, partition) for partition in member.ours.assigned}

    def take_gaps(self) -> Sequence[Gap]:
        """See `port.Source.take_gaps`."""
        gaps, self._gaps.found = self._gaps.found, []
        return gaps

    def describe(self, partition: Partition) -> str:
        """See `port.Source.describe`."""
        return str(partition)

    def topic_id(self, partition: Partition) -> str | None:
        """See `port.Source.topic_id`: what the brokers call it, as last heard of."""
        member = self._connection.member
        return None if member is None else member.topic_id(partition.topic)

    def partition_count(self, topic: str) -> int | None:
        """See `port.Source.partition_count`."""
        member = self._connection.member
        return None if member is None else member.partition_count(topic)

    @property
    def has_group(self) -> bool:
        """See `port.Source.has_group`: always."""
        return True

    @property
    def problems(self) -> Sequence[Problem]:
        """See `port.Source.problems`: brokers that are away, topics that do not exist."""
        where = ", ".join(self._policy.bootstrap_servers)
        member = self._connection.member
        if member is None:
            what = "not connected yet" if (e := self._connection.error) is None else _words(e)
            return [Problem(where, what)]
        if not self._connected:
            return [Problem(where, "the brokers do not answer")]
        missing = [topic for topic in self._policy.topics if not member.partition_count(topic)]
        return [Problem(topic, "this topic does not exist") for topic in missing]

    @property
    def connected(self) -> bool:
        """See `port.Source.connected`: False a few seconds after a broker went away."""
        return self._connected

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`: a topic never is."""
        return False

    def close(self) -> None:
        """See `port.Source.close`. Leaves the group, unless membership is static."""
        self._connection.close()
        self._connected = False

    def _batch(self, member: Member, partition: Partition, found: Fetched) -> RawBatch | None:
        """What one poll brought of a partition; None where its position has not moved."""
        before, position = self._positions[partition], member.position(partition)
        if position == before:
            return None
        self._gaps.check_topic(member, partition, before)
        self._positions[partition] = position
        times = found.times_ms * 1000
        return RawBatch(
            partition, found.values, found.offsets, position, times, found.keys, found.headers
        )

    def _take_events(self, member: Member) -> list[SourceEvent]:
        """What happened to our partitions; what was known of those is forgotten."""
        events: list[SourceEvent] = []
        for event in member.ours.take_events():
            events.append(event)
            for partition in event.partitions:
                self._positions.pop(partition, None)
                self._gaps.forget(partition)
        return events

    def _progress(self, member: Member, partition: Partition) -> Progress:
        position = self._positions.get(partition)
        if position is None:
            return Progress(0, None, None, caught_up=False)
        end = member.end_offset(partition)
        if end is None:
            return Progress(position, None, None, caught_up=False)
        lag = max(0, end - position)
        return Progress(position, end, lag, caught_up=lag == 0 and self._connected)

    def _note_health(self, member: Member) -> None:
        """Keep `connected` true to what is. Raises SourceError where a new member is due."""
        self._has_worked = self._has_worked or any(
            member.end_offset(partition) is not None for partition in member.ours.flowing
        )
        now = time.monotonic()
        if member.is_reachable():
            self._connected = True
            self._unreachable_since = None
            return
        if self._unreachable_since is None:
            self._unreachable_since = now
        silence = now - self._unreachable_since
        self._connected = self._connected and silence < _GRACE_SECONDS
        if silence > _GIVE_UP_SECONDS:
            raise SourceError(f"the brokers have not answered for {silence:.0f} s")

    def _start_over(self, member: Member, error: Exception) -> list[SourceEvent]:
        """Throw the member away: after an error it would say the same again and again."""
        self._raise_if_hopeless(error)
        events = self._take_events(member)
        if member.ours.assigned:
            events.append(Revoked(tuple(sorted(member.ours.assigned))))
        self._connection.drop(error)
        for partition in member.ours.assigned:
            self._gaps.forget(partition)
        self._positions.clear()
        self._connected = False
        self._unreachable_since = None
        return events

    def _raise_if_hopeless(self, error: Exception | None) -> None:
        is_refused = isinstance(error, RefusedError) and not self._has_worked
        if is_refused or isinstance(error, HopelessError):
            raise self._failure("can't be read", error) from error

    def _member(self) -> Member:
        if self._connection.member is None:
            raise self._failure("can't be reached", self._connection.error)
        return self._connection.member

    def _failure(self, what: str, error: Exception | None) -> SourceError:
        return SourceError(self._text(what, error))

    def _text(self, what: str, error: Exception | None) -> str:
        where = ", ".join(self._policy.bootstrap_servers)
        why = "" if error is None else f": {_words(error)}"
        return f"Kafka at {where} (group {self._policy.group_id}) {what}{why}"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
