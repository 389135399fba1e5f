"""Whether brokers answer, by the connections of kafka-python."""

import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.net.compat import KafkaNetClient

_SILENCE_SECONDS = 5.0  # a broker answers every fetch within half a second, with or without records


def is_reachable(
    consumer: KafkaConsumer, client: KafkaNetClient, flowing: Sequence[TopicPartition]
) -> bool:
    """Whether the leader of each of these answers; of none, whether any broker does."""
    if flowing:
        return all(_flows(consumer, client, where) for where in flowing)
    connections = dict(client._manager._conns)  # noqa: SLF001
    return any(connection.connected for connection in connections.values())


def _flows(consumer: KafkaConsumer, client: KafkaNetClient, where: TopicPartition) -> bool:
    if not consumer._subscription.is_fetchable(where):  # noqa: SLF001
        return False
    leader = client.cluster.leader_for_partition(where)
    connection = client._manager._conns.get(leader)  # noqa: SLF001
    return connection is not None and connection.connected and not _is_silent(connection)


def _is_silent(connection: Any) -> bool:
    """Whether a broker has owed an answer for long, and sent nothing meanwhile."""
    try:
        _, _, asked_at, *_ = connection.in_flight_requests[0]
        heard_at = max(float(asked_at), float(connection.transport.last_read))
    except (IndexError, AttributeError):
        return False  # nothing is owed, or the connection was lost just now
    return time.monotonic() - heard_at > _SILENCE_SECONDS
