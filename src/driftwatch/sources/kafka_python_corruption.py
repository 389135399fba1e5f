"""Whether records can be read, as tried by a consumer of kafka-python that is nobody's member."""

import time

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaTimeoutError

from driftwatch.records import Partition
from driftwatch.sources.kafka_corruption import next_readable
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_python_settings import consumer_settings


def find_readable(policy: KafkaPolicy, partition: Partition, position: int) -> int:
    """See `kafka_corruption.next_readable`.

    Raises:
        KafkaError: the brokers did not answer in time.
    """
    where = TopicPartition(*partition)
    alone = {"group_id": None, "group_instance_id": None, "max_poll_records": 1}
    consumer = KafkaConsumer(**(consumer_settings(policy) | alone))
    timeout_ms = int(policy.request_timeout_seconds * 1000)
    try:
        consumer.assign([where])
        end = int(consumer.end_offsets([where], timeout_ms=timeout_ms)[where])
        return next_readable(
            position, end, lambda offset: _can_be_read(consumer, where, offset, timeout_ms)
        )
    finally:
        consumer.close(autocommit=False)


def _can_be_read(
    consumer: KafkaConsumer, where: TopicPartition, offset: int, timeout_ms: int
) -> bool:
    consumer.seek(where, offset)
    deadline = time.monotonic() + timeout_ms / 1000
    while time.monotonic() < deadline:
        try:
            fetched = consumer.poll(timeout_ms=500)
            if fetched or consumer.position(where, timeout_ms=0) > offset:
                return True
        except CorruptRecordError:
            return False
    raise KafkaTimeoutError(f"nothing came from {where.topic}/{where.partition} at {offset}")
