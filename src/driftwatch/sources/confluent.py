"""A serving log in Kafka, by confluent-kafka (librdkafka): many times faster than kafka-python.

The library reports through the standard logger `kafka.librdkafka`; see `kafka.KafkaSource`.
"""

from typing import Any

from driftwatch.sources.confluent_member import ConfluentMember
from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy

__all__ = ["ConfluentSource", "KafkaPolicy"]


class ConfluentSource(GroupSource):
    """See `kafka_group.GroupSource`."""

    def __init__(self, policy: KafkaPolicy) -> None:
        super().__init__(policy, ConfluentMember)

    def group_metadata(self) -> Any:
        """Who we are in the group, for a producer that commits our offsets in its transactions.

        Read it after a poll whose events were acted on, and use it before the next one: what is
        older belongs to an older generation, and the broker refuses it. None while there is no
        member.
        """
        member = self._connection.member
        return member.group_metadata() if isinstance(member, ConfluentMember) else None
