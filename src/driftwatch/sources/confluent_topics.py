"""What the brokers say of our topics: asked now and then, without waiting for it.

A consumer of confluent-kafka does not tell a topic's id. An admin client of the same library does.
"""

import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from driftwatch.errors import SourceError

_SOON_SECONDS = 0.2


class _Facts(NamedTuple):
    topic_id: str
    partitions: int


class Topics:
    """The ids and the sizes of topics, as last heard of.

    every_seconds: how old they may get.
    """

    def __init__(
        self, settings: Mapping[str, Any], names: tuple[str, ...], every_seconds: float
    ) -> None:
        self._admin = AdminClient(dict(settings))
        self._names = list(names)
        self._every = every_seconds
        self._known: dict[str, _Facts] = {}
        self._asked: dict[str, Future[Any]] = {}
        self._next = 0.0

    def topic_id(self, topic: str) -> str | None:
        """In the form in which all our clients write it."""
        found = self._known.get(topic)
        return None if found is None else found.topic_id

    def partition_count(self, topic: str) -> int | None:
        """None where the topic does not exist."""
        found = self._known.get(topic)
        return None if found is None else found.partitions

    def look(self) -> None:
        """Take in what was answered, and ask again where it is time. Never waits."""
        if self._asked and all(future.done() for future in self._asked.values()):
            for name, future in self._asked.items():
                self._take_in(name, future)
            self._asked = {}
        if not self._asked and time.monotonic() >= self._next:
            self._ask()

    def look_soon(self) -> None:
        """Something has happened to them."""
        self._next = min(self._next, time.monotonic() + _SOON_SECONDS)

    def refresh(self, seconds: float) -> None:
        """Ask, and wait for the answer. Raises SourceError."""
        self._ask()
        if wait(self._asked.values(), seconds).not_done:
            raise SourceError("the brokers did not say in time what topics there are")
        failed = [error for f in self._asked.values() if (error := f.exception()) is not None]
        self.look()
        for error in failed:
            if not _is_missing(error):
                raise SourceError(str(error)) from error

    def _ask(self) -> None:
        self._next = time.monotonic() + self._every
        self._asked = self._admin.describe_topics(TopicCollection(self._names))

    def _take_in(self, name: str, answer: Future[Any]) -> None:
        error = answer.exception()
        if error is None:
            found = answer.result()
            self._known[name] = _Facts(_text(found.topic_id), len(found.partitions))
        elif _is_missing(error):
            self._known.pop(name, None)


def _is_missing(error: BaseException) -> bool:
    if not isinstance(error, KafkaException):
        return False
    return bool(error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART)


def _text(topic_id: Any) -> str:
    high, low = topic_id.get_most_significant_bits(), topic_id.get_least_significant_bits()
    return str(uuid.UUID(int=(high % (1 << 64) << 64) | low % (1 << 64)))
