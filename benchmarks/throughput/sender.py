"""Writes the records of a file to a topic, paced or at once: a process beside the measured one.

    python -m benchmarks.throughput.sender FILE BOOTSTRAP TOPIC PARTITIONS [PER_SECOND]

Paced, each record gets the time at which it is written, and it goes on until it is ended.
"""

import sys
import time
from pathlib import Path

from confluent_kafka import Producer

from benchmarks.throughput.shapes import read

REST_S = 0.01


def main() -> None:
    """Write what the command line asks for."""
    path, bootstrap, topic, partitions = sys.argv[1:5]
    values = read(Path(path))
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.messages": 200_000,
            "log_level": 3,  # that a new topic has no leader yet is no news
        }
    )
    if len(sys.argv) == 5:
        for i, value in enumerate(values):
            send(producer, topic, value, i % int(partitions))
    else:
        paced(producer, topic, values, int(partitions), float(sys.argv[5]))
    sys.exit(producer.flush(60))


def paced(
    producer: Producer, topic: str, values: list[bytes], partitions: int, per_second: float
) -> None:
    """Write on and on, as many as are due."""
    rests = [value.split(b",", 1)[1] for value in values]  # what follows the time
    begin, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - begin) * per_second)
        for i in range(sent, due):
            value = b'{"ts":%.3f,%b' % (time.time(), rests[i % len(rests)])
            send(producer, topic, value, i % partitions)
        sent = due
        producer.poll(0)
        time.sleep(REST_S)


def send(producer: Producer, topic: str, value: bytes, partition: int) -> None:
    """Hand a record over, as soon as there is room for it."""
    while True:
        try:
            producer.produce(topic, value, partition=partition)
        except BufferError:
            producer.poll(0.1)
        else:
            return


if __name__ == "__main__":
    main()
