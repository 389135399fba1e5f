"""A daemon that is measured from outside: its CPU time, its memory, its pages."""

import json
import os
import statistics
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.records import settings
from benchmarks.spine import Daemon
from benchmarks.throughput.pausing import ANSWER

COUNTED = 'driftwatch_records_total{outcome="counted"}'
PAGES = 20
"""How often a page is asked for."""
MODULE = "benchmarks.throughput.pausing"


class Watched(Daemon):
    """`driftwatch run`, with its longest turn noted."""

    def __init__(self, folder: Path, configuration: Mapping[str, Any]) -> None:
        self._pauses = folder / "pauses.json"
        os.environ[ANSWER] = str(self._pauses)
        super().__init__(folder, dict(configuration), MODULE)

    def sample(self, series: str) -> float:
        """The value of one series of /metrics. Raises RuntimeError where it is not there."""
        for line in (self._get("/metrics") or "").splitlines():
            if line.startswith(series):
                return float(line.rsplit(" ", 1)[1])
        raise RuntimeError(f"/metrics has no {series}")

    def loop_seconds(self) -> dict[str, float]:
        """Time by step since it began."""
        name = 'driftwatch_loop_seconds_total{step="'
        rows = [row for row in (self._get("/metrics") or "").splitlines() if row.startswith(name)]
        pairs = (row.removeprefix(name).split('"} ') for row in rows)
        return {step: float(seconds) for step, seconds in pairs}

    def page(self, path: str) -> dict[str, float]:
        """How long a page takes over HTTP (the median, ms), and its size in bytes."""
        taken, size = [], 0
        request = urllib.request.Request(self.url + path, headers={"accept-encoding": "gzip"})
        for _ in range(PAGES):
            begin = time.perf_counter()
            with urllib.request.urlopen(request, timeout=30) as found:
                size = len(found.read())
            taken.append(1000 * (time.perf_counter() - begin))
        return {"ms": statistics.median(taken), "bytes": size}

    def end(self) -> dict[str, float]:
        """Stop it; its longest turn and its usual one, in milliseconds, polls left out."""
        self.stop()
        return dict(json.loads(self._pauses.read_text()))


@contextmanager
def watched(baseline: Path, source: Mapping[str, Any], **more: object) -> Iterator[Watched]:
    """A daemon with its state in a folder of its own, which goes with it."""
    with TemporaryDirectory(prefix="driftwatch-bench-") as home:
        folder = Path(home)
        (folder / baseline.name).symlink_to(baseline)
        with Watched(folder, settings(dict(source), {"path": "state"}, **more)) as daemon:
            yield daemon
