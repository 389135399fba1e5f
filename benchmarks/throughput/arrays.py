"""What numpy and the memory can do: the limits of counting and of evaluating."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.throughput.jobs import Answer, Job, answer

COPIED = 1 << 26
"""Bytes; more than the caches hold."""
ROWS = 1_000
SECONDS = 0.5


def work(job: Job) -> Answer:
    """Values a CPU second of numpy's own passes over columns, and bytes a second of a copy."""
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(job["columns"], ROWS))
    edges = np.sort(rng.normal(size=100))
    large, target = np.ones(COPIED // 8), np.empty(COPIED // 8)
    return {
        "values": {
            "sort": columns.size * per_second(lambda: np.sort(columns, axis=1)),
            "searchsorted, 100 edges": columns.size
            * per_second(lambda: np.searchsorted(edges, columns)),
            "sum": columns.size * per_second(lambda: columns.sum(axis=1)),
        },
        "bytes": COPIED * per_second(lambda: np.copyto(target, large)),
    }


def per_second(call: Callable[[], Any]) -> float:
    """How often it can be done in a second."""
    call()
    begin, times = time.process_time(), 0
    while time.process_time() - begin < SECONDS:
        call()
        times += 1
    return times / (time.process_time() - begin)


if __name__ == "__main__":
    answer(work)
