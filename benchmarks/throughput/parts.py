"""The parts of the benchmark; each makes the figures of one key of docs/benchmarks/throughput.json.

Whatever fails is written down as `{"problem": ...}` in the place of its figures; the rest goes on.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.alarms.processes import QUIET, PeerError
from benchmarks.throughput.compiled import ways
from benchmarks.throughput.environments import DECODERS, decoders, python_of
from benchmarks.throughput.jobs import ROOT, Job, JobError, measure
from benchmarks.throughput.logs import Log, prepare
from benchmarks.throughput.one_core import OTHERS, on_core
from benchmarks.throughput.points import (
    BATCH,
    MINUTE_ROWS,
    RATES,
    RECORDS,
    UPTIME_HOURS,
    WIDTHS,
    WINDOW_HOURS,
    WINDOWS,
    memory_points,
    records_of,
)
from benchmarks.throughput.rivals import RIVALS
from benchmarks.throughput.shapes import BASE, Shape
from tests.harness.broker import KafkaBroker

MODULES = "benchmarks.throughput"
CLIENTS = ("kafka-python", "confluent")
PARTITIONS = 8
TOPIC = "bench"

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything. share: of the records."""

    rounds: int = 3
    share: float = 1.0
    broker_records: int = 400_000
    peer_cpu_s: float = 50.0
    live_s: float = 20.0
    hour_minutes: int = 66
    uptime_hours: int = UPTIME_HOURS
    window_hours: int = WINDOW_HOURS

    @classmethod
    def of(cls, *, quick: bool) -> "Effort":
        """What is usual, or little."""
        return cls(1, 0.1, 50_000, 8.0, 5.0, 10, 6, 3) if quick else cls()


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts share: where logs are kept once they are made, and which peers are asked."""

    folder: Path
    effort: Effort
    rivals: tuple[str, ...] = tuple(RIVALS)
    logs: dict[tuple[Shape, int], Log] = field(default_factory=dict)

    def log(self, shape: Shape, records: int) -> Log:
        """A log of a shape, which ends now at its first use."""
        key = (shape, records)
        if key not in self.logs:
            first_s = time.time() - records / shape.per_second
            self.logs[key] = prepare(self.folder, shape, records, first_s)
        return self.logs[key]

    def usual(self, shape: Shape) -> Log:
        """The log of a shape that throughput is measured with."""
        return self.log(shape, max(BATCH, int(records_of(shape) * self.effort.share)))

    def hours(self, columns: int, minutes: int) -> Log:
        """A log of few records a minute."""
        return self.log(Shape(columns, per_second=MINUTE_ROWS / 60), MINUTE_ROWS * minutes)


def from_memory(bench: Bench) -> Figures:
    """Driftwatch without a broker, at every point, with and without its compiled part."""
    found: Figures = {}
    for point in memory_points():
        log = bench.usual(point.shape)
        job = {
            "folder": str(log.folder),
            "batch": point.batch,
            "every_batch": point.every_batch,
            "rounds": bench.effort.rounds,
        }
        found[point.name] = {
            way: _measured(f"{point.name}, {way}", "memory", job, env)
            for way, env in ways().items()
        }
    return found


def from_broker(bench: Bench) -> Figures:
    """The daemon and the bare clients, reading the same topic."""
    found: Figures = {}
    rounds = bench.effort.rounds
    with _broker(bench.folder) as broker:
        for columns, clients in ((20, CLIENTS), (5, CLIENTS[1:]), (100, CLIENTS[1:])):
            shape = Shape(columns)
            log = bench.log(shape, bench.effort.broker_records * 20 // max(20, columns))
            topic = broker.create_topic(f"{TOPIC}-{columns}", partitions=PARTITIONS)
            _send(log, broker, topic)
            job = {
                "folder": str(log.folder),
                "bootstrap": broker.bootstrap,
                "topic": topic,
                "records": log.records,
                "rounds": rounds,
            }
            bare = (*clients, "confluent, values taken") if columns == BASE.columns else clients
            for client in bare:
                name = f"{client} by itself, {columns} columns"
                found[name] = _measured(name, "clients", {**job, "client": client})
            for client in clients:
                for way, env in ways().items():
                    name = f"driftwatch by {client}, {columns} columns, {way}"
                    found[name] = _measured(name, "broker", {**job, "client": client}, env)
    return found


def limits(bench: Bench) -> Figures:
    """Decoding and doing nothing, and what numpy and the memory can do."""
    log = bench.usual(BASE)
    job = {"folder": str(log.folder), "shape": asdict(BASE), "batch": BATCH}
    found: Figures = {}
    try:
        env = {"PYTHONPATH": f"{ROOT}:{decoders()}"}
        python = str(python_of(DECODERS))
    except PeerError as problem:
        found["decoding"] = {"problem": str(problem)}
    else:
        found["decoding"] = _measured("decoding", "decoding", job, env, python)
    found["arrays"] = _measured("arrays", "arrays", {"columns": BASE.columns})
    return found


def peers(bench: Bench) -> Figures:
    """What people use today, each in an environment of its own."""
    log = bench.log(BASE, 200_000 if bench.effort.share == 1.0 else 20_000)
    job = {
        "folder": str(log.folder),
        "shape": asdict(BASE),
        "cpu_seconds": bench.effort.peer_cpu_s,
    }
    found: Figures = {}
    for name in bench.rivals:
        try:
            env = {**QUIET, "PYTHONPATH": f"{ROOT}:{decoders()}"}
            python = str(python_of(name))
        except PeerError as problem:
            found[name] = {"problem": str(problem)}
        else:
            found[name] = _measured(name, f"peers.with_{name}", job, env, python)
    return found


def resident(bench: Bench) -> Figures:
    """Memory and pages of a daemon that has seen an hour."""
    found: Figures = {}
    for columns in WIDTHS:
        log = bench.hours(columns, bench.effort.hour_minutes)
        name = f"{columns} columns"
        found[name] = _measured(name, "resident", {"folder": str(log.folder)})
    return found


def steps(bench: Bench) -> Figures:
    """A step of all alarms, and a report."""
    found: Figures = {}
    for columns in WIDTHS:
        log = bench.hours(columns, bench.effort.hour_minutes)
        name = f"{columns} columns"
        job = {"folder": str(log.folder), "pane_rows": MINUTE_ROWS}
        found[name] = _measured(name, "steps", job)
    return found


def live(bench: Bench) -> Figures:
    """The share of a core that a daemon takes at a steady rate, and its longest pause."""
    found: Figures = {}
    asked = [(100, rate, "confluent") for rate in RATES]
    asked += [(100, 1_000, "kafka-python"), (500, 1_000, "confluent")]
    with _broker(bench.folder) as broker:
        for columns, rate, client in asked:
            log = bench.log(Shape(columns), 5_000 if columns <= 100 else 1_000)
            name = f"{columns} columns, {rate:,} a second, {client}"
            topic = broker.create_topic(partitions=PARTITIONS)
            job = {
                "folder": str(log.folder),
                "bootstrap": broker.bootstrap,
                "topic": topic,
                "client": client,
                "seconds": bench.effort.live_s,
            }
            with _sending(log, broker, topic, rate):
                found[name] = _measured(name, "live", job)
    return found


def growth(bench: Bench) -> Figures:
    """Cost against records, against the length of windows, and against uptime."""
    log = bench.usual(BASE)
    records = {}
    for count in RECORDS:
        if count <= log.records:
            job = {"folder": str(log.folder), "batch": BATCH, "every_batch": False, "rounds": 3}
            name = f"{count:,} records"
            records[str(count)] = _measured(name, "memory", {**job, "records": count})
    long = bench.hours(BASE.columns, 60 * bench.effort.uptime_hours)
    job = {"folder": str(long.folder), "pane_rows": MINUTE_ROWS}
    uptime = _measured("uptime", "growth", {**job, "windows": ["1h", "1d"]})
    short = bench.hours(BASE.columns, 60 * bench.effort.window_hours)
    job = {"folder": str(short.folder), "pane_rows": MINUTE_ROWS}
    windows = {}
    for names in WINDOWS:
        windows[names[0]] = _measured(f"windows of {names[0]}", "growth", {**job, "windows": names})
    return {"records": records, "uptime": uptime, "windows": windows}


PARTS: Mapping[str, Callable[[Bench], Figures]] = {
    "limits": limits,
    "memory": from_memory,
    "broker": from_broker,
    "peers": peers,
    "steps": steps,
    "resident": resident,
    "live": live,
    "growth": growth,
}


def _measured(
    name: str,
    module: str,
    job: Job,
    env: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Figures:
    begin = time.monotonic()
    try:
        found = measure(f"{MODULES}.{module}", job, env, python)
    except JobError as problem:
        found = {"problem": str(problem)}
    said = "failed" if "problem" in found else f"{time.monotonic() - begin:.0f} s"
    print(f"  {name}: {said}", file=sys.stderr, flush=True)
    return found


@contextmanager
def _broker(folder: Path) -> Iterator[KafkaBroker]:
    """A broker on the other core."""
    home = folder / f"kafka-{time.monotonic_ns()}"
    home.mkdir()
    with on_core(OTHERS):
        broker = KafkaBroker(home)
    with broker:
        yield broker


def _command(log: Log, broker: KafkaBroker, topic: str) -> list[str]:
    module = f"{MODULES}.sender"
    places = [str(log.values), broker.bootstrap, topic, str(PARTITIONS)]
    return [sys.executable, "-m", module, *places]


def _send(log: Log, broker: KafkaBroker, topic: str) -> None:
    with on_core(OTHERS):
        subprocess.run(_command(log, broker, topic), cwd=ROOT, check=True)


@contextmanager
def _sending(log: Log, broker: KafkaBroker, topic: str, per_second: float) -> Iterator[None]:
    """Somebody who writes meanwhile."""
    with on_core(OTHERS):
        sender = subprocess.Popen([*_command(log, broker, topic), str(per_second)], cwd=ROOT)
    try:
        yield
    finally:
        sender.terminate()
        sender.wait()
