"""Lines in a file of this process, which rotates; several processes have a file each."""

import errno
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driftwatch.client.sink import Tally


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """Where lines go, and for how long they stay.

    path: `/var/log/fraud/fraud.jsonl` stands for `fraud-PID.jsonl` in that folder, which is made
        where it is missing. max_bytes, max_seconds: a file that has grown beyond it, or is that
        old, gets `.1` behind its name, and the one that had it `.2`. old_files: so many of them
        stay.
    """

    path: Path
    max_bytes: int = 64 << 20
    max_seconds: float = 3600.0
    old_files: int = 3


class LineFile:
    """Appends whole lines: what the disk takes in part is taken back."""

    def __init__(self, policy: FilePolicy) -> None:
        self._policy = policy
        self._descriptor: int | None = None
        self._size = 0
        self._opened_at = 0.0

    @property
    def path(self) -> Path:
        """The file of this process."""
        given = self._policy.path
        return given.with_name(f"{given.stem}-{os.getpid()}{given.suffix or '.jsonl'}")

    def open(self) -> None:
        """See `Sink.open`. Raises OSError."""
        if self._descriptor is not None and not self._is_in_place():
            self.close(0)
        if self._descriptor is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._descriptor, self._opened_at = descriptor, time.monotonic()
        self._size = os.fstat(descriptor).st_size
        # A process of the same id may have been killed within a line.
        if self._size and os.pread(descriptor, 1, self._size - 1) != b"\n":
            self._append(b"\n")

    def write(self, lines: Sequence[bytes], tally: Tally) -> None:
        """See `Sink.write`. Raises OSError, and then none of the lines is there."""
        try:
            self._rotate_if_due(sum(map(len, lines)))
            self._append(b"".join(lines))
        except OSError:
            tally(0, len(lines))
            raise
        tally(len(lines), 0)

    def flush(self, seconds: float) -> None:
        """See `Sink.flush`: what is written is the system's."""

    def close(self, seconds: float) -> None:  # noqa: ARG002
        """See `Sink.close`."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def forget(self) -> None:
        """See `Sink.forget`: the copy of the descriptor is ours."""
        self.close(0)

    def _append(self, text: bytes) -> None:
        assert self._descriptor is not None
        try:
            if os.write(self._descriptor, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(text)

    def _rotate_if_due(self, more: int) -> None:
        policy, age = self._policy, time.monotonic() - self._opened_at
        if not self._size or (self._size + more <= policy.max_bytes and age < policy.max_seconds):
            return
        self.close(0)
        ages = [f"{self.path.name}.{n}" for n in range(1, policy.old_files + 1)]
        paths = [self.path, *map(self.path.with_name, ages)]
        for newer, older in zip(paths[-2::-1], paths[:0:-1], strict=True):
            if newer.exists():
                newer.replace(older)
        if not policy.old_files:
            self.path.unlink()
        self.open()

    def _is_in_place(self) -> bool:
        """Whether the open file is still the one of that name: others may rotate it too."""
        assert self._descriptor is not None
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._descriptor))
