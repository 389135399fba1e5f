"""Dead letters in a topic of a real broker."""

import threading
import time
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.net.inet import KafkaNetSocket

from driftwatch.deadletters.kafka import KafkaDeadLetters, KafkaLettersPolicy
from tests.deadletters.contract import MOST_BYTES, DeadLettersContract, Found, Place, batch
from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.waiting import wait_until


def records(kafka: KafkaCluster, topic: str) -> list[Any]:
    """All records of the topic's only partition."""
    end = kafka.end_offsets(topic)[0]
    where = TopicPartition(topic, 0)
    found: list[Any] = []
    consumer = KafkaConsumer(bootstrap_servers=[kafka.bootstrap], enable_auto_commit=False)
    try:
        consumer.assign([where])
        consumer.seek(where, 0)
        while consumer.position(where) < end:
            found += consumer.poll(200).get(where, ())
    finally:
        consumer.close()
    return found


class Topic(Place):
    keeps_tombstones = False  # without a key: the library writes nothing that is nothing

    def __init__(self, kafka: KafkaCluster) -> None:
        self._kafka = kafka
        self._topic = kafka.create_topic()

    def open(self) -> KafkaDeadLetters:
        return KafkaDeadLetters(
            KafkaLettersPolicy((self._kafka.bootstrap,), self._topic, max_value_bytes=MOST_BYTES)
        )

    def read(self) -> list[Found]:
        return [_found(record) for record in records(self._kafka, self._topic)]

    def shut(self) -> None:
        self._kafka.delete_topic(self._topic)
        wait_until(lambda: not self._kafka.end_offsets(self._topic), what="the topic is gone")

    def mend(self) -> None:
        self._kafka.create_topic(self._topic)


def _found(record: Any) -> Found:
    headers = {name: value.decode() for name, value in record.headers}
    whole = headers.get("driftwatch-whole-bytes")
    return Found(
        headers["driftwatch-reason"],
        headers["driftwatch-topic"],
        int(headers["driftwatch-partition"]),
        int(headers["driftwatch-offset"]),
        record.value,
        None if whole is None else int(whole),
    )


class TestKafka(DeadLettersContract):
    @pytest.fixture
    def place(self, kafka: KafkaCluster) -> Topic:
        return Topic(kafka)


def policy(kafka: KafkaCluster, topic: str, **settings: Any) -> KafkaLettersPolicy:
    return KafkaLettersPolicy((kafka.bootstrap,), topic, **settings)


def threads() -> list[str]:
    """Those of ours and of the library, but for the broker's own tests."""
    return sorted(thread.name for thread in threading.enumerate())


@pytest.fixture
def _close_refused_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """kafka-python leaves them to the garbage collector, which complains."""
    connect = KafkaNetSocket.sock_connect

    async def connect_or_close(self: Any, net: Any, sock: Any, *more: Any, **names: Any) -> Any:
        try:
            return await connect(self, net, sock, *more, **names)
        except BaseException:
            sock.close()
            raise

    monkeypatch.setattr(KafkaNetSocket, "sock_connect", connect_or_close)


def test_a_letter_that_only_the_broker_finds_too_large_is_dropped_alone(
    kafka: KafkaCluster,
) -> None:
    topic = kafka.create_topic(configs={"max.message.bytes": "2000"})
    dead = KafkaDeadLetters(policy(kafka, topic))
    for offset, size in enumerate((10, 5_000, 20)):
        dead.send(batch([b"x" * size], first=offset), [(0, "unparsable")])
        assert dead.flush(20)
    dead.close()
    assert [len(record.value) for record in records(kafka, topic)] == [10, 20]
    assert dict(dead.deliveries) == {"written": 2, "cut": 0, "dropped": 1, "removed": 0}


def test_what_comes_while_too_much_waits_is_dropped_and_the_rest_is_written_later(
    kafka: KafkaCluster,
) -> None:
    topic = f"{kafka.create_topic()}-later"
    dead = KafkaDeadLetters(policy(kafka, topic, max_waiting_bytes=20_000))
    dead.send(batch([b"x" * 1_000] * 100), [(i, "unparsable") for i in range(100)])
    assert dead.deliveries["dropped"] == 90
    kafka.create_topic(topic)
    wait_until(lambda: dead.deliveries["written"] == 10, what="the others are written", timeout=20)
    dead.close()
    assert len(records(kafka, topic)) == 10


@pytest.mark.usefixtures("_close_refused_sockets")
def test_letters_outlive_a_broker_that_restarts(own_kafka: KafkaBroker) -> None:
    topic = own_kafka.create_topic()
    dead = KafkaDeadLetters(
        policy(own_kafka, topic, delivery_timeout_seconds=3.0, connect_timeout_seconds=2.0)
    )
    dead.send(batch([b"before"], first=1), [(0, "unparsable")])
    assert dead.flush(20)
    own_kafka.kill()
    dead.send(batch([b"meanwhile"], first=2), [(0, "unparsable")])
    assert not dead.flush(0.5)
    wait_until(lambda: dead.problem, what="the delivery has failed", timeout=20)
    own_kafka.start()
    wait_until(lambda: dead.deliveries["written"] == 2, what="both are written", timeout=40)
    dead.send(batch([b"after"], first=3), [(0, "unparsable")])
    assert dead.flush(20)
    assert dead.problem is None
    dead.close()
    assert {record.value for record in records(own_kafka, topic)} == {
        b"before",
        b"meanwhile",
        b"after",
    }
    assert dead.deliveries["dropped"] == 0


@pytest.mark.usefixtures("_close_refused_sockets")
def test_without_any_broker_it_neither_waits_nor_leaves_a_thread_behind(free_port: int) -> None:
    before = threads()
    dead = KafkaDeadLetters(
        KafkaLettersPolicy((f"127.0.0.1:{free_port}",), "nowhere", connect_timeout_seconds=0.5)
    )
    began = time.monotonic()
    for first in range(100):
        dead.send(batch([b"x"], first=first), [(0, "unparsable")])
        dead.flush(0.2)
    assert time.monotonic() - began < 5
    wait_until(lambda: dead.problem, what="there is a problem")
    dead.close()
    assert dead.deliveries["dropped"] == 100
    wait_until(lambda: threads() == before, what="all threads have ended")
