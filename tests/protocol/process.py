"""A process that counts, with its disk: the loop and the monitor, without any statistics."""

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import cast

from driftwatch.errors import SourceError
from driftwatch.protocol.checkpoint import Checkpoint, PartitionState, Retention, Snapshot
from driftwatch.protocol.placement import Doubt
from driftwatch.records import Partition
from driftwatch.sources.port import Source
from driftwatch.state.memory import MemoryStore
from driftwatch.state.port import Store
from driftwatch.state.stepped import SteppedLedger
from tests.protocol.group import Group, GroupSource, Member, name_of


class DiedError(Exception):
    """A process has ended at this point."""


class Disk:
    """A store that outlives its processes, and at whose steps they die."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.user: Process | None = None

    @property
    def writer(self) -> str:
        return self.store.writer

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> int:
        with self._dying():
            return self.store.save(checkpoint, in_doubt=in_doubt)

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        with self._dying():
            return self.store.settle(confirmed, undone, retention)

    def doubts(self) -> Mapping[Partition, Doubt]:
        return self.store.doubts()

    def load(self, partitions: Iterable[Partition]) -> Snapshot:
        return self.store.load(partitions)

    @contextmanager
    def _dying(self) -> Iterator[None]:
        assert self.user is not None
        self.user.may_die()
        yield
        self.user.may_die()


class Process(Member):
    """One life: it polls, counts, and makes checkpoints, as the loop and the monitor do.

    told: records that its counters have told of. mortality: how likely it dies at each step.
    """

    def __init__(self, group: Group, disk: Disk, dice: random.Random) -> None:
        super().__init__(group, dice)
        self.disk = disk
        self.told = 0
        self.mortality = 0.0
        self._owned: set[Partition] = set()
        self._unplaced: set[Partition] = set()
        self._read_from: dict[Partition, int] = {}  # which topic
        self._pending: dict[Partition, PartitionState] = {}
        self._sealed: dict[Partition, PartitionState] | None = None
        self._confirmed: dict[Partition, PartitionState] = {}
        disk.user = self
        self.ledger = SteppedLedger(cast("Store", disk), cast("Source", GroupSource(self)))
        group.join(self)

    def may_die(self) -> None:
        if self.dice.random() < self.mortality:
            raise DiedError

    def turn(self, *, polls: bool = True) -> None:
        """One turn of the loop. Raises DiedError."""
        if polls:
            self._poll()
            self._place()
            self._count()
        if polls or self.dice.random() < 0.5:
            self._checkpoint()

    @property
    def is_done(self) -> bool:
        """Whether all that is its own is read, saved and committed."""
        return (
            self.generation == self.group.generation
            and self._sealed is None
            and not self._unplaced
            and all(
                state is self._confirmed[p]
                and state.frontier == len(self.group.topic.logs[p.number])
                for p, state in self._pending.items()
            )
        )

    def _poll(self) -> None:
        if self.generation == self.group.generation:
            return
        self.generation = self.group.generation
        owned = {p for p, owner in self.group.owners.items() if owner is self}
        # Eager members let go of everything, cooperative ones of what they have lost.
        gone = self._owned & self.lost if self.dice.random() < 0.5 else set(self._owned)
        self.lost.clear()
        self.ledger.drop(gone)
        for partition in gone:
            self._forget(partition)
        self._unplaced = (self._unplaced & owned) | (owned - (self._owned - gone))
        self._owned = owned

    def _forget(self, partition: Partition) -> None:
        for states in (self._pending, self._sealed or {}, self._confirmed):
            states.pop(partition, None)

    def _place(self) -> None:
        if self.ledger.is_settling:
            self._checkpoint()
        if not self._unplaced or self.ledger.is_settling:
            return
        self.may_die()
        try:
            placements = self.ledger.place(sorted(self._unplaced), "earliest")
        except SourceError:
            return
        for partition, found in placements.items():
            self._forget(partition)
            self._confirmed[partition] = found.state
            self._pending[partition] = replace(found.state) if found.is_news else found.state
            self._read_from[partition] = self.group.topic.made
        self._unplaced.clear()
        self.may_die()

    def _count(self) -> None:
        topic, made_again = self.group.topic, set[Partition]()
        for partition, state in self._pending.items():
            if self._read_from[partition] != topic.made:
                made_again.add(partition)
                continue
            log = topic.logs[partition.number]
            to = min(len(log), state.frontier + self.dice.randrange(4))
            if to == state.frontier:
                continue
            clock, tallies = state.clock_us, dict(state.tallies)
            for offset in range(state.frontier, to):
                late = clock is not None and log[offset] < clock
                name = name_of(topic.made, offset, late=late)
                tallies[name] = tallies.get(name, 0) + 1
                clock = log[offset] if clock is None else max(clock, log[offset])
            self._pending[partition] = replace(state, frontier=to, clock_us=clock, tallies=tallies)

        self.ledger.drop(made_again)
        for partition in made_again:
            self._forget(partition)
        self._unplaced |= made_again

    def _checkpoint(self) -> None:
        if self._sealed is None:
            if all(state is self._confirmed[p] for p, state in self._pending.items()):
                return
            self._sealed = dict(self._pending)
        moved = {p: s for p, s in self._sealed.items() if s is not self._confirmed[p]}
        try:
            self.ledger.save(Checkpoint({}, moved), lambda _: nullcontext())
        except SourceError:
            return
        for partition, state in moved.items():
            before = self._confirmed[partition].tallies
            self._confirmed[partition] = state
            self.told += sum(state.tallies.values()) - sum(before.values())
        self._sealed = None
