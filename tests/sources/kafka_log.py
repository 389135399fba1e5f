"""What tests do with the topics of a real broker."""

import uuid
from collections.abc import Callable, Sequence

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Source
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.contract import Log

Open = Callable[[KafkaPolicy], GroupSource]


def policy(bootstrap: str, topic: str, **settings: object) -> KafkaPolicy:
    usual: dict[str, object] = {
        "group_id": f"test-{uuid.uuid4().hex}",
        "session_timeout_seconds": 6.0,
        "heartbeat_seconds": 0.3,
        "connect_timeout_seconds": 2.0,
    }
    return KafkaPolicy((bootstrap,), (topic,), **(usual | settings))  # type: ignore[arg-type]


class KafkaLog(Log):
    has_group = True
    has_tombstones = True
    can_revoke = True

    def __init__(self, kafka: KafkaCluster, open_source: Open) -> None:
        self._kafka = kafka
        self._open = open_source
        self._topic = kafka.create_topic()
        self._partitions = 1
        self._policy = policy(kafka.bootstrap, self._topic)
        self._other: GroupSource | None = None

    def open(self) -> Source:
        return self._open(self._policy)

    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        if partition == self._partitions:
            add_partitions(self._kafka, self._topic, partition + 1)
            self._partitions += 1
        keys = [b"key"] * len(values)  # without one there is no tombstone
        self._kafka.produce(self._topic, values, partition=partition, keys=keys)

    def leave_a_gap(self) -> None:
        write_transaction(self._kafka, self._topic, [b"never seen"], commit=False)

    def revoke(self) -> None:
        self._other = self._open(self._policy)

    def tick(self) -> bool:
        if self._other is not None:
            self._other.poll(0)
        return False


def add_partitions(kafka: KafkaCluster, topic: str, count: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=[kafka.bootstrap])
    admin.create_partitions({topic: count})
    admin.close()
    wait_until(lambda: len(kafka.end_offsets(topic)) == count, what=f"{count} partitions")


def write_transaction(
    kafka: KafkaCluster, topic: str, values: Sequence[bytes], *, commit: bool
) -> None:
    """Write records that are committed or aborted together."""
    producer = KafkaProducer(
        bootstrap_servers=[kafka.bootstrap], transactional_id=uuid.uuid4().hex, acks="all"
    )
    producer.init_transactions()
    producer.begin_transaction()
    for value in values:
        producer.send(topic, value=value, partition=0).get(30)
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()
    producer.close()


def expire(kafka: KafkaCluster, topic: str, before: int) -> None:
    """Delete the first records of a topic's first partition, as its retention would."""
    admin = KafkaAdminClient(bootstrap_servers=[kafka.bootstrap])
    admin.delete_records({TopicPartition(topic, 0): before})
    admin.close()
