"""Reports as one file of HTML: what `replay --html` and `check --html` write.

They are made of the status page's templates, hold no script and load nothing, so that they can be
attached to a ticket, opened years later, and printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import driftwatch
from driftwatch.baseline.artifact import Baseline
from driftwatch.check import Check, CheckPolicy, ColumnCheck, Counted
from driftwatch.errors import UsageError
from driftwatch.monitor.report import AlarmEvent, Column, Pictures, Report, StreamReport
from driftwatch.records import IntArray, StreamKey
from driftwatch.replay import Power, reach_words
from driftwatch.stats.bars import make_bars
from driftwatch.web.pages.comparisons import ComparisonView, comparison_views
from driftwatch.web.pages.distribution import Distribution, distribution
from driftwatch.web.pages.filter import Filter
from driftwatch.web.pages.history import History, history
from driftwatch.web.pages.overview import StreamRow, overview
from driftwatch.web.pages.render import render_alone
from driftwatch.web.pages.timeline import Timeline, timeline
from driftwatch.web.pages.verdict import Cause, Verdict, alarm_sentence, volume_causes
from driftwatch.web.pages.words import clock, count, listed, stream_name

MOST_SHOWN = 40
"""Columns that a report has plots of; those with alarms come first."""


@dataclass(frozen=True, slots=True)
class ReplayedColumn:
    """A column of a log. during: what the plot of its distribution is of."""

    anchor: str
    stream: str
    column: Column
    alarms: tuple[AlarmEvent, ...]
    during: str
    distribution: Distribution | None
    history: History | None

    @property
    def paged(self) -> bool:
        """Whether one of its alarms would have paged."""
        return any(event.severity == "page" for event in self.alarms)


@dataclass(frozen=True, slots=True)
class ReachRow:
    """What would have paged in a column, for each length of time."""

    column: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the report of a replay shows."""

    verdict: Verdict
    what: str
    begin_us: int
    end_us: int
    report: Report
    streams: tuple[StreamRow, ...]
    timeline: Timeline
    comparisons: tuple[ComparisonView, ...]
    columns: tuple[ReplayedColumn, ...]
    quiet: tuple[str, ...]
    reaches: tuple[tuple[str, Power, tuple[ReachRow, ...]], ...]
    version: str


def replay_report(report: Report, powers: Mapping[StreamKey, Power], what: str) -> str:
    """The report of a replay as HTML. what: which log was read, in words."""
    found = [_replayed(stream, i, report) for stream, i in _worst_first(report)]
    begins = [s.first_seen_us for s in report.streams if s.first_seen_us is not None]
    begin_us = min(begins, default=report.now_us)
    shown = found[:MOST_SHOWN]
    page = Replayed(
        verdict=_replay_verdict(report),
        what=what,
        begin_us=begin_us,
        end_us=report.now_us,
        report=report,
        streams=overview(report, Filter()).streams,
        timeline=timeline(report.alarms, begin_us, report.now_us),
        comparisons=comparison_views(report.comparisons),
        columns=tuple(shown),
        quiet=tuple(each.column.name for each in found[MOST_SHOWN:]),
        reaches=tuple(
            (stream_name(key), power, tuple(_reach_rows(power))) for key, power in powers.items()
        ),
        version=driftwatch.__version__,
    )
    return render_alone("replay.html", page=page)


def _worst_first(report: Report) -> list[tuple[StreamReport, int]]:
    """All columns: those that paged, those with an info, and the others by their last evidence."""
    severities: dict[tuple[StreamKey, str], set[str]] = {}
    for event in report.alarms:
        severities.setdefault((event.stream, event.column), set()).add(event.severity)

    def rank(found: tuple[StreamReport, int]) -> tuple[bool, bool, float]:
        stream, i = found
        raised = severities.get((stream.key, stream.columns[i].name), set())
        return "page" not in raised, not raised, -float(np.nan_to_num(stream.evidence[1, i]))

    columns = [(stream, i) for stream in report.streams for i in range(len(stream.columns))]
    return sorted(columns, key=rank)


def _replayed(stream: StreamReport, index: int, report: Report) -> ReplayedColumn:
    column, pictures = stream.columns[index], stream.pictures
    events = tuple(e for e in report.alarms if e.stream == stream.key and e.column == column.name)
    drawn, during = None, ""
    if pictures is not None and pictures.trail.slots:
        live, during = _during(pictures, events)
        drawn = distribution(pictures.bars, index, live, float(pictures.tolerance[index]))
    return ReplayedColumn(
        anchor="-".join(["column", *stream.key, column.name]).replace(" ", "_"),
        stream=stream_name(stream.key),
        column=column,
        alarms=events,
        during=during,
        distribution=drawn,
        history=None if pictures is None else history(pictures, index, events),
    )


def _during(pictures: Pictures, events: Sequence[AlarmEvent]) -> tuple[IntArray, str]:
    """The counts of the time that says most: since the latest alarm began, or the whole log."""
    trail = pictures.trail
    slots = [slot for slot in trail.slots if slot.bars is not None]
    words = "the whole log"
    if events:
        last = max(events, key=lambda event: event.onset_us)
        end_us = trail.slots[-1].start_us if last.cleared_us is None else last.cleared_us
        within = [s for s in slots if last.onset_us <= s.start_us + trail.slot_us // 2 <= end_us]
        if within:
            slots = within
            words = f"since {clock(last.onset_us)}"
            if last.cleared_us is not None:
                words = f"from {clock(last.onset_us)} to {clock(last.cleared_us)}"
    counts = [slot.bars for slot in slots if slot.bars is not None]
    zeros = np.zeros_like(pictures.bars.baseline)
    return np.sum(counts, axis=0, dtype=np.int64) if counts else zeros, words


def _replay_verdict(report: Report) -> Verdict:
    by_time = sorted(report.alarms, key=lambda event: event.onset_us)
    paged = list(dict.fromkeys(e.column for e in by_time if e.severity == "page"))
    infos = [c for c in dict.fromkeys(e.column for e in by_time) if c not in paged]
    causes = tuple(
        Cause(event.severity, event.column, f"since {clock(event.onset_us)}: {words}")
        for event in by_time
        for words in [alarm_sentence(event) or event.statistic]
        if event.severity == "page" or event.column in infos
    )
    if paged:
        would = f"Yes: {count(len(paged), 'column')} would have paged somebody: {listed(paged)}."
        return Verdict("drifting", would, causes)
    if infos:
        would = f"Nobody would have been paged; {listed(infos)} moved a little."
        return Verdict("drifting", would, causes)
    if not report.outcomes.get("counted"):
        return Verdict("blind", "Can't tell: no record could be counted.")
    unusual = tuple(volume_causes(report.streams))
    if unusual:
        told = " and ".join(f"{cause.subject} had {cause.words}" for cause in unusual)
        return Verdict("drifting", f"No column would have: but at its end {told}.", unusual)
    return Verdict("ok", "No: nothing in this log would have raised an alarm.")


def _reach_rows(power: Power) -> list[ReachRow]:
    return [
        ReachRow(name, tuple(map(reach_words, reaches))) for name, reaches in power.columns.items()
    ]


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A column of a batch."""

    check: ColumnCheck
    distribution: Distribution


@dataclass(frozen=True, slots=True)
class Checked:
    """What the report of a check shows."""

    verdict: Verdict
    what: str
    check: Check
    policy: CheckPolicy
    baseline: Baseline
    columns: tuple[CheckedColumn, ...]
    version: str


def check_report(
    found: Check, counted: Counted | None, baseline: Baseline, policy: CheckPolicy, what: str
) -> str:
    """The report of a check as HTML. counted: None where the data could not be read."""
    page = Checked(
        verdict=_check_verdict(found),
        what=what,
        check=found,
        policy=policy,
        baseline=baseline,
        columns=() if counted is None else tuple(_checked(found, counted, baseline, policy)),
        version=driftwatch.__version__,
    )
    return render_alone("check.html", page=page)


def _checked(
    found: Check, counted: Counted, baseline: Baseline, policy: CheckPolicy
) -> list[CheckedColumn]:
    layout = baseline.layout()
    bars = make_bars(layout, baseline.counts().cells, policy.sensitive)
    live = bars.summed(counted.counts.cells)
    index = {column.name: i for i, column in enumerate(layout.columns)}
    return [
        CheckedColumn(
            each,
            distribution(
                bars, index[each.name], live, policy.tolerances.get(each.name, policy.tolerance)
            ),
        )
        for each in found.columns[:MOST_SHOWN]
    ]


def _check_verdict(found: Check) -> Verdict:
    if found.verdict == "unknown":
        return Verdict("blind", f"Can't tell: {found.reason}.")
    causes = tuple(
        Cause("drift", column.name, column.evidence) for column in found.columns if column.drift
    )
    if found.verdict == "drift":
        return Verdict("drifting", f"No: {found.reason}.", causes)
    return Verdict("ok", f"Yes: {found.reason}.")


def write_report(path: Path, html: str) -> None:
    """Write a report. Raises UsageError where that can't be."""
    try:
        path.write_text(html, encoding="utf-8", errors="replace")
    except OSError as problem:
        raise UsageError(f"--html {path}: can't be written: {problem.strerror}") from problem
