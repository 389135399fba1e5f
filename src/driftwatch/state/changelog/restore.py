"""Reads what the topic has of an owner into the mirror, a little at each call.

A partition is read until its own row with the number that the group has committed: that row is
written last, and stands with those before it. Not until the end of the topic: when the group has
answered, the marker that ends the transaction there may be under way, and the end is short of it.
Without such a number (nobody has committed, or somebody else has, or it is about detectors) the end
is all that there is.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from driftwatch.errors import HopelessStateError, StateError
from driftwatch.records import Partition
from driftwatch.sources.kafka_errors import RefusedError
from driftwatch.state.changelog.errors import DamageError, explained
from driftwatch.state.changelog.keys import Owner, RowKey
from driftwatch.state.changelog.mirror import Mirror, Row
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.changelog.values import PartitionRow

_MESSAGES = 500  # at a time
_FETCH_BYTES = 8 << 20

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Goal:
    """What is wanted of an owner.

    number: of the row that is read until; None where the end is. last: the latest row so far.
    """

    slot: int
    number: int | None
    last: PartitionRow | None = None
    is_done: bool = False


class Restores:
    """The owners whose rows are being read. One consumer, without a group, while there are any."""

    def __init__(self, policy: ChangelogPolicy, mirror: Mirror) -> None:
        self._policy = policy
        self._mirror = mirror
        self._goals: dict[Owner, _Goal] = {}
        self._reading: set[int] = set()
        self._at_end: dict[int, float] = {}  # slots that are read to their end, and since when
        self._consumer: Consumer | None = None
        self._has_complained = False

    def want(self, owner: Owner, slot: int, number: int | None) -> bool:
        """Whether the rows of an owner are all in the mirror; from now on they are being read.

        slot: the partition of the topic that they are in.
        """
        goal = self._goals.get(owner)
        if goal is None or goal.number != number:
            self._goals[owner] = goal = _Goal(slot, number)
            # Whoever else waits for this slot begins anew with it.
            self._reading.discard(slot)
        return goal.is_done

    def forget(self, owner: Owner) -> None:
        """An owner is not wanted any more."""
        self._goals.pop(owner, None)
        if not self._slots():
            self.close()

    def work(self, deadline: float) -> None:
        """Read until the deadline, or until nothing is left to read.

        Raises StateError where the brokers can't be read, HopelessStateError where what has to be
        there is not, or can't be used.
        """
        while slots := self._slots():
            try:
                self._arrange(slots)
                assert self._consumer is not None
                seconds = max(0.0, deadline - time.monotonic())
                self._take(self._consumer.consume(_MESSAGES, min(seconds, 0.05)))
            except KafkaException as error:
                self.close()
                raise explained(self._policy, error.args[0]) from error
            self._raise_if_missing()
            if time.monotonic() >= deadline:
                break
        if not self._slots():
            self.close()

    def close(self) -> None:
        """Let go of the consumer; what is not done begins anew with the next one."""
        consumer, self._consumer = self._consumer, None
        self._reading.clear()
        self._at_end.clear()
        if consumer is not None:
            consumer.close()

    def _slots(self) -> set[int]:
        """The partitions of the topic in which something is left to be read."""
        return {goal.slot for goal in self._goals.values() if not goal.is_done}

    def _arrange(self, slots: set[int]) -> None:
        """Read these slots and no others, each of them from its beginning."""
        if self._consumer is None:
            self._consumer = self._made()
        topic = self._policy.topic
        assigned = {where.partition for where in self._consumer.assignment()}
        if gone := assigned - (self._reading & slots):
            self._consumer.incremental_unassign([TopicPartition(topic, slot) for slot in gone])
        self._reading &= slots
        if new := slots - self._reading:
            for owner, goal in self._goals.items():
                if goal.slot in new and not goal.is_done:
                    self._mirror.clear(owner)
                    goal.last = None
            for slot in new:
                self._at_end.pop(slot, None)
            wheres = [TopicPartition(topic, slot, OFFSET_BEGINNING) for slot in new]
            self._consumer.incremental_assign(wheres)
            self._reading |= new

    def _made(self) -> Consumer:
        try:
            return Consumer(
                {
                    **self._policy.client_settings(),
                    # Nothing is committed and nobody joined; it only has to have some.
                    "group.id": self._policy.kafka.group_id,
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "auto.offset.reset": "earliest",
                    "isolation.level": "read_committed",
                    "allow.auto.create.topics": False,
                    "enable.partition.eof": True,
                    "fetch.max.bytes": _FETCH_BYTES,
                    "queued.max.messages.kbytes": 2 * _FETCH_BYTES >> 10,
                    "fetch.wait.max.ms": 100,
                }
            )
        except RefusedError as error:
            raise StateError(str(error)) from error

    def _take(self, messages: list[Message]) -> None:
        rows: list[Row] = []
        ended: list[tuple[Owner, _Goal]] = []
        for message in messages:
            slot = int(message.partition() or 0)
            if (error := message.error()) is None:
                self._at_end.pop(slot, None)
                ended += self._sort(slot, message, rows)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._at_end[slot] = time.monotonic()
                ended += [item for item in self._open_in(slot) if item[1].number is None]
            elif not error.retriable():
                raise KafkaException(error)
        self._mirror.put(rows)
        for owner, goal in ended:
            self._finish(owner, goal)

    def _sort(self, slot: int, message: Message, rows: list[Row]) -> list[tuple[Owner, _Goal]]:
        """Take a row where it belongs; what is complete by it is returned."""
        key, value = RowKey.parse(_bytes(message.key)), _bytes(message.value)
        if key is None:
            self._complain(message)
            return []
        goal = self._goals.get(key.owner)
        if goal is None or goal.is_done or goal.slot != slot or slot not in self._reading:
            return []
        if key.kind != "partition":
            rows.append((key, value))
            return []
        with explaining(self._policy, key.owner):
            goal.last = None if value is None else PartitionRow.parse(value)
        if goal.number is None or goal.last is None or goal.last.number != goal.number:
            return []
        goal.is_done = True  # what comes behind it is not of this checkpoint
        return [(key.owner, goal)]

    def _open_in(self, slot: int) -> list[tuple[Owner, _Goal]]:
        goals = self._goals.items()
        return [(owner, goal) for owner, goal in goals if goal.slot == slot and not goal.is_done]

    def _finish(self, owner: Owner, goal: _Goal) -> None:
        goal.is_done = True
        if isinstance(owner, Partition):
            with explaining(self._policy, owner):
                if goal.last is None and self._mirror.panes(owner):
                    raise DamageError("it has counts without the partition's own row")
                self._mirror.check(owner)
                if goal.last is not None:
                    self._mirror.put([(RowKey("partition", owner), goal.last.data)])

    def _raise_if_missing(self) -> None:
        now = time.monotonic()
        for owner, goal in self._goals.items():
            since = self._at_end.get(goal.slot, now)
            if not goal.is_done and now - since > self._policy.restore_timeout_seconds:
                raise HopelessStateError(
                    f"{owner}: the group has committed checkpoint {goal.number}, and topic "
                    f"{self._policy.topic} (state.kafka) does not have it. Was it deleted or made "
                    "again? Bring it back, or name another one to go on from the commit with empty "
                    "windows"
                )

    def _complain(self, message: Message) -> None:
        if not self._has_complained:
            self._has_complained = True
            where = f"{message.topic()}/{message.partition()}"
            log.warning(
                "the changelog has rows of somebody else; they are passed over",
                where=where,
                offset=message.offset(),
            )


@contextmanager
def explaining(policy: ChangelogPolicy, owner: Owner | None = None) -> Iterator[None]:
    """Say of a row that can't be used whose it is and what to do. Raises HopelessStateError."""
    try:
        yield
    except DamageError as problem:
        whose = "" if owner is None else f", rows of {owner}"
        raise HopelessStateError(
            f"topic {policy.topic} (state.kafka){whose}: {problem}. Run the program that wrote "
            "them; or name another topic, to go on from the group's commit with empty windows"
        ) from problem


def _bytes(read: Callable[[], object]) -> bytes | None:
    found = read()
    return found.encode() if isinstance(found, str) else found if isinstance(found, bytes) else None
