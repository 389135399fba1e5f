"""A member of a consumer group by kafka-python.

All that the library keeps to itself is touched in this file and those that are called like it. What
it takes to use it well, as found by trying (kafka-python 3.0.12 against Kafka 4.1):

- Membership changes inside `poll` only. The listener notes the change and stops the partitions from
  flowing; without that the very poll that assigns them returns records.
- A partition without a position makes `poll` ask the group for one, and raise if it has none. So a
  new partition is put at 0 until somebody knows better.
- When a broker dies, `poll` says nothing and returns nothing. The connection to each partition's
  leader tells (see `kafka_python_health`).
- The library makes topics that do not exist unless it is kept from that.
- What was fetched of a partition when it was paused is taken up again only after `poll` has parked
  what it was handing out; if nothing else comes, never. See `KafkaPythonMember._poll`.
- A rebalance that the group's leader began because partitions were added is forgotten half-way when
  `poll` returns in the middle of it: nobody fetches the outcome, the heartbeats stay off, and the
  group drops a member that never learns of it. Saying again that a rebalance is due mends that.
- A member that the group forgets while it is about to rejoin keeps its partitions, and is not told
  when they went to another and came back. Its new id in the group tells.
- The outcome of a rebalance that comes between two polls is thrown away, and another rebalance is
  asked for; busy members can go on like that for ever. See `KafkaPythonMember._keep_outcome`.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CorruptRecordError,
    KafkaError,
    LogTruncationError,
    OffsetOutOfRangeError,
    RebalanceInProgressError,
)
from kafka.future import Future

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import Partition
from driftwatch.sources.kafka_errors import (
    CorruptError,
    HopelessError,
    OutOfRangeError,
    RefusedError,
    TruncatedError,
)
from driftwatch.sources.kafka_member import Fetched, Ours
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_python_client import TellingClient
from driftwatch.sources.kafka_python_commit import commit_once
from driftwatch.sources.kafka_python_corruption import find_readable
from driftwatch.sources.kafka_python_errors import our_errors, translated
from driftwatch.sources.kafka_python_health import is_reachable
from driftwatch.sources.kafka_python_settings import consumer_settings
from driftwatch.sources.port import Committed

_CLOSE_SECONDS = 3.0
_REJOIN_SECONDS = 0.2
_RETRY_SECONDS = 0.1

# The library's record is a named tuple; its fields by name cost twice as much.
_OFFSET, _TIMESTAMP, _KEY, _VALUE, _HEADERS = map(itemgetter, (3, 4, 6, 7, 8))


class KafkaPythonMember:
    """See `kafka_member.Member`."""

    def __init__(self, policy: KafkaPolicy) -> None:
        self.ours = Ours()
        self._assigned_as: dict[Partition, str] = {}  # who we were in the group
        self._policy = policy
        self._clients: list[TellingClient] = []
        settings = consumer_settings(policy)
        try:
            with our_errors():
                self._consumer = KafkaConsumer(**settings, kafka_client=self._make_client)
                self._consumer.subscribe(list(policy.topics), listener=_Listener(self))
        except (AssertionError, TypeError, ValueError) as error:
            self._let_go()
            raise HopelessError(str(error)) from error
        except SourceError as error:
            self._let_go()
            trouble = self._client.trouble if self._clients else None
            if isinstance(error, RefusedError | HopelessError) or trouble is None:
                raise
            raise translated(trouble) from error

    def poll(self, seconds: float) -> Mapping[Partition, Fetched]:
        """See `kafka_member.Member.poll`."""
        try:
            fetched = self._poll(seconds)
        except OffsetOutOfRangeError as error:
            raise OutOfRangeError(_plain(error.args[0])) from error
        except LogTruncationError as error:
            raise TruncatedError(Partition(*where) for where in error.divergent_offsets) from error
        except CorruptRecordError as error:
            raise CorruptError(self._broken_partition(), str(error)) from error
        except KafkaError as error:
            raise translated(error) from error
        by_partition = ((Partition(*where), records) for where, records in fetched.items())
        policy, flowing = self._policy, self.ours.flowing
        return {p: _fetched(records, policy) for p, records in by_partition if p in flowing}

    def seek(self, partition: Partition, offset: int) -> None:
        """See `kafka_member.Member.seek`."""
        where = TopicPartition(*partition)
        self._consumer.seek(where, offset)
        self._consumer.resume(where)
        self.ours.flowing.add(partition)
        self.ours.held.discard(partition)

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `kafka_member.Member.hold`."""
        before, self.ours.held = self.ours.held, set(partitions)
        with our_errors():
            self._consumer.pause(*(TopicPartition(*p) for p in self.ours.held - before))
            self._consumer.resume(*(TopicPartition(*p) for p in before - self.ours.held))

    def position(self, partition: Partition) -> int:
        """See `kafka_member.Member.position`."""
        state = self._consumer._subscription.assignment[TopicPartition(*partition)]  # noqa: SLF001
        return int(state.position.offset)

    def end_offset(self, partition: Partition) -> int | None:
        """See `kafka_member.Member.end_offset`."""
        found = self._consumer.highwater(TopicPartition(*partition))
        return None if found is None else int(found)

    def first_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """See `kafka_member.Member.first_offsets`."""
        wheres = [TopicPartition(*partition) for partition in partitions]
        with our_errors():
            return _plain(self._consumer.beginning_offsets(wheres, timeout_ms=self._timeout_ms))

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """See `kafka_member.Member.end_offsets`."""
        wheres = [TopicPartition(*partition) for partition in partitions]
        with our_errors():
            return _plain(self._consumer.end_offsets(wheres, timeout_ms=self._timeout_ms))

    def offsets_at(self, partitions: Iterable[Partition], time_ms: int) -> dict[Partition, int]:
        """See `kafka_member.Member.offsets_at`."""
        # The ends first: what comes in between is not skipped.
        found = self.end_offsets(partitions)
        times = {TopicPartition(*partition): time_ms for partition in partitions}
        with our_errors():
            answer = self._consumer.offsets_for_times(times, timeout_ms=self._timeout_ms)
        for where, hit in answer.items():
            if hit is not None:
                found[Partition(*where)] = int(hit.offset)
        return found

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, Committed | None]:
        """See `kafka_member.Member.committed`."""
        with our_errors():
            return {partition: self._committed(partition) for partition in partitions}

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """See `kafka_member.Member.commit`."""
        # The other library reads on behind a word that no NUL ends.
        offsets = {
            TopicPartition(*p): OffsetAndMetadata(at.offset, f"{at.metadata}\0", -1)
            for p, at in frontiers.items()
        }
        deadline = time.monotonic() + self._policy.request_timeout_seconds
        unknown: KafkaError | None = None  # why an earlier attempt may have been done all the same
        while True:
            try:
                left = max(0.0, deadline - time.monotonic())
                return commit_once(self._consumer, self._client, offsets, left)
            except RebalanceInProgressError as error:
                if time.monotonic() > deadline:
                    raise translated(error) from error
                self._rejoin()
            except KafkaError as error:
                if not error.retriable:
                    raise translated(unknown or error) from error
                unknown = error
                if time.monotonic() > deadline:
                    raise translated(error) from error
                time.sleep(_RETRY_SECONDS)
            if not self.ours.flowing.issuperset(frontiers):
                text = "a rebalance took partitions away before they were committed"
                raise SourceError(text) if unknown else CommitRefusedError(text)

    def topic_id(self, topic: str) -> str | None:
        """See `kafka_member.Member.topic_id`."""
        found = self._client.cluster.topic_id(topic)
        return None if found is None else str(found)

    def partition_count(self, topic: str) -> int | None:
        """See `kafka_member.Member.partition_count`."""
        return len(self._client.cluster.partitions_for_topic(topic) or ()) or None

    def refresh(self) -> None:
        """See `kafka_member.Member.refresh`."""
        manager = self._client._manager  # noqa: SLF001
        with our_errors():
            asked = self._client.cluster.request_update()
            manager.run(manager.wait_for, asked, self._timeout_ms)

    def is_reachable(self) -> bool:
        """See `kafka_member.Member.is_reachable`."""
        reading = self.ours.flowing - self.ours.held
        wheres = [TopicPartition(*partition) for partition in reading]
        return is_reachable(self._consumer, self._client, wheres)

    def next_readable(self, partition: Partition, position: int) -> int:
        """See `kafka_member.Member.next_readable`. A consumer of its own finds out."""
        with our_errors():
            return find_readable(self._policy, partition, position)

    def close(self) -> None:
        """See `kafka_member.Member.close`."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=int(_CLOSE_SECONDS * 1000))
        except (KafkaError, RuntimeError):
            self._client.close()

    def _let_go(self) -> None:
        """The network thread of a client that is left alone would go on for ever."""
        for client in self._clients:
            client.close()

    def note_assigned(self, wheres: Iterable[TopicPartition]) -> None:
        """The library's network thread calls this from within `poll`."""
        for where in wheres:
            self._consumer.pause(where)
            self._consumer.seek(where, 0)
            self._assigned_as[Partition(*where)] = self._generation.member_id
        self.ours.note_assigned(Partition(*where) for where in wheres)

    @property
    def _timeout_ms(self) -> int:
        return int(self._policy.request_timeout_seconds * 1000)

    @property
    def _client(self) -> TellingClient:
        return self._clients[-1]

    def _make_client(self, **settings: object) -> TellingClient:
        self._clients.append(TellingClient(**settings))
        return self._client

    def _broken_partition(self) -> Partition | None:
        """The partition whose records could not be parsed by the `poll` that just failed."""
        broken = self._consumer._fetcher._next_partition_records  # noqa: SLF001
        return None if broken is None else Partition(*broken.topic_partition)

    def _poll(self, seconds: float) -> Mapping[TopicPartition, list[Any]]:
        coordinator = self._consumer._coordinator  # noqa: SLF001
        if coordinator.rejoining:
            seconds = max(seconds, _REJOIN_SECONDS)
            self._keep_outcome(coordinator)
        fetcher = self._consumer._fetcher  # noqa: SLF001
        if not fetcher._next_partition_records:  # noqa: SLF001 (handed out to the last record)
            fetcher._next_partition_records = None  # noqa: SLF001
        try:
            fetched: Mapping[TopicPartition, list[Any]] = self._consumer.poll(
                timeout_ms=int(seconds * 1000)
            )
        finally:
            if coordinator.rejoining:
                coordinator.request_rejoin()
        self._note_lost_membership(coordinator)
        return fetched

    def _note_lost_membership(self, coordinator: Any) -> None:
        """Let go of what was ours as a member that the group has forgotten, or take it anew."""
        now, held = self._generation, self._consumer._subscription.assigned_partitions()  # noqa: SLF001
        lost = {p for p in self.ours.assigned if self._assigned_as.get(p) != now.member_id}
        if lost:
            self._consumer.pause(*(where for where in held if Partition(*where) in lost))
            self.ours.note_revoked(lost)
        if not coordinator.rejoining and not now.is_lost():
            self.note_assigned(
                [where for where in held if Partition(*where) not in self.ours.assigned]
            )

    @property
    def _generation(self) -> Any:
        return self._consumer._coordinator._generation  # noqa: SLF001

    def _keep_outcome(self, coordinator: Any) -> None:
        """Let what a rebalance came to between two polls come within the next one."""
        join = coordinator._join_task  # noqa: SLF001
        if join is None or not join.is_done or not join.succeeded():
            return
        manager = self._client._manager  # noqa: SLF001
        outcome = coordinator._join_task = Future()  # noqa: SLF001

        async def come_later() -> None:
            await manager._net.sleep(_REJOIN_SECONDS / 4)  # noqa: SLF001
            outcome.success(join.value)

        manager.call_soon(come_later)

    def _committed(self, partition: Partition) -> Committed | None:
        where = TopicPartition(*partition)
        found = self._consumer.committed(where, metadata=True, timeout_ms=self._timeout_ms)
        # The other library ends it as C does.
        word = "" if found is None else (found.metadata or "").rstrip("\0")
        return None if found is None else Committed(int(found.offset), word)

    def _rejoin(self) -> None:
        """Let a rebalance go on, which takes a poll, without reading anything."""
        flowing = [TopicPartition(*partition) for partition in self.ours.flowing]
        self._consumer.pause(*flowing)
        with our_errors():
            self._poll(_REJOIN_SECONDS)
        reading = self.ours.flowing - self.ours.held
        still = (where for where in flowing if Partition(*where) in reading)
        self._consumer.resume(*still)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a member of its partitions. Runs in the library's network thread."""

    def __init__(self, member: KafkaPythonMember) -> None:
        self._member = member

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._member.note_assigned(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._member.ours.note_revoked(Partition(*where) for where in revoked)


def _fetched(records: list[Any], policy: KafkaPolicy) -> Fetched:
    count = len(records)
    return Fetched(
        list(map(_VALUE, records)),
        np.fromiter(map(_OFFSET, records), np.int64, count),
        np.fromiter(map(_TIMESTAMP, records), np.int64, count),
        list(map(_KEY, records)) if policy.keys else None,
        list(map(_HEADERS, records)) if policy.headers else None,
    )


def _plain(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {Partition(*where): int(offset) for where, offset in offsets.items()}
