"""The settings of a Kafka source in the words of kafka-python."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.net.sasl.oauth import AbstractTokenProvider

from driftwatch.sources.kafka_policy import Assignment, KafkaPolicy
from driftwatch.sources.kafka_security import KafkaSecurity

_ASSIGNORS: Mapping[Assignment, Sequence[type]] = {
    "range": (RangePartitionAssignor,),
    "roundrobin": (RoundRobinPartitionAssignor,),
    "cooperative-sticky": (CooperativeStickyAssignor,),
}


def consumer_settings(policy: KafkaPolicy) -> dict[str, Any]:
    """The settings of a consumer, with its secrets as they are now. Raises RefusedError."""
    policy.security.check()
    return {
        "client_id": "driftwatch",
        "session_timeout_ms": policy.session_ms,
        "heartbeat_interval_ms": policy.heartbeat_ms,
        "max_poll_interval_ms": policy.max_poll_interval_ms,
        "reconnect_backoff_max_ms": 5000,
        "metadata_max_age_ms": int(policy.metadata_max_age_seconds * 1000),
        "metrics_enabled": False,
        **policy.client,
        **security_settings(policy.security),
        "bootstrap_servers": list(policy.bootstrap_servers),
        "group_id": policy.group_id,
        "group_instance_id": policy.group_instance_id,
        "max_poll_records": policy.max_poll_records,
        "fetch_max_bytes": policy.fetch_max_bytes,
        "partition_assignment_strategy": _ASSIGNORS[policy.assignment],
        "bootstrap_timeout_ms": int(policy.connect_timeout_seconds * 1000),
        # What is saved decides where reading goes on, and nothing else.
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "isolation_level": "read_committed",
    }


def security_settings(security: KafkaSecurity) -> dict[str, Any]:
    """How to log in and encrypt, with the secrets as they are now. Raises RefusedError."""
    found: dict[str, Any] = {"security_protocol": security.protocol}
    if security.encrypts:
        # By their names: each connection opens them, so that the next one has what was rotated.
        found |= {
            "ssl_cafile": security.cafile and str(security.cafile),
            "ssl_certfile": security.certfile and str(security.certfile),
            "ssl_keyfile": security.keyfile and str(security.keyfile),
            "ssl_password": security.read_key_password() or "",
        }
    if security.logs_in:
        found["sasl_mechanism"] = security.mechanism
        if security.mechanism == "OAUTHBEARER":
            found["sasl_oauth_token_provider"] = _TokenFile(security)
        else:
            found["sasl_plain_username"] = security.username
            found["sasl_plain_password"] = security.read_password()
    return found


class _TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """Reads the token for each connection. kafka-python logs in anew before a session ends."""

    def __init__(self, security: KafkaSecurity) -> None:
        super().__init__()
        self._security = security

    def token(self) -> str:
        """The token as it is now. Raises RefusedError."""
        return self._security.read_token().text
