"""The event time before which a log is taken to be complete.

The watermark is the smallest (clock - lateness) over the partitions that have not ended and are not
idle; a partition's clock is the largest event time accepted from it. Idle means: read to its end,
and nothing has come for a while. One that lags or can't be reached is never idle. Where all are
idle the watermark stands still; where all have ended it passes everything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from driftwatch.records import Partition, Progress


@dataclass(slots=True)
class Watermark:
    """Follows the partitions of a log.

    value_us: the watermark; None before the first. Never goes back.
    idle, ended: the partitions that hold nothing back.
    caught_up: nothing waits to be read.
    waiting_us: the clock of the partition that is furthest behind and has records waiting; None
        where none has, or where it is not known.
    held_us: how far the slowest clock that counts is behind the fastest of all.
    """

    pane_us: int
    lateness_us: int
    idle_after_us: int
    value_us: int | None = None
    idle: set[Partition] = field(default_factory=set)
    ended: set[Partition] = field(default_factory=set)
    caught_up: bool = False
    waiting_us: int | None = None
    held_us: int = 0
    # Where a partition stands that is read to its end, and since when.
    _still: dict[Partition, tuple[int, int]] = field(default_factory=dict)

    def look(
        self,
        now_us: int,
        clocks: Mapping[Partition, int | None],
        progress: Mapping[Partition, Progress],
    ) -> bool:
        """See how far everything has been read. True if the watermark moved.

        clocks: of all partitions that are ours.
        """
        self._find_idle(now_us, clocks, progress)
        for partition, known in progress.items():
            # One that ended stays so until it is seen to go on, even when it is gone.
            if known.ended:
                self.ended.add(partition)
            else:
                self.ended.discard(partition)
        waiting = [p for p in clocks if p in progress and not progress[p].caught_up]
        self.caught_up = not waiting
        self.waiting_us = min(
            (clock for p in waiting if (clock := clocks[p]) is not None), default=None
        )
        self.held_us = self._held(clocks)
        reached = self._reached(clocks)
        if reached is None or (self.value_us is not None and reached <= self.value_us):
            return False
        self.value_us = reached
        return True

    def _held(self, clocks: Mapping[Partition, int | None]) -> int:
        newest = latest(clocks)
        counting = [c for p, c in clocks.items() if p not in self.idle | self.ended]
        known = [clock for clock in counting if clock is not None]
        return newest - min(known) if newest is not None and known else 0

    def with_patience(
        self, now_us: int, clocks: Mapping[Partition, int | None], patience_us: int
    ) -> int | None:
        """Where the watermark would be if partitions were idle only after so long a silence.

        What an idle partition has next may be no later than its last record; who waits for that has
        to wait for it longer than who wants to see windows close. None before it is known, and
        where all are silent.
        """
        silent = {p for p in self.idle if now_us - self._still[p][1] >= patience_us}
        return self._slowest(clocks, silent)

    def forget(self, partition: Partition) -> None:
        """A partition is no longer ours."""
        self._still.pop(partition, None)
        self.idle.discard(partition)
        self.ended.discard(partition)

    def _find_idle(
        self,
        now_us: int,
        clocks: Mapping[Partition, int | None],
        progress: Mapping[Partition, Progress],
    ) -> None:
        for partition in clocks:
            known = progress.get(partition)
            if known is None or not known.caught_up:
                self._still.pop(partition, None)
            elif self._still.get(partition, (-1, 0))[0] != known.position:
                self._still[partition] = (known.position, now_us)
        self.idle = {
            partition
            for partition, (_, since) in self._still.items()
            if now_us - since >= self.idle_after_us
        }

    def _reached(self, clocks: Mapping[Partition, int | None]) -> int | None:
        if clocks and self.ended >= clocks.keys():
            return end_of_pane(latest(clocks), self.pane_us)
        return self._slowest(clocks, self.idle)

    def _slowest(
        self, clocks: Mapping[Partition, int | None], idle: Collection[Partition]
    ) -> int | None:
        counting = [c for p, c in clocks.items() if p not in idle and p not in self.ended]
        known = [clock for clock in counting if clock is not None]
        if not known or len(known) < len(counting):
            return None
        return min(known) - self.lateness_us


def latest(clocks: Mapping[Partition, int | None]) -> int | None:
    """The largest event time read so far."""
    return max((clock for clock in clocks.values() if clock is not None), default=None)


def end_of_pane(time_us: int | None, pane_us: int) -> int | None:
    """The end of the pane that a time falls in.

    >>> end_of_pane(119, 60), end_of_pane(120, 60), end_of_pane(None, 60)
    (120, 180, None)
    """
    return None if time_us is None else (time_us // pane_us + 1) * pane_us
