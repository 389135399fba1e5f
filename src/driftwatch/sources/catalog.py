"""Which file is which partition, while files appear, grow, and are renamed, copied, cut or deleted.

A file's identity is the hash of its first complete line. The file system's own number (the inode)
says where a known file has gone to while this process runs; it is no identity, for it is used again
once a file is deleted. What follows from that:

- A renamed file stays the same partition under whatever name, in this process and after a restart.
- Two files of which one begins with all of the other are one log and its copy; the longer is read.
- logrotate's copytruncate makes a copy and cuts the file that was read: reading goes on in the copy
  if that can be seen, and what is then written to the file is another partition.
- Two files that only begin with the same line are told apart by their inodes. The older of the two
  keeps the plain identity, so that survives a restart as long as the older one exists; lines that
  begin a file should be unlike others, which a timestamp or a request's id makes sure of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftwatch.records import Partition
from driftwatch.sources.content import (
    Content,
    FileKey,
    begins_alike,
    first_line,
    identity,
    open_content,
)
from driftwatch.sources.folder import Entry, Root, list_entries, reason
from driftwatch.sources.lines import LineLimits
from driftwatch.sources.port import Gap, GapReason, Problem
from driftwatch.sources.tail import Tail

TOPIC = "files"


class Catalog:
    """The files of a log as partitions.

    Args:
        roots: where they lie.
        limits: see `LineLimits`.
        idle_seconds: a file that is not the newest under its root has ended when it has not grown
            for this long; None: all files have ended.
    """

    def __init__(
        self, roots: Sequence[Root], limits: LineLimits, idle_seconds: float | None
    ) -> None:
        self.tails: dict[Partition, Tail] = {}
        self.gaps: list[Gap] = []
        self.reachable = True
        self._roots = roots
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._by_key: dict[FileKey, Tail] = {}
        self._copies: dict[FileKey, _Copy] = {}
        self._newest: set[FileKey] = set()
        self._cut: set[Partition] = set()  # whose file begins anew, so nothing continues them
        self._unread: list[Problem] = []
        self._twins: dict[Partition, Problem] = {}

    @property
    def problems(self) -> list[Problem]:
        """What could not be read at the last look, and which files are easily mistaken."""
        copies = [copy.problem for copy in self._copies.values()]
        return [*self._unread, *self._twins.values(), *copies]

    def look(self, now: float, wall_time: float) -> list[Tail]:
        """See what has changed.

        Args:
            now: seconds of any clock that only goes forward.
            wall_time: seconds since the epoch, to tell how old a file is at first sight.

        Returns:
            The files that are new, oldest first.
        """
        entries, self._unread = list_entries(self._roots)
        self.reachable = not self._unread
        # A rotated file may have been written to last, but what is written next goes elsewhere.
        by_age = sorted(entries, key=lambda e: (not e.rotated, e.modified_ns))
        self._newest = set({e.root: e.key for e in by_age if e.wanted}.values())
        present = {entry.key: entry for entry in entries}
        self._copies = {key: copy for key, copy in self._copies.items() if key in present}
        lost = self._revisit(present, now)
        found: list[Tail] = []
        for entry in entries:
            if entry.wanted and entry.key not in self._by_key:
                age = max(0.0, wall_time - entry.modified_ns / 1e9)
                found += self._identify(entry, now, age, lost)
        for tail in lost.values():
            self.lose(tail, "truncated" if tail.listed else "deleted")
        self._forget(now)
        return found

    def has_ended(self, tail: Tail, now: float) -> bool:
        """Whether nobody writes to a file any more, as far as one can tell from outside."""
        newest = tail.listed and tail.key in self._newest
        return self._is_old(now - tail.grown_at, newest=newest)

    def lose(self, tail: Tail, why: GapReason) -> None:
        """Give up on the rest of a file: a gap, unless a deleted one had been read to its end."""
        position = tail.position or 0
        missing = None if tail.size is None else max(0, tail.size - position)
        if missing != 0 or why != "deleted":
            self.gaps.append(Gap(tail.partition, position, None, missing or None, why))
        if why == "truncated":
            self._cut.add(tail.partition)
        tail.listed = False
        tail.size = position
        tail.end()

    def _revisit(self, present: dict[FileKey, Entry], now: float) -> dict[Partition, Tail]:
        """Find the known files again. Returns those that are gone or no longer what they were."""
        lost: dict[Partition, Tail] = {}
        for key, tail in list(self._by_key.items()):
            entry = present.get(key)
            if entry is None:
                tail.see_deleted(now)
                intact = tail.is_open or tail.ended
            else:
                changed = entry != tail.entry or not tail.listed
                tail.see(entry, now)
                try:
                    intact = tail.is_intact() if changed or tail.is_beyond_end else True
                except OSError as error:
                    self._complain(entry, error)
                    continue
            if not intact:
                lost[tail.partition] = tail
                self._unlink(tail)
                tail.close()
        return lost

    def _identify(
        self, entry: Entry, now: float, age: float, lost: dict[Partition, Tail]
    ) -> Iterator[Tail]:
        """Take a file in. Yields it if it is a new partition."""
        copy = self._copies.pop(entry.key, None)
        if copy is not None and copy.size == entry.size:
            original = self.tails.get(copy.original)
            if original is not None and original.listed and copy.original not in lost:
                self._copies[entry.key] = copy
                return
        try:
            content = open_content(entry.path)
            try:
                final = self._is_old(age, newest=entry.key in self._newest)
                line = first_line(content.at, final=final)
                if line is None or content.key != entry.key:
                    return
                tail = self._tail_of(line, content, entry, lost)
            finally:
                content.close()
        except OSError as error:
            self._complain(entry, error)
            return
        if tail is not None:
            tail.grown_at = now - age
            self.tails[tail.partition] = self._by_key[entry.key] = tail
            yield tail

    def _tail_of(
        self, line: bytes, content: Content, entry: Entry, lost: dict[Partition, Tail]
    ) -> Tail | None:
        """The partition that a file is, if it is a new one."""
        partition = Partition(TOPIC, identity(line))
        known = self.tails.get(partition)
        if known is not None and partition not in self._cut:
            if partition in lost or not known.listed_or_open:
                if _reaches(content, entry, known):
                    lost.pop(partition, None)
                    self._move(known, entry)
                    return None
            elif begins_alike(content.at, known.content().at):
                self._note_copy(entry, known, content)
                return None
        attempt = 0
        while partition in self.tails:
            partition = Partition(TOPIC, identity(line, entry.key.inode + (attempt << 64)))
            attempt += 1
        if known is not None and known.listed:
            what = f"begins with the same line as {known.entry.path}"
            self._twins[partition] = Problem(str(entry.path), what)
        return Tail(partition, entry, content.at(0, len(line)), self._limits)

    def _note_copy(self, entry: Entry, known: Tail, content: Content) -> None:
        """Of two files with the same lines the longer one is read, the other left alone."""
        longer = known.size is not None and entry.size > known.size and not entry.is_gzipped
        continues = not known.listed and _reaches(content, entry, known)
        if not longer and not continues:
            self._copies[entry.key] = _Copy.of(entry, known)
            return
        shorter = known.entry
        self._move(known, entry)
        if longer and shorter.key != entry.key:
            self._copies[shorter.key] = _Copy.of(shorter, known)

    def _move(self, tail: Tail, entry: Entry) -> None:
        self._unlink(tail)
        tail.move(entry)
        self._by_key[entry.key] = tail

    def _unlink(self, tail: Tail) -> None:
        if self._by_key.get(tail.key) is tail:
            del self._by_key[tail.key]

    def _is_old(self, age_seconds: float, *, newest: bool) -> bool:
        idle = self._idle_seconds
        return idle is None or (not newest and age_seconds >= idle)

    def _forget(self, now: float) -> None:
        """Drop what ended and was deleted a while ago, or a rotated log would grow us for ever."""
        for partition, tail in list(self.tails.items()):
            idle = 2 * (self._idle_seconds or 0.0)
            if tail.ended and not tail.listed and now - tail.grown_at > idle:
                tail.close()
                self._unlink(tail)
                self._cut.discard(partition)
                self._twins.pop(partition, None)
                del self.tails[partition]

    def _complain(self, entry: Entry, error: OSError) -> None:
        self._unread.append(Problem(str(entry.path), reason(error)))


def _reaches(content: Content, entry: Entry, known: Tail) -> bool:
    """Whether a file is as long as what was read of another one. Raises OSError."""
    position = known.position or 0
    if not entry.is_gzipped:
        return entry.size >= position
    # Its size is that of the packed bytes.
    return position == 0 or content.at(position - 1, 1) != b""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A file that holds nothing that another one does not hold too.

    size: what it had when they were compared.
    """

    original: Partition
    size: int
    problem: Problem

    @classmethod
    def of(cls, entry: Entry, original: Tail) -> "_Copy":
        what = f"holds the same lines as {original.entry.path}, which is read instead"
        return cls(original.partition, entry.size, Problem(str(entry.path), what))
