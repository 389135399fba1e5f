"""Whatever dies and whenever: together the members count each record once, to the bit."""

import json
import random
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog
from confluent_kafka import Consumer, TopicPartition

from driftwatch.protocol.checkpoint import Snapshot
from driftwatch.records import Partition
from driftwatch.sources.confluent import ConfluentSource
from driftwatch.state.changelog.ledger import TransactionalLedger
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.memory import MemoryStore
from driftwatch.state.stepped import SteppedLedger
from tests.harness.broker import KafkaCluster
from tests.harness.process import OwnedProcess
from tests.harness.waiting import wait_until
from tests.monitor.scenes import LATENESS
from tests.state import changelog_counter
from tests.state.changelog_counter import counted, kafka_policy, loop_of

pytestmark = pytest.mark.brokers

PARTITIONS = 4
BUCKET_US = 120
"""A block of the monitor: panes may be rolled up into one, or not yet."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


class Seen(NamedTuple):
    """All that is promised to the bit."""

    tallies: Mapping[str, int]
    frontier: int
    cells: Mapping[int, tuple[int, ...]]


def seen(snapshot: Snapshot) -> dict[int, Seen]:
    found = {}
    for partition, state in snapshot.partitions.items():
        cells: dict[int, tuple[int, ...]] = defaultdict(tuple)
        for key, counts in snapshot.panes.items():
            if key.partition == partition:
                bucket = key.start_us // BUCKET_US
                before = cells[bucket] or (0,) * (1 + len(counts.cells))
                more = (counts.rows, *counts.cells.tolist())
                cells[bucket] = tuple(a + b for a, b in zip(before, more, strict=True))
        found[partition.number] = Seen(dict(state.tallies), state.frontier, dict(cells))
    return found


def record(chance: random.Random, number: int) -> bytes:
    """One of a log whose time goes on by 3 us a record; some come late, and some are unreadable."""
    if chance.random() < 0.02:
        return b"{"
    late_us = chance.choice([0] * 8 + [50, LATENESS + 70])
    at_s = (1_000_000 + 3 * number - late_us) / 1e6
    x = chance.choice([None, "text", *(float(n) for n in range(-5, 105, 7))])
    return json.dumps({"ts": at_s, "x": x, "w": chance.choice("aabcd")}).encode()


class Fleet:
    """Counting processes, each of which is started again when it died."""

    def __init__(self, folder: Path, arguments: list[str], percent: float) -> None:
        self._folder = folder
        self._arguments = arguments
        self._percent = percent
        self._processes: dict[str, OwnedProcess] = {}
        self.starts = 0

    def keep_up(self, count: int) -> None:
        for number in range(count):
            name = f"r{number}"
            if name not in self._processes or not self._processes[name].is_running:
                self._start(name)

    def kill(self, name: str) -> None:
        self._processes[name].kill()

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()

    def _start(self, name: str) -> None:
        if name in self._processes:
            self._processes[name].kill()
        self.starts += 1
        script = Path(changelog_counter.__file__)
        self._processes[name] = OwnedProcess(
            [sys.executable, script, *self._arguments, name, str(self._percent)],
            stdout=self._folder / f"{name}.log",
            env={"PYTHONPATH": str(script.parents[2])},
        )


def committed(kafka: KafkaCluster, group: str, log: str) -> dict[int, int]:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group})
    try:
        wheres = [TopicPartition(log, number) for number in range(PARTITIONS)]
        return {where.partition: where.offset for where in consumer.committed(wheres, 10)}
    finally:
        consumer.close()


def chaos(kafka: KafkaCluster, folder: Path, records: int, members: int, seed: int) -> int:
    """Count a log under kills, and hold what comes of it to the truth. Returns the starts."""
    chance = random.Random(seed)
    log = kafka.create_topic(partitions=PARTITIONS)
    group, changelog = f"test-{uuid.uuid4().hex}", f"test-{uuid.uuid4().hex}"
    arguments = [kafka.bootstrap, log, group, changelog]
    with ExitStack() as opened:
        fleet = Fleet(folder, arguments, percent=1.0)
        opened.callback(fleet.close)
        written = 0
        while written < records:
            fleet.keep_up(members)
            some = [record(chance, written // PARTITIONS + i) for i in range(125)]
            for number in range(PARTITIONS):
                kafka.produce(log, some, partition=number)
            written += len(some) * PARTITIONS
            if chance.random() < 0.15:
                fleet.kill(f"r{chance.randrange(members)}")
            time.sleep(chance.random() / 5)
        ends = kafka.end_offsets(log)

        def all_is_counted() -> bool:
            fleet.keep_up(members)
            return committed(kafka, group, log) == ends

        wait_until(all_is_counted, what="all is counted", timeout=100, every=0.5)
        starts = fleet.starts

    source = ConfluentSource(kafka_policy(kafka.bootstrap, log, group))
    policy = ChangelogPolicy(kafka_policy(kafka.bootstrap, log, group), changelog, "reader")
    everything = {Partition(log, number): end for number, end in ends.items()}
    ledger = TransactionalLedger(policy, source)
    counted(loop_of(source, ledger), lambda frontiers: frontiers == everything)
    found = seen(ledger.load(everything))
    source.close()
    ledger.close()
    assert found == seen(truth(kafka, log, everything))
    return starts


def truth(kafka: KafkaCluster, log: str, everything: dict[Partition, int]) -> Snapshot:
    """What one process counts that reads the log once."""
    source = ConfluentSource(kafka_policy(kafka.bootstrap, log, f"test-{uuid.uuid4().hex}"))
    store = MemoryStore()
    counted(loop_of(source, SteppedLedger(store, source)), lambda found: found == everything)
    source.close()
    return store.load()


@pytest.mark.timeout(240)
def test_members_that_are_killed_count_each_record_once(
    kafka: KafkaCluster, tmp_path: Path
) -> None:
    assert chaos(kafka, tmp_path, records=20_000, members=2, seed=1) > 4
