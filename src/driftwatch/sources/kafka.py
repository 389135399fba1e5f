"""A serving log in Kafka, by kafka-python: topics read as a member of a consumer group.

The library reports through the standard logger `kafka`, and says a lot there while a broker is
away. Its level is left to whoever sets up logging; all that a user needs is in `connected`,
`problems` and the errors that are raised here.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from kafka.errors import (
    AuthorizationError,
    CorruptRecordError,
    FencedInstanceIdError,
    KafkaConfigurationError,
    KafkaError,
    LogTruncationError,
    OffsetOutOfRangeError,
    SaslAuthenticationFailedError,
    UnsupportedCodecError,
    UnsupportedVersionError,
)

from driftwatch.errors import SourceError
from driftwatch.records import Partition, Progress, RawBatch, Revoked, SourceEvent
from driftwatch.sources.kafka_connection import Connection
from driftwatch.sources.kafka_gaps import KafkaGaps
from driftwatch.sources.kafka_member import Member
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Gap, Problem, Start

__all__ = ["KafkaPolicy", "KafkaSource"]

_GRACE_SECONDS = 2.0  # a leader that moves to another broker is away for about a second
_GIVE_UP_SECONDS = 120.0  # brokers that moved elsewhere are found by a new member only

_HOPELESS = (KafkaConfigurationError, FencedInstanceIdError, UnsupportedCodecError)
# These may pass where it has worked before: a broker that restarts refuses us for a while.
_REFUSED = (AuthorizationError, SaslAuthenticationFailedError, UnsupportedVersionError)

# The library's record is a named tuple; its fields by name cost twice as much.
_OFFSET, _TIMESTAMP, _VALUE = itemgetter(3), itemgetter(4), itemgetter(7)


class KafkaSource:
    """Records of the partitions that the group gives us.

    Any error of the library ends the member, and another one joins in its place: its partitions are
    revoked and, in time, assigned again. Making a source neither fails nor waits.

    Memory: two fetches, so about twice `fetch_max_bytes` a broker, and one poll's records.
    """

    def __init__(self, policy: KafkaPolicy) -> None:
        self._policy = policy
        self._connection = Connection(policy)
        self._positions: dict[Partition, int] = {}  # of what flows
        self._gaps = KafkaGaps(policy)
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
        records: Mapping[Partition, list[Any]] = {}
        try:
            records = member.poll(max(0.0, deadline - time.monotonic()))
            self._note_health(member)
        except OffsetOutOfRangeError as error:
            self._positions |= self._gaps.out_of_range(member, error.args[0])
        except LogTruncationError as error:
            self._gaps.truncated(error, self._positions)
        except CorruptRecordError as error:
            passed = self._gaps.corrupt(member)
            if passed is None:
                return self._start_over(member, error)
            self._positions |= passed
        except Exception as error:  # noqa: BLE001 (a broken consumer raises whatever it likes)
            return self._start_over(member, error)
        events = self._take_events(member)
        for partition in member.flowing:
            batch = self._batch(member, partition, records.get(partition, []))
            if batch is not None:
                events.append(batch)
        return events

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """See `port.Source.seek`."""
        member = self._connection.member
        for partition, offset in positions.items():
            if member is not None and member.is_ours(partition):
                member.seek(partition, offset)
                self._positions[partition] = offset

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """See `port.Source.starts`; a time is compared with the broker's."""
        member, wanted = self._member(), list(partitions)
        try:
            if start == "earliest":
                return member.first_offsets(wanted)
            if start == "latest":
                return member.end_offsets(wanted)
            return member.offsets_at(wanted, max(0, start // 1000))
        except KafkaError as error:
            raise self._failure("could not be asked where to begin", error) from error

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, int | None]:
        """See `port.Source.committed`."""
        member = self._member()
        try:
            return {partition: member.committed(partition) for partition in partitions}
        except KafkaError as error:
            raise self._failure("could not be asked what it has committed", error) from error

    def commit(self, frontiers: Mapping[Partition, int]) -> None:
        """See `port.Source.commit`."""
        if not frontiers:
            return
        member = self._member()
        if not member.flowing.issuperset(frontiers):
            raise self._failure("took partitions away before they were committed", None)
        try:
            member.commit(frontiers)
        except KafkaError as error:
            self._refusal = error
            raise self._failure("did not take our commit", error) from error

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`. The ends are those of the latest fetch."""
        member = self._connection.member
        if member is None:
            return {}
        return {partition: self._progress(member, partition) for partition in member.assigned}

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
        missing = [topic for topic in self._policy.topics if not member.exists(topic)]
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

    def _batch(self, member: Member, partition: Partition, records: list[Any]) -> RawBatch | None:
        """What one poll brought of a partition; None where its position has not moved."""
        before, position = self._positions[partition], member.position(partition)
        if position == before:
            return None
        self._gaps.check_topic(member, partition, before)
        self._positions[partition] = position
        count = len(records)
        offsets = np.fromiter(map(_OFFSET, records), np.int64, count)
        times = np.fromiter(map(_TIMESTAMP, records), np.int64, count)
        return RawBatch(partition, list(map(_VALUE, records)), offsets, position, times * 1000)

    def _take_events(self, member: Member) -> list[SourceEvent]:
        """What happened to our partitions; what was known of those is forgotten."""
        events: list[SourceEvent] = []
        for event in member.take_events():
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
        """Keep `connected` true to what is. Raises KafkaError where a new member is due."""
        self._has_worked = self._has_worked or any(
            member.end_offset(partition) is not None for partition in member.flowing
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
            raise KafkaError(f"the brokers have not answered for {silence:.0f} s")

    def _start_over(self, member: Member, error: Exception) -> list[SourceEvent]:
        """Throw the member away: after an error it would say the same again and again."""
        self._raise_if_hopeless(error)
        events = self._take_events(member)
        if member.assigned:
            events.append(Revoked(tuple(sorted(member.assigned))))
        self._connection.drop(error)
        for partition in member.assigned:
            self._gaps.forget(partition)
        self._positions.clear()
        self._connected = False
        self._unreachable_since = None
        return events

    def _raise_if_hopeless(self, error: Exception | None) -> None:
        if isinstance(error, _HOPELESS) or (isinstance(error, _REFUSED) and not self._has_worked):
            raise self._failure("can't be read", error) from error

    def _member(self) -> Member:
        if self._connection.member is None:
            raise self._failure("can't be reached", self._connection.error)
        return self._connection.member

    def _failure(self, what: str, error: Exception | None) -> SourceError:
        where = ", ".join(self._policy.bootstrap_servers)
        why = "" if error is None else f": {_words(error)}"
        return SourceError(f"Kafka at {where} (group {self._policy.group_id}) {what}{why}")


def _words(error: Exception) -> str:
    """An error of the library for people."""
    if isinstance(error, FencedInstanceIdError):
        return "another process has joined with the same group_instance_id"
    return str(error) or type(error).__name__
