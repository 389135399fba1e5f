"""A process that holds a state folder, to be killed: `saver.py FOLDER` saves until it is.

Each save moves the frontier by one record and adds that record to every one of a few panes; once
it is saved, the frontier is printed.
"""

import sys
from pathlib import Path

import numpy as np

from driftwatch.records import Partition, StreamKey
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.state.port import Checkpoint, PaneKey, PartitionState, Retention
from driftwatch.state.sqlite import SqliteStore

LOG = Partition("log", 0)
STREAMS = [StreamKey("model", "1", f"segment{number}") for number in range(6)]
BLOCK = 5


def record(offset: int) -> Counts:
    """The counts of the record at this offset."""
    cells = np.zeros(2_000, dtype=np.int64)
    cells[offset % 2_000] = 1
    return Counts(1, cells, Moments.empty(0))


def say(what: object) -> None:
    """To standard output, at once."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    store = SqliteStore(folder)
    held = store.load().partitions.get(LOG, PartitionState(frontier=0))
    say("opened")
    for frontier in range(held.frontier + 1, sys.maxsize):
        offset = frontier - 1
        # A pane takes three records, and is rolled up soon after: that is part of the transaction.
        panes = {PaneKey(s, LOG, offset // 3, 1): record(offset) for s in STREAMS}
        retention = Retention((offset // 3) // BLOCK * BLOCK, BLOCK, 0)
        partitions = {LOG: PartitionState(frontier, tallies={"counted": frontier})}
        detector = {STREAMS[0]: str(frontier).encode()}
        store.save(Checkpoint(panes, partitions, detector, retention=retention))
        say(frontier)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
