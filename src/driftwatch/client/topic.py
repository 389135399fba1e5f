"""Lines as records of a Kafka topic, by kafka-python or by librdkafka."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Protocol

from driftwatch.client.sink import Sink, Tally

Client = Literal["kafka-python", "confluent"]

_SECONDS = 5.0
"""For one attempt to find a broker, or to hear of the topic."""


@dataclass(frozen=True, slots=True)
class TopicPolicy:
    """Which topic is written to, and how.

    client: the library; `confluent` has to be installed. settings: of that library, by its own
        names, for security above all.
    """

    bootstrap_servers: tuple[str, ...]
    topic: str
    client: Client = "kafka-python"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TopicPolicy":
        """Out of what was handed to `ServingLog`. Raises ValueError."""
        settings = dict(given)
        try:
            servers, topic = settings.pop("bootstrap_servers"), settings.pop("topic")
        except KeyError as missing:
            raise ValueError(f"kafka: {missing} is missing") from None
        client = settings.pop("client", "kafka-python")
        if client not in ("kafka-python", "confluent"):
            text = f"kafka: expected client kafka-python or confluent, found {client!r}"
            raise ValueError(text)
        listed = servers.split(",") if isinstance(servers, str) else servers
        return cls(tuple(listed), topic, client, settings)


class Producer(Protocol):
    """What a library does for `Topic`."""

    def send(self, line: bytes, tally: Tally) -> None:
        """Begin to write a record. Raises what the library does where that can't even begin."""

    def flush(self, seconds: float) -> None:
        """Wait for what is under way."""

    def close(self, seconds: float) -> None:
        """Wait for what is under way, and give up what is left then."""


class Topic(Sink):
    """Lines, less their newlines, as the values of records without keys."""

    def __init__(self, policy: TopicPolicy) -> None:
        self._policy = policy
        self._producer: Producer | None = None
        self._inherited: list[Producer] = []

    def open(self) -> None:
        """See `Sink.open`. Raises what the library does where no broker answers."""
        if self._producer is None:
            make = _Confluent if self._policy.client == "confluent" else _KafkaPython
            self._producer = make(self._policy)

    def write(self, lines: Sequence[bytes], tally: Tally) -> None:
        """See `Sink.write`."""
        assert self._producer is not None
        for begun, line in enumerate(lines):
            try:
                self._producer.send(line.removesuffix(b"\n"), tally)
            except Exception:
                tally(0, len(lines) - begun)
                raise

    def flush(self, seconds: float) -> None:
        """See `Sink.flush`."""
        if self._producer is not None:
            self._producer.flush(seconds)

    def close(self, seconds: float) -> None:
        """See `Sink.close`."""
        if self._producer is not None:
            self._producer.close(seconds)
            self._producer = None

    def forget(self) -> None:
        """See `Sink.forget`: to close it, or to lose it, would end the parent's connections."""
        if self._producer is not None:
            self._inherited.append(self._producer)
            self._producer = None


class _KafkaPython:
    def __init__(self, policy: TopicPolicy) -> None:
        from kafka import KafkaProducer
        from kafka.net.compat import KafkaNetClient

        clients: list[Any] = []

        def make_client(**settings: object) -> Any:
            clients.append(KafkaNetClient(**settings))
            return clients[-1]

        settings = {
            "client_id": "driftwatch-serving-log",
            "bootstrap_timeout_ms": int(_SECONDS * 1000),
            "max_block_ms": int(_SECONDS * 1000),
            "linger_ms": 20,
            "metrics_enabled": False,
            **policy.settings,
            "bootstrap_servers": list(policy.bootstrap_servers),
        }
        try:
            self._producer = KafkaProducer(**settings, kafka_client=make_client)
        except BaseException:
            for client in clients:  # the library leaves its sockets and its thread behind
                client.close()
            raise
        self._topic = policy.topic

    def send(self, line: bytes, tally: Tally) -> None:
        future = self._producer.send(self._topic, line)
        future.add_callback(lambda _: tally(1, 0))
        future.add_errback(lambda error: tally(0, 1, error))

    def flush(self, seconds: float) -> None:
        self._producer.flush(timeout=seconds)

    def close(self, seconds: float) -> None:
        from kafka.errors import KafkaTimeoutError

        try:
            self._producer.close(timeout=seconds)
        except KafkaTimeoutError:
            self._producer.close(timeout=0)


class _Confluent:
    def __init__(self, policy: TopicPolicy) -> None:
        from confluent_kafka import Producer as LibraryProducer

        settings = {
            "client.id": "driftwatch-serving-log",
            "linger.ms": 20,
            "message.timeout.ms": 30_000,
            "log_level": 0,  # what it has to say, each delivery says too
            "queue.buffering.max.kbytes": 32 << 10,
            **policy.settings,
            "bootstrap.servers": ",".join(policy.bootstrap_servers),
        }
        self._producer = LibraryProducer(settings)
        self._topic = policy.topic

    def send(self, line: bytes, tally: Tally) -> None:
        deadline = time.monotonic() + _SECONDS
        heard = partial(_delivered, tally)
        while True:
            try:
                self._producer.produce(self._topic, line, on_delivery=heard)
            except BufferError:
                if time.monotonic() > deadline:
                    raise
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def flush(self, seconds: float) -> None:
        self._producer.flush(seconds)

    def close(self, seconds: float) -> None:
        self._producer.flush(seconds)
        self._producer.purge()
        self._producer.poll(0)  # what was given up is told


def _delivered(tally: Tally, error: object, _message: object) -> None:
    tally(1, 0) if error is None else tally(0, 1, error)
