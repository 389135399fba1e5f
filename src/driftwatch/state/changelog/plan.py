"""Which rows a checkpoint changes, worked out before anything is written.

A row holds the whole of what it is about, not what was added: the topic keeps the last one only. So
the counts of a pane are added to what the mirror has, panes that are rolled up become the row of
their block, and what is no longer kept is deleted by a row without a value.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from driftwatch.errors import StateError
from driftwatch.protocol.checkpoint import Checkpoint, PaneKey, PartitionState, Retention
from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.changelog.keys import Replica, RowKey
from driftwatch.state.changelog.mirror import Mirror, Row
from driftwatch.state.changelog.values import DetectorRow, HalfRow, PartitionRow, parts_of


@dataclass(slots=True)
class Plan:
    """A checkpoint on its way: one transaction.

    rows: of each partition, its own row last. detectors: rows of our own. commits: what the group
    is told of each partition. is_committed: the brokers have it, and the mirror not yet.
    """

    rows: dict[Partition, list[Row]]
    detectors: list[Row]
    commits: dict[Partition, Commit]
    is_committed: bool = False

    def drop(self, partition: Partition) -> None:
        """A partition is no longer ours: whoever has it next reads what became of it."""
        self.rows.pop(partition, None)
        self.commits.pop(partition, None)

    def all_rows(self) -> Iterator[Row]:
        """All rows, in the order in which they are written."""
        yield from self.detectors
        for rows in self.rows.values():
            yield from rows


@dataclass(frozen=True, slots=True)
class _Held:
    """What the mirror has of a partition: `parts` of each pane, and what is laid out anew."""

    parts: Mapping[PaneKey, int]
    layouts: Mapping[StreamKey, str]
    changed: frozenset[StreamKey]

    @property
    def live(self) -> set[PaneKey]:
        """The panes that can be gone on with."""
        return {pane for pane in self.parts if pane.stream not in self.changed}


def plan(
    checkpoint: Checkpoint,
    mirror: Mirror,
    tenures: Mapping[Partition, Commit],
    settled: Iterable[Partition],
    replica: Replica,
) -> Plan:
    """What a checkpoint changes.

    Args:
        checkpoint: what is to be saved.
        mirror: what is held.
        tenures: what our commits say of each of our partitions, besides what changes.
        settled: those of them that stand where the group says; they are tidied up along with the
            others, though nothing came from them.
        replica: who we are.

    Raises StateError for counts that can't be stored, or don't fit what they are added to.
    """
    made = Plan({}, list(_detector_rows(checkpoint, mirror, replica)), {})
    for partition in sorted({*checkpoint.partitions, *settled}):
        known, held = mirror.partition(partition), _held(checkpoint, mirror, partition)
        state = checkpoint.partitions.get(partition)
        if state is None and known is not None and _needs_tidying(held, checkpoint, partition):
            state = known.state
        if state is None:
            continue
        number = 1 if known is None else known.number + 1
        try:
            rows = list(_partition_rows(checkpoint, mirror, partition, held))
        except (ValueError, OverflowError) as problem:
            raise StateError(f"the checkpoint can't be saved: {problem}") from problem
        own = (RowKey("partition", partition), PartitionRow.of(state, number).data)
        made.rows[partition] = [*rows, own]
        made.commits[partition] = _commit(tenures[partition], state, number)
    return made


def _commit(tenure: Commit, state: PartitionState, number: int) -> Commit:
    frontier = int(state.frontier)
    return replace(tenure, offset=frontier, clock_us=state.clock_us, number=number)


def _held(checkpoint: Checkpoint, mirror: Mirror, partition: Partition) -> _Held:
    parts, layouts = mirror.panes(partition), mirror.streams(partition)
    changed = (s for s, f in checkpoint.fingerprints.items() if layouts.get(s, f) != f)
    return _Held(parts, layouts, frozenset(changed))


def _needs_tidying(held: _Held, checkpoint: Checkpoint, partition: Partition) -> bool:
    kept = checkpoint.retention
    if held.changed or any(key.partition == partition for key in checkpoint.freed):
        return True
    return kept is not None and any(
        kept.drops(pane.start_us, pane.length_us)
        or kept.block_of(pane.start_us, pane.length_us) is not None
        for pane in held.parts
    )


def _partition_rows(
    checkpoint: Checkpoint, mirror: Mirror, partition: Partition, held: _Held
) -> Iterator[Row]:
    """Everything but the partition's own row."""
    for stream, fingerprint in checkpoint.fingerprints.items():
        if held.layouts.get(stream) != fingerprint:
            (value,) = parts_of(fingerprint.encode())
            yield RowKey("stream", partition, stream), value
    yield from _half_rows(checkpoint, mirror, partition)
    totals: dict[PaneKey, Counts] = {}
    live = held.live
    for pane, delta in checkpoint.panes.items():
        if pane.partition == partition:
            totals[pane] = mirror.counts(pane) if pane in live else _nothing_like(delta)
            totals[pane].add(delta)
    live |= totals.keys()
    if checkpoint.retention is not None:
        live = _retained(checkpoint.retention, live, totals, mirror)
    for pane in sorted(held.parts.keys() | totals.keys()):
        parts = parts_of(totals[pane].to_bytes()) if pane in totals and pane in live else []
        for number, part in enumerate(parts):
            yield RowKey.of_pane(pane, number), part
        if parts or pane not in live:
            for number in range(len(parts), held.parts.get(pane, 0)):
                yield RowKey.of_pane(pane, number), None


def _half_rows(checkpoint: Checkpoint, mirror: Mirror, partition: Partition) -> Iterator[Row]:
    """The halves of pairs that wait from now on, and those that do no more."""
    if not checkpoint.freed and not checkpoint.halves:
        return
    parts = mirror.half_parts(partition)
    for key in checkpoint.freed:
        if key.partition == partition:
            for number in range(parts.get(key, 0)):
                yield RowKey.of_half(key, number), None
    for key, half in checkpoint.halves.items():
        if key.partition == partition:
            for number, part in enumerate(HalfRow.of(half).parts):
                yield RowKey.of_half(key, number), part


def _retained(
    retention: Retention, live: set[PaneKey], totals: dict[PaneKey, Counts], mirror: Mirror
) -> set[PaneKey]:
    """What is left of the panes that are live; blocks that grow are among the totals then."""
    blocks: dict[PaneKey, list[PaneKey]] = defaultdict(list)
    for pane in sorted(live):
        start_us = retention.block_of(pane.start_us, pane.length_us)
        # A block that is to be dropped need not be made: its panes go with it.
        if start_us is not None and not retention.drops(start_us, retention.block_us):
            blocks[pane._replace(start_us=start_us, length_us=retention.block_us)].append(pane)

    def counts(pane: PaneKey) -> Counts:
        return totals[pane] if pane in totals else mirror.counts(pane)

    for block, panes in blocks.items():
        total = counts(block) if block in live else _nothing_like(counts(panes[0]))
        for pane in panes:
            total.add(counts(pane))
        totals[block] = total
        live = (live - set(panes)) | {block}
    return {pane for pane in live if not retention.drops(pane.start_us, pane.length_us)}


def _nothing_like(counts: Counts) -> Counts:
    return Counts.empty(len(counts.cells), len(counts.moments.count))


def _detector_rows(checkpoint: Checkpoint, mirror: Mirror, replica: Replica) -> Iterator[Row]:
    for stream, state in checkpoint.detector.items():
        first = RowKey("detector", replica, stream)
        parts = DetectorRow(checkpoint.fingerprints.get(stream), state).parts
        for number, part in enumerate(parts):
            yield first._replace(part=number), part
        for number in range(len(parts), mirror.detector_parts(replica, stream)):
            yield first._replace(part=number), None
