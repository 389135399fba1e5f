"""Whether records can be read, as tried by a consumer of librdkafka that is nobody's member."""

import time

from confluent_kafka import OFFSET_END, Consumer, KafkaError, TopicPartition

from driftwatch.errors import SourceError
from driftwatch.records import Partition
from driftwatch.sources.confluent_errors import CORRUPT, translated
from driftwatch.sources.confluent_settings import consumer_settings
from driftwatch.sources.kafka_corruption import next_readable
from driftwatch.sources.kafka_policy import KafkaPolicy


def find_readable(policy: KafkaPolicy, partition: Partition, position: int) -> int:
    """See `kafka_corruption.next_readable`.

    Raises:
        KafkaException, SourceError: the brokers did not answer in time.
    """
    settings = consumer_settings(policy)
    settings.pop("group.instance.id", None)
    seconds = policy.request_timeout_seconds
    consumer = Consumer(settings)
    try:
        (end,) = consumer.offsets_for_times([TopicPartition(*partition, OFFSET_END)], seconds)
        if end.error is not None:
            raise translated(end.error)
        return next_readable(
            position, end.offset, lambda offset: _can_be_read(consumer, partition, offset, seconds)
        )
    finally:
        consumer.close()


def _can_be_read(consumer: Consumer, partition: Partition, offset: int, seconds: float) -> bool:
    consumer.assign([TopicPartition(*partition, offset)])
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for message in consumer.consume(1, 0.5):
            error = message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                return True
            if error.code() in CORRUPT:
                return False
    raise SourceError(f"nothing came from {partition} at {offset}")
