"""A member of a consumer group by confluent-kafka, which is librdkafka.

What it takes to use it well, as found by trying (confluent-kafka 2.16 against Kafka 4.1):

- Callbacks run inside `consume` only: they note what happened, and do no more than they have to.
- What the group assigns is not assigned to the library before somebody knows the offset. Paused at
  an end of the log it would look that end up, and an answer that comes after a `seek` undoes it:
  the records between are skipped, and nobody says so.
- A partition whose offset does not exist stops, and no `seek` starts it again; to assign it anew
  does. So that is how all offsets are set. Under an eager assignment it takes all partitions.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import Partition
from driftwatch.sources.confluent_commit import Commits
from driftwatch.sources.confluent_corruption import find_readable
from driftwatch.sources.confluent_errors import (
    LOST_MEMBERSHIP,
    STALE_MEMBERSHIP,
    our_errors,
    translated,
)
from driftwatch.sources.confluent_health import Health
from driftwatch.sources.confluent_intake import Intake
from driftwatch.sources.confluent_settings import client_settings, consumer_settings
from driftwatch.sources.confluent_topics import Topics
from driftwatch.sources.kafka_errors import HopelessError
from driftwatch.sources.kafka_member import Fetched, Ours
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Committed

_CLOSE_SECONDS = 3.0
_REJOIN_SECONDS = 0.2
_LOOK_SECONDS = 0.5


class ConfluentMember:
    """See `kafka_member.Member`."""

    def __init__(self, policy: KafkaPolicy) -> None:
        self.ours = Ours()
        self._policy = policy
        self._is_cooperative = policy.assignment == "cooperative-sticky"
        self._intake = Intake(self.ours, policy)
        self._sought: set[Partition] = set()  # since the library was last told
        self._placed: set[Partition] = set()  # what the library reads
        self._health = Health()
        calls = {"error_cb": self._intake.note, "stats_cb": self._health.note}
        try:
            self._consumer = Consumer({**consumer_settings(policy), **calls})
        except (KafkaException, TypeError, ValueError) as error:
            raise HopelessError(_words(error)) from error
        self._commits = Commits(self._consumer)
        try:
            self._meet()
            self._topics = Topics(
                client_settings(policy), policy.topics, policy.metadata_max_age_seconds
            )
            self.refresh()
            self._consumer.subscribe(
                list(policy.topics),
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_revoke,
            )
        except BaseException:
            self.close()
            raise

    def poll(self, seconds: float) -> Mapping[Partition, Fetched]:
        """See `kafka_member.Member.poll`."""
        self._raise_error()
        self._place()
        deadline = time.monotonic() + seconds
        while True:
            # As soon as one is there, all that are: the library would wait for as many as asked.
            messages = self._consume(1, max(0.0, deadline - time.monotonic()))
            if messages:
                messages += self._consume(max(0, self._policy.max_poll_records - 1), 0.0)
            self._topics.look()
            fetched = self._intake.take_in(messages)
            if self._intake.take_has_moved() or not messages:
                return fetched
            self._raise_error()

    def seek(self, partition: Partition, offset: int) -> None:
        """See `kafka_member.Member.seek`."""
        self._intake.seek(partition, offset)
        self._sought.add(partition)
        self.ours.flowing.add(partition)
        self.ours.held.discard(partition)

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `kafka_member.Member.hold`. The library fetches what it had of them once more."""
        before, self.ours.held = self.ours.held, self._placed.intersection(partitions)
        with our_errors():
            self._consumer.pause(self._wheres(self.ours.held - before))
            self._consumer.resume(self._wheres(before - self.ours.held))

    def position(self, partition: Partition) -> int:
        """See `kafka_member.Member.position`."""
        return self._intake.positions[partition]

    def end_offset(self, partition: Partition) -> int | None:
        """See `kafka_member.Member.end_offset`."""
        try:
            _, end = self._consumer.get_watermark_offsets(TopicPartition(*partition), cached=True)
        except KafkaException:
            return None
        return end if end >= 0 else None

    def first_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """See `kafka_member.Member.first_offsets`."""
        return self._offsets(partitions, OFFSET_BEGINNING)

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """See `kafka_member.Member.end_offsets`."""
        return self._offsets(partitions, OFFSET_END)

    def offsets_at(self, partitions: Iterable[Partition], time_ms: int) -> dict[Partition, int]:
        """See `kafka_member.Member.offsets_at`."""
        # The ends first: what comes in between is not skipped.
        ends = self.end_offsets(partitions)
        found = self._offsets(partitions, time_ms)
        return {p: offset if offset >= 0 else ends[p] for p, offset in found.items()}

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, Committed | None]:
        """See `kafka_member.Member.committed`."""
        wheres = [TopicPartition(*partition) for partition in partitions]
        with our_errors():
            answers = self._consumer.committed(wheres, self._policy.request_timeout_seconds)
        found: dict[Partition, Committed | None] = {}
        for answer in answers:
            if answer.error is not None:
                raise translated(answer.error)
            known = answer.offset >= 0
            found[_partition(answer)] = (
                Committed(answer.offset, (answer.metadata or "").rstrip("\0")) if known else None
            )
        return found

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """See `kafka_member.Member.commit`."""
        deadline = time.monotonic() + self._policy.request_timeout_seconds
        while True:
            try:
                return self._commits.commit(frontiers, deadline - time.monotonic())
            except KafkaException as error:
                code = error.args[0].code()
                if code in LOST_MEMBERSHIP:
                    raise CommitRefusedError(_words(error)) from error
                if code not in STALE_MEMBERSHIP or time.monotonic() > deadline:
                    raise translated(error.args[0]) from error
            self._rejoin()
            if not self.ours.flowing.issuperset(frontiers):
                raise CommitRefusedError(
                    "a rebalance took partitions away before they were committed"
                )

    def group_metadata(self) -> Any:
        """Who we are in the group by now, for a producer's transaction; None while nobody."""
        found = self._consumer.consumer_group_metadata()
        # Without a member id it would fence nobody: brokers take it for a commit from outside.
        return found if self._consumer.memberid() else None

    def topic_id(self, topic: str) -> str | None:
        """See `kafka_member.Member.topic_id`."""
        return self._topics.topic_id(topic)

    def partition_count(self, topic: str) -> int | None:
        """See `kafka_member.Member.partition_count`."""
        return self._topics.partition_count(topic)

    def refresh(self) -> None:
        """See `kafka_member.Member.refresh`."""
        with our_errors():
            self._topics.refresh(self._policy.request_timeout_seconds)

    def is_reachable(self) -> bool:
        """See `kafka_member.Member.is_reachable`."""
        return self._health.is_reachable(self.ours.flowing)

    def next_readable(self, partition: Partition, position: int) -> int:
        """See `kafka_member.Member.next_readable`. A consumer of its own finds out."""
        with our_errors():
            return find_readable(self._policy, partition, position)

    def close(self) -> None:
        """See `kafka_member.Member.close`."""
        closing = threading.Thread(target=self._close, name="driftwatch-kafka-close", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _close(self) -> None:
        self._commits.wait(_CLOSE_SECONDS)
        self._consumer.close()

    def _meet(self) -> None:
        """Wait for a broker. Raises SourceError."""
        deadline = time.monotonic() + self._policy.connect_timeout_seconds
        while True:
            try:
                self._consumer.list_topics(self._policy.topics[0], timeout=_LOOK_SECONDS)
            except KafkaException as error:
                self._consumer.poll(0)  # runs what is to be called
                self._raise_error()
                if time.monotonic() > deadline:
                    raise SourceError(self._intake.trouble or _words(error)) from error
            else:
                self._health.note_answer()
                return

    def _consume(self, count: int, seconds: float) -> list[Message]:
        with our_errors():
            return self._consumer.consume(count, seconds)

    def _raise_error(self) -> None:
        if self._intake.errors:
            raise self._intake.errors.popleft()

    def _on_assign(self, consumer: Consumer, came: list[TopicPartition]) -> None:
        (consumer.incremental_assign if self._is_cooperative else consumer.assign)([])
        self.ours.note_assigned(map(_partition, came))
        self._topics.look_soon()

    def _on_revoke(self, consumer: Consumer, went: list[TopicPartition]) -> None:
        if self._is_cooperative:
            consumer.incremental_unassign([w for w in went if _partition(w) in self._placed])
        else:
            consumer.unassign()
        self._placed.difference_update(map(_partition, went))
        self.ours.note_revoked(map(_partition, went))
        self._topics.look_soon()

    def _place(self) -> None:
        """Tell the library where to begin with what was sought."""
        sought, self._sought = self._sought & self.ours.flowing, set()
        if not sought:
            return
        with our_errors():
            if self._is_cooperative:
                self._consumer.incremental_unassign(self._wheres(sought & self._placed))
                self._consumer.incremental_assign(self._wheres(sought))
            else:
                self._consumer.assign(self._wheres(self.ours.flowing))
        self._placed |= sought
        with our_errors():
            self._consumer.resume(self._wheres(self.ours.held))
        self.ours.held.clear()

    def _wheres(self, partitions: Iterable[Partition]) -> list[TopicPartition]:
        return [
            TopicPartition(*partition, self._intake.positions[partition])
            for partition in partitions
        ]

    def _rejoin(self) -> None:
        """Let a rebalance go on, which takes a poll, without reading anything."""
        placed = self._wheres(self._placed)
        with our_errors():
            self._consumer.pause(placed)
            before = dict(self._intake.positions)
            for partition in self._intake.take_in(self._consumer.consume(1, _REJOIN_SECONDS)):
                self.seek(partition, before[partition])
            reading = self._placed - self.ours.held
            self._consumer.resume([where for where in placed if _partition(where) in reading])

    def _offsets(self, partitions: Iterable[Partition], at: int) -> dict[Partition, int]:
        """What the brokers have for a time in milliseconds, or for an end of the log."""
        wheres = [TopicPartition(*partition, at) for partition in partitions]
        with our_errors():
            answers = self._consumer.offsets_for_times(wheres, self._policy.request_timeout_seconds)
        for answer in answers:
            if answer.error is not None:
                raise translated(answer.error)
        return {_partition(answer): answer.offset for answer in answers}


def _partition(where: TopicPartition) -> Partition:
    return Partition(where.topic, where.partition)


def _words(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.str() if isinstance(first, KafkaError) else str(first)
