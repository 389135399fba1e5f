"""A serving log in Kafka, by kafka-python.

The library reports through the standard logger `kafka`, and says a lot there while a broker is
away. Its level is left to whoever sets up logging; all that a user needs is in `connected`,
`problems` and the errors that are raised here.
"""

from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_python import KafkaPythonMember

__all__ = ["KafkaPolicy", "KafkaSource"]


class KafkaSource(GroupSource):
    """See `kafka_group.GroupSource`. Needs nothing but Python, and is the slower of the two."""

    def __init__(self, policy: KafkaPolicy) -> None:
        super().__init__(policy, KafkaPythonMember)
