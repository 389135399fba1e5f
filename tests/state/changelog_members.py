"""Members of a group that keep their state in a changelog, on a real broker."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from driftwatch.errors import SourceError, StateError
from driftwatch.protocol.checkpoint import Checkpoint, PaneKey
from driftwatch.protocol.placement import Placement
from driftwatch.records import Assigned, Partition, Revoked
from driftwatch.sketch.counts import Counts
from driftwatch.sources.confluent import ConfluentSource, KafkaPolicy
from driftwatch.sources.port import Start
from driftwatch.state.changelog.ledger import TransactionalLedger
from driftwatch.state.changelog.policy import ChangelogPolicy
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.state.contract import ALL, MINUTE

RECORDS = 100
"""In each partition of a log."""


def timed(_: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass
class Fleet:
    """A log with some records, a group that reads it, and a changelog of its own."""

    kafka: KafkaCluster
    partitions: int = 1
    opened: ExitStack = field(default_factory=ExitStack)
    log: str = ""
    changelog: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")
    group: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.log = self.kafka.create_topic(partitions=self.partitions)
        for number in range(self.partitions):
            self.kafka.produce(self.log, [b"{}"] * RECORDS, partition=number)

    def policy(self, replica: str = "r0", **changes: Any) -> ChangelogPolicy:
        kafka = KafkaPolicy(
            (self.kafka.bootstrap,),
            (self.log,),
            self.group,
            session_timeout_seconds=6.0,
            metadata_max_age_seconds=0.5,
        )
        return replace(ChangelogPolicy(kafka, self.changelog, replica), **changes)

    def member(self, replica: str = "r0", **changes: Any) -> "Member":
        member = Member(self.policy(replica, **changes))
        self.opened.callback(member.close)
        return member

    def joined(self, replica: str = "r0", **changes: Any) -> "Member":
        """A member that has all the partitions."""
        member = self.member(replica, **changes)
        member.wait_for(self.all)
        return member

    @property
    def all(self) -> set[Partition]:
        return {Partition(self.log, number) for number in range(self.partitions)}

    def rows(self) -> list[tuple[int, bytes, bytes | None]]:
        """What a reader of committed records finds in the changelog: partition, key, value."""
        return list(read(self.kafka, self.changelog))


@contextmanager
def fleet_of(kafka: KafkaCluster, partitions: int = 1) -> Iterator[Fleet]:
    with ExitStack() as opened:
        yield Fleet(kafka, partitions, opened)


class Member:
    """A source and a ledger, and between them what the loop does without its monitor."""

    def __init__(self, policy: ChangelogPolicy) -> None:
        self.source = ConfluentSource(policy.kafka)
        self.ledger = TransactionalLedger(policy, self.source)
        self.placements: dict[Partition, Placement] = {}
        self.problems: list[str] = []
        self.start: Start = "earliest"
        self._unplaced: set[Partition] = set()

    def turn(self, seconds: float = 0.05) -> None:
        for event in self.source.poll(seconds):
            if isinstance(event, Assigned):
                self._unplaced.update(event.partitions)
            elif isinstance(event, Revoked):
                self.ledger.drop(event.partitions)
                self._unplaced.difference_update(event.partitions)
                for partition in event.partitions:
                    self.placements.pop(partition, None)
        if self._unplaced:
            try:
                placed = self.ledger.place(self._unplaced, self.start)
            except (SourceError, StateError) as problem:
                self.problems.append(str(problem))
                return
            self.placements.update(placed)
            self._unplaced.difference_update(placed)
            self.source.seek({p: found.state.frontier for p, found in placed.items()})

    def wait_for(self, partitions: set[Partition], timeout: float = 40.0) -> None:
        def has() -> bool:
            self.turn()
            return self.placements.keys() == partitions

        wait_until(has, what=f"{sorted(partitions)} are placed", timeout=timeout, every=0.0)
        self.problems.clear()

    def checkpoint(
        self,
        panes: Mapping[PaneKey, Counts] | None = None,
        frontier: int = 1,
        *others: Partition,
        **more: Any,
    ) -> Checkpoint:
        """These panes, with this frontier of all their partitions and of others."""
        panes = panes or {}
        wanted = {key.partition for key in panes} | set(others)
        states = {p: replace(self.placements[p].state, frontier=frontier) for p in wanted}
        return Checkpoint(panes, states, **more)

    def save(
        self,
        panes: Mapping[PaneKey, Counts] | None = None,
        frontier: int = 1,
        *others: Partition,
        **more: Any,
    ) -> frozenset[Partition]:
        """Save, again and again while the group does not let us."""
        return self.insist(self.checkpoint(panes, frontier, *others, **more))

    def insist(self, checkpoint: Checkpoint, timeout: float = 40.0) -> frozenset[Partition]:
        def saved() -> frozenset[Partition] | None:
            try:
                return self.ledger.save(checkpoint, timed) or frozenset([Partition("none", 0)])
            except (SourceError, StateError) as problem:
                self.problems.append(str(problem))
                self.turn()
                return None

        return wait_until(saved, what="the checkpoint is saved", timeout=timeout) or frozenset()

    def cells(self, *partitions: Partition) -> dict[tuple[int, int], list[int]]:
        """By partition's number and minute, what the panes hold."""
        panes = self.ledger.load(partitions or self.placements).panes
        return {
            (key.partition.number, key.start_us // MINUTE): panes[key].cells.tolist()
            for key in panes
        }

    def close(self) -> None:
        self.source.close()
        self.ledger.close()


def at(fleet: Fleet, minute: int = 0, number: int = 0) -> PaneKey:
    """A pane of the log's partition of this number."""
    return PaneKey(ALL, Partition(fleet.log, number), minute * MINUTE, MINUTE)


def read(kafka: KafkaCluster, topic: str) -> Iterator[tuple[int, bytes, bytes | None]]:
    ends = kafka.end_offsets(topic)
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": "test-reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in ends])
        left = set(ends)
        while left:
            message = consumer.poll(10)
            assert message is not None
            if message.error() is not None:
                left.discard(message.partition())
            else:
                key = message.key()
                yield message.partition() or 0, key, message.value()  # type: ignore[misc]
    finally:
        consumer.close()
