"""Mutated records on the whole way of a record: decoded, counted, saved in memory, published.

Whatever comes out of it but a report is a failure, and so is a record that has no fate or two.
"""

import gc
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.config import parse
from driftwatch.export.document import document, to_json
from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.memory import find_trim
from driftwatch.monitor.report import Report
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import (
    SECOND_US,
    Batch,
    Outcome,
    Partition,
    Progress,
    RawBatch,
    Reason,
)
from driftwatch.state.memory import MemoryStore
from driftwatch.state.port import PartitionState
from tests.hostile.formats import FORMATS, TIME, world
from tests.hostile.mutator import Mutator

BATCH = 500
BATCHES_PER_CHECKPOINT = 8
STEP_US = SECOND_US // 10
"""Event time from one record to the next: 600 of them a pane."""
OUTCOMES: tuple[Outcome, ...] = ("counted", "late", "rejected", "unrouted")

WITH_BROKER, WITHOUT = Partition("with-broker-times", 0), Partition("files", 7)
"""Where nobody but the record says the time, other rules decide what is late."""


class HostileError(AssertionError):
    """A record that did what none may do. Says how to meet it again."""


@dataclass
class Findings:
    """What an attack has seen.

    seconds: of processor time for each tenth of the records, the making of them left out.
    resident_bytes: memory after the first half, and at the end.
    """

    records: int = 0
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    reasons: Mapping[Reason, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=lambda: [0.0] * 10)
    resident_bytes: list[int] = field(default_factory=list)

    @property
    def slowdown(self) -> float:
        """How many times longer the last tenth took than the first."""
        return self.seconds[-1] / self.seconds[0]

    @property
    def growth_bytes(self) -> int:
        """By how much memory grew in the second half."""
        return self.resident_bytes[1] - self.resident_bytes[0]


class Target:
    """All that stands between a log and its report, without a log and without a disk."""

    def __init__(self, format_name: str) -> None:
        configuration = {
            "source": {"stdin": {}},
            "decode": dict(FORMATS[format_name].decode),
            "models": {"fraud": {"baselines": ["*.json"]}},
            "windows": ["10m", "30m"],
            "state": {"memory": True, "history": "30m"},
        }
        baselines = world()
        settings = parse(configuration, Path("hostile.yaml"))
        self.decoder = make_decoder(settings, baselines)
        self.monitor = make_monitor(settings, baselines, TIME * SECOND_US)
        self._store = MemoryStore()
        self._exporter = Exporter(ExportPolicy())
        self._offsets = dict.fromkeys((WITH_BROKER, WITHOUT), 0)
        new = Placement(PartitionState(0), Commit(0))
        self.monitor.assign(dict.fromkeys(self._offsets, new), None)

    def count(self, partition: Partition, values: Sequence[bytes], times_us: np.ndarray) -> None:
        """Decode and count some records; each must have one fate."""
        offset, size = self._offsets[partition], len(values)
        self._offsets[partition] = offset + size
        offsets = np.arange(offset, offset + size)
        broker = times_us if partition is WITH_BROKER else None
        batch = self.decoder.decode(RawBatch(partition, values, offsets, offset + size, broker))
        fates = np.sort(np.concatenate([_rejected(batch), *(r.position for r in batch.rows)]))
        if not np.array_equal(fates, np.arange(size)):
            raise HostileError("a record has no fate, or two")
        self.monitor.add(batch)
        if self.monitor.pending_is_large:
            self.save(int(times_us[-1]))

    def save(self, now_us: int) -> None:
        """Make what is pending the state."""
        checkpoint = self.monitor.checkpoint()
        if checkpoint is not None:
            self._store.save(checkpoint)
        self.monitor.confirm(now_us)

    def checkpoint(self, now_us: int) -> Report:
        """Save, close panes and publish, as the daemon does every few seconds."""
        self.save(now_us)
        progress = {p: Progress(at, None, None, False) for p, at in self._offsets.items()}
        report = self.monitor.advance(now_us, progress)
        self._exporter.publish(report, ProcessFacts(), 0.0)
        json.loads(to_json(document(report)))
        _check(report, sum(self._offsets.values()))
        return report


def attack(format_name: str, records: int, seed: object) -> Findings:
    """Send so many mutated records of a format. Raises HostileError."""
    examples = FORMATS[format_name].examples
    mutator = Mutator(examples, str(TIME).encode(), f"{format_name}:{seed}")
    target, found, batches = Target(format_name), Findings(), -(-records // BATCH)
    for number in range(batches):
        times_us = TIME * SECOND_US + (found.records + np.arange(BATCH)) * STEP_US
        values = [mutator.record(b"%d" % (now // 1_000)) for now in times_us.tolist()]
        partition = (WITH_BROKER, WITHOUT)[number % 2]
        begin = time.process_time()
        try:
            target.count(partition, values, times_us)
            if number % BATCHES_PER_CHECKPOINT == 0 or number == batches - 1:
                report = target.checkpoint(int(times_us[-1]))
                found.outcomes, found.reasons = report.outcomes, report.reasons
        except Exception as problem:
            what = _culprit(format_name, values)
            text = f"format {format_name!r}, seed {seed!r}, batch {number}: {what}: {problem!r}"
            raise HostileError(text) from problem
        found.seconds[10 * number // batches] += time.process_time() - begin
        found.records += BATCH
        if number in (batches // 2, batches - 1):
            found.resident_bytes.append(_resident_bytes())
    return found


def _rejected(batch: Batch) -> np.ndarray:
    return np.array([position for position, _ in batch.rejected], dtype=np.int64)


def _check(report: Report, records: int) -> None:
    """Every record has one outcome, and every counted one stands in one cell of each column."""
    outcomes = sum(report.outcomes[name] for name in OUTCOMES)
    if outcomes != records:
        raise HostileError(f"{records} records have {outcomes} outcomes: {report.outcomes}")
    refused = report.outcomes["rejected"] + report.outcomes["unrouted"]
    if sum(report.reasons.values()) != refused:
        raise HostileError(f"the reasons don't add up: {report.reasons}")
    for stream in report.streams:
        for window in stream.windows:
            starts = _STARTS[stream.key.model_version]
            sums = np.add.reduceat(window.counts.cells, starts)
            if (sums != window.counts.rows).any():
                raise HostileError(f"cells of {window.counts.rows} rows add up to {sums}")


_STARTS = {route.version: b.layout().starts[:-1] for route, b in world().items()}
"""Where each column's cells begin, by model version."""


def _culprit(format_name: str, values: Sequence[bytes]) -> str:
    """The first record that fails on its own, as far as there is one."""
    for value in values:
        target = Target(format_name)
        try:
            target.count(WITH_BROKER, [value], np.array([TIME * SECOND_US]))
            target.checkpoint(TIME * SECOND_US)
        except Exception:  # noqa: BLE001 (the same one that is being told)
            shown = repr(value)
            return shown if len(shown) < 2_000 else f"{shown[:2_000]}... ({len(value)} bytes)"
    return f"only together: {len(values)} records, the first {values[0][:200]!r}"


def _resident_bytes() -> int:
    """Memory of this process, once all that is free was given back."""
    gc.collect()
    find_trim()()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
