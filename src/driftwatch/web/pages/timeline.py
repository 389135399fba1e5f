"""The alarms of all columns along the time of a log."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftwatch.monitor.report import AlarmEvent
from driftwatch.records import StreamKey
from driftwatch.web.pages.plots import Scale
from driftwatch.web.pages.words import stream_name

WIDTH = 640.0
ROW = 22.0
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """An alarm: from `x` on for `width`; its change began at `onset`."""

    event: AlarmEvent
    x: float
    width: float
    onset: float


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A column that had alarms."""

    column: str
    stream: str
    y: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows by the first onset. left_out: columns with alarms that there is no room for."""

    scale: Scale
    rows: tuple[TimelineRow, ...]
    left_out: int
    width: float = WIDTH
    row: float = ROW


def timeline(events: Sequence[AlarmEvent], begin_us: int, end_us: int) -> Timeline:
    """The alarms of a log that ran from `begin_us` to `end_us`."""
    scale = Scale(begin_us, end_us, WIDTH)
    by_column: dict[tuple[StreamKey, str], list[AlarmEvent]] = {}
    for event in sorted(events, key=lambda e: (e.onset_us, e.raised_us)):
        by_column.setdefault((event.stream, event.column), []).append(event)
    rows = [
        TimelineRow(column, stream_name(key), i * ROW, tuple(_mark(e, scale) for e in found))
        for i, ((key, column), found) in enumerate(by_column.items())
    ]
    return Timeline(scale, tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))


def _mark(event: AlarmEvent, scale: Scale) -> Mark:
    x = scale.x(event.raised_us)
    end = scale.width if event.cleared_us is None else scale.x(event.cleared_us)
    return Mark(event, x, round(max(2.0, end - x), 1), scale.x(event.onset_us))
