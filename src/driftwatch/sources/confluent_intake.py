"""What `consume` of confluent-kafka hands out, sorted: records by partition, and what happened.

The position that the library tells is behind the last record it handed out. That control and
aborted records follow is only told by the end of the partition (`enable.partition.eof`). Behind a
batch that fails its checksum the library may go wrong within the same fetch: all that came after it
is dropped, and fetched again.
"""

from collections import deque
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import numpy as np
from confluent_kafka import KafkaError, Message

from driftwatch.errors import SourceError
from driftwatch.records import Headers, Partition
from driftwatch.sources.confluent_errors import CORRUPT, OUT_OF_RANGE, translated
from driftwatch.sources.kafka_errors import (
    CorruptError,
    HopelessError,
    OutOfRangeError,
    RefusedError,
    TruncatedError,
)
from driftwatch.sources.kafka_member import Fetched, Ours
from driftwatch.sources.kafka_policy import KafkaPolicy


class Intake:
    """Where each flowing partition stands, and what was said besides.

    positions: the offset that comes next. errors: what the member has to raise, the oldest first.
    trouble: the latest that the library can live with.
    """

    def __init__(self, ours: Ours, policy: KafkaPolicy) -> None:
        self.positions: dict[Partition, int] = {}
        self.errors: deque[SourceError] = deque()
        self.trouble = ""
        self._ours = ours
        self._policy = policy
        self._broken: set[Partition] = set()  # nothing of them is taken until they are sought
        self._has_moved = False

    def seek(self, partition: Partition, offset: int) -> None:
        """It goes on here."""
        self.positions[partition] = offset
        self._broken.discard(partition)

    def take_has_moved(self) -> bool:
        """Whether a position has changed since the last call."""
        has_moved, self._has_moved = self._has_moved, False
        return has_moved

    def take_in(self, messages: list[Message]) -> dict[Partition, Fetched]:
        """The records of what flows; all else is noted."""
        if self._broken or any(map(Message.error, messages)):
            messages = [message for message in messages if self._is_record(message)]
        found = {}
        for where, records in _by_partition(messages):
            partition = Partition(*where)
            if partition in self._ours.flowing:
                found[partition] = _fetched(records, self._policy)
                self._reach(partition, int(found[partition].offsets[-1]) + 1)
        return found

    def note(self, error: KafkaError) -> None:
        """Something that belongs to no partition."""
        found = translated(error)
        if isinstance(found, HopelessError | RefusedError):
            self.errors.append(found)
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self.trouble = str(found)  # what the one that was down said tells more

    def _is_record(self, message: Message) -> bool:
        partition = Partition(str(message.topic()), int(message.partition() or 0))
        error = message.error()
        if error is None:
            return partition not in self._broken
        if partition not in self._ours.flowing:
            self.note(error)
        elif partition not in self._broken:
            self._note_of(partition, error, int(message.offset() or 0))
        return False

    def _note_of(self, partition: Partition, error: KafkaError, offset: int) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:  # noqa: SLF001
            self._reach(partition, offset)
        elif code in OUT_OF_RANGE:
            self.errors.append(OutOfRangeError({partition: self.positions[partition]}))
        elif code == KafkaError._LOG_TRUNCATION:  # noqa: SLF001
            self.errors.append(TruncatedError([partition]))
        elif code in CORRUPT:
            self._broken.add(partition)
            self.errors.append(CorruptError(partition, error.str()))
        else:
            self.note(error)

    def _reach(self, partition: Partition, position: int) -> None:
        if position > self.positions[partition]:
            self.positions[partition] = position
            self._has_moved = True


def _by_partition(
    messages: list[Message],
) -> Iterable[tuple[tuple[str, int], list[Message]]]:
    topics, numbers = map(Message.topic, messages), map(Message.partition, messages)
    wheres: list[Any] = list(zip(topics, numbers, strict=True))
    if wheres and wheres.count(wheres[0]) == len(wheres):
        return [(wheres[0], messages)]
    found: dict[tuple[str, int], list[Message]] = {}
    for where, message in zip(wheres, messages, strict=True):
        found.setdefault(where, []).append(message)
    return found.items()


def _fetched(messages: list[Message], policy: KafkaPolicy) -> Fetched:
    count = len(messages)
    times = map(itemgetter(1), map(Message.timestamp, messages))
    return Fetched(
        list(map(Message.value, messages)),
        np.fromiter(map(Message.offset, messages), np.int64, count),
        np.fromiter(times, np.int64, count),
        list(map(Message.key, messages)) if policy.keys else None,
        list(map(_headers, messages)) if policy.headers else None,
    )


def _headers(message: Message) -> Headers:
    found: Any = message.headers()
    return found or ()
