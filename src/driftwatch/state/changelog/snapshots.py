"""What the mirror holds, as the monitor takes it: streams of one layout, alarms that fit them."""

from collections.abc import Iterable, Mapping

import structlog

from driftwatch.errors import StateError
from driftwatch.protocol.checkpoint import PaneKey, Snapshot
from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.changelog.keys import Replica
from driftwatch.state.changelog.mirror import Mirror
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.changelog.restore import explaining
from driftwatch.state.changelog.values import DetectorRow, PartitionRow
from driftwatch.state.panes import StoredPanes

log = structlog.get_logger(__name__)


class Snapshots:
    """Reads a mirror. Every method raises HopelessStateError for rows that can't be used."""

    def __init__(self, policy: ChangelogPolicy, mirror: Mirror) -> None:
        self._policy = policy
        self._mirror = mirror
        self._lost: set[StreamKey] = set()

    def rows(self, partitions: Iterable[Partition]) -> dict[Partition, PartitionRow]:
        """Where each of these partitions stands whose rows are in the mirror."""
        found = {}
        for partition in partitions:
            with explaining(self._policy, partition):
                row = self._mirror.partition(partition)
            if row is not None:
                found[partition] = row
        return found

    def load(
        self, partitions: Iterable[Partition], fingerprints: Mapping[StreamKey, str]
    ) -> Snapshot:
        """What is held of these partitions.

        Where members were given another configuration one after the other, partitions are laid out
        differently. What differs is left out; it goes with the next checkpoint.

        fingerprints: how streams are laid out now, as far as that is known.
        """
        rows = self.rows(partitions)
        layouts: dict[Partition, dict[StreamKey, str]] = {}
        for partition in rows:
            with explaining(self._policy, partition):
                layouts[partition] = self._mirror.streams(partition)
        detectors = self._detectors()
        chosen: dict[StreamKey, str] = {}
        known = ((s, row.fingerprint) for s, row in detectors.items())
        for stream, fingerprint in (*_items(layouts.values()), *known):
            if fingerprint is not None:
                chosen.setdefault(stream, fingerprints.get(stream, fingerprint))
        panes = {
            pane: pane
            for partition, streams in layouts.items()
            for pane in self._mirror.panes(partition)
            if streams.get(pane.stream) == chosen.get(pane.stream)
        }
        halves: dict[HalfKey, Half] = {}
        for partition in rows:
            with explaining(self._policy, partition):
                halves |= self._mirror.halves(partition)
        as_of = self._mirror.changes
        return Snapshot(
            panes=StoredPanes(panes, lambda pane: self._counts(pane, as_of)),
            partitions={partition: row.state for partition, row in rows.items()},
            detector={
                stream: row.state
                for stream, row in detectors.items()
                if row.fingerprint == chosen.get(stream)
            },
            fingerprints=chosen,
            halves=halves,
        )

    def _counts(self, pane: PaneKey, as_of: int) -> Counts:
        if as_of != self._mirror.changes:
            raise StateError("the state has changed since this snapshot of it was loaded")
        with explaining(self._policy, pane.partition):
            return self._mirror.counts(pane)

    def _detectors(self) -> dict[StreamKey, DetectorRow]:
        """Our alarms; one that can't be read is none, and said once."""
        found = {}
        for stream, row in self._mirror.detectors(Replica(self._policy.replica)).items():
            if isinstance(row, DetectorRow):
                found[stream] = row
            elif stream not in self._lost:
                self._lost.add(stream)
                log.warning("alarms start anew", problem=str(row), **stream._asdict())
        return found


def _items(layouts: Iterable[Mapping[StreamKey, str]]) -> Iterable[tuple[StreamKey, str]]:
    return (item for streams in layouts for item in streams.items())
