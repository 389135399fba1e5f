"""One batch as a gate: are these rows like those of the baseline?

All columns are tested together, so that a batch without drift fails with a probability of at most
`false_alarm_rate`, however many columns there are (`stats.batch`). The rows are counted by the
counter that makes baselines, in one pass and flat memory, in any order and from any format.

A baseline that differs by hour of the day or the week is mixed by the batch's own hours, which its
time column tells; without readable times it is taken as a whole, and a note says so.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from driftwatch.baseline.artifact import Baseline, ColumnBaseline
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.deriving import Deriving
from driftwatch.baseline.judging import Judging
from driftwatch.baseline.plan import ColumnPlan, prefixes
from driftwatch.baseline.tally import Tally
from driftwatch.baseline.texts import reading_of
from driftwatch.baseline.times import UNTIMED, column_times, own_times
from driftwatch.errors import DataError
from driftwatch.export.table import BY_NAME
from driftwatch.monitor.gauges import GAUGES, GaugeName, gauges
from driftwatch.records import SECOND_US, IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import ColumnLayout, Kind, Role
from driftwatch.stats.batch import BatchTest, batch_test
from driftwatch.stats.event_words import event_words, score_words, share_words
from driftwatch.stats.members import Basis
from driftwatch.stats.reference import make_reference
from driftwatch.stats.strata import hour_of_week
from driftwatch.timestamps import parse_times

_HOUR_US = 3_600 * SECOND_US

Verdict = Literal["ok", "drift", "unknown"]

MOST_NAMES = 1_000
"""Columns that the baseline lacks and that are kept by name: records may have keys without end."""


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """How strict a check is.

    false_alarm_rate: the probability that a batch without drift fails.
    tolerance: the change too small to be drift; tolerances: that of single columns.
    min_rows: with fewer rows, of the batch or of the baseline, nothing is said.
    sensitive: columns of which no value is shown.
    """

    false_alarm_rate: float = 0.01
    tolerance: float = 0.03
    min_rows: int = 50
    tolerances: Mapping[str, float] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counted:
    """A batch, counted on the baseline's cells.

    hours: (168,) rows by hour of the week; None without any readable time.
    unknown: columns that the baseline lacks, in the order of their names.
    """

    counts: Counts
    hours: IntArray | None
    unknown: tuple[str, ...]


def count(
    baseline: Baseline,
    chunks: Iterable[Chunk],
    timestamp: str | None = None,
    known: Collection[str] = (),
    progress: Callable[[int, float | None], None] | None = None,
) -> Counted:
    """Count a batch, chunk by chunk.

    chunks: with what the baseline's derivations need (`baseline.raw.sources_of`) as it is.
    timestamp: the column that holds the times, if not the one that the baseline names.
    known: columns that the baseline has no counts of, and that are not unknown all the same.
    progress: called after each chunk with the rows so far and the share of the data, if known.

    Raises DataError if the baseline has ages of rows whose times nobody names.
    """
    timestamp = timestamp or baseline.timestamp
    times_of = own_times if timestamp is None else column_times(timestamp, parse_times)
    deriving = Deriving(baseline.derived, times_of)
    if deriving.needs_times and timestamp is None:
        raise DataError(
            "the baseline has an age, which needs times; --timestamp names their column"
        )
    names = [column.name for column in baseline.columns]
    expected = {*names, *(whole for name in names for whole in prefixes(name)), *known}
    if timestamp is not None:
        expected.add(timestamp)
    plans = [_plan(column, names) for column in baseline.columns]
    judging = Judging([each for each in baseline.conditions if each.column in names], plans)
    tally = Tally(plans)
    hours = np.zeros(168, dtype=np.int64)
    unknown: set[str] = set()
    for chunk in chunks:
        tally.add(judging.chunk(deriving.chunk(chunk)))
        unknown.update(sorted(chunk.columns.keys() - expected)[: MOST_NAMES - len(unknown)])
        times = times_of(chunk)
        if times is not None:
            _count_hours(times[times != UNTIMED], hours)
        if progress is not None:
            progress(tally.rows, chunk.read_ratio)
    tally.finish()
    return Counted(tally.counts, hours if hours.any() else None, tuple(sorted(unknown)))


def _plan(column: ColumnBaseline, names: Sequence[str]) -> ColumnPlan:
    """How the daemon would read this column."""
    reading = reading_of(column.vocabulary) if column.kind == "categorical" else "number"
    # What a column is a part of, and what is no column itself: `user` of `user.age`.
    parents = tuple(whole for whole in prefixes(column.name) if whole not in names)
    return ColumnPlan(column.layout(), reading, parents, None)


def _count_hours(times_us: IntArray, hours: IntArray) -> None:
    distinct, rows = np.unique(times_us // _HOUR_US, return_counts=True)
    for hour, count in zip(distinct.tolist(), rows.tolist(), strict=True):
        hours[hour_of_week(hour * _HOUR_US)] += count


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """What is known of a column.

    p_value: the smallest of its tests. threshold: its share of the rate, below which it is drift.
    evidence: what has changed most, in words. live_ratio, baseline_ratio: of the event named there.
    """

    name: str
    role: Role
    kind: Kind
    drift: bool
    p_value: float
    threshold: float
    evidence: str
    live_ratio: float
    baseline_ratio: float
    gauges: Mapping[GaugeName, float]


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome. columns: worst first; none where nothing can be said.

    reason: the verdict in words. rows: None where they could not be read.
    unknown_columns: those that the baseline lacks; lacking_columns: those that only it has.
    notes: what limits what the verdict says.
    """

    verdict: Verdict
    reason: str
    rows: int | None
    columns: tuple[ColumnCheck, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    lacking_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def check(
    baseline: Baseline, counted: Counted, policy: CheckPolicy, where: str = "in training"
) -> Check:
    """Compare a counted batch with its baseline. where: the baseline's rows are, in words."""
    rows = counted.counts.rows
    for name, found in (("the data", rows), ("the baseline", baseline.rows)):
        if found < policy.min_rows:
            words = (
                f"{name} has {found:,} rows; with fewer than {policy.min_rows:,} nothing is said"
            )
            return Check("unknown", words, rows, unknown_columns=counted.unknown)
    bases = baseline.bases()
    columns = _columns(baseline, bases, counted, policy, where)
    drifted = sum(column.drift for column in columns)
    have = "have" if drifted > 1 else "has"
    return Check(
        "drift" if drifted else "ok",
        f"{drifted} of {len(columns)} columns {have} drifted"
        if drifted
        else "no column has drifted",
        rows,
        columns,
        counted.unknown,
        _lacking(baseline, counted.counts),
        tuple(_notes(baseline, bases, counted)),
    )


def _columns(
    baseline: Baseline, bases: Sequence[Basis], counted: Counted, policy: CheckPolicy, where: str
) -> tuple[ColumnCheck, ...]:
    layout, cells = baseline.layout(), counted.counts.cells
    tolerances = [policy.tolerances.get(c.name, policy.tolerance) for c in layout.columns]
    test = batch_test(
        bases,
        [
            basis.events.grouped(cells[start : start + column.size])
            for basis, column, start in zip(bases, layout.columns, layout.starts, strict=False)
        ],
        np.array(tolerances),
        policy.false_alarm_rate,
        counted.hours,
    )
    shown = gauges(counted.counts, make_reference(layout, baseline.counts())).by_name
    found = [
        ColumnCheck(
            column.name,
            column.role,
            column.kind,
            bool(test.drift[i]),
            float(test.p_value[i]),
            float(test.threshold[i]),
            _evidence(column, bases[i], test, i, column.name not in policy.sensitive, where),
            float(test.seen[i]),
            float(test.expected[i]),
            {
                name: float(shown[name][i])
                for name in GAUGES
                if BY_NAME[name].columns in (None, column.kind)
            },
        )
        for i, column in enumerate(layout.columns)
    ]
    return tuple(sorted(found, key=lambda column: column.p_value / column.threshold))


def _evidence(
    layout: ColumnLayout, basis: Basis, test: BatchTest, at: int, show_values: bool, where: str
) -> str:
    event, source = basis.events.events[int(test.event[at])], int(test.source[at])
    seen, expected = share_words(float(test.seen[at])), share_words(float(test.expected[at]))
    words = f"{event_words(layout, event, show_values)}: {seen} ({expected} {where})"
    score = source - len(basis.events.events)
    return words if score < 0 else f"{score_words(score, bool(test.more[at]))}; {words}"


def _lacking(baseline: Baseline, counts: Counts) -> tuple[str, ...]:
    """Columns that are in none of the rows."""
    layout = baseline.layout()
    absent = (
        int(s) + c.cell("absent") for s, c in zip(layout.starts, layout.columns, strict=False)
    )
    return tuple(
        column.name
        for column, cell in zip(layout.columns, absent, strict=True)
        if counts.cells[cell] == counts.rows
    )


def _notes(baseline: Baseline, bases: Sequence[Basis], counted: Counted) -> Iterator[str]:
    if baseline.order == "unknown":
        yield "the baseline knows no order of its rows; they are taken to be independent"
    hourly = sum(basis.strata != "none" for basis in bases)
    if hourly and counted.hours is None:
        yield (
            f"columns that go by the hour: {hourly}; the data has no times, so they are compared "
            "with all hours together"
        )
    elif hourly:
        yield (
            f"columns that go by the hour: {hourly}; they are compared with the hours of the data, "
            "but ks and psi with all hours together"
        )
