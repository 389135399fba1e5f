"""What a group has committed, asked by somebody who is no member of it."""

from collections.abc import Iterable

from kafka import KafkaConsumer, TopicPartition

from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition


def commits_of(
    bootstrap: str, group: str, topic: str, numbers: Iterable[int]
) -> dict[Partition, Commit | None]:
    """By partition, the last commit; None where there is none. numbers: of the partitions."""
    consumer = KafkaConsumer(
        bootstrap_servers=[bootstrap], group_id=group, enable_auto_commit=False
    )
    try:
        found = {
            number: consumer.committed(
                TopicPartition(topic, number), metadata=True, timeout_ms=10_000
            )
            for number in numbers
        }
    finally:
        consumer.close(autocommit=False)
    return {
        Partition(topic, number): None if at is None else Commit.parse(at[0], at[1].rstrip("\0"))
        for number, at in found.items()
    }
