"""The Source port: where records come from.

A source tells what happened in order and in one loop: partitions came, partitions went, or bytes of
one partition arrived. Three adapters stand behind it: `sources.kafka`, `sources.files` and
`sources.memory`; `tests/sources/contract.py` is the one suite that each of them passes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from driftwatch.records import Partition, Progress, SourceEvent

Start = Literal["earliest", "latest"] | int
"""Where a partition without a frontier begins: an end of the log, or a time in microseconds."""


GapReason = Literal["expired", "truncated", "recreated", "deleted", "corrupt", "state_behind"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Records that were never handed out and never will be.

    position: the first offset that could not be read.
    resumed: where reading goes on; None where the partition has ended there.
    lost: how many offsets are missing (records of a topic, bytes of a file); None where nobody can
        tell.
    reason: `expired` (deleted before it was read), `truncated` (the log is shorter than what was
        read of it), `recreated` (another log under the same name), `deleted` (the file is gone),
        `corrupt` (checksums that fail, or a damaged file), `state_behind` (we counted them, and the
        state that says so was replaced by an older one).
    """

    partition: Partition
    position: int
    resumed: int | None
    lost: int | None
    reason: GapReason


class Committed(NamedTuple):
    """What a group holds of a partition: an offset, and a word that came with it."""

    offset: int
    metadata: str = ""


class Problem(NamedTuple):
    """What keeps a source from reading all of its log, in words for people."""

    where: str
    what: str


class Source(Protocol):
    """A log that can be read again from any offset."""

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """What happened, in order, after at most `timeout` seconds; empty where nothing did.

        A newly assigned partition hands out nothing until `seek` is called for it. Membership
        changes inside this call only; events come in the order in which they have to be acted on.
        A batch without records is one whose frontier moved all the same (blank lines, control
        records). Never raises for a broker that is away: `connected` tells. Raises SourceError
        where retrying can't help.
        """
        ...

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Begin each partition at this offset and let it flow.

        Partitions that are no longer assigned, or were taken away and given again, are passed over:
        that is an event that the caller has yet to come to.
        """
        ...

    def hold(self, partitions: Collection[Partition]) -> None:
        """Let these partitions rest until this is called again, and all others flow.

        Those that are not ours are passed over. One that is sought flows at once. A source that
        hands records out in the order of their times need not listen.
        """
        ...

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """The offset at which each of these partitions begins under `start`. Raises SourceError."""
        ...

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, Committed | None]:
        """What the group has committed; None where nothing, or where there is no group.

        Raises SourceError where the group can't be asked.
        """
        ...

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """Tell the group that everything below these offsets is saved.

        Without a group it is told that nobody will ask for it again; most have no use for that.

        Raises CommitRefusedError where some of the partitions are no longer ours by the group's
        word: nothing was committed, and the events of the next polls tell which. Raises
        SourceError where the answer did not come in time: it may have been done all the same, and
        doing it again is harmless.
        """
        ...

    def progress(self) -> Mapping[Partition, Progress]:
        """How far each assigned partition has been read. Costs no round trip.

        A file that ended and was deleted drops out of it after a while.
        """
        ...

    def take_gaps(self) -> Sequence[Gap]:
        """The gaps found since the last call, oldest first."""
        ...

    def describe(self, partition: Partition) -> str:
        """What people call this partition: `topic/3`, or the path of a file."""
        ...

    def topic_id(self, partition: Partition) -> str | None:
        """Tells a topic from one of the same name made later; None where unknown or needless."""
        ...

    def partition_count(self, topic: str) -> int | None:
        """How many partitions a topic has, as last heard of; None where unknown or needless."""
        ...

    @property
    def has_group(self) -> bool:
        """Whether a group decides who reads a partition, and keeps what `commit` says."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """What stands in the way right now; empty where nothing does."""
        ...

    @property
    def connected(self) -> bool:
        """False while the log can't be reached."""
        ...

    @property
    def exhausted(self) -> bool:
        """True once nothing will ever come again (files read to their end without following)."""
        ...

    def close(self) -> None:
        """Let go of everything. Calling it twice is allowed."""
        ...
