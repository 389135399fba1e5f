"""Whether Driftwatch has become slower, by ratios in one run, so that the machine does not matter.

    make guard

A fixed loop, msgspec that decodes the same records into dictionaries, takes turns with Driftwatch
from memory at the base point (20 columns, batches of 1,000). The median of the ratios of their
rates must stay above a floor, with the compiled part, where it is installed, and without it.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.spine import tune_like_the_daemon
from benchmarks.throughput.compiled import COMPILED, PYTHON, ways
from benchmarks.throughput.jobs import Answer, Job, answer, measure
from benchmarks.throughput.logs import prepare
from benchmarks.throughput.memory import CHECKPOINT_EVERY_S, drain, make_loop, settings_in
from benchmarks.throughput.points import BATCH
from benchmarks.throughput.shapes import BASE, read

USUAL = {COMPILED: 0.61, PYTHON: 0.345}
"""Driftwatch's rate as a ratio of the fixed loop's, as it is; the one place to set it anew."""
HEADROOM = 0.8
"""The floor, as a share of that: above what 30% of slowness leaves, below what noise does."""
RECORDS = 10_000
ROUNDS = 25


def main() -> int:
    """Measure every way there is; 1 where one of them has become too slow."""
    too_slow = False
    with tempfile.TemporaryDirectory(prefix="driftwatch-guard-") as folder:
        log = prepare(Path(folder), BASE, RECORDS, time.time())
        for way, env in ways().items():
            job = {"folder": str(log.folder), "rounds": ROUNDS}
            ratios = measure("benchmarks.guard", job, env)["ratios"]
            found, low, high = statistics.median(ratios), min(ratios), max(ratios)
            kept = found >= floor(way)
            too_slow = too_slow or not kept
            print(
                f"{way}: {found:.2f} of the fixed loop ({low:.2f} to {high:.2f}), "
                f"floor {floor(way):.2f}: {'fine' if kept else 'too slow'}"
            )
    if too_slow:
        print(
            "Driftwatch has become slower; `python -m benchmarks.throughput --only memory` shows "
            "where. Where the change is worth it, set USUAL in benchmarks/guard.py anew.",
            file=sys.stderr,
        )
    return int(too_slow)


def floor(way: str) -> float:
    """Below this ratio the guard fails."""
    return USUAL[way] * HEADROOM


def work(job: Job) -> Answer:
    """The ratio of each round."""
    ours, fixed = turns(Path(job["folder"]))
    tune_like_the_daemon()
    return {"ratios": [fixed() / ours() for _ in range(job["rounds"])]}


def turns(folder: Path) -> tuple[Callable[[], float], Callable[[], float]]:
    """What is compared, both on all records of a folder: Driftwatch, and the fixed loop.

    Each answers with the CPU seconds that it took.
    """
    values, config = read(folder / "records.jsonl"), settings_in(folder)
    decode = msgspec.json.Decoder().decode

    def ours() -> float:
        loop = make_loop(config, values, BATCH, [], CHECKPOINT_EVERY_S)
        begin = time.process_time()
        drain(loop)
        return time.process_time() - begin

    def fixed() -> float:
        begin = time.process_time()
        for first in range(0, len(values), BATCH):
            list(map(decode, values[first : first + BATCH]))
        return time.process_time() - begin

    ours()
    fixed()
    return ours, fixed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        answer(work)
    else:
        sys.exit(main())
