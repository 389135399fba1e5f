"""`driftwatch run`, whose loop notes how long its turns take; at its end it writes that down.

A turn without its poll is a pause: meanwhile nothing is read.
"""

import json
import os
import statistics
import time
from pathlib import Path

from driftwatch.cli import main
from driftwatch.daemon import Loop

ANSWER = "DRIFTWATCH_BENCH_PAUSES"
"""The variable that names the file."""
WARM_UP_TURNS = 20
"""The first ones: partitions are placed, and what a configuration uses is imported."""


class Turns:
    """Takes the time of the turns of a loop."""

    def __init__(self) -> None:
        self._turn = Loop.turn
        self.pauses_ms: list[float] = []

    def turn(self, loop: Loop) -> None:
        """One turn of it."""
        begin, polled = time.perf_counter(), loop.seconds["poll"]
        self._turn(loop)
        passed = time.perf_counter() - begin
        self.pauses_ms.append(1000 * (passed - (loop.seconds["poll"] - polled)))


def run() -> None:
    """Be the daemon."""
    turns = Turns()

    def turn(self: Loop) -> None:
        turns.turn(self)

    setattr(Loop, "turn", turn)  # noqa: B010 (a method is not to be assigned, says mypy)
    try:
        main()
    finally:
        seen = turns.pauses_ms[WARM_UP_TURNS:] or [0.0]
        found = {"longest_ms": max(seen), "median_ms": statistics.median(seen), "turns": len(seen)}
        Path(os.environ[ANSWER]).write_text(json.dumps(found))


if __name__ == "__main__":
    run()
