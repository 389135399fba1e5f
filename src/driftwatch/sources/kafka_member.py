"""One member of a consumer group, as long as it lives: a consumer of kafka-python.

All that the library keeps to itself is touched in this file only. What it takes to use it well, as
found by trying (kafka-python 3.0.12 against Kafka 4.1):

- Membership changes inside `poll` only. The listener notes the change and stops the partitions from
  flowing; without that the very poll that assigns them returns records.
- A partition without a position makes `poll` ask the group for one, and raise if it has none. So a
  new partition is put at 0 until somebody knows better.
- When a broker dies, `poll` says nothing and returns nothing. The connection to each partition's
  leader tells (see `Member.is_reachable`).
- The library makes topics that do not exist unless it is kept from that.
- A rebalance that the group's leader began because partitions were added is forgotten half-way when
  `poll` returns in the middle of it: nobody fetches the outcome, the heartbeats stay off, and the
  group drops a member that never learns of it. Saying again that a rebalance is due mends that.
- The outcome of a rebalance that comes between two polls is thrown away, and another rebalance is
  asked for; busy members can go on like that for ever. See `Member._keep_outcome`.
"""

import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError
from kafka.future import Future
from kafka.net.compat import KafkaNetClient

from driftwatch.records import Assigned, Partition, Revoked
from driftwatch.sources.kafka_policy import KafkaPolicy

_SILENCE_SECONDS = 5.0  # a broker answers every fetch within half a second, with or without records
_CLOSE_SECONDS = 3.0
_REJOIN_SECONDS = 0.2


class Member:
    """A member of the group, from its first connection to its end.

    Made anew after any error. Not for two threads at a time, except that it may be made in one and
    used in another.

    Raises:
        KafkaError: no broker answered in time, or one refused us.
    """

    def __init__(self, policy: KafkaPolicy) -> None:
        self.assigned: set[Partition] = set()
        self.flowing: set[Partition] = set()
        self._policy = policy
        self._events: deque[Assigned | Revoked] = deque()
        self._clients: list[KafkaNetClient] = []
        try:
            self._consumer = KafkaConsumer(**policy.settings(), kafka_client=self._make_client)
            self._consumer.subscribe(list(policy.topics), listener=_Listener(self))
        except BaseException:
            # Its network thread runs by now, and would go on for ever.
            for client in self._clients:
                client.close()
            raise

    def poll(self, seconds: float) -> Mapping[Partition, list[Any]]:
        """The library's records of each flowing partition. Raises what the library raises."""
        fetched = self._poll(seconds)
        by_partition = {Partition(*where): records for where, records in fetched.items()}
        return {p: records for p, records in by_partition.items() if p in self.flowing}

    def take_events(self) -> list[Assigned | Revoked]:
        """What happened to the membership since the last call, in order."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def is_ours(self, partition: Partition) -> bool:
        """Whether a partition is assigned, and nothing has happened to it that is not told yet."""
        untold = any(partition in event.partitions for event in self._events)
        return partition in self.assigned and not untold

    def seek(self, partition: Partition, offset: int) -> None:
        """Let a partition flow from here on."""
        where = TopicPartition(*partition)
        self._consumer.seek(where, offset)
        self._consumer.resume(where)
        self.flowing.add(partition)

    def position(self, partition: Partition) -> int:
        """The offset that is read next; behind control and aborted records."""
        state = self._consumer._subscription.assignment[TopicPartition(*partition)]  # noqa: SLF001
        return int(state.position.offset)

    def broken_partition(self) -> Partition | None:
        """The partition whose records could not be parsed by the `poll` that just failed."""
        broken = self._consumer._fetcher._next_partition_records  # noqa: SLF001
        return None if broken is None else Partition(*broken.topic_partition)

    def end_offset(self, partition: Partition) -> int | None:
        """The end of the partition at its last fetch."""
        found = self._consumer.highwater(TopicPartition(*partition))
        return None if found is None else int(found)

    def first_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Where each partition begins now. Raises KafkaError."""
        wheres = [TopicPartition(*partition) for partition in partitions]
        return _plain(self._consumer.beginning_offsets(wheres, timeout_ms=self._timeout_ms))

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Where each partition ends now. Raises KafkaError."""
        wheres = [TopicPartition(*partition) for partition in partitions]
        return _plain(self._consumer.end_offsets(wheres, timeout_ms=self._timeout_ms))

    def offsets_at(self, partitions: Iterable[Partition], time_ms: int) -> dict[Partition, int]:
        """The first offset of this broker time or later; the end where there is none.

        Raises KafkaError.
        """
        # The ends first: what comes in between is not skipped.
        found = self.end_offsets(partitions)
        times = {TopicPartition(*partition): time_ms for partition in partitions}
        answer = self._consumer.offsets_for_times(times, timeout_ms=self._timeout_ms)
        for where, hit in answer.items():
            if hit is not None:
                found[Partition(*where)] = int(hit.offset)
        return found

    def committed(self, partition: Partition) -> int | None:
        """What the group has committed. Raises KafkaError."""
        where = TopicPartition(*partition)
        found = self._consumer.committed(where, timeout_ms=self._timeout_ms)
        return None if found is None else int(found)

    def commit(self, frontiers: Mapping[Partition, int]) -> None:
        """Commit, over rebalances that leave us these partitions. Raises KafkaError."""
        offsets = {TopicPartition(*p): OffsetAndMetadata(at, "", -1) for p, at in frontiers.items()}
        deadline = time.monotonic() + self._timeout_ms / 1000
        while True:
            try:
                self._consumer.commit(offsets, timeout_ms=self._timeout_ms)
            except RebalanceInProgressError:
                if time.monotonic() > deadline:
                    raise
                self._rejoin(frontiers)
            else:
                return

    def topic_id(self, topic: str) -> str | None:
        """The id of a topic as last heard of; another one under the same name has another."""
        found = self._client.cluster.topic_id(topic)
        return None if found is None else str(found)

    def exists(self, topic: str) -> bool:
        """Whether the brokers know the topic, as last heard of them."""
        return bool(self._client.cluster.partitions_for_topic(topic))

    def refresh(self) -> None:
        """Ask the brokers for the topics anew. Raises KafkaError."""
        manager = self._client._manager  # noqa: SLF001
        asked = self._client.cluster.request_update()
        manager.run(manager.wait_for, asked, self._timeout_ms)

    def is_reachable(self) -> bool:
        """Whether what is written to our partitions would come to us.

        The leader of each flowing partition is known, connected, and not silent while it owes us an
        answer. Before anything flows, any broker will do.
        """
        if self.flowing:
            return all(self._flows(TopicPartition(*partition)) for partition in self.flowing)
        connections = dict(self._client._manager._conns)  # noqa: SLF001
        return any(connection.connected for connection in connections.values())

    def close(self) -> None:
        """Leave the group if the brokers can be told, and let go of the connections."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=int(_CLOSE_SECONDS * 1000))
        except (KafkaError, RuntimeError):
            self._client.close()

    def note_assigned(self, wheres: Iterable[TopicPartition]) -> None:
        """The library's network thread calls this from within `poll`."""
        partitions = tuple(sorted(Partition(*where) for where in wheres))
        for partition in partitions:
            where = TopicPartition(*partition)
            self._consumer.pause(where)
            self._consumer.seek(where, 0)
        self.flowing.difference_update(partitions)
        self.assigned.update(partitions)
        if partitions:
            self._events.append(Assigned(partitions))

    def note_revoked(self, wheres: Iterable[TopicPartition]) -> None:
        """The library's network thread calls this from within `poll`."""
        partitions = tuple(sorted(Partition(*where) for where in wheres))
        self.flowing.difference_update(partitions)
        self.assigned.difference_update(partitions)
        if partitions:
            self._events.append(Revoked(partitions))

    @property
    def _timeout_ms(self) -> int:
        return int(self._policy.request_timeout_seconds * 1000)

    @property
    def _client(self) -> KafkaNetClient:
        return self._clients[-1]

    def _make_client(self, **settings: object) -> KafkaNetClient:
        client = KafkaNetClient(**settings)
        client.cluster.config["allow_auto_create_topics"] = False
        self._clients.append(client)
        return client

    def _poll(self, seconds: float) -> Mapping[TopicPartition, list[Any]]:
        coordinator = self._consumer._coordinator  # noqa: SLF001
        if coordinator.rejoining:
            seconds = max(seconds, _REJOIN_SECONDS)
            self._keep_outcome(coordinator)
        try:
            fetched: Mapping[TopicPartition, list[Any]] = self._consumer.poll(
                timeout_ms=int(seconds * 1000)
            )
        finally:
            if coordinator.rejoining:
                coordinator.request_rejoin()
        return fetched

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

    def _rejoin(self, frontiers: Mapping[Partition, int]) -> None:
        """Let a rebalance go on, which takes a poll, without reading anything."""
        flowing = [TopicPartition(*partition) for partition in self.flowing]
        self._consumer.pause(*flowing)
        self._poll(_REJOIN_SECONDS)
        self._consumer.resume(*(where for where in flowing if Partition(*where) in self.flowing))
        if not self.flowing.issuperset(frontiers):
            raise CommitFailedError("a rebalance took partitions away before they were committed")

    def _flows(self, where: TopicPartition) -> bool:
        if not self._consumer._subscription.is_fetchable(where):  # noqa: SLF001
            return False
        leader = self._client.cluster.leader_for_partition(where)
        connection = self._client._manager._conns.get(leader)  # noqa: SLF001
        return connection is not None and connection.connected and not _is_silent(connection)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a member of its partitions. Runs in the library's network thread."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._member.note_assigned(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._member.note_revoked(revoked)


def _is_silent(connection: Any) -> bool:
    """Whether a broker has owed an answer for long, and sent nothing meanwhile."""
    try:
        _, _, asked_at, *_ = connection.in_flight_requests[0]
        heard_at = max(float(asked_at), float(connection.transport.last_read))
    except (IndexError, AttributeError):
        return False  # nothing is owed, or the connection was lost just now
    return time.monotonic() - heard_at > _SILENCE_SECONDS


def _plain(offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
    return {Partition(*where): int(offset) for where, offset in offsets.items()}
