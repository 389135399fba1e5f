"""What the counts must be: one process that reads the log once, from its beginning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import load
from driftwatch.daemon import Joiner
from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import HalfKey, Partition, RawBatch
from driftwatch.sketch.counts import Counts
from driftwatch.state.memory import MemoryStore
from driftwatch.state.port import PartitionState

BATCH_RECORDS = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by pane, and tallies by partition."""

    panes: Mapping[PaneKey, Counts]
    tallies: Mapping[Partition, Mapping[str, int]]

    def outcomes(self) -> dict[str, int]:
        """The tallies of all partitions."""
        total: dict[str, int] = {}
        for tallies in self.tallies.values():
            for name, count in tallies.items():
                total[name] = total.get(name, 0) + count
        return total


def tallies_of(
    states: Mapping[Partition, PartitionState], halves: Iterable[HalfKey]
) -> dict[Partition, dict[str, int]]:
    """By partition, the tallies; `unpaired` are halves that wait, or have been given up by now."""
    found, keys = {}, list(halves)
    for partition, state in states.items():
        tallies = found[partition] = dict(state.tallies)
        given_up = tallies.pop("reason:unmatched", 0)
        waiting = sum(key.partition == partition for key in keys)
        tallies["rejected"] = tallies.get("rejected", 0) - given_up
        tallies["unpaired"] = given_up + waiting
    return found


class Truth:
    """Reads a topic as one process without a group, however its members read it.

    records: how many it has read.
    """

    def __init__(self, config: Path, bootstrap: str, topic: str) -> None:
        settings = load(config, {})
        baselines = make_baselines(settings)
        self.records = 0
        self._topic = topic
        self._decoder = make_decoder(settings, baselines)
        self._monitor = make_monitor(settings, baselines, 0)
        self._store = MemoryStore()
        self._ends: dict[int, int] = {}
        self._assigned: set[int] = set()
        self._settings = {
            "bootstrap.servers": bootstrap,
            "group.id": "the truth belongs to no group",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "log_level": 0,
        }

    def read_to(self, ends: Mapping[int, int]) -> Counted:
        """Count all records below these offsets, by partition."""
        self._assign(ends)
        consumer = Consumer(self._settings)
        try:
            consumer.assign([TopicPartition(self._topic, n, self._ends[n]) for n in sorted(ends)])
            unfinished = {n for n, end in ends.items() if self._ends[n] < end}
            while unfinished:
                unfinished -= self._count(consumer.consume(BATCH_RECORDS, 1.0))
        finally:
            consumer.close()
        self._ends.update(ends)
        snapshot = self._store.load()
        return Counted(dict(snapshot.panes), tallies_of(snapshot.partitions, snapshot.halves))

    def _assign(self, numbers: Mapping[int, int]) -> None:
        new = [number for number in numbers if number not in self._ends]
        starts = {
            Partition(self._topic, number): Placement(PartitionState(0), Commit(0))
            for number in new
        }
        self._monitor.assign(starts, None)
        self._ends.update(dict.fromkeys(new, 0))

    def _count(self, messages: list[Message]) -> set[int]:
        """Count records. Returns the partitions that have come to their end."""
        values: dict[int, list[Message]] = {}
        ended = set()
        for message in messages:
            error, number = message.error(), message.partition()
            assert number is not None
            if error is None:
                values.setdefault(number, []).append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(number)
            elif not error.retriable():
                raise RuntimeError(str(error))
        for number, found in values.items():
            join = self._decoder.join if isinstance(self._decoder, Joiner) else None
            self._monitor.add(self._decoder.decode(self._batch(number, found)), join)
            self.records += len(found)
        checkpoint = self._monitor.checkpoint()
        if checkpoint is not None:
            self._store.save(checkpoint)
            self._monitor.confirm(0)
        return ended

    def _batch(self, number: int, messages: list[Message]) -> RawBatch:
        offsets = np.array([message.offset() for message in messages], dtype=np.int64)
        times_ms = np.array([message.timestamp()[1] for message in messages], dtype=np.int64)
        return RawBatch(
            Partition(self._topic, number),
            [_bytes(message) for message in messages],
            offsets,
            int(offsets[-1]) + 1,
            times_ms * 1000,
        )


def _bytes(message: Message) -> bytes | None:
    value = message.value()
    assert value is None or isinstance(value, bytes)
    return value
