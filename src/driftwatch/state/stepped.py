"""A checkpoint in steps: the store saves it, the group takes the commit, the store settles it.

Between the first step and the last it is in doubt, and the store can undo it. Who dies there finds
out at the next assignment, from the group's commit, whether it was taken. Where no group decides
who reads (files, standard input), the store's frontier decides, and nothing is ever in doubt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from driftwatch.errors import SourceError
from driftwatch.protocol.checkpoint import Checkpoint, PartitionState, Snapshot
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement, standing
from driftwatch.protocol.rounds import Round
from driftwatch.records import Partition
from driftwatch.sources.port import Committed, Source, Start
from driftwatch.state.ledger import Timed
from driftwatch.state.placing import Commits, commits_of, placements
from driftwatch.state.port import Store


class SteppedLedger:
    """The ledger of a store that knows nothing of Kafka. See `state.ledger.Ledger`."""

    def __init__(self, store: Store, source: Source) -> None:
        self.store = store
        self._source = source
        self._round: Round | None = None
        self._states: Mapping[Partition, PartitionState] = {}  # those of the round
        self._tenures: dict[Partition, Commit] = {}
        self._saved_bytes = 0

    def place(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, Placement]:
        """See `Ledger.place`."""
        commits = commits_of(self._source, partitions)
        self._resolve(commits)
        held = self.store.load(commits).partitions
        found = placements(self._source, self.store.writer, held, commits, start)
        self._tenures.update((p, placement.tenure) for p, placement in found.items())
        return found

    def drop(self, partitions: Iterable[Partition]) -> None:
        """See `Ledger.drop`."""
        gone = set(partitions)
        for partition in gone:
            self._tenures.pop(partition, None)
        if self._round is not None:
            self._round.drop(gone)

    def save(self, checkpoint: Checkpoint, timed: Timed) -> frozenset[Partition]:
        """See `Ledger.save`."""
        has_group = self._source.has_group
        if self._round is None:
            with timed("save"):
                self._saved_bytes += self.store.save(checkpoint, in_doubt=has_group)
            if not has_group:
                frontiers = checkpoint.partitions.items()
                self._source.commit({p: Committed(state.frontier) for p, state in frontiers})
                return frozenset(checkpoint.partitions)
            self._round, self._states = Round(set(checkpoint.partitions)), checkpoint.partitions
            self._round.saved()
        if self._round.todo == "commit":
            with timed("commit"):
                self._commit(self._round)
            self._round.was_committed()
        with timed("save"):
            retention = checkpoint.retention
            self._saved_bytes += self.store.settle(self._round.committed, retention=retention)
        confirmed, self._round = self._round.settled(), None
        return confirmed

    @property
    def is_settling(self) -> bool:
        """See `Ledger.is_settling`."""
        return self._round is not None and self._round.todo == "settle"

    def load(self, partitions: Iterable[Partition]) -> Snapshot:
        """See `Ledger.load`."""
        return self.store.load(partitions)

    @property
    def saved_bytes(self) -> int:
        """See `Ledger.saved_bytes`."""
        return self._saved_bytes

    def close(self) -> None:
        """See `Ledger.close`."""
        self.store.close()

    def _commit(self, round_: Round) -> None:
        if not round_.ours:
            return
        if not self._source.connected:
            # It would only wait for its timeout, and the loop with it.
            raise SourceError("the log can't be reached to be told of it")
        self._source.commit({p: self._committed(p) for p in round_.ours})

    def _committed(self, partition: Partition) -> Committed:
        state = self._states[partition]
        tenure = replace(self._tenures[partition], offset=state.frontier, clock_us=state.clock_us)
        return Committed(tenure.offset, tenure.text)

    def _resolve(self, commits: Commits) -> None:
        """End the doubts about partitions by what the group says of them."""
        doubts = self.store.doubts()
        ours = doubts.keys() & commits.keys()
        saves = {doubts[p].save for p in ours if not doubts[p].has_moved}
        asked = {p: doubt for p, doubt in doubts.items() if p in ours or doubt.save in saves}
        if others := asked.keys() - commits.keys():
            commits = {**commits, **commits_of(self._source, others)}
        if asked:
            confirmed = standing(asked, commits, self.store.writer)
            self.store.settle(confirmed, asked.keys() - confirmed)
