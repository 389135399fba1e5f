"""The Ledger port: a store and a group that agree on who counted what.

The loop hands a ledger its checkpoints and asks it where partitions go on. How the two sides are
kept together is the ledger's own affair: `state.stepped` saves, commits and settles;
`state.changelog` does all of it in one transaction of Kafka.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from driftwatch.protocol.checkpoint import Checkpoint, Snapshot
from driftwatch.protocol.placement import Placement
from driftwatch.records import Partition
from driftwatch.sources.port import Start

Timed = Callable[[str], AbstractContextManager[None]]
"""Measures a block under the name of a step of the loop."""


class Ledger(Protocol):
    """Makes checkpoints the state of this process and of its group, once each."""

    def place(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, Placement]:
        """Where these partitions, assigned just now, go on; those only that can be placed by now.

        To be called again for the others, between polls; takes a short while at most.

        start: where one begins that nothing is known of. Raises SourceError or StateError where
        the group or the store can't be asked.
        """
        ...

    def drop(self, partitions: Iterable[Partition]) -> None:
        """These partitions are no longer ours."""
        ...

    def save(self, checkpoint: Checkpoint, timed: Timed) -> frozenset[Partition]:
        """Make a checkpoint the state. Returns the partitions of it that are confirmed.

        Where it raises (StateError, SourceError) it is to be called again with what is left of the
        same checkpoint, and goes on where it stood; nothing counts twice.
        """
        ...

    @property
    def is_settling(self) -> bool:
        """The group has taken a checkpoint, and the store does not know it yet.

        What `load` finds then may or may not have it: `save` is to be called again first.
        """
        ...

    def load(self, partitions: Iterable[Partition]) -> Snapshot:
        """What is confirmed of these partitions. Raises StateError."""
        ...

    @property
    def saved_bytes(self) -> int:
        """Bytes of state written so far."""
        ...

    def close(self) -> None:
        """Let go of everything. Calling it twice is allowed."""
        ...
