"""What a baseline holds beside its columns, in sentences for people."""

from collections.abc import Iterator, Sequence

from driftwatch.baseline.artifact import Baseline, SelfTest
from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline
from driftwatch.derive.vector import Vector
from driftwatch.stats.event_words import share_words
from driftwatch.stats.strata import Strata

MOST_NAMES = 10
FEW_ROWS = 50
"""With fewer rows a segment has hardly anything to compare with."""
_HOURS: dict[Strata, str] = {"hour_of_day": "hour of the day", "hour_of_week": "hour of the week"}


def told(baseline: Baseline) -> list[str]:
    """One sentence a line: what is made and asked, the order, the dependence, the strata, ..."""
    return [
        *_derived(baseline),
        *_conditions(baseline),
        _order(baseline),
        *_volume(baseline),
        *_dependence(baseline),
        *_strata(baseline),
        *_self_test(baseline),
        *_self_tests_of_segments(baseline),
    ]


def largest_phi(column: ColumnBaseline) -> float | None:
    """Of all its events and block sizes; None where it was not measured."""
    return max((max(row, default=1.0) for row in column.phi), default=None)


def _derived(baseline: Baseline) -> Iterator[str]:
    for each in baseline.derived:
        what: str = each.kind
        if isinstance(each, Vector):
            what = f"vector of {len(each.mean):,} numbers"
        yield f"derived from {each.source} ({what}): {_listed(each.columns)}"


def _conditions(baseline: Baseline) -> Iterator[str]:
    columns = {column.name: column for column in baseline.columns}
    for condition in baseline.conditions:
        column = columns[condition.column]
        assert isinstance(column, CategoricalBaseline)
        counts = dict(zip(column.vocabulary, column.counts, strict=True))
        true, false = counts["true"], counts["false"]
        who = f"{condition.role} {condition.name}"
        unknown = f", unknown for {_share(column.null, baseline)}" if column.null else ""
        if condition.role == "contract":
            yield (
                f"{who}: violated by {_share(false, baseline)} of the rows{unknown}: "
                f"{condition.text}"
            )
            continue
        yield (f"{who}: {_share(true, baseline)} of the rows ({true:,}){unknown}: {condition.text}")
        if condition.role == "segment" and true < FEW_ROWS:
            yield f"{who}: with fewer than {FEW_ROWS} rows no change can be told from chance"
        elif true == baseline.rows:
            yield f"{who}: it holds for all rows, so it says nothing of its own"


def _share(rows: int, baseline: Baseline) -> str:
    return share_words(rows / baseline.rows if baseline.rows else 0.0)


def _volume(baseline: Baseline) -> Iterator[str]:
    volume = baseline.volume
    if volume is not None:
        hourly = sum(volume.records) / sum(volume.covered_hours)
        weeks = f"; an hour differs by {share_words(volume.spread_ratio)} from week to week"
        yield (
            f"volume: {hourly:,.0f} records an hour, kept by hour of the week"
            f"{weeks if volume.spread_ratio else ''}"
        )


def _order(baseline: Baseline) -> str:
    if baseline.order == "unknown":
        return (
            "order: unknown, so rows are taken to be independent: where they come in sessions, "
            "batches or retries, or move with the hour, there will be more false alarms than "
            "promised; --timestamp COLUMN or --in-order says in which order they came"
        )
    if baseline.order == "rows":
        return "order: as the rows stand in the data"
    where = f" in {baseline.timestamp}" if baseline.timestamp else " of the records"
    left = f"; {baseline.untimed:,} rows without a readable time" if baseline.untimed else ""
    return f"order: by the time{where}{left}"


def _dependence(baseline: Baseline) -> Iterator[str]:
    if baseline.order == "unknown":
        return
    if not baseline.block_sizes:
        yield "dependence: too few rows to measure it, so they are taken to be independent"
        return
    sizes = ", ".join(f"{size:,}" for size in baseline.block_sizes)
    most, name = max((largest_phi(column) or 1.0, column.name) for column in baseline.columns)
    yield (
        f"dependence: measured in blocks of {sizes} rows; the largest phi is {most:.3g}, of {name} "
        "(1 is independent; evidence is divided by it)"
    )


def _strata(baseline: Baseline) -> Iterator[str]:
    for kind, words in _HOURS.items():
        names = [column.name for column in baseline.columns if column.strata == kind]
        if names:
            yield f"strata: compared by {words} (UTC): {_listed(names)}"


def _self_test(baseline: Baseline) -> Iterator[str]:
    test = baseline.self_test
    if test is None:
        return
    yield _tested(
        test, any(column.self_test and column.self_test.page for column in baseline.columns)
    )
    for column in baseline.columns:
        alarms = column.self_test
        if alarms is not None and alarms.page:
            times = "once" if alarms.page == 1 else f"{alarms.page:,} times"
            yield (
                f"self-test: {column.name} would have paged {times}: it drifts inside the training "
                "data; train on more weeks, or on more recent ones, or raise its "
                "tolerance"
            )
    quiet = [
        c.name
        for c in baseline.columns
        if c.self_test and c.self_test.info and not c.self_test.page
    ]
    if quiet:
        yield f"self-test: moved by less than the tolerance (info, no page): {_listed(quiet)}"


def _self_tests_of_segments(baseline: Baseline) -> Iterator[str]:
    """Of those that would have paged."""
    for segment in baseline.segments:
        own = segment.baseline
        if any(column.self_test and column.self_test.page for column in own.columns):
            for line in _self_test(own):
                yield line.replace("self-test:", f"self-test of segment {segment.name}:", 1)


def _tested(test: SelfTest, paged: bool) -> str:
    found = "" if paged else ": no column would have paged"
    return (
        f"self-test: the last 20% of the rows against the first 80%, {test.panes:,} panes of up to "
        f"{test.pane_rows:,} rows, {test.false_alarms}, tolerance {test.tolerance:g}{found}"
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
