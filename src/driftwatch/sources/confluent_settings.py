"""The settings of a Kafka source in the words of librdkafka."""

import logging
from typing import Any

from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.kafka_security import KafkaSecurity

STATISTICS_MS = 1000
FETCH_LEAST_BYTES, FETCH_WAIT_MS = 1 << 20, 200
"""A broker answers when it has so much, or after so long."""


def client_settings(policy: KafkaPolicy) -> dict[str, Any]:
    """What every client of the cluster needs, with its secrets as they are now.

    Raises RefusedError for a file that can't be used.
    """
    policy.security.check()
    return {
        "client.id": "driftwatch",
        "bootstrap.servers": ",".join(policy.bootstrap_servers),
        "reconnect.backoff.max.ms": 5000,
        # A child of the logger that is quiet by default, as is that of the other library.
        "logger": logging.getLogger("kafka.librdkafka"),
        **_security(policy.security),
    }


def consumer_settings(policy: KafkaPolicy) -> dict[str, Any]:
    """The settings of a consumer. Raises RefusedError."""
    metadata_ms = int(policy.metadata_max_age_seconds * 1000)
    settings = {
        **client_settings(policy),
        "group.id": policy.group_id,
        "session.timeout.ms": policy.session_ms,
        "heartbeat.interval.ms": policy.heartbeat_ms,
        "max.poll.interval.ms": policy.max_poll_interval_ms,
        "partition.assignment.strategy": policy.assignment,
        "topic.metadata.refresh.interval.ms": metadata_ms,
        "topic.metadata.propagation.max.ms": metadata_ms,
        "statistics.interval.ms": STATISTICS_MS,
        "fetch.max.bytes": policy.fetch_max_bytes,
        "queued.max.messages.kbytes": max(1, 2 * policy.fetch_max_bytes >> 10),
        # Not an answer for each record: at 1,000 a second those took a fifth of a core.
        "fetch.min.bytes": min(FETCH_LEAST_BYTES, policy.fetch_max_bytes),
        "fetch.wait.max.ms": FETCH_WAIT_MS,
        # A full queue is looked at again soon: it is a short one.
        "fetch.queue.backoff.ms": 20,
        # How a position behind control and aborted records is heard of.
        "enable.partition.eof": True,
        "check.crcs": True,
        **policy.client,
        # What is saved decides where reading goes on, and nothing else.
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
    }
    if policy.group_instance_id is not None:
        settings["group.instance.id"] = policy.group_instance_id
    return settings


def _security(security: KafkaSecurity) -> dict[str, Any]:
    found: dict[str, Any] = {"security.protocol": security.protocol}
    if security.encrypts:
        found |= {
            "ssl.ca.location": security.cafile and str(security.cafile),
            "ssl.certificate.location": security.certfile and str(security.certfile),
            "ssl.key.location": (security.keyfile or security.certfile)
            and str(security.keyfile or security.certfile),
            "ssl.key.password": security.read_key_password(),
            "enable.ssl.certificate.verification": True,
            "ssl.endpoint.identification.algorithm": "https",
        }
    if security.logs_in:
        found["sasl.mechanisms"] = security.mechanism
        if security.mechanism == "OAUTHBEARER":
            found["oauth_cb"] = lambda _: _token(security)
        else:
            found["sasl.username"] = security.username
            found["sasl.password"] = security.read_password()
    return {name: value for name, value in found.items() if value is not None}


def _token(security: KafkaSecurity) -> tuple[str, float, str, dict[str, str]]:
    """What librdkafka asks for now and then, before the token at hand expires."""
    token = security.read_token()
    return token.text, token.expires, token.principal, {}
