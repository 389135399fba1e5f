"""A build whose rows lie in parts that are gone through apart, each by somebody of its own.

What is handed to them is small: how many rows and numbers come before theirs, the plans of the
columns, where an order has its marks. What they hand back is a sketch of their rows each, and these
are put together in the order of the parts. It gives what one pass over all rows gives, to the bit.

Memory here: a part's sketch at a time and their sum; of rows that have an order, 8 bytes each and
some 28 while it is found, as in any build, and a byte for each segment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.baseline.apart import TallyApart, TallyTogether
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.deriving import Deriving, with_means
from driftwatch.baseline.judging import WORDS, Judging
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.order import RowOrder
from driftwatch.baseline.passes import changed, check_times
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.survey import Preceding, Survey
from driftwatch.baseline.tally import Tally
from driftwatch.baseline.times import TimeLog, TimesOf
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.errors import DriftwatchError
from driftwatch.records import BoolArray, IntArray

Work = Callable[[int, Iterator[Chunk]], Iterator[Any]]
"""Goes through the chunks of the part with this number; what it yields must be picklable."""
Run = Callable[[Work], Iterator[tuple[int, Any]]]
"""Has all parts `worked` on; gives each one's number and what was yielded, in their order.

A part without rows need not be worked on. The cells of columns have known types (`Values`).
"""


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """How much there is in a part.

    names: every column, and whether its cells are values (not `Chunk.raw`). finite: by column, how
    many finite numbers. times: (rows,) None where the rows have none.
    """

    rows: int
    names: Mapping[str, bool]
    finite: Mapping[str, int]
    times: IntArray | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive rows of the data or of a segment: from which on, how many, how many are kept."""

    first: int
    rows: int
    kept: int


class PartedPasses:
    """Goes through rows that lie in parts. See `Passes`."""

    def __init__(self, run: Run, times_of: TimesOf) -> None:
        self.times_of = times_of
        self._run = run
        self._firsts: dict[int, int] = {}
        self._rows: dict[int, int] = {}
        self._inside: Mapping[str, BoolArray] = {}

    def with_means(self, derived: Sequence[AnyDerivation]) -> tuple[AnyDerivation, ...]:
        """See `Passes`. The vectors themselves come here, one chunk after the other."""
        return with_means(derived, self._results(_raw))

    def survey(self, options: BuildOptions, deriving: Deriving) -> tuple[Survey, TimeLog]:
        """See `Passes`."""
        names: dict[str, bool] = {}
        finite: dict[str, int] = {}
        before: dict[int, Preceding] = {}
        rows, times = 0, TimeLog(self.times_of)
        for part, extent in self._parts(_Measuring(deriving, self.times_of)):
            before[part] = Preceding(names, rows, dict(finite))
            self._firsts[part], self._rows[part] = rows, extent.rows
            times.extend(extent.rows, extent.times)
            names |= extent.names
            finite |= {name: finite.get(name, 0) + n for name, n in extent.finite.items()}
            rows += extent.rows
        if rows:
            options.check_names(names)
        check_times(deriving, times)
        survey = Survey(options, Preceding(names))
        for part, found in self._parts(_Surveying(options, deriving, before)):
            if found.rows != self._firsts[part] + self._rows[part] or found.names != survey.names:
                raise changed()
            survey.merge(found)
        survey.forget_inexact_words()
        if survey.must_recount:
            late = {name for name, column in survey.columns.items() if column.must_recount}
            survey.recount(self._results(_Taking(deriving, late)))
        return survey, times

    def find_segments(
        self, deriving: Deriving, judging: Judging, rows: int
    ) -> Mapping[str, BoolArray]:
        """See `Passes`."""
        found: dict[str, list[BoolArray]] = {}
        for chunk in self._results(_Asking(deriving, judging)):
            for name, (packed, count) in chunk.items():
                mask = np.unpackbits(packed, count=count).view(np.bool_)
                found.setdefault(name, []).append(mask)
        self._inside = {name: np.concatenate(masks) for name, masks in found.items()}
        if any(len(mask) != rows for mask in self._inside.values()):
            raise changed()
        return self._inside

    def tally(
        self,
        deriving: Deriving,
        judging: Judging,
        plans: Sequence[ColumnPlan],
        order: RowOrder | None,
        parts: Mapping[str, RowOrder | None],
    ) -> Tally:
        """See `Passes`."""
        tally = TallyTogether(plans, order, parts)
        stretches = {part: self._stretches(part, order, parts) for part in self._firsts}
        bare = {name: None if own is None else own.part() for name, own in parts.items()}
        work = _Tallying(
            deriving,
            judging,
            self.times_of,
            plans,
            None if order is None else order.part(),
            bare,
            stretches,
        )
        for counted in self._results(work):
            tally.merge(counted)
        return tally

    def _stretches(
        self, part: int, order: RowOrder | None, parts: Mapping[str, RowOrder | None]
    ) -> dict[str | None, Stretch]:
        """Which rows a part has, of the data (None) and of each segment."""
        first, end = self._firsts[part], self._firsts[part] + self._rows[part]
        found: dict[str | None, Stretch] = {None: _stretch(first, end, order)}
        for name, own in parts.items():
            if name in self._inside:
                inside = self._inside[name]
                before = int(np.count_nonzero(inside[:first]))
                until = before + int(np.count_nonzero(inside[first:end]))
                found[name] = _stretch(before, until, own)
        return found

    def _results(self, work: Work) -> Iterator[Any]:
        return (found for _, found in self._parts(work))

    def _parts(self, work: Work) -> Iterator[tuple[int, Any]]:
        for part, found in self._run(work):
            if isinstance(found, DriftwatchError):
                raise found
            yield part, found


def worked(work: Work, part: int, chunks: Iterator[Chunk]) -> Iterator[Any]:
    """What a part's work yields; an error of ours is the last of it, to be raised elsewhere."""
    try:
        yield from work(part, chunks)
    except DriftwatchError as problem:
        yield problem


def _stretch(first: int, end: int, order: RowOrder | None) -> Stretch:
    kept = 0 if order is None else int(np.count_nonzero(order.position[first:end] >= 0))
    return Stretch(first, end - first, kept)


def _raw(_: int, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        yield Chunk(chunk.rows, {}, raw=chunk.raw)


@dataclass(frozen=True, slots=True)
class _Measuring:
    deriving: Deriving
    times_of: TimesOf

    def __call__(self, _: int, chunks: Iterator[Chunk]) -> Iterator[Extent]:
        names: dict[str, bool] = {}
        finite: dict[str, int] = {}
        log = TimeLog(self.times_of)
        rows = 0
        for given in chunks:
            log.add(given)
            chunk = self.deriving.chunk(given)
            names |= {name: name in chunk.columns for name in (*chunk.raw, *chunk.columns)}
            for name, column in chunk.columns.items():
                if isinstance(column, Values) and column.numbers is not None:
                    found = int(np.count_nonzero(np.isfinite(column.numbers)))
                    finite[name] = finite.get(name, 0) + found
            rows += chunk.rows
        yield Extent(rows, names, finite, log.times)


@dataclass(frozen=True, slots=True)
class _Surveying:
    options: BuildOptions
    deriving: Deriving
    before: Mapping[int, Preceding]

    def __call__(self, part: int, chunks: Iterator[Chunk]) -> Iterator[Survey]:
        if part not in self.before:
            raise changed()
        survey = Survey(self.options, self.before[part])
        for chunk in chunks:
            survey.add(self.deriving.chunk(chunk))
        survey.settle()
        yield survey


@dataclass(frozen=True, slots=True)
class _Taking:
    """Hands on some columns as they are."""

    deriving: Deriving
    names: set[str]

    def __call__(self, _: int, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for given in chunks:
            chunk = self.deriving.chunk(given)
            columns = {name: cells for name, cells in chunk.columns.items() if name in self.names}
            yield Chunk(chunk.rows, columns)


@dataclass(frozen=True, slots=True)
class _Asking:
    """By segment, which rows are in it, eight to a byte, and how many rows there are."""

    deriving: Deriving
    judging: Judging

    def __call__(self, _: int, chunks: Iterator[Chunk]) -> Iterator[dict[str, tuple[Any, int]]]:
        for chunk in chunks:
            masks = self.judging.segments(self.deriving.chunk(chunk))
            yield {name: (np.packbits(mask), chunk.rows) for name, mask in masks.items()}


@dataclass(frozen=True, slots=True)
class _Tallying:
    deriving: Deriving
    judging: Judging
    times_of: TimesOf
    plans: Sequence[ColumnPlan]
    order: RowOrder | None
    parts: Mapping[str, RowOrder | None]
    stretches: Mapping[int, Mapping[str | None, Stretch]]

    def __call__(self, part: int, chunks: Iterator[Chunk]) -> Iterator[Any]:
        if part not in self.stretches:
            raise changed()
        stretches = self.stretches[part]
        orders = {
            name: None if own is None else _Placing(own, stretches[name])
            for name, own in ((None, self.order), *self.parts.items())
        }
        whole, *segments = (None if own is None else own.order for own in orders.values())
        parts = dict(zip(self.parts, segments, strict=True))
        tally = TallyApart(self.plans, whole, parts, stretches[None].first)
        for given in chunks:
            chunk = self.judging.chunk(self.deriving.chunk(given))
            if tally.rows + chunk.rows > stretches[None].rows:
                raise changed()
            times = self.times_of(given)
            for name, placing in orders.items():
                if placing is not None:
                    mask = None if name is None else _inside(chunk, name)
                    placing.add(chunk.rows, times, mask)
            tally.add(chunk)
        if tally.rows != stretches[None].rows:
            raise changed()
        yield tally.counted()


def _inside(chunk: Chunk, segment: str) -> BoolArray:
    column = chunk.columns[f"segment.{segment}"]
    assert isinstance(column, Values)
    assert column.codes is not None
    mask: BoolArray = column.codes == WORDS.index("true")
    return mask


class _Placing:
    """Finds the places of the rows of a stretch, as they come. order: has those so far."""

    def __init__(self, order: RowOrder, stretch: Stretch) -> None:
        self.order = order.part(stretch.rows, stretch.kept)
        self._first = stretch.first
        self._rows = self._kept = 0

    def add(self, rows: int, times_us: IntArray | None, mask: BoolArray | None) -> None:
        """Place some more rows. mask: which of them are in the stretch; None for all."""
        marks = self.order.marks
        if times_us is None or not marks.timed:
            times_us = np.zeros(rows, dtype=np.int64)
        times = times_us if mask is None else times_us[mask]
        numbers = self._first + self._rows + np.arange(len(times))
        here = slice(self._rows, self._rows + len(times))
        kept = marks.kept(times, numbers)
        count = int(np.count_nonzero(kept))
        if here.stop > len(self.order.slot) or self._kept + count > self.order.kept:
            raise changed()
        self.order.slot[here] = marks.slots(times, numbers)
        self.order.position[here][kept] = self._kept + np.arange(count)
        self._rows, self._kept = here.stop, self._kept + count
