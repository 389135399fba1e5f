"""What lies in the folders that a log is written to, and which of it belongs to the log."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from driftwatch.errors import SourceError
from driftwatch.sources.content import FileKey
from driftwatch.sources.port import Problem

# What rotation appends to a name: app.log.1, app.log-20260131, app.log.2026-01-31T10
_ROTATED = re.compile(r"[.-]\d[\dT:._-]*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as it was seen.

    root: the index of the configured path that it was found under.
    wanted: it belongs to the log by its name. The others are listed because a file keeps its
        identity under whatever name.
    rotated: it belongs to the log by a name that rotation gave it.
    """

    key: FileKey
    path: Path
    root: int
    size: int
    modified_ns: int
    wanted: bool
    rotated: bool = False

    @property
    def is_gzipped(self) -> bool:
        """Whether its size is not that of its lines."""
        return self.path.suffix == ".gz"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder and the names in it that belong to the log, rotated or not.

    A file is its folder with the one name.

    >>> Root.of(Path("/"), ("*.log",), follow=True).wants("app.log.1")
    True
    """

    folder: Path
    patterns: tuple[str, ...]
    follow: bool
    alone: Path | None = None

    @classmethod
    def of(cls, path: Path, patterns: Sequence[str], *, follow: bool) -> "Root":
        """The root of a configured path. Raises SourceError where that does not exist."""
        if path.is_dir():
            return cls(path, tuple(patterns), follow)
        if path.is_file():
            name = path.name if follow else path.name.removesuffix(".gz")
            return cls(path.parent, (name.translate(_LITERAL),), follow, path)
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise SourceError(f"{path} {what}: name a folder of log files, or a file in one")

    def wants(self, name: str) -> bool:
        """Whether a file of this name belongs to the log, rotated or not."""
        return self._matches(name) or self._matches(_ROTATED.sub("", self._plain(name)))

    def entries(self, index: int) -> Iterator[Entry]:
        """The regular files in it. Raises OSError where the folder can't be read."""
        if self.alone is not None and not self.follow:
            yield self._entry(self.alone, index, self.alone.stat())
            return
        with os.scandir(self.folder) as found:
            for item in found:
                try:
                    status = item.stat()
                except OSError:
                    continue  # gone since, or a link to nowhere
                if stat.S_ISREG(status.st_mode):
                    yield self._entry(Path(item.path), index, status)

    def _entry(self, path: Path, root: int, status: os.stat_result) -> Entry:
        key, wanted = FileKey(status.st_dev, status.st_ino), self.wants(path.name)
        rotated = wanted and not self._matches(path.name)
        return Entry(key, path, root, status.st_size, status.st_mtime_ns, wanted, rotated)

    def _matches(self, name: str) -> bool:
        return any(fnmatchcase(self._plain(name), pattern) for pattern in self.patterns)

    def _plain(self, name: str) -> str:
        """The name of the file before it was packed, where packed files can be read."""
        return name if self.follow else name.removesuffix(".gz")


_LITERAL = str.maketrans({char: f"[{char}]" for char in "*?["})


def list_entries(roots: Sequence[Root]) -> tuple[list[Entry], list[Problem]]:
    """All files under these roots, each once, oldest first; and what could not be listed."""
    entries: dict[FileKey, Entry] = {}
    problems: list[Problem] = []
    for index, root in enumerate(roots):
        try:
            for entry in root.entries(index):
                known = entries.get(entry.key)
                if known is None or (entry.wanted and not known.wanted):
                    entries[entry.key] = entry
        except OSError as error:
            problems.append(Problem(str(root.alone or root.folder), reason(error)))
    return sorted(entries.values(), key=lambda e: (e.modified_ns, e.path)), problems


def reason(error: OSError) -> str:
    """An error of the file system in words, without the path."""
    return (error.strerror or str(error)).lower()
