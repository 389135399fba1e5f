"""Where a partition that was assigned goes on, and what becomes of a checkpoint in doubt.

no commit            at our own frontier; without one where the settings say, or at the
beginning where the partition is new in a topic that is known
the commit is ours   at our own frontier
it is another's      a new tile at the commit, with its clock; what was counted before stays
with its writer
another topic        a gap, and the beginning of that topic
outside the log      a gap, and the nearest offset that the log has
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition

LossReason = Literal["expired", "truncated", "recreated", "state_behind"]


class Doubt(NamedTuple):
    """A partition's saved checkpoint whose commit is not known: its state without it, and with.

    before: None where the store had nothing of the partition. save: which save it was; those of one
    are committed together.
    """

    before: PartitionState | None
    after: PartitionState
    save: int = 0

    @property
    def has_moved(self) -> bool:
        """Whether the commit of it can be told from the one before."""
        return self.before is None or self.before.frontier != self.after.frontier


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What the log says of a partition.

    first, end: the offsets that can be read; None where the log looks after that itself (files).
    start: where to begin if nothing is known. topic_id: None where unknown or needless.
    partitions: how many the topic has; None where that never changes.
    """

    start: int
    first: int | None = None
    end: int | None = None
    topic_id: str | None = None
    partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Records that nobody will ever count. `lost` is None where nobody can tell how many."""

    position: int
    resumed: int
    lost: int | None
    reason: LossReason


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a partition goes on.

    state: what is known below its frontier, which is the offset to read from.
    tenure: what our commits of it say besides offset and clock.
    is_news: neither the store nor the group knows of this place yet.
    taken_over: what was counted before stays with another writer.
    counted_until: records below it were counted before, and are read again after a loss of ours;
        None where there are none.
    loss: what is lost here; None where nothing is.
    """

    state: PartitionState
    tenure: Commit
    is_news: bool = True
    taken_over: bool = False
    counted_until: int | None = None
    loss: Loss | None = None


def is_committed(doubt: Doubt, commit: Commit | None, writer: str) -> bool:
    """Whether the commit of a checkpoint in doubt was taken by the group.

    Without any commit it was not: whoever comes next begins where this writer did. The offsets of
    another topic of the same name say nothing of it either.
    """
    if commit is None or _are_two(doubt.after.topic_id, commit.topic_id):
        return False
    cut = commit.cut_of(writer)
    return cut is not None and cut >= doubt.after.frontier


def standing(
    doubts: Mapping[Partition, Doubt], commits: Mapping[Partition, Commit | None], writer: str
) -> frozenset[Partition]:
    """Those of the partitions in doubt whose checkpoint was taken by the group.

    A pair counts where its response is, and the request may have come from another partition. Then
    no offset tells of it: what was saved of a partition that did not move stands or falls with what
    has moved in the same save.

    commits: what the group has, of all that are in doubt.
    """
    own = {p: is_committed(doubt, commits.get(p), writer) for p, doubt in doubts.items()}
    saves: dict[int, bool] = {}
    for partition, doubt in doubts.items():
        if doubt.has_moved:
            saves[doubt.save] = saves.get(doubt.save, False) or own[partition]
    return frozenset(
        partition
        for partition, doubt in doubts.items()
        if (own[partition] if doubt.has_moved else saves.get(doubt.save, own[partition]))
    )


def began_with(
    partition: Partition, log: LogFacts, others: Mapping[Partition, Commit | None]
) -> int | None:
    """How many partitions a topic had when its group first placed one: the least that any says."""
    said = [
        commit.began_with
        for other, commit in others.items()
        if other.topic == partition.topic and commit is not None and commit.began_with is not None
    ]
    return min(said, default=log.partitions)


def place(
    held: PartitionState | None,
    commit: Commit | None,
    log: LogFacts,
    writer: str,
    partition: Partition,
    others: Iterable[tuple[Partition, Commit | None]] = (),
) -> Placement:
    """Where a partition goes on whose doubt is resolved.

    Args:
        held: what our store has of it; None where nothing.
        commit: what the group has of it; None where nothing.
        log: what the log says.
        writer: our own id.
        partition: which one it is.
        others: the group's commits of all partitions that may be asked about.
    """
    began = began_with(partition, log, dict(others))
    if commit is None:
        found = _without_commit(held, log, partition, began)
    elif commit.writer == writer or (not commit.writer and held is not None):
        found = _own(held, commit)
    else:
        found = _taken_over(held, commit, writer)
    tenure = replace(found.tenure, writer=writer, began_with=began)
    found = _within(replace(found, tenure=tenure), commit, log)
    # A log without ends has no group either that could know.
    known = log.first is None if commit is None else commit.writer == writer
    return replace(found, is_news=found.state != held or not known)


def _without_commit(
    held: PartitionState | None, log: LogFacts, partition: Partition, began: int | None
) -> Placement:
    if held is not None:
        return Placement(held, Commit(held.frontier))
    is_new = began is not None and partition.number >= began
    start = log.first if is_new and log.first is not None else log.start
    return Placement(PartitionState(start), Commit(start))


def _own(held: PartitionState | None, commit: Commit) -> Placement:
    if held is None or _are_two(held.topic_id, commit.topic_id):
        # The same writer without its rows: somebody put an older store in its place.
        state = replace(held or PartitionState(0), frontier=commit.offset, clock_us=commit.clock_us)
        return Placement(state, commit, taken_over=True)
    if held.frontier >= commit.offset:
        return Placement(held, commit)
    # An older copy of our rows: what they lack is read again, but not what others have counted.
    began = max(commit.cuts.values(), default=0)
    if held.frontier >= began:
        return Placement(held, commit, counted_until=commit.offset)
    loss = Loss(held.frontier, began, None, "state_behind")
    state = replace(held, frontier=began)
    return Placement(state, commit, counted_until=commit.offset, loss=loss)


def _taken_over(held: PartitionState | None, commit: Commit, writer: str) -> Placement:
    cuts = {name: at for name, at in commit.cuts.items() if name not in (writer, commit.writer)}
    if commit.writer:
        cuts[commit.writer] = commit.offset  # the newest stands last: the oldest go first
    before = held or PartitionState(0)
    state = replace(before, frontier=commit.offset, clock_us=commit.clock_us, suspects_us=())
    placed = Placement(state, replace(commit, cuts=cuts), taken_over=True)
    cut = commit.cut_of(writer)
    if held is not None and cut is not None and held.frontier < cut:
        loss = Loss(held.frontier, cut, cut - held.frontier, "state_behind")
        placed = replace(placed, loss=loss)
    return placed


def _within(found: Placement, commit: Commit | None, log: LogFacts) -> Placement:
    """The same in the log as it is: another topic, or one that has lost its beginning or end."""
    at = found.state.frontier
    known_id = found.state.topic_id if commit is None else commit.topic_id
    state = replace(found.state, topic_id=log.topic_id or known_id)
    found = replace(found, state=state, tenure=replace(found.tenure, topic_id=state.topic_id))
    if log.first is None or log.end is None:
        return found
    if _are_two(known_id, log.topic_id):
        # Its records have nothing to do with what was read: not even the clock goes on.
        fresh = replace(state, frontier=log.first, clock_us=None, suspects_us=())
        tenure = replace(found.tenure, cuts={})  # offsets of the other topic
        loss = Loss(at, log.first, None, "recreated")
        return replace(found, state=fresh, tenure=tenure, loss=loss, counted_until=None)
    if at < log.first:
        loss = Loss(at, log.first, log.first - at, "expired")
        return replace(found, state=replace(state, frontier=log.first), loss=loss)
    if at > log.end:
        loss = Loss(at, log.end, None, "truncated")
        return replace(found, state=replace(state, frontier=log.end), loss=loss)
    return found


def _are_two(one: str | None, other: str | None) -> bool:
    """Whether two topics are known not to be the same."""
    return one is not None and other is not None and one != other
