"""What a changelog needs to know."""

from dataclasses import dataclass
from typing import Any

from driftwatch.sources.confluent_settings import client_settings
from driftwatch.sources.kafka_policy import KafkaPolicy


@dataclass(frozen=True, slots=True)
class ChangelogPolicy:
    """Which topic holds the state, and who writes to it.

    kafka: the cluster, its login, the group and the topics of the log. topic: the changelog.
    replica: our name among the members of the group; the same one after a restart.
    timeout_seconds: what a whole transaction may take, and the making of a producer.
    transaction_timeout_seconds: after this long the brokers end what a dead process left open.
    restore_timeout_seconds: how long a row that has to be in the topic is waited for at its end.
    """

    kafka: KafkaPolicy
    topic: str
    replica: str
    timeout_seconds: float = 8.0
    transaction_timeout_seconds: float = 10.0
    restore_timeout_seconds: float = 60.0

    @property
    def transactional_id(self) -> str:
        """Whoever begins with the same one ends the transactions of the one before."""
        return f"{self.kafka.group_id}-{self.replica}"

    @property
    def writer(self) -> str:
        """Whose counts are in the topic: all replicas' together, for rows move between them."""
        return f"changelog/{self.topic}"

    def client_settings(self) -> dict[str, Any]:
        """What every client of ours needs. Raises RefusedError for a login that can't be read."""
        return {**client_settings(self.kafka), "error_cb": _pass}


def _pass(_: object) -> None:
    """What comes of a call is told by that call."""
