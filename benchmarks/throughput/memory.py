"""Driftwatch without any broker: from the bytes of a log in memory to the last report."""

import math
import time
from pathlib import Path

from benchmarks.records import settings
from benchmarks.spine import tune_like_the_daemon
from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.shapes import read
from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import parse
from driftwatch.config.settings import Settings
from driftwatch.daemon import Loop, LoopPolicy, Parts
from driftwatch.monitor.report import Report
from driftwatch.records import Partition
from driftwatch.sources.memory import MemorySource
from driftwatch.state.memory import MemoryStore
from driftwatch.state.stepped import SteppedLedger

LOG = Partition("bench", 0)
CHECKPOINT_EVERY_S = 10.0
"""What the daemon has by default."""


def settings_in(folder: Path, **more: object) -> Settings:
    """The settings of a process that reads the log of a folder."""
    return parse(settings({"stdin": {}}, {"memory": True}, **more), folder / "bench.yaml")


def make_loop(
    config: Settings, values: list[bytes], batch: int, reports: list[Report], every_s: float
) -> Loop:
    """The daemon's loop over a log in memory, to be turned until its source is exhausted."""
    source = MemorySource(batch_records=batch)
    source.append(LOG, values)
    source.end()
    source.assign(LOG)
    baselines = make_baselines(config)
    decoder, monitor = make_decoder(config, baselines), make_monitor(config, baselines, 0)

    def keep(report: Report) -> None:
        reports[:] = [report]

    return Loop(
        Parts(source, decoder, monitor, SteppedLedger(MemoryStore(), source)),
        LoopPolicy(every_s, 0.0, lambda: "earliest"),
        lambda: monitor.head_us or 0,
        keep,
    )


def drain(loop: Loop) -> None:
    """Turn a loop until its source is exhausted, and make the last report."""
    while not loop.parts.source.exhausted:
        loop.turn()
    loop.checkpoint()


def work(job: Job) -> Answer:
    """Read a log some times.

    Answers with the records a CPU second of each round, and the seconds by step of all of them.
    """
    folder = Path(job["folder"])
    config = settings_in(folder)
    values = read(folder / "records.jsonl")[: job.get("records")]
    every_s = 0.0 if job["every_batch"] else CHECKPOINT_EVERY_S
    tune_like_the_daemon()
    rates: list[float] = []
    seconds: dict[str, float] = {}
    for turn in range(job["rounds"] + 1):
        reports: list[Report] = []
        loop = make_loop(config, values, job["batch"], reports, every_s)
        begin = time.process_time()
        drain(loop)
        took = time.process_time() - begin
        counted = reports[0].outcomes["counted"]
        if counted != len(values):
            raise RuntimeError(f"{counted} of {len(values)} records were counted")
        distances = [w.gauges for s in reports[0].streams for w in s.windows]
        if not distances:
            raise RuntimeError("the report has no distances")
        if turn:  # the first is to warm up
            rates.append(len(values) / took)
            seconds = {step: seconds.get(step, 0.0) + s for step, s in loop.seconds.items()}
    read_records = len(values) * job["rounds"]
    return {
        "rates": rates,
        "microseconds": {step: 1e6 * s / read_records for step, s in seconds.items()},
        "bytes": math.fsum(map(len, values)) / len(values),
    }


if __name__ == "__main__":
    answer(work)
