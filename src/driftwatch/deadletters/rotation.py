"""Lines in numbered files of a folder that stay below a size all together: the oldest file goes.

The folder is made for its owner alone, and so is each file. A file is written to by one process
only; the next one begins a new file, so that a line that a crash tore is the last of its file.
"""

import errno
import os
from pathlib import Path

FILES = 10
"""About so many files the allowed size is spread over."""
PREFIX, SUFFIX = "dead-letters-", ".jsonl"


class RotatingFiles:
    """The files of a folder. removed_lines: of files that were deleted to make room.

    Makes nothing before the first line is written.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """max_bytes: of all files together."""
        self.removed_lines = 0
        self._folder = folder
        self._max_bytes = max_bytes
        self._path: Path | None = None
        self._file = -1
        self._size = 0
        self._others: dict[Path, int] = {}  # the sizes of the other files, the oldest first
        self._unsynced = False

    def room(self, size: int) -> int:
        """How much more of this many bytes fits into the file that is written to."""
        return size if self._size == 0 else max(0, self._max_bytes // FILES - self._size)

    def write(self, lines: bytes) -> None:
        """Add whole lines. Raises OSError, and then nothing of them is there."""
        if len(lines) > self._max_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        if self._path is None or len(lines) > self.room(len(lines)):
            self._begin_file()
        self._make_room(len(lines))
        self._unsynced = True
        try:
            if os.write(self._file, lines) < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(lines)

    def sync(self) -> None:
        """Wait until the disk has all that was written. Raises OSError."""
        if self._unsynced:
            self._unsynced = False  # what the system could not keep once it keeps no second time
            os.fsync(self._file)

    def leave(self) -> None:
        """Let the file go that is written to, and delete it where nothing is in it."""
        if self._path is None:
            return
        path, self._path = self._path, None
        self._unsynced = False
        os.close(self._file)
        if self._size == 0:
            path.unlink(missing_ok=True)

    def _begin_file(self) -> None:
        try:
            self.sync()
        finally:
            self.leave()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = sorted(self._folder.glob(f"{PREFIX}*{SUFFIX}"), key=_number)
        self._others = {path: path.stat().st_size for path in found}
        number = _number(found[-1]) + 1 if found else 1
        path = self._folder / f"{PREFIX}{number:08}{SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._path, self._size = path, 0
        self._sync_folder()

    def _sync_folder(self) -> None:
        """So that a new file's name outlives a power failure as well."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _make_room(self, size: int) -> None:
        taken = sum(self._others.values()) + self._size + size
        while self._others and taken > self._max_bytes:
            oldest = next(iter(self._others))
            try:
                lines = oldest.read_bytes().count(b"\n")
                oldest.unlink()
            except FileNotFoundError:  # somebody has tidied up
                lines = 0
            self.removed_lines += lines
            taken -= self._others.pop(oldest)


def _number(path: Path) -> int:
    digits = path.name.removeprefix(PREFIX).removesuffix(SUFFIX)
    return int(digits) if digits.isdecimal() else 0
