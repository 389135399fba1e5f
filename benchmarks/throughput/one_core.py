"""One core for a measurement: nothing else runs there, and libraries use one thread."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "ARROW_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "POLARS_MAX_THREADS": "1",
}
MEASURED, OTHERS = -1, 0
"""Of the cores there are: where the measured process runs, and where broker and senders do."""


@contextmanager
def on_core(place: int) -> Iterator[None]:
    """Processes started within run on this core only, with all their threads.

    Where the system can't be told (macOS), on any; CPU time counts all threads either way.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[place]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
