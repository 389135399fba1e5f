"""A Kafka client by itself: how fast it hands records over to whoever does nothing with them."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.throughput.jobs import Answer, Job, answer

MOST_RECORDS = 4_000
FETCH_BYTES = 8 << 20
POLL_S = 0.5


def work(job: Job) -> Answer:
    """Read a topic from its beginning, some times. Answers with records a CPU second."""
    reader = {
        "kafka-python": by_kafka_python,
        "confluent": by_confluent,
        "confluent, values taken": by_confluent_with_values,
    }[job["client"]]
    return {"rates": [one(reader, job) for _ in range(job["rounds"])]}


Reader = Callable[[Job], tuple[Callable[[], int], Callable[[], Any]]]
"""Makes what hands over the next records and says how many, and what closes it."""


def one(reader: Reader, job: Job) -> float:
    """Records a CPU second from the first record to the last."""
    read, close = reader(job)
    first = 0
    while first == 0:  # joining a group is not reading
        first = read()
    begin, records = time.process_time(), 0
    while first + records < job["records"]:
        records += read()
    spent = time.process_time() - begin
    close()
    return records / spent


def by_kafka_python(job: Job) -> tuple[Callable[[], int], Callable[[], Any]]:
    """`KafkaConsumer.poll`, with as many records and as large fetches as Driftwatch asks for."""
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(
        job["topic"],
        bootstrap_servers=job["bootstrap"],
        group_id=uuid.uuid4().hex,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=MOST_RECORDS,
        fetch_max_bytes=FETCH_BYTES,
    )

    def read() -> int:
        return sum(map(len, consumer.poll(timeout_ms=int(1000 * POLL_S)).values()))

    return read, consumer.close


def by_confluent(job: Job) -> tuple[Callable[[], int], Callable[[], Any]]:
    """`Consumer.consume`; the messages are left as they are."""
    consumer = _confluent_consumer(job)
    return lambda: len(consumer.consume(MOST_RECORDS, POLL_S)), consumer.close


def by_confluent_with_values(job: Job) -> tuple[Callable[[], int], Callable[[], Any]]:
    """The same, and the bytes of every message are asked for."""
    consumer = _confluent_consumer(job)
    return lambda: len([m.value() for m in consumer.consume(MOST_RECORDS, POLL_S)]), consumer.close


def _confluent_consumer(job: Job) -> Any:
    from confluent_kafka import Consumer

    consumer = Consumer(
        {
            "bootstrap.servers": job["bootstrap"],
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.max.bytes": FETCH_BYTES,
        }
    )
    consumer.subscribe([job["topic"]])
    return consumer


if __name__ == "__main__":
    answer(work)
