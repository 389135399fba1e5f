"""Memory does not grow with the rows."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from driftwatch.baseline import order
from driftwatch.baseline.build import build
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.derive.derivation import NamedCondition


def chunks(rows: int, timed: bool) -> Iterator[Chunk]:
    for start in range(0, rows, 50_000):
        rng = np.random.default_rng(start)
        present = np.zeros(50_000, dtype=np.uint8)
        codes = np.arange(50_000, dtype=np.int32)
        columns = {f"x{i}": Values(present, rng.normal(size=50_000)) for i in range(2)}
        columns["c"] = Values(present, None, codes % 300, [f"w{i}" for i in range(300)])
        columns["id"] = Values(present, None, codes, [f"id-{start + i}" for i in range(50_000)])
        times = np.arange(start, start + 50_000) * 2_000_000
        yield Chunk(50_000, columns, times=times if timed else None)


def peak_mb() -> int:
    # Not getrusage: its peak begins with that of the program which started this one.
    line = next(x for x in Path("/proc/self/status").open() if x.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


# Of four columns fewer rows are too many to be kept; these bounds are reached here.
order.KEPT_CELLS = 200_000
conditions = ()
if sys.argv[1] == "segmented":
    conditions = (NamedCondition(name="upper", role="segment", text="x0 > 0"),)
options = BuildOptions("m", "1", conditions=conditions)
peaks = []
for rows in (150_000, 900_000):
    build(lambda: chunks(rows, sys.argv[1] != "unordered"), options)
    peaks.append(peak_mb())
print(*peaks)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own figures")
@pytest.mark.parametrize(
    ("order", "row_bytes"),
    [
        ("unordered", 0),
        ("timed", 40),
        pytest.param("segmented", 50, marks=pytest.mark.surfaces),
    ],
)
def test_six_times_the_rows_take_no_more_memory_than_their_places_in_time(
    order: str, row_bytes: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, order], capture_output=True, check=True, text=True
    )
    few, many = map(int, done.stdout.split())
    assert few < (180 if order == "segmented" else 150)  # sqlglot is a part of it
    assert many - few < 40 + row_bytes * 750_000 // 1_000_000
