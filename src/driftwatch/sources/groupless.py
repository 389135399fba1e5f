"""What a source says that shares its log with nobody: it has no group, and no topics.

What such a source does not override is that of one plain stream: it is always there, it has lost
nothing, and nothing stands in its way.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from driftwatch.records import Partition
from driftwatch.sources.port import Committed, Gap, Problem


class Groupless:
    """The part of `port.Source` that sources without a group have in common."""

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `port.Source.hold`: of one partition there is no other to let flow."""

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, Committed | None]:
        """See `port.Source.committed`: there is no group."""
        return dict.fromkeys(partitions)

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """See `port.Source.commit`: there is no group."""

    def take_gaps(self) -> Sequence[Gap]:
        """See `port.Source.take_gaps`."""
        return ()

    def topic_id(self, partition: Partition) -> str | None:  # noqa: ARG002 (the port's signature)
        """See `port.Source.topic_id`: no topic is made again under its name."""
        return None

    def partition_count(self, topic: str) -> int | None:  # noqa: ARG002 (the port's signature)
        """See `port.Source.partition_count`."""
        return None

    @property
    def has_group(self) -> bool:
        """See `port.Source.has_group`."""
        return False

    @property
    def problems(self) -> Sequence[Problem]:
        """See `port.Source.problems`."""
        return ()

    @property
    def connected(self) -> bool:
        """See `port.Source.connected`."""
        return True
