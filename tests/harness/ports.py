"""TCP ports that nobody else takes, also not between a stop and a restart.

A port that the system hands out (bind to 0) may be handed to any outgoing connection as soon as it
is closed again. So ports come from below that range, and a lease says to other test runs on this
machine that the port is taken even while nothing listens on it.
"""

import random
import socket
import sys
from typing import Self

_FIRST, _LAST = 18_000, 32_000


class PortLease:
    """One free port of 127.0.0.1, ours until `release`."""

    def __init__(self) -> None:
        for port in random.sample(range(_FIRST, _LAST), 200):
            lock = _lock(port)
            if lock is None:
                continue
            if _is_free(port):
                self.port = port
                self._lock = lock
                return
            lock.close()
        raise RuntimeError("200 ports were tried, and none is free")

    def release(self) -> None:
        """Let others have the port."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def _lock(port: int) -> socket.socket | None:
    """Hold the name of a port, or None where another test run holds it.

    On Linux a name of the abstract namespace: it leaves no file, and goes with its process.
    Elsewhere nothing is held, and only luck keeps two runs apart between a stop and a restart.
    """
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if sys.platform == "linux":
        try:
            lock.bind(f"\0driftwatch-test-port-{port}")
        except OSError:
            lock.close()
            return None
    return lock


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
