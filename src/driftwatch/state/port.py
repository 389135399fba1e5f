"""The Store port: what survives a restart.

A store keeps, for every partition, its frontier and the panes counted below it, and changes them in
one transaction: after a crash they are of the same moment. What was saved and is not yet known to
be committed to the group is in doubt: it is kept beside what was there before, until `settle` says
which of the two it is. `tests/state/contract.py` is the one suite that each adapter passes.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from driftwatch.protocol.checkpoint import Checkpoint, PaneKey, PartitionState, Retention, Snapshot
from driftwatch.protocol.placement import Doubt
from driftwatch.records import Partition, StreamKey

__all__ = ["Checkpoint", "Doubt", "PaneKey", "PartitionState", "Retention", "Snapshot", "Store"]


class Store(Protocol):
    """Keeps the state. Every method raises StateError where the state can't be read or written."""

    @property
    def writer(self) -> str:
        """Whose counts these are: an id that was made with the store and stays with it."""
        ...

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> int:
        """Apply a checkpoint in one transaction: all of it, or nothing where it raises.

        A save that raised and was done all the same is not done a second time. Returns the bytes of
        state written; 0 where nothing outlives the process. Keeps no reference to the counts that
        it is given.

        in_doubt: keep what was there before, until the partitions of this checkpoint are settled;
        its retention then waits for `settle`. A partition that is in doubt already is refused, in
        doubt or not.
        """
        ...

    def doubts(self) -> Mapping[Partition, Doubt]:
        """The partitions in doubt."""
        ...

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        """End the doubt about partitions, in one transaction. Returns the bytes written.

        Those confirmed are as they were saved; those undone as they were before. Partitions that
        are not in doubt are passed over. Then the retention is applied.
        """
        ...

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        """What is held for these partitions (by default for all that there are).

        What is in doubt is not part of it. The detector and the fingerprint of every stream are.
        """
        ...

    def forget(self, streams: Iterable[StreamKey]) -> None:
        """Delete everything of these streams, whose layout changed or that are no longer wanted."""
        ...

    def close(self) -> None:
        """Let go of everything. Calling it twice is allowed."""
        ...
