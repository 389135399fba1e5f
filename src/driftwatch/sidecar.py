"""`driftwatch-sidecar -c FILE`: the daemon in the pod of a model server, which it can't take down.

Kubernetes sends requests to a pod while all its containers run and are ready, those of sidecars
among them. A daemon that ends, because its configuration is wrong or its memory is used up, would
so take the model out of service, and a probe that fails would do it too. So this process is the
container's first one. It starts the daemon, starts it again whenever it has ended, each time a
little later, and itself ends only when it is told to. That the daemon is gone shows where it
should: nothing answers Prometheus any more.

It also does what the kubelet's probes and limits do elsewhere:

- It ends a daemon whose `/-/healthy` has failed three times in a row.
- It ends a daemon that comes near the container's limit of memory, in order, so that its counts are
  saved. At the limit itself the whole container would be killed.
- It sends SIGHUP when the configuration file has changed: a ConfigMap that is mounted changes
  without a restart of the pod.

Only for Linux. It imports nothing of the daemon, so that it costs some 15 MiB of its own.
"""

import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

UNHEALTHY_AFTER = 3
"""Failed checks in a row."""
MEMORY_SHARE = 0.9
"""Of the limit; more than this is too near."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_USAGE = "usage: driftwatch-sidecar -c FILE"
_NO_EXIT_CODE = 2


@dataclass(frozen=True, slots=True)
class Times:
    """How long things take, in seconds.

    tick: between two looks. pause: before the daemon starts again; twice as long after each further
    end, up to longest_pause. calm: a daemon that ran for so long begins with a short pause. health:
    between two checks, of which none counts before `start`. end: for the daemon to save its counts.
    """

    tick: float = 1.0
    pause: float = 5.0
    longest_pause: float = 300.0
    calm: float = 600.0
    health: float = 30.0
    start: float = 120.0
    end: float = 15.0

    def pause_after(self, ran: float, last_pause: float) -> float:
        """How long to wait before the next start of a daemon that ran for so long.

        >>> times = Times()
        >>> times.pause_after(3.0, 0.0), times.pause_after(3.0, 5.0), times.pause_after(3.0, 290.0)
        (5.0, 10.0, 300.0)
        >>> times.pause_after(3600.0, 300.0)
        5.0
        """
        if ran >= self.calm or last_pause == 0.0:
            return self.pause
        return min(2 * last_pause, self.longest_pause)


@dataclass(frozen=True, slots=True)
class SidecarPolicy:
    """What is kept running, and how.

    command: the daemon. config: the file that it reads. address: of its port; None where nobody
    may ask it (TLS). memory_bytes: the container's limit; None for none.
    """

    command: tuple[str, ...]
    config: Path
    address: tuple[str, int] | None = ("127.0.0.1", 8710)
    memory_bytes: int | None = None
    times: Times = field(default_factory=Times)


class Sidecar:
    """Keeps one daemon running. Not for threads; signals reach it while `run` waits for them."""

    def __init__(self, policy: SidecarPolicy) -> None:
        self._policy = policy
        self._times = policy.times
        self._pid: int | None = None
        self._started = self._checked = self._ending = 0.0
        self._failed_checks = 0
        self._pause = 0.0
        self._next_start = 0.0
        self._seen = _stamp(policy.config)
        self._told_to_end = False

    def run(self) -> None:
        """Keep the daemon running until SIGTERM or SIGINT; then end it and return."""
        # Blocked, they wait for us; the first process of a container would not get them otherwise.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        while not (self._told_to_end and self._pid is None):
            if self._pid is None and time.monotonic() >= self._next_start:
                self._start()
            arrived = signal.sigtimedwait(_SIGNALS, self._times.tick)
            if arrived is not None:
                self._hear(signal.Signals(arrived.si_signo))
            self._reap()
            self._look()

    def _hear(self, arrived: signal.Signals) -> None:
        if arrived is signal.SIGHUP:
            self._reload()
        elif arrived is not signal.SIGCHLD:
            again, self._told_to_end = self._told_to_end, True
            self._end("told to end", at_once=again)

    def _start(self) -> None:
        self._seen = _stamp(self._policy.config)
        self._pid = os.posix_spawn(
            self._policy.command[0], self._policy.command, os.environ, setsigmask=()
        )
        self._started = self._checked = time.monotonic()
        self._ending, self._failed_checks = 0.0, 0

    def _reap(self) -> None:
        """Take note of an end, and decide when the next start is."""
        if self._pid is None or os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            return
        self._pid = None
        now = time.monotonic()
        self._pause = self._times.pause_after(now - self._started, self._pause)
        self._next_start = now + self._pause
        if not self._told_to_end:
            _say("warning", "the daemon has ended", next_start_in_seconds=self._pause)

    def _look(self) -> None:
        """What a second brings: a new configuration, too much memory, no health."""
        seen = _stamp(self._policy.config)
        if seen != self._seen:
            self._seen = seen
            self._reload()
        if self._pid is None:
            return
        now = time.monotonic()
        if self._ending:
            if now >= self._ending + self._times.end:
                os.kill(self._pid, signal.SIGKILL)
            return
        limit = self._policy.memory_bytes
        if limit is not None and (used := _resident_bytes(self._pid)) > MEMORY_SHARE * limit:
            self._end("its memory comes near the limit", used_bytes=used, limit_bytes=limit)
        elif now >= self._checked + self._times.health:
            self._checked = now
            self._check(now - self._started)

    def _check(self, runs_for: float) -> None:
        address = self._policy.address
        if address is None or _answers(address):
            self._failed_checks = 0
        elif runs_for >= self._times.start:
            self._failed_checks += 1
            if self._failed_checks >= UNHEALTHY_AFTER:
                self._end("it is not healthy", failed_checks=self._failed_checks)

    def _reload(self) -> None:
        """Hand a changed configuration on; a daemon that waits for its start may be cured by it."""
        if self._pid is None:
            self._next_start = 0.0
        elif not self._ending:
            os.kill(self._pid, signal.SIGHUP)

    def _end(self, reason: str, at_once: bool = False, **particulars: float) -> None:
        if self._pid is None:
            return
        _say(
            "info" if self._told_to_end else "warning",
            f"ending the daemon: {reason}",
            **particulars,
        )
        self._ending = self._ending or time.monotonic()
        os.kill(self._pid, signal.SIGKILL if at_once else signal.SIGTERM)


def _stamp(config: Path) -> tuple[int, int, int] | None:
    """What changes when somebody writes the file, or mounts another one in its place."""
    try:
        found = config.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _resident_bytes(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:  # it has just ended
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _answers(address: tuple[str, int]) -> bool:
    """Whether `/-/healthy` says 200."""
    try:
        with socket.create_connection(address, timeout=5.0) as connection:
            connection.sendall(
                b"GET /-/healthy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            )
            return connection.recv(64).split(maxsplit=2)[1:2] == [b"200"]
    except OSError:
        return False


def _say(level: Literal["info", "warning", "error"], event: str, **particulars: float) -> None:
    """A line of the log, like the daemon's."""
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {"timestamp": at, "level": level, "event": event, **particulars}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def _policy(arguments: list[str], environ: dict[str, str]) -> SidecarPolicy:
    """Raises ValueError."""
    if len(arguments) != 2 or arguments[0] not in ("-c", "--config"):
        raise ValueError(_USAGE)
    port = environ.get("DRIFTWATCH_SIDECAR_PORT", "8710")
    limit = environ.get("DRIFTWATCH_MEMORY_LIMIT", "0")
    if not (port.isdecimal() and limit.isdecimal()):
        raise ValueError(
            "DRIFTWATCH_SIDECAR_PORT and DRIFTWATCH_MEMORY_LIMIT: expected whole numbers, found "
            f"{port!r} and {limit!r}"
        )
    return SidecarPolicy(
        (sys.executable, "-m", "driftwatch", "run", "-c", arguments[1]),
        Path(arguments[1]),
        ("127.0.0.1", int(port)) if int(port) else None,
        int(limit) or None,
    )


def main() -> None:
    """The `driftwatch-sidecar` command."""
    try:
        policy = _policy(sys.argv[1:], dict(os.environ))
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(_NO_EXIT_CODE)
    Sidecar(policy).run()


if __name__ == "__main__":
    main()
