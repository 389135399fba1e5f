"""What a store holds, in plain dicts: the slow and obvious way that the real ones are held to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from driftwatch.records import Partition, StreamKey
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


@dataclass(slots=True)
class Model:
    """The state, and what may be done to it."""

    panes: dict[PaneKey, Pane] = field(default_factory=dict)
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    detector: dict[StreamKey, bytes] = field(default_factory=dict)
    fingerprints: dict[StreamKey, str] = field(default_factory=dict)

    def copy(self) -> "Model":
        return Model(*(dict(getattr(self, name)) for name in Model.__slots__))

    def of(self, partitions: Iterable[Partition]) -> "Model":
        """What there is of some partitions."""
        wanted = set(partitions)
        return Model(
            {key: pane for key, pane in self.panes.items() if key.partition in wanted},
            {key: state for key, state in self.partitions.items() if key in wanted},
            self.detector,
            self.fingerprints,
        )

    def save(self, checkpoint: Checkpoint) -> bool:
        """Apply it. False, and some of it applied, where a store has to refuse it."""
        for stream, fingerprint in checkpoint.fingerprints.items():
            if self.fingerprints.get(stream) not in (None, fingerprint):
                self.forget([stream])
        for key, counts in checkpoint.panes.items():
            self._add(key, seen(counts))
            if min(self.panes[key].cells) < 0:
                return False
        self.fingerprints |= checkpoint.fingerprints
        self.partitions |= checkpoint.partitions
        self.detector |= checkpoint.detector
        if checkpoint.retention is not None:
            self._retain(checkpoint.retention)
        return True

    def forget(self, streams: Iterable[StreamKey]) -> None:
        for stream in streams:
            self.panes = {key: pane for key, pane in self.panes.items() if key.stream != stream}
            self.detector.pop(stream, None)
            self.fingerprints.pop(stream, None)

    def _add(self, key: PaneKey, pane: Pane) -> None:
        self.panes[key] = self.panes[key].plus(pane) if key in self.panes else pane

    def _retain(self, retention: Retention) -> None:
        for key in list(self.panes):
            end = key.start_us + key.length_us
            if end > retention.roll_up_before_us or key.length_us >= retention.block_us:
                continue
            block = key.start_us
            while block % retention.block_us:
                block -= 1_000_000
            if end <= block + retention.block_us:
                target = key._replace(start_us=block, length_us=retention.block_us)
                self._add(target, self.panes.pop(key))
        for key in list(self.panes):
            if key.start_us + key.length_us <= retention.drop_before_us:
                del self.panes[key]


def everything(store: Store, partitions: Iterable[Partition] | None = None) -> Model:
    """All that a store holds (of some partitions)."""
    snapshot = store.load(partitions)
    return Model(
        {key: seen(counts) for key, counts in snapshot.panes.items()},
        dict(snapshot.partitions),
        dict(snapshot.detector),
        dict(snapshot.fingerprints),
    )
