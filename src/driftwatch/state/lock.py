"""One process a folder: a lock that dies with its holder."""

import fcntl
import os
from pathlib import Path

from driftwatch.errors import StateLockedError


class FolderLock:
    """Holds a folder from construction to `release`.

    The kernel's lock on an open file (flock(2)) is gone when the process is, however that ended; a
    lock file that lies about means nothing. It is never deleted: somebody else may have it open.
    The process id in it is there for people.

    Args:
        folder: an existing folder.

    Raises:
        StateLockedError: another process, or another store of this one, holds it.
        OSError: the lock file can't be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = None
        # Not inherited: Python opens with O_CLOEXEC.
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as problem:
            pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StateLockedError(
                f"the state folder {folder} is in use by {f'process {pid}' if pid else 'another'}: "
                "stop that one, or give this one a folder of its own (state.path)"
            ) from problem
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Let others in. Calling it twice is allowed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
