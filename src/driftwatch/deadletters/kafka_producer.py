"""A producer of kafka-python, made and ended so that nothing of it is left behind.

All that the library keeps to itself is touched in this file only. What it takes, as found by trying
(kafka-python 3.0.12 against Kafka 4.1):

- A constructor that finds no broker raises and leaves its client's sockets and thread behind.
- `close` with a timeout raises where records are left then, and stops nothing any more.
- After an error of a record the library's own advice is to go on with a new producer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaTimeoutError
from kafka.future import Future
from kafka.net.compat import KafkaNetClient

from driftwatch.deadletters.letter import Letter
from driftwatch.deadletters.port import REJECTED
from driftwatch.records import Cause

_KEY_AND_HEADERS_BYTES = 64 << 10
"""What a record may be larger than its value."""


@dataclass(frozen=True, slots=True)
class KafkaLettersPolicy:
    """Which topic is written to, and how much may wait for it.

    max_value_bytes: larger values are cut. causes: of what.
    max_waiting_bytes: of letters that are not acknowledged yet.
    connect_timeout_seconds: how long one attempt to find a broker takes; many are made.
    topic_timeout_seconds: how long one attempt to hear of the topic takes.
    delivery_timeout_seconds: how long the library tries before a letter begins anew.
    client: further settings of `kafka.KafkaProducer`, for security above all; asked at each
        connection, so that a secret that was rotated is used by the next one.
    """

    bootstrap_servers: tuple[str, ...]
    topic: str
    max_value_bytes: int = 900 << 10
    causes: frozenset[Cause] = REJECTED
    max_waiting_bytes: int = 16 << 20
    connect_timeout_seconds: float = 10.0
    topic_timeout_seconds: float = 1.0
    delivery_timeout_seconds: float = 30.0
    client: Callable[[], Mapping[str, Any]] = dict

    def settings(self) -> dict[str, Any]:
        """The settings of the library's producer."""
        delivery_ms = int(self.delivery_timeout_seconds * 1000)
        return {
            "client_id": "driftwatch",
            "metrics_enabled": False,
            "reconnect_backoff_max_ms": 5000,
            **self.client(),
            "bootstrap_servers": list(self.bootstrap_servers),
            "bootstrap_timeout_ms": int(self.connect_timeout_seconds * 1000),
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 20,
            "max_block_ms": int(self.topic_timeout_seconds * 1000),
            "delivery_timeout_ms": delivery_ms,
            "request_timeout_ms": min(10_000, delivery_ms // 2),
            "max_request_size": self.max_value_bytes + _KEY_AND_HEADERS_BYTES,
            "allow_auto_create_topics": False,
        }


class LetterProducer:
    """Writes letters to the topic. Raises KafkaError where no broker answers in time."""

    def __init__(self, policy: KafkaLettersPolicy) -> None:
        self._topic = policy.topic
        self._clients: list[KafkaNetClient] = []
        try:
            self._producer = KafkaProducer(**policy.settings(), kafka_client=self._make_client)
        except BaseException:
            for client in self._clients:
                client.close()
            raise

    def send(self, letter: Letter) -> Future:
        """Begin to write a letter. Raises KafkaError where that can't even begin."""
        value = letter.value
        if value is None and letter.key is None:
            value = b""  # neither value nor key is something that the library does not write
        # Not the record's own time: by that the topic would refuse it, or delete it at once.
        return self._producer.send(self._topic, value, letter.key, _headers(letter))

    def close(self, seconds: float) -> None:
        """Wait for what is under way, and fail what is left after so many seconds."""
        try:
            self._producer.close(timeout=seconds)
        except KafkaTimeoutError:
            self._producer._sender.force_close()  # noqa: SLF001
            self._producer._sender.join(seconds)  # noqa: SLF001
            self._producer.close(timeout=0)

    def _make_client(self, **settings: object) -> KafkaNetClient:
        client = KafkaNetClient(**settings)
        self._clients.append(client)
        return client


def _headers(letter: Letter) -> Sequence[tuple[str, bytes]]:
    named: dict[str, object] = {
        "reason": letter.cause,
        "topic": letter.partition.topic,
        "partition": letter.partition.number,
        "offset": letter.offset,
    }
    if letter.whole_bytes is not None:
        named["whole-bytes"] = letter.whole_bytes
    return [(f"driftwatch-{name}", str(value).encode()) for name, value in named.items()]
