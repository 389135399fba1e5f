"""The settings of a Kafka source, whichever library talks to the brokers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from driftwatch.sources.kafka_security import KafkaSecurity

Assignment = Literal["range", "roundrobin", "cooperative-sticky"]


@dataclass(frozen=True, slots=True)
class KafkaPolicy:
    """Which topics are read, as a member of which group, and how much at a time.

    session_timeout_seconds: a member that is silent for this long loses its partitions.
    heartbeat_seconds: how soon a rebalance is heard of; several of them make a session.
    max_poll_interval_seconds: so is one that does not poll for this long.
    max_poll_records, fetch_max_bytes: bound the memory.
    assignment: how partitions are shared out; all members of a group need the same.
    group_instance_id: keeps a member's partitions for it over a restart, within the session.
    request_timeout_seconds: how long the group is waited for, by `committed`, `commit`, `starts`.
    connect_timeout_seconds: how long one attempt to find a broker takes; many are made.
    metadata_max_age_seconds: how soon added partitions, or a topic that was made again, are seen.
    keys, headers: whether the records' keys, or headers, are handed out as well.
    security: how to log in and encrypt.
    client: further settings of the library, in its own words.
    """

    bootstrap_servers: tuple[str, ...]
    topics: tuple[str, ...]
    group_id: str
    session_timeout_seconds: float = 45.0
    heartbeat_seconds: float = 3.0
    max_poll_records: int = 4000
    fetch_max_bytes: int = 8 << 20
    assignment: Assignment = "range"
    group_instance_id: str | None = None
    max_poll_interval_seconds: float = 300.0
    request_timeout_seconds: float = 4.0
    connect_timeout_seconds: float = 10.0
    metadata_max_age_seconds: float = 30.0
    keys: bool = False
    headers: bool = False
    security: KafkaSecurity = field(default_factory=KafkaSecurity)
    client: Mapping[str, Any] = field(default_factory=dict)

    @property
    def session_ms(self) -> int:
        """The session timeout in milliseconds."""
        return int(self.session_timeout_seconds * 1000)

    @property
    def max_poll_interval_ms(self) -> int:
        """Between two polls, in milliseconds; not less than a session, or the library complains."""
        return max(int(self.max_poll_interval_seconds * 1000), self.session_ms)

    @property
    def heartbeat_ms(self) -> int:
        """Between two signs of life, in milliseconds."""
        return min(int(self.heartbeat_seconds * 1000), self.session_ms // 3)
