"""What of a report the demo shows: a row a column, and what has happened so far."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from driftwatch.demo.story import Story
from driftwatch.monitor.alarm_words import alarm_words
from driftwatch.monitor.alarms import AlarmLevel
from driftwatch.monitor.report import AlarmEvent, BlindReason, Report, StreamReport
from driftwatch.records import SECOND_US

RATE_OVER_S = 5.0

What = Literal["world", "info", "page", "looks", "cleared", "blind", "sees"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in seconds since the log began."""

    at_s: float
    what: What
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """A column in the shortest window. What is not known is None.

    psi: without the noise. odd: the share of values outside the training range, or never seen.
    mean, trained_mean: of numbers only.
    """

    name: str
    role: str
    level: AlarmLevel
    psi: float | None
    missing: float | None
    odd: float | None
    mean: float | None
    trained_mean: float | None


@dataclass(frozen=True, slots=True)
class View:
    """One moment. fresh: the events that are new; events: all of them, in order."""

    elapsed_s: float
    records: int
    per_second: float
    behind_s: float | None
    rows: tuple[Row, ...]
    fresh: tuple[Event, ...]
    events: tuple[Event, ...]


class Viewer:
    """Makes views of reports; remembers what has been told."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._told = 0
        self._blind: set[BlindReason] = set()
        self._events: list[Event] = []
        self._counted: list[tuple[float, int]] = [(0.0, 0)]

    def see(self, report: Report, elapsed_s: float) -> View:
        """The view at this moment."""
        stream = report.streams[0]
        rows = tuple(_rows(stream))
        fresh = tuple(self._fresh(report, stream, rows, elapsed_s))
        self._events += fresh
        counted = report.outcomes["counted"]
        self._counted.append((elapsed_s, counted))
        while len(self._counted) > 2 and self._counted[1][0] <= elapsed_s - RATE_OVER_S:
            self._counted.pop(0)
        since, before = self._counted[0]
        watermark = stream.watermark_us
        return View(
            elapsed_s,
            counted,
            (counted - before) / max(elapsed_s - since, 0.001),
            None if watermark is None else max(0, report.now_us - watermark) / SECOND_US,
            rows,
            fresh,
            tuple(self._events),
        )

    def _fresh(
        self, report: Report, stream: StreamReport, rows: tuple[Row, ...], elapsed_s: float
    ) -> Iterator[Event]:
        told = self._story.told(elapsed_s)
        for at_s, words in told[self._told :]:
            yield Event(at_s, "world", words)
        self._told = len(told)
        for reason in stream.blind.keys() - self._blind:
            yield Event(elapsed_s, "blind", f"{reason}: {stream.blind[reason]}")
        for reason in self._blind - stream.blind.keys():
            yield Event(elapsed_s, "sees", f"no longer blind ({reason})")
        self._blind = set(stream.blind)
        by_name = {row.name: row for row in rows}
        for alarm in _highest(report.fresh):
            row = by_name[alarm.column]
            words = f"{alarm_words(alarm)}{_beside(row)}"
            if alarm.cleared_us is not None:
                yield Event(elapsed_s, "cleared", f"{row.name}: no longer in {alarm.severity}")
            else:
                yield Event(elapsed_s, alarm.severity, words)
        for alarm in report.explained:  # more records have told it from something else
            if alarm.severity == "page":
                row = by_name[alarm.column]
                yield Event(elapsed_s, "looks", f"{alarm_words(alarm)}{_beside(row)}")


def _highest(alarms: tuple[AlarmEvent, ...]) -> Iterator[AlarmEvent]:
    """Without the `info` of a column that is in `page` by the same pane."""
    paged = {(a.column, a.raised_us, a.cleared_us) for a in alarms if a.severity == "page"}
    for alarm in alarms:
        same = (alarm.column, alarm.raised_us, alarm.cleared_us)
        if alarm.severity == "page" or same not in paged:
            yield alarm


def _beside(row: Row) -> str:
    """What a person asks next: where the mean went."""
    if row.mean is None or row.trained_mean is None:
        return ""
    return f"; mean {row.mean:.1f}, in training {row.trained_mean:.1f}"


def _rows(stream: StreamReport) -> Iterator[Row]:
    gauges = stream.windows[0].gauges.by_name
    for i, column in enumerate(stream.columns):
        numeric = column.kind == "numeric"
        odd = gauges["out_of_range_ratio" if numeric else "new_category_ratio"]
        yield Row(
            column.name,
            column.role,
            stream.alarms.level(i),
            _known(gauges["psi_debiased"][i]),
            _known(gauges["missing_ratio"][i]),
            _known(odd[i]),
            _known(gauges["column_mean"][i]) if numeric else None,
            _known(stream.baseline["mean"][i]) if numeric else None,
        )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def clock(elapsed_s: float) -> str:
    """Minutes and seconds since the log began.

    >>> clock(75.2)
    '01:15'
    """
    minutes, seconds = divmod(int(elapsed_s), 60)
    return f"{minutes:02}:{seconds:02}"
