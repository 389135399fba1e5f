"""Files that somebody exchanges while the process runs: certificates, passwords."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from driftwatch.errors import ConfigError

Made = TypeVar("Made")

LOOK_SECONDS = 1.0
"""For so long what was read last is taken to be what stands in the files."""

_MOST_BYTES = 1 << 20


class Watched(Generic[Made]):
    """What is made of some files, made anew when they hold something else.

    The contents are compared, not the times: a link that now leads elsewhere is a change, and a
    file that was only touched is none. New files that are no good leave in force what was made of
    the old ones, and the log says why, once.

    Args:
        files: each by the place of its setting, for the head of a message about it.
        make: called with the contents, in that order; raises ConfigError.
        clock: monotonic seconds.

    Raises:
        ConfigError: a file can't be read, or `make` makes nothing of it.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        make: Callable[[Sequence[bytes]], Made],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._make = make
        self._clock = clock
        self._looked = clock()
        contents = self._read()
        self._made = make(contents)
        self._seen = _digests(contents)
        self._told = ""

    def get(self) -> Made:
        """What is in force. Looks at the files at most once a second."""
        now = self._clock()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look()
        return self._made

    def _look(self) -> None:
        try:
            contents = self._read()
            seen = _digests(contents)
            if seen == self._seen:
                return
            self._made = self._make(contents)
        except ConfigError as problem:
            if str(problem) != self._told:
                self._told = str(problem)
                self._log.warning("kept what was read before", problem=self._told)
            return
        self._seen, self._told = seen, ""
        self._log.info("read again", files=[str(path) for path in self._files.values()])

    @property
    def _log(self) -> Any:
        # On use: most have no such files, and it brings much along.
        import structlog

        return structlog.get_logger("driftwatch")

    def _read(self) -> tuple[bytes, ...]:
        return tuple(_read(where, path) for where, path in self._files.items())


def _read(where: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            contents = file.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise ConfigError(f"{where}: {path} can't be read: {problem.strerror}") from None
    if len(contents) > _MOST_BYTES:
        raise ConfigError(f"{where}: {path} is larger than {_MOST_BYTES:,} bytes")
    return contents


def _digests(contents: Sequence[bytes]) -> tuple[bytes, ...]:
    """What stands for the contents, some of which are secret and are not to be kept."""
    return tuple(hashlib.sha256(each).digest() for each in contents)
