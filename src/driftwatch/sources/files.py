"""A serving log in files: a folder of JSON lines that grow and rotate, or an old one read once.

A partition is a file, and keeps its identity through renaming (see `sources.catalog`); offsets are
bytes. There is no group: what is saved beside the counts decides where reading goes on.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftwatch.records import Assigned, Partition, Progress, RawBatch, SourceEvent
from driftwatch.sources.catalog import Catalog
from driftwatch.sources.folder import Root, reason
from driftwatch.sources.groupless import Groupless
from driftwatch.sources.lines import LineLimits
from driftwatch.sources.order import ByTime
from driftwatch.sources.port import Gap, Problem, Start
from driftwatch.sources.search import PeekTime
from driftwatch.sources.tail import Tail

_PAUSE_SECONDS = 0.1  # between two looks for new lines


@dataclass(frozen=True, slots=True)
class FilesPolicy:
    """Which files are read, and how.

    paths: folders and files. Folders within a folder are not looked into.
    patterns: the names that belong to the log in a folder. What rotation appends (`.1`,
        `-20260131`) does not count, nor does `.gz` where files are not followed.
    follow: wait for more; else read to the ends as they are.
    batch_bytes, batch_records, max_value_bytes: how much is read at a time, and how much of a line
        is handed out (see `LineLimits`).
    idle_seconds: a file that is not the newest in its folder, or that was deleted, has ended when
        it has not grown for this long.
    look_every_seconds: how often the folders are listed.
    max_open_files: how many files are held open at a time. One that was deleted is held open in
        any case until it has ended.
    """

    paths: tuple[Path, ...]
    patterns: tuple[str, ...] = ("*.jsonl", "*.json", "*.log", "*.ndjson")
    follow: bool = True
    batch_bytes: int = 1 << 20
    batch_records: int = 5000
    max_value_bytes: int = 1 << 20
    idle_seconds: float = 60.0
    look_every_seconds: float = 1.0
    max_open_files: int = 64

    @property
    def limits(self) -> LineLimits:
        """How much is read at a time."""
        return LineLimits(self.batch_bytes, self.batch_records, self.max_value_bytes)


class FilesSource(Groupless):
    """Lines of files as records.

    Followed files are read in turn. Files that are not followed are read as one log in the order of
    event time; each is assigned when its time has come, or a little earlier.

    Memory: about twice the larger of `batch_bytes` and `max_value_bytes`, and half a KiB a file.

    Args:
        policy: see `FilesPolicy`.
        peek_time: the event time of a raw line, for the order of files that are not followed, and
            for `starts`.

    Raises:
        SourceError: a path does not exist.
    """

    def __init__(self, policy: FilesPolicy, peek_time: PeekTime | None = None) -> None:
        self._policy = policy
        self._peek_time = peek_time
        roots = [Root.of(path, policy.patterns, follow=policy.follow) for path in policy.paths]
        idle_seconds = policy.idle_seconds if policy.follow else None
        self._catalog = Catalog(roots, policy.limits, idle_seconds)
        self._assigned: set[Partition] = set()
        self._order: ByTime | None = None
        self._held: frozenset[Partition] = frozenset()
        self._next_look = 0.0
        self._busy = False  # there is more to do although nothing can be handed out yet
        self._failures: dict[Partition, Problem] = {}

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """See `port.Source.poll`."""
        deadline = time.monotonic() + timeout
        while True:
            self._busy = False
            events = self._follow() if self._policy.follow else self._replay()
            remaining = deadline - time.monotonic()
            if events or remaining <= 0 or self.exhausted:
                return events
            if not self._busy:
                time.sleep(min(remaining, _PAUSE_SECONDS))

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """See `port.Source.seek`. An offset has to be one at which a line begins."""
        for partition, position in positions.items():
            tail = self._catalog.tails.get(partition)
            if tail is not None and partition in self._assigned:
                self._held -= {partition}
                tail.seek(position)
                if self._order is not None:
                    self._order.again(tail)

    def hold(self, partitions: Collection[Partition]) -> None:
        """See `port.Source.hold`. What is not followed comes in the order of time anyway."""
        self._held = frozenset(partitions)

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        """See `port.Source.starts`. Without `peek_time`, a time means the beginning."""
        found = {}
        for partition in partitions:
            tail = self._catalog.tails.get(partition)
            if tail is None:
                found[partition] = 0  # deleted and forgotten; where it would begin does not matter
                continue
            was_open = tail.is_open
            found[partition] = tail.start(start, self._peek_time)
            if not was_open:
                tail.close()
        return found

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`."""
        tails = self._catalog.tails
        return {p: tail.progress for p, tail in tails.items() if p in self._assigned}

    def take_gaps(self) -> Sequence[Gap]:
        """See `port.Source.take_gaps`."""
        gaps, self._catalog.gaps = self._catalog.gaps, []
        return gaps

    def describe(self, partition: Partition) -> str:
        """See `port.Source.describe`: the file's path, as far as it is known."""
        tail = self._catalog.tails.get(partition)
        return str(partition) if tail is None else str(tail.entry.path)

    @property
    def problems(self) -> Sequence[Problem]:
        """See `port.Source.problems`: files that can't be read, or are easily mistaken."""
        return [*self._catalog.problems, *self._failures.values()]

    @property
    def connected(self) -> bool:
        """See `port.Source.connected`: False while a folder can't be listed."""
        return self._catalog.reachable

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`. Never true of files that are followed."""
        return self._order is not None and self._order.is_over

    def close(self) -> None:
        """See `port.Source.close`."""
        for tail in self._catalog.tails.values():
            tail.close()

    def _follow(self) -> list[SourceEvent]:
        """What has come, from all files in turn, up to one batch's bytes altogether."""
        now = time.monotonic()
        events = self._look(now)
        room = self._policy.batch_bytes
        for tail in list(self._catalog.tails.values()):
            if room <= 0:
                break
            if tail.position is None or tail.ended or tail.partition in self._held:
                continue
            before, final = tail.position, self._catalog.has_ended(tail, now)
            try:
                batch = self._read(tail, final=final)
            except FileNotFoundError:
                continue  # moved since the last look; the next one will find it
            except OSError as error:
                self._failures[tail.partition] = _problem(tail, error)
                continue
            if batch is not None:
                events.append(batch)
                room -= batch.next_offset - before
            elif final and not self._busy:
                tail.end()
        return events

    def _look(self, now: float) -> list[SourceEvent]:
        if now < self._next_look:
            return []
        self._next_look = now + self._policy.look_every_seconds
        new = [tail.partition for tail in self._catalog.look(now, time.time())]
        self._assigned.update(new)
        self._assigned.intersection_update(self._catalog.tails)
        self._close_some()
        return [Assigned(tuple(new))] if new else []

    def _replay(self) -> list[SourceEvent]:
        """The next batch in the order of event time, behind the files that it reaches into."""
        if self._order is None:
            tails = self._catalog.look(time.monotonic(), time.time())
            self._order = ByTime(tails, self._peek_time)
        order = self._order
        if begun := order.start():
            return self._assign(begun)
        while (tail := order.next()) is not None:
            try:
                if tail.is_beyond_end:
                    self._catalog.lose(tail, "truncated")
                batch = None if tail.ended else self._read(tail, final=True)
            except OSError as error:
                self._failures[tail.partition] = _problem(tail, error)
                self._catalog.lose(tail, "corrupt")
                batch = None
            if self._busy:
                return []
            if batch is None:
                tail.end()
                order.finished(tail)
                if begun := order.start():
                    return self._assign(begun)
                continue
            order.moved(tail)
            latest = order.last_time(batch.values)
            ahead = [] if latest is None else order.start_until(latest)
            return [*self._assign(ahead), batch]
        return []

    def _assign(self, tails: Sequence[Tail]) -> list[SourceEvent]:
        partitions = tuple(tail.partition for tail in tails)
        self._assigned.update(partitions)
        return [Assigned(partitions)] if partitions else []

    def _read(self, tail: Tail, *, final: bool) -> RawBatch | None:
        """The next batch of a file. Raises OSError."""
        before, was_open = tail.position, tail.is_open
        batch = tail.read(final=final)
        self._failures.pop(tail.partition, None)
        if not was_open:
            self._close_some()
        if batch is None:
            return None
        if batch.next_offset == before:
            self._busy = True
            return None
        # The files that were read last stand last: they have their next turn last, and stay open.
        tails = self._catalog.tails
        tails[tail.partition] = tails.pop(tail.partition)
        return batch

    def _close_some(self) -> None:
        opened = [tail for tail in self._catalog.tails.values() if tail.is_open and tail.listed]
        for tail in opened[: max(0, len(opened) - self._policy.max_open_files)]:
            tail.close()


def _problem(tail: Tail, error: OSError) -> Problem:
    return Problem(str(tail.entry.path), reason(error))
