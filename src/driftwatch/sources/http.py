"""A serving log that is posted to this process: what waits in the spool, as one partition.

Offsets are the numbers that events have in the spool. There is no group: what is saved beside the
counts decides where reading goes on, and what lies below it is deleted.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from driftwatch.errors import SourceError
from driftwatch.records import Assigned, Partition, Progress, RawBatch, SourceEvent
from driftwatch.sources.frames import Event
from driftwatch.sources.groupless import Groupless
from driftwatch.sources.port import Committed, Gap, Problem, Start
from driftwatch.sources.spool import DamagedSpoolError, Spool

EVENTS = Partition("http", 0)

Answered = Literal["accepted", "full", "unavailable", "refused"]
"""How a request that posts events was answered."""
ANSWERED: tuple[Answered, ...] = get_args(Answered)


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much is handed out at a time."""

    batch_records: int = 5000
    batch_bytes: int = 1 << 20


class HttpSource(Groupless):
    """Events of a spool as records, with their headers and the times at which they came.

    answered: by answer, how many requests got it; counted by whoever answers them.

    Args:
        spool: closed with this source.
        limits: see `ReadLimits`.
    """

    def __init__(self, spool: Spool, limits: ReadLimits = ReadLimits()) -> None:
        self.spool = spool
        self.answered: dict[Answered, int] = dict.fromkeys(ANSWERED, 0)
        self._limits = limits
        self._events: list[SourceEvent] = [Assigned((EVENTS,))]
        self._position: int | None = None
        self._held = False
        self._is_behind = False
        self._gaps: list[Gap] = []
        self._problem: Problem | None = None

    @property
    def is_placed(self) -> bool:
        """Whether it is known which event comes next; before that, none may be taken."""
        return self._position is not None

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """See `port.Source.poll`."""
        if self._events:
            events, self._events = self._events, []
            return events
        if self._position is None or self._held:
            time.sleep(timeout)
            return []
        if not self._is_behind:
            # Many at a time cost little more than one, and nobody waits for them to be counted.
            self.spool.wait_for(self._position + self._limits.batch_records - 1, timeout)
        if self.spool.end <= self._position:
            return []
        try:
            first, events_read = self.spool.read(
                self._position, self._limits.batch_records, self._limits.batch_bytes
            )
        except DamagedSpoolError as damage:
            lost = damage.resumed - self._position
            self._gaps.append(Gap(EVENTS, self._position, damage.resumed, lost, "corrupt"))
            self._position = damage.resumed
            return []
        except OSError as error:
            self._problem = Problem(str(self.spool.path), error.strerror or str(error))
            time.sleep(timeout)
            return []
        self._problem = None
        self._position = first + len(events_read)
        self._is_behind = self._position < self.spool.end
        return [_batch(first, events_read)]

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """See `port.Source.seek`.

        Where the spool has lost events, by another one in its place, the gap is told and new ones
        get higher numbers than those that were counted. Raises SourceError where the disk fails.
        """
        position = positions.get(EVENTS)
        if position is None:
            return
        first, end = self.spool.first, self.spool.end
        if position > end:
            self._gaps.append(Gap(EVENTS, end, position, None, "truncated"))
            try:
                self.spool.go_on_at(position)
            except OSError as error:
                raise SourceError(f"the spool can't be written: {error.strerror}") from error
        elif position < first:
            self._gaps.append(Gap(EVENTS, position, first, first - position, "expired"))
            position = first
        self._position, self._held = position, False

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `port.Source.hold`."""
        self._held = EVENTS in partitions

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """See `port.Source.starts`. A time means the beginning: little waits for long."""
        begin = self.spool.end if start == "latest" else self.spool.first
        return dict.fromkeys(partitions, begin)

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        """Delete what was saved as counted. A file that can't be deleted is tried again."""
        if EVENTS in frontiers:
            try:
                self.spool.delete_below(frontiers[EVENTS].offset)
            except OSError as error:
                self._problem = Problem(str(self.spool.path), error.strerror or str(error))

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`."""
        if self._position is None:
            return {EVENTS: Progress(0, None, None, caught_up=False)}
        end = self.spool.end
        lag = max(0, end - self._position)
        return {EVENTS: Progress(self._position, end, lag, caught_up=lag == 0)}

    def take_gaps(self) -> Sequence[Gap]:
        """See `port.Source.take_gaps`."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def describe(self, partition: Partition) -> str:  # noqa: ARG002 (the port's signature)
        """See `port.Source.describe`."""
        return "events over HTTP"

    @property
    def problems(self) -> Sequence[Problem]:
        """See `port.Source.problems`: that events are refused, too."""
        refused = self.spool.problem
        found = [] if refused is None else [Problem(str(self.spool.path), refused)]
        return found if self._problem is None else [*found, self._problem]

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`: more may come at any time."""
        return False

    def close(self) -> None:
        """See `port.Source.close`."""
        self.spool.close()


def _batch(first: int, events: Sequence[Event]) -> RawBatch:
    after = first + len(events)
    return RawBatch(
        EVENTS,
        [event.body for event in events],
        np.arange(first, after, dtype=np.int64),
        after,
        np.array([event.arrived_us for event in events], np.int64),
        headers=[event.headers for event in events],
    )
