"""Writes the log of a load test, as a process of its own: `python -m tests.load.producer`.

Its last line of output says how many records the broker has taken, and in how many seconds.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle

from confluent_kafka import Producer

from tests.load.records import record, rests

_WAIT_SECONDS = 0.01


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="records a second")
    parser.add_argument("--seconds", type=float, required=True, help="how many of these")
    parser.add_argument("--age", type=float, required=True, help="seconds from event to writing")
    parser.add_argument("--at-once", action="store_true", help="all of them as fast as possible")
    asked = parser.parse_args()
    producer = Producer(
        {
            "bootstrap.servers": asked.bootstrap,
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.messages": 200_000,
        }
    )
    times = (past if asked.at_once else paced)(asked.rate, asked.seconds)
    rows, partitions = cycle(rests()), cycle(range(asked.partitions))
    begin, sent = time.monotonic(), 0
    for time_s, row, partition in zip(times, rows, partitions, strict=False):
        write(producer, asked.topic, record(time_s - asked.age, row), partition)
        sent += 1
        if sent % 1000 == 0:
            producer.poll(0)
    lost = producer.flush(60)
    done = {"written": sent - lost, "seconds": time.monotonic() - begin}
    sys.stdout.write(json.dumps(done) + "\n")
    sys.exit(lost > 0)


def past(rate: float, seconds: float) -> Iterator[float]:
    """Times of the seconds that are just over."""
    count = int(rate * seconds)
    first = time.time() - seconds
    return (first + i / rate for i in range(count))


def paced(rate: float, seconds: float) -> Iterator[float]:
    """The time, again and again, as often as the rate has it and no longer than the seconds last.

    What can't be written in its time is left out.
    """
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        due = int(passed * rate)
        if sent >= due:
            time.sleep(_WAIT_SECONDS)
        for _ in range(sent, min(due, sent + 1000)):
            yield time.time()
            sent += 1


def write(producer: Producer, topic: str, value: bytes, partition: int) -> None:
    """Hand a record over, as soon as there is room for it."""
    while True:
        try:
            producer.produce(topic, value, partition=partition)
        except BufferError:
            producer.poll(_WAIT_SECONDS)
        else:
            return


if __name__ == "__main__":
    main()
