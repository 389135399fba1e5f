"""What several members of a group read together: 1, 2 and 4 daemons over 8 partitions.

    python -m benchmarks.members --records 400000 --json members.json

Each group reads a topic of its own with the same records: JSON of 20 columns, 673 bytes. Its
members stand still (SIGSTOP) while these are written, so that the time from when they go on until
all is counted is theirs and the broker's alone, which stands on the same machine. Processor time is
that of the members. With more members than cores only that tells what a member costs; records by
the clock tell what this machine gives.
"""

import argparse
import json
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from confluent_kafka import Producer

from benchmarks.records import VALUE_BYTES, baseline, settings, values
from tests.e2e.group import Group, Member
from tests.harness.broker import KafkaBroker
from tests.harness.waiting import wait_until

GROUPS = (1, 2, 4)
PARTITIONS = 8
COLUMNS = 20
PER_SECOND = 10_000
"""Records a second of event time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a group has read the log.

    seconds: of the clock. cpu_seconds: of all members. by_member: how many records each counted.
    """

    members: int
    records: int
    seconds: float
    cpu_seconds: float
    by_member: Sequence[int]

    def __str__(self) -> str:
        return (
            f"{self.members} members: {self.records / self.seconds:9,.0f} records a second, "
            f"{self.records / self.cpu_seconds:9,.0f} a second of processor time; "
            f"by member {', '.join(f'{count:,}' for count in self.by_member)}"
        )


def main() -> None:
    """Measure each group, by turns, and print and keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures go")
    asked = parser.parse_args()
    log = values(COLUMNS, asked.records, per_second=PER_SECOND, size=VALUE_BYTES)
    found = []
    with tempfile.TemporaryDirectory(prefix="driftwatch-members-") as name:
        (Path(name) / "kafka").mkdir()
        baseline(COLUMNS).save(Path(name) / "bench.baseline.json.gz")
        with KafkaBroker(Path(name) / "kafka") as broker:
            for number in range(asked.rounds):
                for members in GROUPS:
                    folder = Path(name) / f"{number}-{members}"
                    found.append(read_by(members, broker, folder, log))
                    print(found[-1], flush=True)
    if asked.json:
        figures = {"cores": os.cpu_count(), "readings": [asdict(reading) for reading in found]}
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def read_by(members: int, broker: KafkaBroker, folder: Path, log: Sequence[bytes]) -> Reading:
    """Let a new group of so many read these records, from a topic of their own."""
    topic = broker.create_topic(partitions=PARTITIONS)
    common = settings({}, {}, checkpoint_every="500ms")
    common["models"] = {"bench": {"baselines": {"3": "../../bench.baseline.json.gz"}}}
    with Group(broker, topic, folder, common) as group:
        group.start(members)
        group.wait_until_shared()
        for member in group.members:
            member.process.signal(signal.SIGSTOP)
        _write(broker.bootstrap, topic, log)
        began, spent = time.monotonic(), sum(map(_processor_seconds, group.members))
        for member in group.members:
            member.process.signal(signal.SIGCONT)
        wait_until(
            lambda: sum(member.counted() for member in group.members) == len(log),
            what="all records are counted",
            timeout=600,
            every=0.1,
        )
        seconds = time.monotonic() - began
        spent = sum(map(_processor_seconds, group.members)) - spent
        by_member = [member.counted() for member in group.members]
        group.stop()
    broker.delete_topic(topic)
    return Reading(members, len(log), seconds, spent, by_member)


def _write(bootstrap: str, topic: str, log: Sequence[bytes]) -> None:
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.messages": len(log),
            "queue.buffering.max.kbytes": 1 << 20,
        }
    )
    for number, value in enumerate(log):
        producer.produce(topic, value, partition=number % PARTITIONS)
        if number % 1_000 == 0:
            producer.poll(0)
    if lost := producer.flush(120):
        raise RuntimeError(f"{lost} records could not be written")


def _processor_seconds(member: Member) -> float:
    fields = Path(f"/proc/{member.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
