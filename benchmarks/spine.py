"""How fast the way of a record is, how much memory it takes, how soon a daemon is ready.

    make bench                        all of it, some two minutes
    make bench ARGS="memory ready"    some of it

Everything is measured in this run, on this machine, against a real broker; the first lines say what
machine it is. Rates are records per second of one core's time (user and system together).
"""

import argparse
import gc
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import yaml

from benchmarks.records import VALUE_BYTES, baseline, settings, values
from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import parse
from driftwatch.records import Partition
from driftwatch.replay import replay
from driftwatch.sources.memory import MemorySource
from tests.harness.broker import KafkaBroker

COLUMNS = 20
ROUNDS = 5
MEMORY_RECORDS = 200_000
BROKER_RECORDS = 300_000
PARTITIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure what was asked for, and print a line for each figure."""
    known: dict[str, Callable[[Path], None]] = {
        "memory": from_memory,
        "broker": from_broker,
        "resident": resident,
        "ready": ready,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help=f"of {', '.join(known)}; all by default")
    asked = parser.parse_args().what or list(known)
    print(machine())
    for name in asked:
        with tempfile.TemporaryDirectory(prefix="driftwatch-bench-") as folder:
            known[name](Path(folder))


def machine() -> str:
    """What this runs on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*: (.+)", cpuinfo.read_text())
        model = found[1] if found else model
    return (
        f"machine: {model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def say(what: str, figure: str) -> None:
    """One line of the result."""
    print(f"{what:<58} {figure}", flush=True)


def from_memory(folder: Path) -> None:
    """Bytes to compared distributions, in batches of 1,000, without any broker."""
    baseline(COLUMNS).save(folder / "bench.baseline.json.gz")
    config = parse(settings({"stdin": {}}, {"memory": True}), folder / "bench.yaml")
    log = values(COLUMNS, MEMORY_RECORDS, per_second=1000.0, size=VALUE_BYTES)
    tune_like_the_daemon()
    rates = []
    for _ in range(ROUNDS):
        source, partition = MemorySource(batch_records=1000), Partition("bench", 0)
        source.append(partition, log)
        source.end()
        source.assign(partition)
        baselines = make_baselines(config)
        decoder, monitor = make_decoder(config, baselines), make_monitor(config, baselines, 0)
        begin = time.process_time()
        report = replay(source, decoder, monitor)
        rates.append(MEMORY_RECORDS / (time.process_time() - begin))
        assert report.outcomes["counted"] == MEMORY_RECORDS, report.outcomes
    what = f"from memory, {COLUMNS} columns, {VALUE_BYTES} bytes, batches of 1,000"
    say(what, f"{median(rates):,.0f} records/s/core (of {ROUNDS}: {spread(rates)})")


def tune_like_the_daemon() -> None:
    """What `driftwatch run` does to the cycle collector once it has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def from_broker(folder: Path) -> None:
    """A real broker, the real daemon as a process, its CPU time from ready to caught up."""
    (folder / "kafka").mkdir()
    with KafkaBroker(folder / "kafka") as broker:
        topic = broker.create_topic("bench", partitions=PARTITIONS)
        first_s = time.time() - BROKER_RECORDS / 1000
        log = values(COLUMNS, BROKER_RECORDS, per_second=1000.0, size=VALUE_BYTES, first_s=first_s)
        for partition in range(PARTITIONS):
            part = slice(partition, None, PARTITIONS)
            stamps = [
                int((first_s + i / 1000) * 1000) for i in range(partition, len(log), PARTITIONS)
            ]
            broker.produce(topic, log[part], partition=partition, timestamps=stamps)
        rates, peak = [], 0.0
        for turn in range(3):
            home = folder / f"run-{turn}"
            home.mkdir()
            baseline(COLUMNS).save(home / "bench.baseline.json.gz")
            kafka = {
                "bootstrap_servers": broker.bootstrap,
                "topics": [topic],
                "group_id": f"bench-{turn}",
                "start": "earliest",
            }
            with Daemon(home, settings({"kafka": kafka}, {"path": "state"})) as daemon:
                before = daemon.cpu_seconds()
                daemon.wait_for(
                    'driftwatch_records_total{outcome="counted"}', float(BROKER_RECORDS)
                )
                rates.append(BROKER_RECORDS / (daemon.cpu_seconds() - before))
                peak = daemon.resident_mib("VmHWM")
        what = f"from a broker by kafka-python, {COLUMNS} columns, {PARTITIONS} partitions"
        say(what, f"{median(rates):,.0f} records/CPU second (of 3: {spread(rates)})")
        say("  resident memory at its highest, meanwhile", f"{peak:.0f} MiB")


def resident(folder: Path) -> None:
    """Memory with 100 columns and full windows of an hour and a day."""
    columns, per_pane, panes = 100, 100, 24 * 60 + 5
    baseline(columns).save(folder / "bench.baseline.json.gz")
    logs = folder / "log"
    logs.mkdir()
    first_s = time.time() - panes * 60
    log = values(columns, panes * per_pane, per_second=per_pane / 60, first_s=first_s)
    for partition in range(PARTITIONS):
        (logs / f"part-{partition}.jsonl").write_bytes(
            b"\n".join(log[partition::PARTITIONS]) + b"\n"
        )
    files = {"path": "log", "start": "earliest"}
    with Daemon(folder, settings({"files": files}, {"path": "state"})) as daemon:
        daemon.wait_for('driftwatch_records_total{outcome="counted"}', float(len(log)))
        time.sleep(2)
        now, peak = daemon.resident_mib("VmRSS"), daemon.resident_mib("VmHWM")
        what = f"resident memory, {columns} columns, 1h and 1d full, {PARTITIONS} partitions"
        say(what, f"{now:.0f} MiB, {peak:.0f} at its highest")


def ready(folder: Path) -> None:
    """From the start of the process to a 200 on /-/ready."""
    baseline(COLUMNS).save(folder / "bench.baseline.json.gz")
    (folder / "log").mkdir()
    seconds = []
    for _ in range(ROUNDS):
        with Daemon(folder, settings({"files": {"path": "log"}}, {"path": "state"})) as daemon:
            seconds.append(daemon.ready_after_s)
    say(
        "ready after the start of the process",
        f"{median(seconds):.2f} s (of {ROUNDS}: {spread(seconds, 2)})",
    )


class Daemon:
    """`driftwatch run` as a process, ready. module: which program is asked to `run`."""

    def __init__(
        self, folder: Path, configuration: dict[str, Any], module: str = "driftwatch"
    ) -> None:
        config = folder / "driftwatch.yaml"
        config.write_text(yaml.safe_dump(configuration))
        self._log = (folder / "daemon.log").open("w+")
        begin = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "run", "-c", str(config)], stderr=self._log
        )
        self._port = self._wait(self._find_port)
        self.url = f"http://127.0.0.1:{self._port}"
        self._wait(lambda: self._get("/-/ready") is not None)
        self.ready_after_s = time.monotonic() - begin

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._log.close()

    def stop(self) -> None:
        """End it as an orchestrator does, with SIGTERM."""
        self._process.terminate()
        self._process.wait(15)

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self, field: str) -> float:
        """VmRSS or VmHWM of the process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{field}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def wait_for(self, series: str, value: float) -> None:
        """Until a series of /metrics has this value; looks rarely, so as not to be measured."""

        def there() -> bool:
            page = self._get("/metrics") or ""
            line = next((row for row in page.splitlines() if row.startswith(series)), "x nan")
            return float(line.rsplit(" ", 1)[1]) == value

        self._wait(there, every=1.0, timeout=300.0)

    def _find_port(self) -> int | None:
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', Path(self._log.name).read_text())
        return int(found[1]) if found else None

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def _wait(self, look: Callable[[], Any], every: float = 0.01, timeout: float = 60.0) -> Any:
        deadline = time.monotonic() + timeout
        while not (found := look()):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(
                    f"waited in vain; the daemon's log:\n{Path(self._log.name).read_text()}"
                )
            time.sleep(every)
        return found


def median(figures: list[float]) -> float:
    """The middle one."""
    return sorted(figures)[len(figures) // 2]


def spread(figures: list[float], digits: int = 0) -> str:
    """Lowest to highest."""
    return f"{min(figures):,.{digits}f} to {max(figures):,.{digits}f}"


if __name__ == "__main__":
    main()
