"""Making a baseline of training data, in two streaming passes and flat memory.

The first finds the columns, their kinds and what freezes their cells (`survey`, `plan`); the second
counts every row on these cells with the functions that the daemon counts with (`tally`). Some data
take a pass more: a column that looked numeric until a text came late, for its words; a vector, for
its mean, before all others; segments, for the order of their rows among themselves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftwatch.baseline.artifact import (
    Baseline,
    CategoricalBaseline,
    ColumnBaseline,
    NumericBaseline,
    Segment,
)
from driftwatch.baseline.calibrate import calibrated, find_order
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.deriving import Deriving, needs_mean, with_means
from driftwatch.baseline.judging import Judging, condition_plans
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.passes import Passes, changed, check_times
from driftwatch.baseline.plan import ColumnPlan, make_plan
from driftwatch.baseline.segments import check_rows, find_orders, find_rows
from driftwatch.baseline.survey import Survey
from driftwatch.baseline.tally import PartTally, Tally
from driftwatch.baseline.times import TimeLog, TimesOf, own_times
from driftwatch.baseline.volume import Volume, measure_volume
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.records import BoolArray
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout

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

    chunks: gives the same rows each time it is called; it is called two to five times.
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
    return build_by(_ChunkPasses(chunks, progress, times_of), options)


def build_by(passes: Passes, options: BuildOptions) -> Built:
    """The same, whoever goes through the rows. Raises what `build` does."""
    options.check()
    options = _with_derivations(options, passes)
    deriving = Deriving(options.derived, passes.times_of)
    survey, times = passes.survey(options, deriving)
    plans = make_plan(survey, options)
    judging = Judging(options.conditions, plans)
    plans = (*plans, *condition_plans(options.conditions, survey.names))
    rows, ranges = survey.rows, {n: (c.minimum, c.maximum) for n, c in survey.columns.items()}
    del survey  # its words and summaries are the larger part of the memory
    segments = [named for named in options.conditions if named.role == "segment"]
    orders: Mapping[str, RowOrder | None] = dict.fromkeys(named.name for named in segments)
    if segments and (options.in_order or times.known):
        inside = passes.find_segments(deriving, judging, rows)
        orders = find_orders(inside, times.times, plans, options)
        volumes = {name: _volume(times, mask) for name, mask in inside.items()}
        del inside
    else:
        volumes = dict.fromkeys(orders)
    volume = _volume(times)
    order = find_order(times.take if times.known else None, rows, plans, options)
    tally = passes.tally(deriving, judging, plans, order, orders)
    fingerprint = tally.finish()
    if tally.rows != rows:
        raise changed()
    whole = Baseline(
        model=options.model,
        model_version=options.model_version,
        rows=rows,
        data_fingerprint=fingerprint,
        timestamp=options.timestamp,
        volume=volume,
        derived=options.derived,
        conditions=judging.conditions,
        columns=tuple(_columns(tally.layout, tally.counts, ranges)),
    )
    parts = [
        _segment(whole, named, tally.layout, tally.parts[named.name], volumes[named.name], options)
        for named in segments
    ]
    baseline = calibrated(whole, tally.ledger, options)
    return Built(baseline.model_copy(update={"segments": tuple(parts)}), plans)


def _segment(
    whole: Baseline,
    named: NamedCondition,
    layout: Layout,
    part: PartTally,
    volume: Volume | None,
    options: BuildOptions,
) -> Segment:
    check_rows(named, part.counts.rows)
    own = whole.model_copy(
        update={
            "rows": part.counts.rows,
            "volume": volume,
            "derived": (),
            "conditions": (),
            "columns": tuple(_columns(layout, part.counts)),
        }
    )
    return Segment(name=named.name, baseline=calibrated(own, part.ledger, options))


def _with_derivations(options: BuildOptions, passes: Passes) -> BuildOptions:
    """The options with all that the derivations have to know, which may take a pass."""
    derived = tuple(
        each.model_copy(update={"source_role": options.source_role(each)})
        for each in options.derived
    )
    if needs_mean(derived):
        derived = passes.with_means(derived)
    return replace(options, derived=derived)


def _volume(times: TimeLog, mask: BoolArray | None = None) -> Volume | None:
    found = times.times
    if found is None:
        return None
    return measure_volume(found if mask is None else found[mask])


class _ChunkPasses:
    """Reads the data again and again, and says how far it is. See `Passes`."""

    def __init__(
        self,
        chunks: ChunksFactory,
        progress: Callable[[Progress], None] | None,
        times_of: TimesOf,
    ) -> None:
        self._chunks = chunks
        self._progress = progress
        self.times_of = times_of
        self._step = 0
        self._steps = 2

    def with_means(self, derived: Sequence[AnyDerivation]) -> tuple[AnyDerivation, ...]:
        return with_means(derived, self._next(more=1))

    def survey(self, options: BuildOptions, deriving: Deriving) -> tuple[Survey, TimeLog]:
        survey, times = Survey(options), TimeLog(self.times_of)
        for chunk in self._next():
            survey.add(deriving.chunk(chunk))
            times.add(chunk)
        check_times(deriving, times)
        survey.settle()
        if survey.must_recount:
            survey.recount(map(deriving.chunk, self._next(more=1)))
        return survey, times

    def find_segments(
        self, deriving: Deriving, judging: Judging, rows: int
    ) -> Mapping[str, BoolArray]:
        return find_rows(map(deriving.chunk, self._next(more=1)), judging, rows)

    def tally(
        self,
        deriving: Deriving,
        judging: Judging,
        plans: Sequence[ColumnPlan],
        order: RowOrder | None,
        parts: Mapping[str, RowOrder | None],
    ) -> Tally:
        tally = Tally(plans, order, parts)
        for chunk in self._next():
            tally.add(judging.chunk(deriving.chunk(chunk)))
        return tally

    def _next(self, more: int = 0) -> Iterator[Chunk]:
        """One more pass; more: 1 where it is one that not all builds need."""
        self._step += 1
        self._steps += more
        return self._read(self._step)

    def _read(self, step: int) -> Iterator[Chunk]:
        rows = 0
        for chunk in self._chunks():
            yield chunk
            rows += chunk.rows
            if self._progress is not None:
                self._progress(Progress(step, self._steps, rows, chunk.read_ratio))


def _columns(
    layout: Layout, counts: Counts, ranges: Mapping[str, tuple[float, float]] | None = None
) -> Iterator[ColumnBaseline]:
    """The columns with these counts; ranges: what the first pass found, if it saw the same rows."""
    starts = layout.starts.tolist()
    numeric = 0
    for i, column in enumerate(layout.columns):
        cells = counts.cells[starts[i] : starts[i + 1]].tolist()
        if isinstance(column, CategoricalLayout):
            if cells[column.cell("new")]:
                raise changed()
            yield _categorical(column, cells)
        else:
            found = _numeric(column, cells, counts.moments, numeric)
            range_of = (found.minimum, found.maximum)
            if ranges is not None and found.count and range_of != ranges[column.name]:
                raise changed()
            yield found
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
