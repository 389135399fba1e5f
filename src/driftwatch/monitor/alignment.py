"""Which partitions are to rest, so that the others come to where they are in event time.

A pane is open until the slowest partition has passed it. Far behind, one partition may be read much
faster than another: the client library likes it better, or it has fewer records an hour. All panes
between the two would be open at once, and memory would grow with how far the log reaches back. So
whoever is too far ahead waits. Flink calls this watermark alignment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftwatch.records import Partition, Progress

AHEAD_PANES = 60
"""How many panes a partition may be ahead of the slowest one that has records waiting."""


@dataclass(slots=True)
class Alignment:
    """Follows the partitions of a log.

    ahead_us: how far one may be ahead. still_after_us: one that has records waiting and has not
    moved for this long is waited for no more: perhaps it can't be read.
    """

    ahead_us: int
    still_after_us: int
    # Where a partition stands, and since when.
    _still: dict[Partition, tuple[int, int]] = field(default_factory=dict)

    def ahead(
        self,
        now_us: int,
        clocks: Mapping[Partition, int | None],
        progress: Mapping[Partition, Progress],
    ) -> frozenset[Partition]:
        """The partitions that are too far ahead; never all of those that have records waiting.

        What comes live is read live: none of them is as near to now. clocks: of all partitions that
        are ours, as far as they were read.
        """
        for partition in self._still.keys() - progress.keys():
            del self._still[partition]
        for partition, known in progress.items():
            if self._still.get(partition, (-1, 0))[0] != known.position:
                self._still[partition] = (known.position, now_us)
        waiting = {
            partition: clock
            for partition, clock in clocks.items()
            if clock is not None and partition in progress and not progress[partition].caught_up
        }
        moving = [
            clock
            for partition, clock in waiting.items()
            if now_us - self._still[partition][1] < self.still_after_us
        ]
        if not moving:
            return frozenset()
        first, last = min(moving) + self.ahead_us, now_us - self.ahead_us
        return frozenset(p for p, clock in waiting.items() if first < clock < last)
