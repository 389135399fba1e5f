"""The settings of a Kafka source, and what they are in the words of kafka-python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

_ASSIGNORS: Mapping[str, Sequence[type]] = {
    "range": (RangePartitionAssignor,),
    "roundrobin": (RoundRobinPartitionAssignor,),
    "cooperative-sticky": (CooperativeStickyAssignor,),
}


@dataclass(frozen=True, slots=True)
class KafkaPolicy:
    """Which topics are read, as a member of which group, and how much at a time.

    session_timeout_seconds: a member that is silent for this long loses its partitions.
    max_poll_records, fetch_max_bytes: bound the memory.
    assignment: how partitions are shared out; all members of a group need the same.
    group_instance_id: keeps a member's partitions for it over a restart, within the session.
    request_timeout_seconds: how long the group is waited for, by `committed`, `commit`, `starts`.
    connect_timeout_seconds: how long one attempt to find a broker takes; many are made.
    client: further settings of `kafka.KafkaConsumer`, for security above all.
    """

    bootstrap_servers: tuple[str, ...]
    topics: tuple[str, ...]
    group_id: str
    session_timeout_seconds: float = 45.0
    max_poll_records: int = 4000
    fetch_max_bytes: int = 8 << 20
    assignment: Literal["range", "roundrobin", "cooperative-sticky"] = "range"
    group_instance_id: str | None = None
    request_timeout_seconds: float = 4.0
    connect_timeout_seconds: float = 10.0
    client: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """The settings of the library's consumer."""
        session_ms = int(self.session_timeout_seconds * 1000)
        return {
            "client_id": "driftwatch",
            "session_timeout_ms": session_ms,
            "heartbeat_interval_ms": min(3000, session_ms // 3),
            "reconnect_backoff_max_ms": 5000,
            # How soon added partitions, or a topic that was made again, are seen.
            "metadata_max_age_ms": 30_000,
            "metrics_enabled": False,
            **self.client,
            "bootstrap_servers": list(self.bootstrap_servers),
            "group_id": self.group_id,
            "group_instance_id": self.group_instance_id,
            "max_poll_records": self.max_poll_records,
            "fetch_max_bytes": self.fetch_max_bytes,
            "partition_assignment_strategy": _ASSIGNORS[self.assignment],
            "bootstrap_timeout_ms": int(self.connect_timeout_seconds * 1000),
            # What is saved decides where reading goes on, and nothing else.
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "isolation_level": "read_committed",
        }
