"""Past a batch of records whose checksum fails however often it is fetched.

Its end is not known, since its own header may be what is broken; a broker hands out the whole batch
for any offset within it. So offsets behind it are tried, first in growing steps, then by halving.
"""

import time

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaTimeoutError

from driftwatch.records import Partition
from driftwatch.sources.kafka_policy import KafkaPolicy


def next_readable(policy: KafkaPolicy, partition: Partition, position: int) -> int:
    """The first offset behind an unreadable one from which on the log can be read.

    The end of the log where there is none. Asks the brokers a few times, as nobody's member.

    Raises:
        KafkaError: they did not answer in time.
    """
    where = TopicPartition(*partition)
    alone = {"group_id": None, "group_instance_id": None, "max_poll_records": 1}
    consumer = KafkaConsumer(**(policy.settings() | alone))
    try:
        consumer.assign([where])
        timeout_ms = int(policy.request_timeout_seconds * 1000)
        end = int(consumer.end_offsets([where], timeout_ms=timeout_ms)[where])
        bad, good = position, position
        while good <= bad:
            probe = min(end, bad + max(1, 2 * (bad - position)))
            if probe >= end or _can_be_read(consumer, where, probe, timeout_ms):
                good = max(probe, position + 1)
            else:
                bad = probe
        while good - bad > 1:
            probe = (good + bad) // 2
            if _can_be_read(consumer, where, probe, timeout_ms):
                good = probe
            else:
                bad = probe
        return good
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
