"""A commit of kafka-python without the library's own attempts: what came of each is told."""

from collections.abc import Mapping

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, RebalanceInProgressError
from kafka.net.compat import KafkaNetClient

Offsets = Mapping[TopicPartition, OffsetAndMetadata]


def commit_once(
    consumer: KafkaConsumer, client: KafkaNetClient, offsets: Offsets, seconds: float
) -> None:
    """Raises KafkaError; RebalanceInProgressError where it was refused for that alone."""
    coordinator, manager = consumer._coordinator, client._manager  # noqa: SLF001
    coordinator.ensure_coordinator_ready(timeout_ms=seconds * 1000)
    asked = manager.call_soon(coordinator._send_offset_commit_request, offsets)  # noqa: SLF001
    try:
        manager.run(manager.wait_for, asked, seconds * 1000)
    except CommitFailedError as error:
        if isinstance(error.args[0], RebalanceInProgressError):
            raise error.args[0] from error
        raise
