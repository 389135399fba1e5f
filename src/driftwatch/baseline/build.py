"""Making a baseline of training data, in two streaming passes and flat memory.

The first finds the columns, their kinds and what freezes their cells (`survey`, `plan`); the second
counts every row on these cells with the functions that the daemon counts with (`tally`). A column
that looked numeric until a text came late makes a third pass necessary, for its words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.artifact import (
    Baseline,
    CategoricalBaseline,
    ColumnBaseline,
    NumericBaseline,
)
from driftwatch.baseline.calibrate import calibrated, find_order
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.plan import ColumnPlan, make_plan
from driftwatch.baseline.survey import Survey
from driftwatch.baseline.tally import Tally
from driftwatch.baseline.times import TimeLog, TimesOf, own_times
from driftwatch.errors import DataError
from driftwatch.sketch.counts import Moments
from driftwatch.sketch.layout import CategoricalLayout, NumericLayout

ChunksFactory = Callable[[], Iterator[Chunk]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is.

    step, steps: which pass of how many, from 1. rows: read in this pass.
    read_ratio: how much of the data this pass has read; None if unknown.
    """

    step: int
    steps: int
    rows: int
    read_ratio: float | None


@dataclass(frozen=True, slots=True)
class Built:
    """A baseline, and what is worth telling about it: the plan of each of its columns."""

    baseline: Baseline
    plans: tuple[ColumnPlan, ...]


def build(
    chunks: ChunksFactory,
    options: BuildOptions,
    progress: Callable[[Progress], None] | None = None,
    times_of: TimesOf = own_times,
) -> Baseline:
    """Make a baseline.

    chunks: gives the same rows each time it is called; it is called two or three times.
    progress: called after each chunk. times_of: where a chunk's rows have their times.

    The same rows give the same bytes, whatever the size of the chunks. Raises DataError if the data
    has no rows or changes between the passes, UsageError if the options don't fit the data.

    >>> records = [{"amount": 1.5, "country": "DE"}, {"amount": 2.5, "country": "FR"}]
    >>> baseline = build(lambda: iter([Chunk.from_records(records)]), BuildOptions("fraud", "3"))
    >>> baseline.rows, [(column.name, column.kind) for column in baseline.columns]
    (2, [('amount', 'numeric'), ('country', 'categorical')])
    """
    return build_with_plans(chunks, options, progress, times_of).baseline


def build_with_plans(
    chunks: ChunksFactory,
    options: BuildOptions,
    progress: Callable[[Progress], None] | None = None,
    times_of: TimesOf = own_times,
) -> Built:
    """The same, with the plans that were made on the way."""
    options.check()
    survey, times = Survey(options), TimeLog(times_of)
    for chunk in _watched(chunks(), progress, 1, 2):
        survey.add(chunk)
        times.add(chunk)
    survey.settle()
    steps = 3 if survey.must_recount else 2
    if survey.must_recount:
        survey.recount(_watched(chunks(), progress, 2, steps))
    plans = make_plan(survey, options)
    rows, ranges = survey.rows, {n: (c.minimum, c.maximum) for n, c in survey.columns.items()}
    del survey  # its words and summaries are the larger part of the memory
    order = find_order(times, rows, plans, options)
    tally = Tally(plans, order)
    for chunk in _watched(chunks(), progress, steps, steps):
        tally.add(chunk)
    fingerprint = tally.finish()
    if tally.rows != rows:
        raise _changed()
    baseline = Baseline(
        model=options.model,
        model_version=options.model_version,
        rows=rows,
        data_fingerprint=fingerprint,
        timestamp=options.timestamp,
        columns=tuple(_columns(tally, ranges)),
    )
    return Built(calibrated(baseline, tally.ledger, options), plans)


def _watched(
    chunks: Iterator[Chunk], progress: Callable[[Progress], None] | None, step: int, steps: int
) -> Iterator[Chunk]:
    rows = 0
    for chunk in chunks:
        yield chunk
        rows += chunk.rows
        if progress is not None:
            progress(Progress(step, steps, rows, chunk.read_ratio))


def _columns(tally: Tally, ranges: Mapping[str, tuple[float, float]]) -> Iterator[ColumnBaseline]:
    starts = tally.layout.starts.tolist()
    numeric = 0
    for i, layout in enumerate(tally.layout.columns):
        cells = tally.counts.cells[starts[i] : starts[i + 1]].tolist()
        if isinstance(layout, CategoricalLayout):
            if cells[layout.cell("new")]:
                raise _changed()
            yield _categorical(layout, cells)
        else:
            column = _numeric(layout, cells, tally.counts.moments, numeric)
            if column.count and (column.minimum, column.maximum) != ranges[layout.name]:
                raise _changed()
            yield column
            numeric += 1


def _numeric(layout: NumericLayout, cells: list[int], moments: Moments, at: int) -> NumericBaseline:
    count = int(moments.count[at])

    def figure(value: float) -> float | None:
        """Adding 0.0 makes one zero of two; a figure that overflowed is none."""
        return float(value) + 0.0 if count and np.isfinite(value) else None

    return NumericBaseline(
        name=layout.name,
        role=layout.role,
        edges=tuple(layout.edges.tolist()),
        low=layout.low,
        high=layout.high,
        bins=tuple(cells[: layout.bins]),
        null=cells[layout.cell("null")],
        absent=cells[layout.cell("absent")],
        wrong_type=cells[layout.cell("wrong_type")],
        nan=cells[layout.cell("nan")],
        negative_inf=cells[layout.cell("negative_inf")],
        positive_inf=cells[layout.cell("positive_inf")],
        count=count,
        mean=figure(moments.mean[at]),
        m2=figure(moments.m2[at]),
        minimum=figure(moments.minimum[at]),
        maximum=figure(moments.maximum[at]),
    )


def _categorical(layout: CategoricalLayout, cells: list[int]) -> CategoricalBaseline:
    return CategoricalBaseline(
        name=layout.name,
        role=layout.role,
        vocabulary=layout.vocabulary,
        counts=tuple(cells[: len(layout.vocabulary)]),
        other=cells[layout.cell("other")],
        other_hashes=layout.other.astype(">u8").tobytes().hex(),
        other_complete=layout.other_complete,
        null=cells[layout.cell("null")],
        absent=cells[layout.cell("absent")],
        wrong_type=cells[layout.cell("wrong_type")],
    )


def _changed() -> DataError:
    return DataError("the data changed while it was read; build the baseline again")
