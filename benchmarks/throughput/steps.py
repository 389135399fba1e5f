"""What a closed pane and a report cost, in a process whose window of an hour is full."""

import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.spine import tune_like_the_daemon
from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.memory import make_loop, settings_in
from benchmarks.throughput.shapes import read
from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.report import Report

TIMES = 30


def work(job: Job) -> Answer:
    """Milliseconds of a step of all alarms, of a report and of rendering its metrics."""
    folder = Path(job["folder"])
    tune_like_the_daemon()
    reports: list[Report] = []
    values = read(folder / "records.jsonl")
    loop = make_loop(settings_in(folder), values, job["pane_rows"], reports, math.inf)
    monitor, source = loop.parts.monitor, loop.parts.source
    while not source.exhausted:
        loop.turn()
        loop.checkpoint()
    (stream,) = monitor.streams.values()
    now_us = monitor.head_us or 0
    pane_us = stream.policy.pane_us
    begins = now_us - now_us % pane_us
    pane = stream.seen(begins - pane_us, begins)

    def step(i: int) -> None:
        start_us = begins + i * pane_us
        stream.detector.step(pane.cells, pane.rows, lambda: None, start_us, start_us + pane_us)

    def report(_: int) -> None:
        monitor.advance(now_us, source.progress())

    exporter = Exporter(ExportPolicy())

    def render(_: int) -> None:
        exporter.publish(reports[0], ProcessFacts(), time.time())

    return {
        "records": reports[0].outcomes["counted"],
        "report_ms": median_ms(report),
        "step_ms": median_ms(step),
        "render_ms": median_ms(render),
    }


def median_ms(call: Callable[[int], Any]) -> float:
    """Of CPU time."""
    call(0)
    taken = []
    for i in range(1, TIMES + 1):
        begin = time.process_time()
        call(i)
        taken.append(1000 * (time.process_time() - begin))
    return statistics.median(taken)


if __name__ == "__main__":
    answer(work)
