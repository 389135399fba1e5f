"""A commit of confluent-kafka that is not waited for longer than we have time.

The library waits for the group's coordinator as long as a session lasts. So it does that in a
thread of its own, one commit after the other; what was not answered in time may be done later.
"""

import threading
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from driftwatch.errors import SourceError
from driftwatch.records import Partition
from driftwatch.sources.port import Committed


class Commits:
    """The commits of one consumer, one at a time."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._latest: _Commit | None = None

    def commit(self, frontiers: Mapping[Partition, Committed], seconds: float) -> None:
        """Commit once. Raises KafkaException, and SourceError where it was not answered in time."""
        if not self.wait(seconds):
            raise SourceError("an earlier commit has not been answered yet")
        self._latest = _Commit(self._consumer, frontiers)
        self._latest.start()
        if not self.wait(seconds):
            raise SourceError(f"no answer within {seconds:.1f} s")
        if self._latest.error is not None:
            raise self._latest.error

    def wait(self, seconds: float) -> bool:
        """Whether no commit is under way any more after this many seconds."""
        if self._latest is None:
            return True
        self._latest.join(max(0.0, seconds))
        return not self._latest.is_alive()


class _Commit(threading.Thread):
    def __init__(self, consumer: Consumer, frontiers: Mapping[Partition, Committed]) -> None:
        super().__init__(name="driftwatch-kafka-commit", daemon=True)
        self.error: Exception | None = None
        self._consumer = consumer
        self._offsets = [TopicPartition(*p, *committed) for p, committed in frontiers.items()]

    def run(self) -> None:
        try:
            answers = self._consumer.commit(offsets=self._offsets, asynchronous=False)
            errors = [answer.error for answer in answers if answer.error is not None]
            self.error = KafkaException(errors[0]) if errors else None
        except Exception as error:  # noqa: BLE001 (whoever waits for us decides what it means)
            self.error = error
