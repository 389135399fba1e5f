"""One member of the group: the real service, in a process of its own that may end at any step."""

import os
import struct
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from driftwatch.daemon import Loop
from driftwatch.monitor.report import Report
from driftwatch.records import OUTCOMES
from driftwatch.service import Service
from driftwatch.state.stepped import SteppedLedger
from tests.crash.faults import STEPS, Dice, FaultPlan, Guarded
from tests.crash.mutations import MUTATIONS

_COUNTERS = struct.Struct(f"<{len(OUTCOMES) + 1}q")


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a process.

    config: its configuration. log: where it says what it says. counters: where it leaves its
    counters at each report, and the step that it died at. mutation: what is broken in it; None
    where nothing is.
    """

    config: Path
    log: Path
    counters: Path
    faults: FaultPlan
    mutation: str | None = None


def read_counters(path: Path) -> tuple[dict[str, int], str | None]:
    """The counters that a life published last, and the step at which it ended itself."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < _COUNTERS.size:
        return dict.fromkeys(OUTCOMES, 0), None
    *counts, step = _COUNTERS.unpack(data)
    return dict(zip(OUTCOMES, counts, strict=True)), STEPS[step - 1] if step else None


class _Counters:
    """The last word of a process, which a kill can't tear: one write of a few bytes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        self._counts = [0] * len(OUTCOMES)

    def published(self, report: Report) -> None:
        self._counts = [int(report.outcomes[outcome]) for outcome in OUTCOMES]
        self._write(0)

    def ended_at(self, step: str) -> None:
        self._write(STEPS.index(step) + 1)

    def _write(self, step: int) -> None:
        os.pwrite(self._file, _COUNTERS.pack(*self._counts, step), 0)


def live(life: Life, orders: Connection) -> None:
    """Be a member until told to stop, until the teller is gone, or until a fault strikes."""
    log = os.open(life.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    service = Service(life.config, os.environ)
    counters = _Counters(life.counters)
    service.watchers.append(counters.published)
    if life.mutation is not None:
        MUTATIONS[life.mutation](service.loop)
    dice = Dice(life.faults, counters.ended_at)
    guard(service.loop, dice)
    threading.Thread(target=_obey, args=(orders, service, dice), daemon=True).start()
    service.run()


def guard(loop: Loop, dice: Dice) -> None:
    """Let a process end at any step of its loop."""
    # Any: each part is replaced by one that looks like it.
    parts = cast("Any", loop.parts)
    ledger = parts.ledger
    if isinstance(ledger, SteppedLedger):
        guarded = cast("Any", ledger)
        guarded.store = Guarded(ledger.store, dice, save="save", settle="settle")
        guarded._source = Guarded(guarded._source, dice, commit="commit")
    else:
        # One transaction saves and commits, and a file of our own follows it.
        ledger._transactions = Guarded(ledger._transactions, dice, open="save", write="commit")
        ledger._mirror = Guarded(ledger._mirror, dice, put="settle")
    parts.ledger = Guarded(ledger, dice, place="place")
    parts.source = Guarded(parts.source, dice, poll="poll", seek="seek")
    parts.monitor.confirm = dice.guard("confirm", parts.monitor.confirm)


def _obey(orders: Connection, service: Service, dice: Dice) -> None:
    """Do what is asked: `stop`, `calm`, or the name of a step to end at."""
    while True:
        try:
            order = orders.recv()
        except (EOFError, OSError):
            os._exit(1)  # whoever started this process is gone
        if order == "stop":
            service.stop()
        elif order == "calm":
            dice.calm()
        else:
            dice.arm(order)
