"""Events on the disk, from their acknowledgement until they are counted.

A folder of files, each named for the number of its first event and holding frames one behind the
other (see `sources.frames`). Events have consecutive numbers, which are the offsets of the log that
is read. `append` returns once they would outlast a power cut, so whoever waits may be told so. What
a crash tore was not acknowledged, and is cut off at the next start; files whose events are all
counted are deleted.
"""

import fcntl
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from driftwatch.errors import SourceError
from driftwatch.sources.frames import Event, encode, frame_bytes, whole_frames

_SUFFIX = ".events"
_READ_BYTES = 1 << 20
_FILES = 8
"""Into so many files the room is divided: one is deleted when all of it is counted."""


class SpoolFullError(SourceError):
    """There is no room until more is counted. Nothing was kept."""


class DamagedSpoolError(SourceError):
    """An event that was kept can't be read any more; the next that may be is `resumed`."""

    def __init__(self, path: Path, resumed: int) -> None:
        super().__init__(f"{path} is damaged; reading goes on behind it")
        self.resumed = resumed


@dataclass(frozen=True, slots=True)
class SpoolPolicy:
    """Where events wait, and how much of them.

    folder: made (mode 0700) where it is missing. max_bytes: of all files together; where they are
        full, nothing is taken. file_bytes: a file that would grow beyond it is followed by another.
    """

    folder: Path
    max_bytes: int = 256 << 20
    file_bytes: int = 8 << 20

    @classmethod
    def of(cls, folder: Path, max_bytes: int) -> "SpoolPolicy":
        """A policy with files of a size that fits the whole."""
        return cls(folder, max_bytes, min(8 << 20, max_bytes // _FILES))


@dataclass(slots=True)
class _File:
    """first: the number of its first event. size: bytes of it that are known to be whole."""

    first: int
    path: Path
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a file the event of a number begins."""

    number: int
    file: _File
    at: int


class Spool:
    """The events of one folder. One thread may append, and another one read, at the same time.

    Memory: half a KiB a file, and what is read at a time.

    Raises:
        SourceError: the folder can't be used, or another process does.
    """

    def __init__(self, policy: SpoolPolicy) -> None:
        self._policy = policy
        self._changed = threading.Condition()
        self._awaited = 0
        self._problem: str | None = None
        self._is_dirty = False  # behind the whole frames of the last file there may be others
        self._place: _Place | None = None
        self._descriptor: int | None = None
        folder = policy.folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _lock(folder)
        except OSError as error:
            raise SourceError(f"the spool {folder} can't be used: {error.strerror}") from error
        try:
            self._files = _files(folder)
            if not self._files:
                self._files.append(_new_file(folder, 0))
            self._end = self._cut_off_what_was_torn()
            self._descriptor = os.open(self._files[-1].path, os.O_WRONLY)
            self._bytes = sum(file.size for file in self._files)
        except OSError as error:
            self.close()
            raise SourceError(f"the spool {folder} can't be read: {error}") from error

    @property
    def first(self) -> int:
        """The number of the first event that is still there; `end` where there is none."""
        with self._changed:
            return self._files[0].first

    @property
    def end(self) -> int:
        """The number that the next event will have."""
        with self._changed:
            return self._end

    @property
    def path(self) -> Path:
        """The folder."""
        return self._policy.folder

    @property
    def problem(self) -> str | None:
        """Why the last events were not kept; None where they were."""
        return self._problem

    def append(self, events: Sequence[Event]) -> None:
        """Keep these events: when this returns, they outlast a crash and a power cut.

        Raises:
            SpoolFullError: there is no room for them.
            SourceError: the disk does not take them, or this was closed.
        """
        written = b"".join(map(encode, events))
        try:
            self._make_room(len(written))
            self._write(written)
        except OSError as error:
            self._is_dirty = True
            with suppress(OSError):  # then it is tried again before the next ones are written
                self._take_back()
            self._problem = f"events can't be kept: {error.strerror or error}"
            raise SourceError(self._problem) from error
        except SourceError as error:
            self._problem = str(error)
            raise
        self._problem = None
        with self._changed:
            self._files[-1].size += len(written)
            self._bytes += len(written)
            self._end += len(events)
            if self._end > self._awaited:  # to wake up for less costs more than the event does
                self._changed.notify()

    def wait_for(self, number: int, timeout: float) -> None:
        """Wait until there is an event of this number, or the time is over."""
        with self._changed:
            self._awaited = number
            self._changed.wait_for(lambda: self._end > number, timeout)

    def read(self, number: int, most_events: int, most_bytes: int) -> tuple[int, list[Event]]:
        """The number of the first event from this one on that there is, and it and the next ones.

        At least one where there is any, however large it is.

        Raises:
            DamagedSpoolError: that event can't be read any more.
            OSError: its file can't be read.
        """
        with self._changed:
            end = self._end
            place = self._find(number)
        if place.number >= end:
            return end, []
        found: list[Event] = []
        at = place.at
        data = _read(place.file.path, at, min(most_bytes, place.file.size - at))
        if (needed := frame_bytes(data)) is not None and needed > len(data):
            data = _read(place.file.path, at, min(needed, place.file.size - at))
        for event, behind in whole_frames(data):
            found.append(event)
            at = place.at + behind
            if len(found) == most_events:
                break
        if not found:
            raise DamagedSpoolError(place.file.path, self._skip(place.file))
        self._place = _Place(place.number + len(found), place.file, at)
        return place.number, found

    def delete_below(self, number: int) -> None:
        """Delete the files of which all events have lower numbers. Raises OSError."""
        with self._changed:
            while len(self._files) > 1 and self._files[1].first <= number:
                self._files[0].path.unlink(missing_ok=True)
                self._bytes -= self._files.pop(0).size

    def go_on_at(self, number: int) -> None:
        """Give the next event this number, which is higher than any was. Raises OSError."""
        self._next_file(number)
        with self._changed:
            self._end = number

    def close(self) -> None:
        """Let go of the folder. Calling it twice is allowed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _make_room(self, size: int) -> None:
        if self._descriptor is None:
            raise SourceError("the spool is closed")
        if self._bytes + size > self._policy.max_bytes:
            raise SpoolFullError(
                f"the spool {self._policy.folder} is full: {self._bytes:,} of "
                f"{self._policy.max_bytes:,} bytes wait to be counted (source.http.max_spool_bytes)"
            )
        self._take_back()
        if 0 < self._files[-1].size > self._policy.file_bytes - size:
            self._next_file(self._end)

    def _take_back(self) -> None:
        """Cut off what was written of events that were refused. Raises OSError."""
        if self._is_dirty and self._descriptor is not None:
            os.ftruncate(self._descriptor, self._files[-1].size)
            self._is_dirty = False

    def _write(self, written: bytes) -> None:
        assert self._descriptor is not None
        os.lseek(self._descriptor, self._files[-1].size, os.SEEK_SET)
        rest = memoryview(written)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)

    def _next_file(self, first: int) -> None:
        file = _new_file(self._policy.folder, first)
        descriptor = os.open(file.path, os.O_WRONLY)
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = descriptor
        with self._changed:
            self._files.append(file)

    def _find(self, number: int) -> _Place:
        """Where the first event of at least this number begins."""
        place = self._place
        if place is None or place.number != number or place.file not in self._files:
            after = [i for i, file in enumerate(self._files) if file.first <= number]
            file = self._files[after[-1] if after else 0]
            place = _Place(file.first, file, 0)
        if place.number < number:
            place = _further(place, number)
        while place.at >= place.file.size and place.file is not self._files[-1]:
            file = self._files[self._files.index(place.file) + 1]
            place = _Place(file.first, file, 0)
        return place

    def _skip(self, file: _File) -> int:
        """Give up the rest of a file. The number to go on at."""
        with self._changed:
            position = self._files.index(file)
            if position + 1 < len(self._files):
                return self._files[position + 1].first
            self._place = _Place(self._end, file, file.size)
            return self._end

    def _cut_off_what_was_torn(self) -> int:
        """Leave whole frames in the last file. The number of the next event."""
        file = self._files[-1]
        end, at = file.first, 0
        while data := _read(file.path, at, _READ_BYTES):
            if (needed := frame_bytes(data)) is not None and needed > len(data):
                data = _read(file.path, at, needed)
            before = at
            for _, behind in whole_frames(data):
                at, end = before + behind, end + 1
            if at == before:
                break
        file.size = at
        if file.path.stat().st_size > at:
            os.truncate(file.path, at)
        return end


def _further(place: _Place, number: int) -> _Place:
    """Where the event of this number begins, or the end of the file where it has none such."""
    found, file, at = place.number, place.file, place.at
    while found < number and at < file.size:
        data, begin = _read(file.path, at, min(_READ_BYTES, file.size - at)), 0
        while found < number and (size := frame_bytes(data, begin)) is not None:
            found, begin = found + 1, begin + size
        if not begin:  # the file is shorter than it was
            return _Place(found, file, file.size)
        at += begin
    return _Place(found, file, at)


def _files(folder: Path) -> list[_File]:
    """What is there, the oldest first."""
    found = [path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdigit()]
    return [_File(int(p.stem), p, p.stat().st_size) for p in sorted(found)]


def _new_file(folder: Path, first: int) -> _File:
    """An empty file whose name outlasts a power cut."""
    path = folder / f"{first:020d}{_SUFFIX}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return _File(first, path)


def _lock(folder: Path) -> int | None:
    """Hold the folder until this is closed, or the process ends. Raises SourceError, OSError."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as problem:
        os.close(descriptor)
        raise SourceError(
            f"the spool {folder} is in use by another process: stop that one, or give this one a "
            "folder of its own (source.http.spool)"
        ) from problem
    return descriptor


def _read(path: Path, at: int, size: int) -> bytes:
    """This much of a file from there on, or as much as there is. Raises OSError."""
    with path.open("rb") as file:
        file.seek(at)
        return file.read(size)
