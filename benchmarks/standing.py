"""What a daemon costs after counting: alarms, reports, scrapes, pauses, memory, and standing there.

    python -m benchmarks.standing                     all of it, some ten minutes
    python -m benchmarks.standing alarm_step report   some of it

Each function gives one plain number, and the last three drive a real daemon over files. Asked for,
at 500 columns: alarms in under 10 ms, a report under 50 ms, a scrape under 30 ms, no pause over
100 ms, 256 MiB; at 100 columns and 1,000 records a second 5% of a core and 128 MiB.
"""

import argparse
import json
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from benchmarks.records import VERSION, baseline, features, settings
from benchmarks.spine import Daemon
from benchmarks.standing_daemon import PAUSES
from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import Baselines, make_baselines
from driftwatch.config import Settings, parse
from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import Report
from driftwatch.records import Partition
from driftwatch.replay import replay
from driftwatch.sources.memory import MemorySource

STREAM_ROWS, STREAM_PANES = 100, 65
ROUNDS = 30
SETTLE_SECONDS = 25
DAY_PANES = 24 * 60 + 5
BODIES = 1_000
"""Different records that a log is made of, again and again."""
MOVED, SHIFT = 20, 60.0
"""Columns that drift in the second half of what a daemon reads, and by how much (3 deviations)."""
PROBE = "benchmarks.standing_daemon"


def alarm_step_ms(columns: int = 500) -> float:
    """One step of all alarms, both severities: the median over panes of usual records."""
    with _folder() as folder:
        monitor = make_monitor(*_parts(columns, folder), 0)
        (stream,) = monitor.streams.values()
        rng, taken = np.random.default_rng(1), []
        for pane in range(ROUNDS + 1):
            cells = _pane(rng, stream.reference.counts.cells, stream.layout.starts)
            at_us = pane * stream.policy.pane_us
            begin = time.process_time()
            stream.detector.step(cells, 1_000, lambda: None, at_us, at_us + stream.policy.pane_us)
            taken.append(time.process_time() - begin)
    return _median_ms(taken[1:])


def report_ms(columns: int = 500) -> float:
    """A whole report with windows of an hour and a day: the median."""
    with _watched(columns) as (monitor, source, last):
        taken = []
        for _ in range(ROUNDS):
            begin = time.process_time()
            monitor.advance(last.now_us, source.progress())
            taken.append(time.process_time() - begin)
    return _median_ms(taken)


def publish_ms(columns: int = 500) -> float:
    """Making the page of /metrics out of a report: the median."""
    with _watched(columns) as (_, _, last):
        exporter, taken = Exporter(ExportPolicy()), []
        for _ in range(ROUNDS):
            begin = time.process_time()
            exporter.publish(last, ProcessFacts(), time.monotonic())
            taken.append(time.process_time() - begin)
    return _median_ms(taken)


def scrape_ms(columns: int = 500) -> float:
    """A scrape of a real daemon over HTTP, gzipped as Prometheus asks for it: the median by clock.

    Each is at least a second after the one before, so that none is handed the page of another.
    """
    with _running(columns, STREAM_PANES, STREAM_ROWS) as (daemon, _):
        taken = []
        for _ in range(ROUNDS // 2):
            time.sleep(1.1)
            taken.append(_scrape_seconds(daemon.url))
    return _median_ms(taken)


def longest_pause_ms(
    columns: int = 500, records_per_second: int = 200, seconds: float = 150.0
) -> float:
    """The longest that a daemon with traffic did not read, decode or count; by the clock.

    Panes close, checkpoints are written, alarms are raised and explained, and pages are fetched on
    the way. What polls, decodes and counts took is not in it: those are the work. `pauses_ms` has
    the parts of it, and what a reload takes.
    """
    return pauses_ms(columns, records_per_second, seconds)["turn"]


def pauses_ms(
    columns: int = 500, records_per_second: int = 200, seconds: float = 150.0
) -> dict[str, float]:
    """The longest that each step of the loop took but polling, decoding and counting.

    `turn` is all of them in one turn together, with what comes between two turns; `cpu` what the
    loop's thread had of the processor in the turn that took most of it, its work included; `reload`
    the longest turn within the time that it took to read the configuration again. The backlog is
    not looked at.
    """
    brisk = {
        "pane": "10s",
        "lateness": "5s",
        "max_ahead": "30s",
        "http": {"listen": "127.0.0.1:0", "reload": True},
    }
    with _running(columns, STREAM_PANES, STREAM_ROWS, PROBE, brisk) as (daemon, folder):
        time.sleep(SETTLE_SECONDS)
        begin = time.time()
        with _Writer(folder / "log" / "part-0.jsonl", columns, records_per_second) as writer:
            while (passed := time.time() - begin) < seconds:
                writer.moved = passed > seconds / 3
                _scrape_seconds(daemon.url)
                _get(daemon.url + "/")
                time.sleep(2.0)
            usual = time.time()
            raised = b"driftwatch_drift_since" in _get(daemon.url + "/metrics")
            request = urllib.request.Request(daemon.url + "/-/reload", method="POST")
            urllib.request.urlopen(request, timeout=60).close()
            time.sleep(1.0)
        daemon.stop()
        seen = json.loads((folder / PAUSES).read_text())
    assert raised, "no alarm was raised on the way"
    before = [steps for at, steps in seen if begin < at < usual]
    longest = {name: 1000 * max(steps[name] for steps in before) for name in before[0]}
    return {**longest, "reload": 1000 * max(steps["turn"] for at, steps in seen if at > usual)}


def resident_mib(columns: int = 100) -> float:
    """Memory of a daemon when its windows of an hour and a day are full."""
    with _running(columns, DAY_PANES, 30 if columns > 100 else 100) as (daemon, _):
        time.sleep(SETTLE_SECONDS)
        return daemon.resident_mib("VmRSS")


def core_share(columns: int = 100, records_per_second: int = 1_000, seconds: float = 60.0) -> float:
    """The share of a core that a daemon takes for its traffic: CPU seconds over seconds."""
    with (
        _running(columns, STREAM_PANES, STREAM_ROWS) as (daemon, folder),
        _Writer(folder / "log" / "part-0.jsonl", columns, records_per_second),
    ):
        time.sleep(SETTLE_SECONDS)
        begin, before = time.monotonic(), daemon.cpu_seconds()
        time.sleep(seconds)
        return (daemon.cpu_seconds() - before) / (time.monotonic() - begin)


# What is measured on


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as folder:
        yield Path(folder)


def _parts(columns: int, folder: Path) -> tuple[Settings, Baselines]:
    baseline(columns).save(folder / "bench.baseline.json.gz")
    config = parse(settings({"stdin": {}}, {"memory": True}), folder / "bench.yaml")
    return config, make_baselines(config)


@contextmanager
def _watched(columns: int) -> Iterator[tuple[Monitor, MemorySource, Report]]:
    """A monitor after a little more than an hour, and its last report."""
    with _folder() as folder:
        config, baselines = _parts(columns, folder)
        source, partition = MemorySource(batch_records=1000), Partition("bench", 0)
        end_s = 1_800_000_000.0
        source.append(partition, list(log(columns, STREAM_PANES, STREAM_ROWS, end_s)))
        source.end()
        source.assign(partition)
        monitor = make_monitor(config, baselines, 0)
        last = replay(source, make_decoder(config, baselines), monitor)
        yield monitor, source, last


def _pane(rng: np.random.Generator, cells: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The cells of a pane of 1,000 records as in training."""
    return np.concatenate(
        [rng.multinomial(1_000, part / part.sum()) for part in np.split(cells, starts[1:-1])]
    )


def log(
    columns: int, panes: int, rows: int, end_s: float, *, moved: bool = False
) -> Iterator[bytes]:
    """Records of so many minutes before `end_s`. moved: whether some columns drift."""
    bodies = list(_bodies(columns, moved))
    first_s = end_s - panes * 60
    for i in range(panes * rows):
        yield _record(first_s + i * 60 / rows, bodies[i % len(bodies)])


def _bodies(columns: int, moved: bool) -> Iterator[bytes]:
    for record in features(columns, BODIES, seed=3):
        if moved:
            for name in [name for name in record if name.startswith("feature")][:MOVED]:
                record[name] += SHIFT
        yield json.dumps(record, separators=(",", ":")).encode()


@contextmanager
def _running(
    columns: int,
    panes: int,
    rows: int,
    module: str = "driftwatch",
    more: Mapping[str, object] | None = None,
) -> Iterator[tuple[Daemon, Path]]:
    """A real daemon that has read a log of so many minutes, which ends now, and its folder."""
    with _folder() as folder:
        baseline(columns).save(folder / "bench.baseline.json.gz")
        (folder / "log").mkdir()
        records = log(columns, panes, rows, time.time() - 30)
        with (folder / "log" / "part-0.jsonl").open("wb") as file:
            file.writelines(record + b"\n" for record in records)
        files = {"path": "log", "start": "earliest"}
        with Daemon(
            folder, settings({"files": files}, {"path": "state"}, **(more or {})), module
        ) as daemon:
            daemon.wait_for('driftwatch_records_total{outcome="counted"}', float(panes * rows))
            yield daemon, folder


class _Writer:
    """Appends records to a log, at an even pace, from a thread of its own.

    moved: whether some columns drift from now on.
    """

    def __init__(self, path: Path, columns: int, records_per_second: int) -> None:
        self.moved = False
        self._path = path
        self._bodies = {moved: list(_bodies(columns, moved)) for moved in (False, True)}
        self._per_second = records_per_second
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _write(self) -> None:
        begin, written = time.time(), 0
        with self._path.open("ab", buffering=0) as file:
            while not self._stopping.wait(0.1):
                now, bodies = time.time(), self._bodies[self.moved]
                due = int((now - begin) * self._per_second)
                some = range(written, due)
                file.write(b"".join(_record(now, bodies[i % BODIES]) + b"\n" for i in some))
                written = due


def _scrape_seconds(url: str) -> float:
    request = urllib.request.Request(url + "/metrics", headers={"accept-encoding": "gzip"})
    begin = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
    return time.perf_counter() - begin


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        found: bytes = answer.read()
        return found


def _record(at_s: float, body: bytes) -> bytes:
    return b'{"ts":%.3f,"meta":{"version":"%s"},"features":%s}' % (at_s, VERSION.encode(), body)


def _median_ms(seconds: list[float]) -> float:
    return float(np.median(seconds)) * 1000


def main() -> None:
    """Print a line for each figure."""
    known: Mapping[str, tuple[str, Callable[[], float]]] = {
        "alarm_step": ("alarms of 500 columns, a step, ms", alarm_step_ms),
        "report": ("report of 500 columns, ms", report_ms),
        "publish": ("page of /metrics of 500 columns, ms", publish_ms),
        "scrape": ("scrape of 500 columns, ms", scrape_ms),
        "resident": ("100 columns, 1h and 1d full, MiB", resident_mib),
        "resident_wide": ("500 columns, 1h and 1d full, MiB", lambda: resident_mib(500)),
        "core": ("100 columns, 1,000 records/s, share of a core", core_share),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help=f"of {', '.join(known)}, pauses; all by default")
    asked = parser.parse_args().what or [*known, "pauses"]
    for name in asked:
        if name in known:
            words, measure = known[name]
            print(f"{words:<50} {measure():,.3f}", flush=True)
    if "pauses" in asked:
        for step, found in pauses_ms().items():
            print(f"{f'longest pause of 500 columns: {step}, ms':<50} {found:,.1f}", flush=True)


if __name__ == "__main__":
    main()
