"""A story's serving log: chapters of trips, each with what has changed by then."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from tests.stories.town import PREDICTIONS, VERSION, Trips, draw, rows

START_S = 1_772_438_400.0
"""Monday, 2 March 2026, 08:00 in UTC: when a log begins that says nothing else."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Chapter:
    """A stretch of the log.

    drawn: which trips riders ask for. sent: what happens to them before the model sees them, so
    that the model's answers change as well. logged: what happens to a record afterwards; a text
    instead of a record stands in the log as it is.
    """

    minutes: float
    drawn: Callable[[Generator, int], Trips] = draw
    sent: Callable[[Trips, Generator], Trips] | None = None
    logged: Callable[[Record, Generator], Record | str] | None = None
    per_minute: float = 200.0


def record(time_s: float, row: Record) -> Record:
    """A row as the model server logs it."""
    predictions = {name: row.pop(name) for name in PREDICTIONS}
    return {"ts": round(time_s, 3), "version": VERSION, "features": row, **predictions}


def lines(chapters: tuple[Chapter, ...], seed: int, start_s: float = START_S) -> Iterator[str]:
    """The log, line by line, in the order of time; what changes does not change what is drawn."""
    drawing, changing = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
    for chapter in chapters:
        count = int(drawing.poisson(chapter.minutes * chapter.per_minute))
        trips = chapter.drawn(drawing, count)
        times = start_s + 60.0 * chapter.minutes * np.sort(drawing.random(count))
        if chapter.sent is not None:
            trips = chapter.sent(trips, changing)
        for time_s, row in zip(times.tolist(), rows(trips), strict=True):
            kept = record(time_s, row)
            found = kept if chapter.logged is None else chapter.logged(kept, changing)
            yield found if isinstance(found, str) else json.dumps(found)
        start_s += 60.0 * chapter.minutes


def write_log(
    path: Path, chapters: tuple[Chapter, ...], seed: int, start_s: float = START_S
) -> None:
    """Write the log to a file of JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines(chapters, seed, start_s))
