"""The place of one member: a state folder, and the processes that work on it one after another."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.crash.faults import FaultPlan
from tests.crash.member import Life, live, read_counters

_SERVER = get_context("forkserver")
# What a member needs is imported once; a life begins with a fork of that.
_SERVER.set_forkserver_preload(
    [
        "tests.crash.member",
        "driftwatch.sources.kafka",
        "driftwatch.sources.confluent",
        "driftwatch.state.changelog.ledger",
    ]
)

# Wakes it up again whatever becomes of the test run.
_FREEZE = 'kill -STOP "$1" && sleep "$2"; kill -CONT "$1"'

ENDED, KILLED = 0, -9


class Slot:
    """One member's place.

    states: the folders that it has worked on; the last one is in use. lives: how many there were.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        life: Life,
        write_config: Callable[[Path, Path], None],
    ) -> None:
        """life: what all lives are like. write_config: writes one, with a state folder."""
        folder.mkdir(parents=True)
        self.name = name
        self.states: list[Path] = []
        self.lives = 0
        self._folder = folder
        self._life = life
        self._write_config = write_config
        self._process: ForkServerProcess | None = None
        self._orders: Connection | None = None
        self._freezer: subprocess.Popen[bytes] | None = None
        self.move()

    @property
    def is_alive(self) -> bool:
        """Whether a process works here, frozen or not."""
        return self._process is not None and self._process.is_alive()

    def move(self) -> None:
        """Let the next life work on a state folder of its own."""
        self.states.append(self._folder / f"state-{len(self.states) + 1}")
        self._write_config(self._folder / "driftwatch.yaml", self.states[-1])

    def start(self, faults: FaultPlan) -> None:
        """Begin a life."""
        self._bury()
        self.lives += 1
        life = replace(
            self._life,
            config=self._folder / "driftwatch.yaml",
            log=self._log,
            counters=self._folder / f"life-{self.lives}.counters",
            faults=faults,
        )
        self._orders, theirs = _SERVER.Pipe()
        self._process = _SERVER.Process(target=live, args=(life, theirs), name=self.name)
        self._process.start()
        theirs.close()

    def tell(self, order: str) -> None:
        """See `member._obey`. Nobody hears it where no process is."""
        if self._orders is not None:
            try:
                self._orders.send(order)
            except OSError:
                return  # it has just ended

    def kill(self) -> None:
        """End its process with no chance to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.join(30)

    def freeze(self, seconds: float) -> None:
        """Stop its process for a while; it wakes up without knowing."""
        assert self._process is not None
        self._thaw()
        self._freezer = subprocess.Popen(
            ["/bin/sh", "-c", _FREEZE, "sh", str(self._process.pid), f"{seconds:.2f}"],
            stderr=subprocess.DEVNULL,
        )

    @property
    def is_frozen(self) -> bool:
        """Whether its process is stopped."""
        return self._freezer is not None and self._freezer.poll() is None

    def close(self) -> None:
        """End whatever runs here."""
        self.kill()
        self._bury()

    def collapsed(self) -> str | None:
        """Why its process gave up; None where it did not."""
        if self._process is None or self._process.exitcode in (None, ENDED, KILLED):
            return None
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
        return "\n".join([f"{self.name} ended with {self._process.exitcode}", *lines])

    def counters(self) -> dict[str, int]:
        """The sum of what all its lives have published."""
        total: dict[str, int] = {}
        for path in self._folder.glob("life-*.counters"):
            for name, count in read_counters(path)[0].items():
                total[name] = total.get(name, 0) + count
        return total

    def steps(self) -> list[str]:
        """The steps at which its lives have ended themselves."""
        found = (read_counters(path)[1] for path in self._folder.glob("life-*.counters"))
        return [step for step in found if step is not None]

    @property
    def _log(self) -> Path:
        return self._folder / "log.txt"

    def _bury(self) -> None:
        self._thaw()
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            self._process.join(30)
            self._process.close()
        self._process = self._orders = None

    def _thaw(self) -> None:
        if self._freezer is not None:
            self._freezer.wait()
            self._freezer = None
