"""What a store holds, in plain dicts: the slow and obvious way that the real ones are held to."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.port import Checkpoint, PaneKey, PartitionState, Retention, Store


class Pane(NamedTuple):
    """All of a pane that is promised to the bit (one numeric column)."""

    rows: int
    cells: tuple[int, ...]
    minimum: float
    maximum: float

    def plus(self, other: "Pane") -> "Pane":
        return Pane(
            self.rows + other.rows,
            tuple(a + b for a, b in zip(self.cells, other.cells, strict=True)),
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )


def seen(counts: Counts) -> Pane:
    """What a store may not change about these counts."""
    low, high = counts.moments.minimum, counts.moments.maximum
    return Pane(counts.rows, tuple(counts.cells.tolist()), float(low[0]), float(high[0]))


class Saved(NamedTuple):
    """What a checkpoint makes of a partition. freed: halves, of whichever partition."""

    state: PartitionState
    panes: dict[PaneKey, Pane]
    halves: dict[HalfKey, Half]
    freed: list[HalfKey]


@dataclass(slots=True)
class Model:
    """The state, and what may be done to it."""

    panes: dict[PaneKey, Pane] = field(default_factory=dict)
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    detector: dict[StreamKey, bytes] = field(default_factory=dict)
    fingerprints: dict[StreamKey, str] = field(default_factory=dict)
    halves: dict[HalfKey, Half] = field(default_factory=dict)
    waiting: dict[Partition, Saved] = field(default_factory=dict, compare=False)

    def copy(self) -> "Model":
        return deepcopy(self)

    def of(self, partitions: Iterable[Partition]) -> "Model":
        """What there is of some partitions."""
        wanted = set(partitions)
        return Model(
            {key: pane for key, pane in self.panes.items() if key.partition in wanted},
            {key: state for key, state in self.partitions.items() if key in wanted},
            self.detector,
            self.fingerprints,
            {key: half for key, half in self.halves.items() if key.partition in wanted},
        )

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> bool:
        """Apply it. False, and some of it applied, where a store has to refuse it."""
        for stream, fingerprint in checkpoint.fingerprints.items():
            if self.fingerprints.get(stream) not in (None, fingerprint):
                self.forget([stream])
        self.fingerprints |= checkpoint.fingerprints
        self.detector |= checkpoint.detector
        if self.waiting.keys() & checkpoint.partitions.keys():
            return False
        for partition, state in checkpoint.partitions.items():
            panes = {k: seen(c) for k, c in checkpoint.panes.items() if k.partition == partition}
            for key, pane in panes.items():
                if min(self._sum(key, pane).cells) < 0:
                    return False
            halves = {k: h for k, h in checkpoint.halves.items() if k.partition == partition}
            freed = [key for key, by in checkpoint.freed.items() if by == partition]
            self.waiting[partition] = Saved(state, panes, halves, freed)
        if not in_doubt:
            self.settle(checkpoint.partitions, (), checkpoint.retention)
        return True

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition],
        retention: Retention | None,
    ) -> None:
        for partition in undone:
            self.waiting.pop(partition, None)
        for partition in confirmed:
            if partition in self.waiting:
                saved = self.waiting.pop(partition)
                self.partitions[partition] = saved.state
                for key, pane in saved.panes.items():
                    self._add(key, pane)
                self.halves |= saved.halves
                for half in saved.freed:
                    self.halves.pop(half, None)
        if retention is not None:
            self._retain(retention)

    def forget(self, streams: Iterable[StreamKey]) -> None:
        for stream in streams:
            self.panes = {key: pane for key, pane in self.panes.items() if key.stream != stream}
            for saved in self.waiting.values():
                for key in [key for key in saved.panes if key.stream == stream]:
                    del saved.panes[key]
            self.detector.pop(stream, None)
            self.fingerprints.pop(stream, None)

    def _sum(self, key: PaneKey, pane: Pane) -> Pane:
        return self.panes[key].plus(pane) if key in self.panes else pane

    def _add(self, key: PaneKey, pane: Pane) -> None:
        self.panes[key] = self._sum(key, pane)

    def _retain(self, retention: Retention) -> None:
        free = [key for key in self.panes if key.partition not in self.waiting]
        for key in free:
            end = key.start_us + key.length_us
            if end > retention.roll_up_before_us or key.length_us >= retention.block_us:
                continue
            block = key.start_us
            while block % retention.block_us:
                block -= 1_000_000
            if end <= block + retention.block_us:
                target = key._replace(start_us=block, length_us=retention.block_us)
                self._add(target, self.panes.pop(key))
        for key in [key for key in self.panes if key.partition not in self.waiting]:
            if key.start_us + key.length_us <= retention.drop_before_us:
                del self.panes[key]
        busy = {half for saved in self.waiting.values() for half in saved.freed}
        for half in self.halves.keys() - busy:
            is_old = self.halves[half].time_us < retention.drop_before_us
            if is_old and half.partition not in self.waiting:
                del self.halves[half]


def everything(store: Store, partitions: Iterable[Partition] | None = None) -> Model:
    """All that a store holds (of some partitions)."""
    snapshot = store.load(partitions)
    return Model(
        {key: seen(counts) for key, counts in snapshot.panes.items()},
        dict(snapshot.partitions),
        dict(snapshot.detector),
        dict(snapshot.fingerprints),
        dict(snapshot.halves),
    )
