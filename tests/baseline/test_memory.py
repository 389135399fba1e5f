"""Memory does not grow with the rows."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from driftwatch.baseline.build import build
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions


def chunks(rows: int) -> Iterator[Chunk]:
    for start in range(0, rows, 50_000):
        rng = np.random.default_rng(start)
        present = np.zeros(50_000, dtype=np.uint8)
        codes = np.arange(50_000, dtype=np.int32)
        columns = {f"x{i}": Values(present, rng.normal(size=50_000)) for i in range(2)}
        columns["c"] = Values(present, None, codes % 300, [f"w{i}" for i in range(300)])
        columns["id"] = Values(present, None, codes, [f"id-{start + i}" for i in range(50_000)])
        yield Chunk(50_000, columns)


def peak_mb() -> int:
    # Not getrusage: its peak begins with that of the program which started this one.
    line = next(x for x in Path("/proc/self/status").open() if x.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


peaks = []
for rows in (150_000, 900_000):
    build(lambda: chunks(rows), BuildOptions("m", "1"))
    peaks.append(peak_mb())
print(*peaks)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own figures")
def test_six_times_the_rows_take_no_more_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True
    )
    few, many = map(int, done.stdout.split())
    assert few < 150
    assert many - few < 25
