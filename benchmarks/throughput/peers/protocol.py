"""What a peer is asked: decode a batch, profile it, compare it with the baseline; again and again.

A peer is a function `make(train, shape)`, from the columns of the training rows to ways to do that:
by name, a function from the bytes of a batch to the distance of every column. The fastest counts.
"""

import json
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.throughput.jobs import Answer, Job, answer
from benchmarks.throughput.shapes import Shape, read

Train = dict[str, "np.ndarray[Any, Any]"]
Way = Callable[[Sequence[bytes]], Mapping[str, float]]
Make = Callable[[Train, Shape], Mapping[str, Way]]

SIZES = (1_000, 10_000, 100_000, 200)
"""Of batches, in the order in which they are tried while there is time."""
CPU_SECONDS = 60.0
"""All that a peer is given, start and warming up included."""
TRIALS = 0.4
"""The share of it that may go into finding the fastest way."""


@dataclass(frozen=True, slots=True)
class Package:
    """What is measured. module: where it says its version, if not under its own name."""

    name: str
    more: tuple[str, ...] = ()


def run(make: Make, package: Package, sizes: Sequence[int] = SIZES) -> None:
    """Be a peer's process."""

    def work(job: Job) -> Answer:
        hard = int(2 * CPU_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
        shape = Shape(**job["shape"])
        folder = Path(job["folder"])
        train, values = train_of(folder / "train.jsonl", shape), read(folder / "records.jsonl")
        ways = make(train, shape)
        wanted = [size for size in sizes if size <= len(values)]
        seconds = job.get("cpu_seconds", CPU_SECONDS)
        columns = {*shape.numbers, *shape.words}
        said = next(iter(ways.values()))(values[: wanted[0]])  # warms up
        if set(said) != columns:
            raise RuntimeError(f"{len(said)} of {len(columns)} columns were compared")
        found: dict[str, Any] = {}
        for i, size in enumerate(wanted):
            left = (seconds - time.process_time()) / (len(wanted) - i)
            if left > 0.0 or not found:
                found[str(size)] = measured(ways, values, size, left)
        names = (package.name, *package.more)
        return {
            "versions": {name: metadata.version(name) for name in names},
            "sizes": found,
            "cpu_s": time.process_time(),
        }

    answer(work)


def measured(
    ways: Mapping[str, Way], values: Sequence[bytes], size: int, seconds: float
) -> dict[str, Any]:
    """Records a CPU second in batches of this size, by the way that is fastest for one of them."""
    begin, took = time.process_time(), dict[str, float]()
    for name, way in ways.items():
        start = time.process_time()
        way(values[:size])
        took[name] = time.process_time() - start
        if time.process_time() - begin > seconds * TRIALS:
            break
    best = min(took, key=lambda name: took[name])
    start, batches = time.process_time(), 0
    while True:
        first = batches * size % (len(values) - size + 1)
        ways[best](values[first : first + size])
        batches += 1
        spent = time.process_time() - start
        is_late = time.process_time() - begin + spent / batches > seconds
        if is_late or batches * size >= len(values):
            return {"rate": batches * size / spent, "batches": batches, "way": best}


def train_of(path: Path, shape: Shape) -> Train:
    """The columns of the training rows: floats, and objects that are texts."""
    rows = [json.loads(line) for line in read(path)]
    numbers = {n: np.array([row[n] for row in rows], dtype=np.float64) for n in shape.numbers}
    return numbers | {n: np.array([row[n] for row in rows], dtype=object) for n in shape.words}
