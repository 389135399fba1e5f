"""What a Kafka source needs of a client library: one member of a consumer group.

Each library has an adapter of its own, `kafka_python` and `confluent_member`; all that a library
calls by other names, or gets wrong, is mended there.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from driftwatch.records import Assigned, Headers, IntArray, Partition, Revoked
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Committed


class Fetched(NamedTuple):
    """Records of one partition: values, offsets, and the broker's times in milliseconds.

    keys, headers: None where nobody asks for them.
    """

    values: Sequence[bytes | None]
    offsets: IntArray
    times_ms: IntArray
    keys: Sequence[bytes | None] | None = None
    headers: Sequence[Headers] | None = None


class Ours:
    """The partitions of a member. The library tells of them in the middle of a poll.

    assigned: all of them. flowing: those that somebody has sought. held: those of them that rest.
    """

    def __init__(self) -> None:
        self.assigned: set[Partition] = set()
        self.flowing: set[Partition] = set()
        self.held: set[Partition] = set()
        self._untold: deque[Assigned | Revoked] = deque()

    def note_assigned(self, partitions: Iterable[Partition]) -> None:
        """They came; nothing of them flows."""
        if came := tuple(sorted(partitions)):
            self.flowing.difference_update(came)
            self.held.difference_update(came)
            self.assigned.update(came)
            self._untold.append(Assigned(came))

    def note_revoked(self, partitions: Iterable[Partition]) -> None:
        """They went."""
        if went := tuple(sorted(partitions)):
            self.flowing.difference_update(went)
            self.held.difference_update(went)
            self.assigned.difference_update(went)
            self._untold.append(Revoked(went))

    def take_events(self) -> list[Assigned | Revoked]:
        """What happened since the last call, in order."""
        events = []
        while self._untold:
            events.append(self._untold.popleft())
        return events

    def may_seek(self, partition: Partition) -> bool:
        """Whether it is ours, and nothing has happened to it that is not told yet."""
        untold = any(partition in event.partitions for event in self._untold)
        return partition in self.assigned and not untold


class Member(Protocol):
    """A member of the group.

    Made anew after any error. Not for two threads at a time, except that it may be made in one and
    used in another. Making one raises HopelessError, RefusedError, or SourceError where no broker
    answered in time.
    """

    ours: Ours

    def poll(self, seconds: float) -> Mapping[Partition, Fetched]:
        """The records of each flowing partition that has some.

        Raises OutOfRangeError, TruncatedError, CorruptError; after anything else the member is of
        no more use.
        """
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Let a partition flow from here on."""
        ...

    def hold(self, partitions: Collection[Partition]) -> None:
        """Let these of the flowing partitions rest, and the others go on. Raises SourceError."""
        ...

    def position(self, partition: Partition) -> int:
        """The offset that is read next; behind control and aborted records."""
        ...

    def end_offset(self, partition: Partition) -> int | None:
        """The end of the partition at its last fetch."""
        ...

    def first_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Where each partition begins now. Raises SourceError."""
        ...

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Where each partition ends now. Raises SourceError."""
        ...

    def offsets_at(self, partitions: Iterable[Partition], time_ms: int) -> dict[Partition, int]:
        """The first offset of this broker time or later; the end where there is none.

        Raises SourceError.
        """
        ...

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, Committed | None]:
        """What the group has committed. Raises SourceError."""
        ...

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """Commit, over rebalances that leave us these partitions.

        Raises CommitRefusedError where the group refused it; HopelessError, RefusedError, or
        SourceError where nobody knows.
        """
        ...

    def topic_id(self, topic: str) -> str | None:
        """The id of a topic as last heard of; another one under the same name has another."""
        ...

    def partition_count(self, topic: str) -> int | None:
        """How many partitions a topic has, as last heard of; None where it does not exist."""
        ...

    def refresh(self) -> None:
        """Ask the brokers for the topics anew. Raises SourceError."""
        ...

    def is_reachable(self) -> bool:
        """Whether what is written to our partitions would come to us.

        The leader of each flowing partition is known, connected, and not silent while it owes us an
        answer. Before anything flows, any broker will do.
        """
        ...

    def next_readable(self, partition: Partition, position: int) -> int:
        """The first offset behind an unreadable one from which on the log can be read.

        Raises SourceError where the brokers do not answer in time.
        """
        ...

    def close(self) -> None:
        """Leave the group if the brokers can be told, and let go of the connections."""
        ...


Join = Callable[[KafkaPolicy], Member]
