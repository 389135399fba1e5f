"""The Store port: what survives a restart.

A store keeps, for every partition, its frontier and the panes counted below it, and changes them in
one transaction: after a crash they are of the same moment. `tests/state/contract.py` is the one
suite that each adapter passes.
"""

from collections.abc import Iterable
from typing import Protocol

from driftwatch.monitor.checkpoint import Checkpoint, PaneKey, PartitionState, Retention, Snapshot
from driftwatch.records import Partition, StreamKey

__all__ = ["Checkpoint", "PaneKey", "PartitionState", "Retention", "Snapshot", "Store"]


class Store(Protocol):
    """Keeps the state. Every method raises StateError where the state can't be read or written."""

    def save(self, checkpoint: Checkpoint) -> int:
        """Apply a checkpoint in one transaction: all of it, or nothing where it raises.

        Returns the bytes of state written; 0 where nothing outlives the process. Keeps no
        reference to the counts that it is given.
        """
        ...

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        """What is held for these partitions (by default for all that there are).

        The detector and the fingerprint of every stream come with it.
        """
        ...

    def forget(self, streams: Iterable[StreamKey]) -> None:
        """Delete everything of these streams, whose layout changed or that are no longer wanted."""
        ...

    def close(self) -> None:
        """Let go of everything. Calling it twice is allowed."""
        ...
