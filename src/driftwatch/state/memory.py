"""A store that ends with the process: for tests, and for runs that nobody continues.

It keeps panes encoded, as the lasting stores do. That is a tenth of the memory, and what one of
them refuses (a negative count, another layout) is refused here for the same reason.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from driftwatch.errors import StateError
from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.panes import StoredPanes
from driftwatch.state.port import (
    Checkpoint,
    Doubt,
    PaneKey,
    PartitionState,
    Retention,
    Snapshot,
)


class _Before(NamedTuple):
    """What there was before a checkpoint in doubt: a partition, and the panes it touched.

    save: which one it was.
    """

    state: PartitionState | None
    panes: Mapping[PaneKey, bytes | None]
    save: int


class _Waiting(NamedTuple):
    """Half of a pair. is_new: added in doubt. freed_by: in whose state in doubt it is used."""

    half: Half
    is_new: bool = False
    freed_by: Partition | None = None


@dataclass(slots=True)
class _Held:
    panes: dict[PaneKey, bytes] = field(default_factory=dict)
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    detector: dict[StreamKey, bytes] = field(default_factory=dict)
    fingerprints: dict[StreamKey, str] = field(default_factory=dict)
    halves: dict[HalfKey, _Waiting] = field(default_factory=dict)
    before: dict[Partition, _Before] = field(default_factory=dict)
    saves: int = 0

    def copy(self) -> "_Held":
        return _Held(
            dict(self.panes),
            dict(self.partitions),
            dict(self.detector),
            dict(self.fingerprints),
            dict(self.halves),
            dict(self.before),
            self.saves,
        )


class MemoryStore:
    """A `Store` that writes nothing. A transaction is a copy of its dicts that takes their place.

    >>> from driftwatch.state.port import Checkpoint, PartitionState
    >>> store = MemoryStore()
    >>> log = Partition("log", 0)
    >>> store.save(Checkpoint(panes={}, partitions={log: PartitionState(frontier=7)}))
    0
    >>> store.load().partitions[log].frontier
    7
    """

    def __init__(self) -> None:
        self._held: _Held | None = _Held()
        self._writer = secrets.token_urlsafe(12)

    @property
    def writer(self) -> str:
        """See `Store.writer`."""
        return self._writer

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> int:
        """See `Store.save`."""
        held = self._open().copy()
        changed = (
            stream
            for stream, fingerprint in checkpoint.fingerprints.items()
            if held.fingerprints.get(stream, fingerprint) != fingerprint
        )
        _forget(held, changed)
        if strange := held.before.keys() & checkpoint.partitions.keys():
            raise StateError(f"in doubt already: {', '.join(map(str, sorted(strange)))}")
        held.saves += 1
        if in_doubt:
            _keep(held, checkpoint)
        _free(held, checkpoint.freed, in_doubt=in_doubt)
        for half, waiting in checkpoint.halves.items():
            held.halves[half] = _Waiting(waiting, in_doubt)
        try:
            for key, delta in checkpoint.panes.items():
                _add(held, key, delta)
            if checkpoint.retention is not None and not in_doubt:
                _retain(held, checkpoint.retention)
        except ValueError as problem:
            raise StateError(f"the checkpoint can't be saved: {problem}") from problem
        held.fingerprints.update(checkpoint.fingerprints)
        for partition, state in checkpoint.partitions.items():
            held.partitions[partition] = replace(state, tallies=dict(state.tallies))
        held.detector.update(checkpoint.detector)
        self._held = held
        return 0

    def doubts(self) -> Mapping[Partition, Doubt]:
        """See `Store.doubts`."""
        held = self._open()
        return {
            p: Doubt(before.state, held.partitions[p], before.save)
            for p, before in held.before.items()
        }

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        """See `Store.settle`."""
        held = self._open().copy()
        for partition in undone:
            if partition in held.before:
                _undo(held, partition)
        for partition in confirmed:
            if held.before.pop(partition, None) is not None:
                _settle_halves(held, partition)
        if retention is not None:
            _retain(held, retention)
        self._held = held
        return 0

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        """See `Store.load`."""
        held = self._open().copy()
        for partition in list(held.before):
            _undo(held, partition)
        wanted = set(held.partitions if partitions is None else partitions)
        rows = {key: pane for key, pane in held.panes.items() if key.partition in wanted}
        return Snapshot(
            panes=StoredPanes(rows, Counts.from_bytes),
            partitions={p: state for p, state in held.partitions.items() if p in wanted},
            detector=dict(held.detector),
            fingerprints=dict(held.fingerprints),
            halves={
                key: waiting.half
                for key, waiting in held.halves.items()
                if key.partition in wanted and not waiting.is_new
            },
        )

    def forget(self, streams: Iterable[StreamKey]) -> None:
        """See `Store.forget`."""
        held = self._open().copy()
        _forget(held, streams)
        self._held = held

    def close(self) -> None:
        """See `Store.close`. What was held is gone."""
        self._held = None

    def _open(self) -> _Held:
        if self._held is None:
            raise StateError("the store is closed")
        return self._held


def _forget(held: _Held, streams: Iterable[StreamKey]) -> None:
    gone = set(streams)
    held.panes = {key: pane for key, pane in held.panes.items() if key.stream not in gone}
    for partition, before in held.before.items():
        panes = {key: pane for key, pane in before.panes.items() if key.stream not in gone}
        held.before[partition] = before._replace(panes=panes)
    for stream in gone:
        held.detector.pop(stream, None)
        held.fingerprints.pop(stream, None)


def _keep(held: _Held, checkpoint: Checkpoint) -> None:
    for partition in checkpoint.partitions:
        panes = {k: held.panes.get(k) for k in checkpoint.panes if k.partition == partition}
        held.before[partition] = _Before(held.partitions.get(partition), panes, held.saves)


def _free(held: _Held, freed: Mapping[HalfKey, Partition], *, in_doubt: bool) -> None:
    for key, by in freed.items():
        if in_doubt and key in held.halves:
            held.halves[key] = held.halves[key]._replace(freed_by=by)
        else:
            held.halves.pop(key, None)


def _settle_halves(held: _Held, partition: Partition) -> None:
    for key, waiting in list(held.halves.items()):
        if waiting.freed_by == partition:
            del held.halves[key]
        elif key.partition == partition:
            held.halves[key] = waiting._replace(is_new=False)


def _undo(held: _Held, partition: Partition) -> None:
    before = held.before.pop(partition)
    for half, waiting in list(held.halves.items()):
        if half.partition == partition and waiting.is_new:
            del held.halves[half]
        elif waiting.freed_by == partition:
            held.halves[half] = waiting._replace(freed_by=None)
    for key, pane in before.panes.items():
        if pane is None:
            held.panes.pop(key, None)
        else:
            held.panes[key] = pane
    if before.state is None:
        del held.partitions[partition]
    else:
        held.partitions[partition] = before.state


def _add(held: _Held, key: PaneKey, delta: Counts) -> None:
    if key in held.panes:
        total = Counts.from_bytes(held.panes[key])
        total.add(delta)
        delta = total
    held.panes[key] = delta.to_bytes()


def _retain(held: _Held, retention: Retention) -> None:
    for key in sorted(k for k in held.panes if k.partition not in held.before):
        block = retention.block_of(key.start_us, key.length_us)
        if block is not None:
            pane = Counts.from_bytes(held.panes.pop(key))
            _add(held, key._replace(start_us=block, length_us=retention.block_us), pane)
    held.panes = {
        key: pane
        for key, pane in held.panes.items()
        if key.partition in held.before or not retention.drops(key.start_us, key.length_us)
    }
    held.halves = {
        key: waiting
        for key, waiting in held.halves.items()
        if key.partition in held.before
        or waiting.freed_by is not None
        or waiting.half.time_us >= retention.drop_before_us
    }
