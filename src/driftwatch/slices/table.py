"""A log in memory, cut into parts: a byte for each record and column."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.deriving import Deriving
from driftwatch.baseline.texts import Texts
from driftwatch.baseline.times import UNTIMED, TimesOf
from driftwatch.contract.frames import plan_of
from driftwatch.errors import DataError
from driftwatch.records import IntArray, Status
from driftwatch.sketch.layout import CONDITION_ROLES
from driftwatch.slices.parts import CodeArray, Parts, parts_of

MOST_ROWS = 200_000
"""Records that are kept; of a longer log every second, fourth, ... one."""


@dataclass(frozen=True, slots=True)
class Table:
    """The records that have a time.

    columns: C columns; codes: for each (n,) the part that a record is in. times_us: (n,).
    every: one in so many records was kept. untimed: records without a readable time.
    """

    columns: tuple[Parts, ...]
    codes: tuple[CodeArray, ...]
    times_us: IntArray
    every: int = 1
    untimed: int = 0


def read_table(baseline: Baseline, chunks: Iterable[Chunk], times_of: TimesOf) -> Table:
    """Read a log whose columns are those of a baseline.

    Raises DataError if no record has a readable time.
    """
    made = [(column, parts_of(column)) for column in baseline.columns]
    columns = [
        (column, parts)
        for column, parts in made
        if parts is not None and column.role not in CONDITION_ROLES
    ]
    deriving = Deriving(baseline.derived, times_of)
    kept: list[list[CodeArray]] = [[] for _ in columns]
    times: list[IntArray] = []
    rows, every, untimed, held = 0, 1, 0, 0
    for chunk in chunks:
        found = times_of(chunk)
        served = np.full(chunk.rows, UNTIMED, dtype=np.int64) if found is None else found
        untimed += int((served == UNTIMED).sum())
        mask = (served != UNTIMED) & (np.arange(rows, rows + chunk.rows) % every == 0)
        full = deriving.chunk(chunk)
        for codes, (column, parts) in zip(kept, columns, strict=True):
            cells = full.columns.get(column.name)
            if cells is None:
                cells = Values(np.full(chunk.rows, Status.ABSENT, dtype=np.uint8))
            elif isinstance(cells, Texts):
                cells = cells.read(plan_of(column).reading)
            codes.append(parts.codes(cells)[mask])
        times.append(served[mask])
        rows += chunk.rows
        held += int(mask.sum())
        while held > MOST_ROWS:
            every *= 2
            kept = [[np.concatenate(codes)[::2]] for codes in kept]
            times = [np.concatenate(times)[::2]]
            held = len(times[0])
    if not held:
        raise DataError("no record has a readable time; --timestamp names the column that holds it")
    return Table(
        tuple(parts for _, parts in columns),
        tuple(np.concatenate(codes) for codes in kept),
        np.concatenate(times),
        every,
        untimed,
    )
