"""Several old files as one log, in the order of event time.

An old log is often many files: shards of one period side by side, one period after another. The
next lines always come from the file whose next unread line is the oldest. So no more than the files
of one period are under way at a time, and none is begun too late to hold up the watermark.
"""

from collections.abc import Iterable, Sequence

from driftwatch.records import Partition
from driftwatch.sources.search import PeekTime
from driftwatch.sources.tail import Tail

_LINES_TO_TRY = 20  # a file without a time in so many lines has none

_Turn = tuple[int, str]  # a time in microseconds and, where that is the same, a path


class ByTime:
    """The file with the oldest next line first.

    Args:
        tails: all files of the log. Each is opened to see its first time, and closed again.
        peek_time: without it, and for files without a time in their first lines, the order of the
            names decides.
    """

    def __init__(self, tails: Iterable[Tail], peek_time: PeekTime | None) -> None:
        self._peek_time = peek_time
        self._waiting: list[tuple[_Turn, Tail]] = []  # the next one last
        self._running: dict[Partition, Tail] = {}
        self._turns: dict[Partition, _Turn] = {}
        # Where nobody knows better, a file belongs right behind the one before it by name.
        time_us = -(1 << 63)
        for tail in sorted(tails, key=lambda tail: tail.entry.path):
            time_us = _or(self._time_of_next(tail), time_us)
            tail.close()
            self._waiting.append(((time_us, str(tail.entry.path)), tail))
        self._waiting.sort(key=lambda waiting: waiting[0], reverse=True)

    def start(self) -> list[Tail]:
        """Begin the next file, where its time has come; an empty list where it has not."""
        if not self._waiting:
            return []
        turn, _ = self._waiting[-1]
        if self._running and min(self._turns.values()) < turn:
            return []
        return [self._begin()]

    def start_until(self, time_us: int) -> list[Tail]:
        """Begin all files that have lines of this time or older."""
        begun = []
        while self._waiting and self._waiting[-1][0][0] <= time_us:
            begun.append(self._begin())
        return begun

    def next(self) -> Tail | None:
        """The file to read from."""
        ready = [tail for tail in self._running.values() if tail.position is not None]
        return min(ready, key=lambda tail: self._turns[tail.partition], default=None)

    def moved(self, tail: Tail) -> None:
        """Take note that a file is now at another position."""
        if tail.partition in self._running:
            time_us, path = self._turns[tail.partition]
            self._turns[tail.partition] = _or(self._time_of_next(tail), time_us), path

    def finished(self, tail: Tail) -> None:
        """Take note that a file was read to its end."""
        del self._running[tail.partition]
        del self._turns[tail.partition]

    def again(self, tail: Tail) -> None:
        """Read a file that was finished once more."""
        if tail.partition not in self._running:
            self._running[tail.partition] = tail
            self._turns[tail.partition] = (-(1 << 63), str(tail.entry.path))
        self.moved(tail)

    def last_time(self, values: Sequence[bytes | None]) -> int | None:
        """The latest time in the last few of these lines."""
        if self._peek_time is None:
            return None
        times = [self._peek_time(line) for line in values[-_LINES_TO_TRY:] if line is not None]
        return max((time_us for time_us in times if time_us is not None), default=None)

    @property
    def is_over(self) -> bool:
        """All files were begun, and all were read to their ends."""
        return not self._waiting and not self._running

    def _begin(self) -> Tail:
        turn, tail = self._waiting.pop()
        self._running[tail.partition] = tail
        self._turns[tail.partition] = turn
        return tail

    def _time_of_next(self, tail: Tail) -> int | None:
        if self._peek_time is None:
            return None
        try:
            lines = tail.next_lines(_LINES_TO_TRY)
        except OSError:
            return None  # reading will meet the same error and tell
        times = map(self._peek_time, lines)
        return next((time_us for time_us in times if time_us is not None), None)


def _or(known: int | None, otherwise: int) -> int:
    return otherwise if known is None else known
