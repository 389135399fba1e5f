"""A ledger whose state and commits are one transaction of Kafka.

    place   read what the group has committed, and the rows of that checkpoint where we don't have
            them; ask again between polls until they are here
    save    write the rows that change and the offsets in one transaction; once the brokers have it,
            put the rows into the mirror

After any error of a transaction nobody knows whether it was done. Then a new producer ends it, and
the next `save` compares what the group has with what we meant: it was done, and the mirror
follows; or it was not, and it is tried again. Nothing else is saved until that is known.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from driftwatch.errors import HopelessStateError, SourceError, StateError
from driftwatch.protocol.checkpoint import Checkpoint, Snapshot
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import Partition, StreamKey
from driftwatch.sources.port import Committed, Source, Start
from driftwatch.state.changelog.fences import Fences
from driftwatch.state.changelog.keys import Owner, Replica, slot
from driftwatch.state.changelog.mirror import Mirror
from driftwatch.state.changelog.plan import Plan, plan
from driftwatch.state.changelog.policy import ChangelogPolicy
from driftwatch.state.changelog.restore import Restores, explaining
from driftwatch.state.changelog.snapshots import Snapshots
from driftwatch.state.changelog.topic import ChangelogTopic
from driftwatch.state.changelog.transaction import Transactions
from driftwatch.state.ledger import Timed
from driftwatch.state.placing import commits_of, placements

PLACE_SECONDS = 0.2
"""What one call of `place` may work before the log is polled again."""


class GroupSource(Source, Protocol):
    """A source that can say who we are in its group."""

    def group_metadata(self) -> Any:
        """For a producer that commits our offsets; None while we are nobody there."""
        ...


class TransactionalLedger:
    """The ledger of a changelog topic. See `state.ledger.Ledger`, and the module.

    Making it neither fails nor waits. What can't be mended by waiting (a topic that can't be used,
    rows that are missing, another process of our name) raises HopelessStateError at the call that
    finds it.

    Disk: the rows of every partition that was ours since the start, in a temporary file.
    """

    def __init__(self, policy: ChangelogPolicy, source: GroupSource) -> None:
        self._policy = policy
        self._source = source
        self._replica = Replica(policy.replica)
        self._mirror = Mirror()
        self._snapshots = Snapshots(policy, self._mirror)
        self._topic = ChangelogTopic(policy)
        self._transactions = Transactions(policy)
        self._restores = Restores(policy, self._mirror)
        self._partitions = 0  # of the topic; 0 before it was looked at
        self._has_detectors = False
        self._tenures: dict[Partition, Commit] = {}
        self._commits: dict[Partition, Commit | None] = {}  # of our partitions, as last heard of
        self._unsaved: set[Partition] = set()  # those whose place is news to the group
        self._attempt: Plan | None = None
        self._fingerprints: Mapping[StreamKey, str] = {}
        self._fences = Fences(policy)
        self._saved_bytes = 0

    def place(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, Placement]:
        """See `Ledger.place`."""
        deadline = time.monotonic() + PLACE_SECONDS
        wanted = list(partitions)
        if not self._is_open(wanted, deadline):
            return {}
        commits = commits_of(self._source, wanted)
        if len(self._restored(commits)) < len(wanted) or not self._has_detectors:
            self._restores.work(deadline)
            self._has_detectors = self._has_detectors or self._want(self._replica, None)
        ready = self._restored(commits) if self._has_detectors else []
        if not ready:
            return {}
        held = {p: row.state for p, row in self._snapshots.rows(ready).items()}
        placed = placements(
            self._source, self._policy.writer, held, {p: commits[p] for p in ready}, start
        )
        for partition, placement in placed.items():
            self._tenures[partition] = placement.tenure
            self._commits[partition] = commits[partition]
            self._restores.forget(partition)
        self._unsaved |= {p for p, placement in placed.items() if placement.is_news}
        return placed

    def drop(self, partitions: Iterable[Partition]) -> None:
        """See `Ledger.drop`. Their rows stay in the mirror, in case they come back."""
        for partition in partitions:
            self._tenures.pop(partition, None)
            self._commits.pop(partition, None)
            self._unsaved.discard(partition)
            self._restores.forget(partition)
            if self._attempt is not None:
                self._attempt.drop(partition)

    def save(self, checkpoint: Checkpoint, timed: Timed) -> frozenset[Partition]:
        """See `Ledger.save`."""
        self._fingerprints = checkpoint.fingerprints
        if self._attempt is not None:
            with timed("commit"):
                self._find_out(self._attempt)
        if self._attempt is None:
            with timed("save"):
                made = self._planned(checkpoint)
            with timed("commit"):
                self._transact(made)
        attempt = self._attempt
        assert attempt is not None
        with timed("save"):
            self._mirror.put(attempt.all_rows())
        self._commits.update(attempt.commits)
        self._unsaved -= attempt.commits.keys()
        self._attempt = None
        return frozenset(attempt.commits.keys() & checkpoint.partitions.keys())

    @property
    def is_settling(self) -> bool:
        """See `Ledger.is_settling`: what `load` finds is what `save` has returned, always."""
        return False

    def load(self, partitions: Iterable[Partition]) -> Snapshot:
        """See `Ledger.load`."""
        return self._snapshots.load(partitions, self._fingerprints)

    @property
    def saved_bytes(self) -> int:
        """See `Ledger.saved_bytes`."""
        return self._saved_bytes

    def close(self) -> None:
        """See `Ledger.close`."""
        self._restores.close()
        self._transactions.discard()
        self._mirror.close()

    def _is_open(self, wanted: Iterable[Partition], deadline: float) -> bool:
        """Whether the topic, our transactions and our detectors are at hand."""
        topics = {*self._policy.kafka.topics, *(p.topic for p in wanted)}
        needed = max(self._source.partition_count(topic) or 0 for topic in topics)
        if not needed:
            return False
        found = self._topic.partitions(needed, max(0.0, deadline - time.monotonic()))
        if found is None:
            return False
        self._partitions = found
        # First of all: it ends what our dead self has left open, and lets the group answer.
        with self._fences.counted():
            if not self._transactions.open(max(0.05, deadline - time.monotonic())):
                return False
        self._has_detectors = self._has_detectors or self._want(self._replica, None)
        return True

    def _want(self, owner: Owner, number: int | None) -> bool:
        return self._restores.want(owner, slot(owner, self._partitions), number)

    def _restored(self, commits: Mapping[Partition, Commit | None]) -> list[Partition]:
        """Those of which the mirror has what the group has committed."""
        return [partition for partition, commit in commits.items() if self._has(partition, commit)]

    def _has(self, partition: Partition, commit: Commit | None) -> bool:
        if commit is None or commit.writer != self._policy.writer or commit.number is None:
            return self._want(partition, None)
        with explaining(self._policy, partition):
            row = self._mirror.partition(partition)
        if row is None or row.number != commit.number:
            return self._want(partition, commit.number)
        if row.frontier != commit.offset:
            raise HopelessStateError(
                f"{partition}: checkpoint {row.number} in topic {self._policy.topic} (state.kafka) "
                f"reaches offset {row.frontier}, and the group has committed {commit.offset}. Give "
                "every group a changelog of its own"
            )
        return True

    def _planned(self, checkpoint: Checkpoint) -> Plan:
        settled = [
            partition
            for partition, commit in self._commits.items()
            if partition not in self._unsaved and self._is_settled(partition, commit)
        ]
        with explaining(self._policy):
            return plan(checkpoint, self._mirror, self._tenures, settled, self._replica)

    def _is_settled(self, partition: Partition, commit: Commit | None) -> bool:
        with explaining(self._policy, partition):
            row = self._mirror.partition(partition)
        if row is None or commit is None or commit.writer != self._policy.writer:
            return False
        return (row.frontier, row.number) == (commit.offset, commit.number)

    def _transact(self, made: Plan) -> None:
        if not self._source.connected:
            # It would only wait for its timeout, and the loop with it.
            raise SourceError("the log can't be reached to be told of it")
        membership = self._source.group_metadata()
        if made.commits and membership is None:
            raise SourceError("the group does not know us just now")
        seconds = self._policy.timeout_seconds
        rows = (
            (slot(key.owner, self._partitions), key.data, value) for key, value in made.all_rows()
        )
        offsets = {p: Committed(c.offset, c.text) for p, c in made.commits.items()}
        self._open_transactions()
        self._attempt = made
        with self._fences.counted():
            self._saved_bytes += self._transactions.write(rows, offsets, membership, seconds)
        made.is_committed = True
        self._fences.passed()

    def _open_transactions(self) -> None:
        with self._fences.counted():
            if not self._transactions.open(self._policy.timeout_seconds):
                raise StateError(
                    f"the brokers did not begin transactions of {self._policy.transactional_id} "
                    f"within {self._policy.timeout_seconds:g} s"
                )

    def _find_out(self, attempt: Plan) -> None:
        """Whether a transaction was done; where it was not, there is no attempt any more."""
        if attempt.is_committed:
            return
        self._open_transactions()
        found = commits_of(self._source, attempt.commits)
        done = {p for p, commit in attempt.commits.items() if _are_same(found[p], commit)}
        undone = {p for p in attempt.commits if _are_same(found[p], self._commits[p])}
        if taken := attempt.commits.keys() - done - undone:
            names = ", ".join(map(str, sorted(taken)))
            raise SourceError(f"{names}: another member has committed; they will be taken from us")
        if done and undone:
            raise HopelessStateError(
                f"{', '.join(map(str, sorted(undone)))}: the group has a part of a transaction; "
                "its offsets were changed by hand. Restart to go on from there"
            )
        if done:
            attempt.is_committed = True
        else:
            self._attempt = None


def _are_same(one: Commit | None, other: Commit | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.offset, one.writer, one.number) == (other.offset, other.writer, other.number)
