"""The page of one column: what it looks like now, before, and in training."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftwatch.monitor.alarms import SEVERITIES, AlarmLevel
from driftwatch.monitor.gauges import MIN_ROWS
from driftwatch.monitor.report import AlarmEvent, Column, Report, StreamReport, WindowReport
from driftwatch.sketch.layout import NON_FINITE_CELLS, SIDE_CELLS
from driftwatch.web.pages.distribution import Distribution, distribution
from driftwatch.web.pages.gauge_words import GaugeRow, gauge_rows
from driftwatch.web.pages.history import History, history
from driftwatch.web.pages.verdict import Verdict, verdict
from driftwatch.web.pages.words import column_address, stream_name

_NAMES = {
    "null": "null",
    "absent": "absent: the record has no such key",
    "wrong_type": "of the wrong type",
    "nan": "not a number (NaN)",
    "negative_inf": "minus infinity",
    "positive_inf": "infinity",
}


@dataclass(frozen=True, slots=True)
class Governing:
    """What decides over an alarm: a setting, its value, and what that means for this column.

    href: where there is more about it.
    """

    setting: str
    value: str
    meaning: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """What the page of a column shows.

    windows: name and address of each, the shown one without an address. missing: name, records and
    share of them, and the share in training. new_values: words that training never saw, with how
    often they were seen at least.
    """

    verdict: Verdict
    now_us: int
    stream: StreamReport
    stream_name: str
    column: Column
    state: AlarmLevel
    sentence: str
    window: WindowReport
    windows: tuple[tuple[str, str | None], ...]
    distribution: Distribution | None
    history: History | None
    missing: tuple[tuple[str, int, float, float], ...]
    new_values: tuple[tuple[str, int], ...]
    sensitive: bool
    gauges: tuple[GaugeRow, ...]
    alarms: tuple[AlarmEvent, ...]
    governing: tuple[Governing, ...]
    api: str


def column_page(
    report: Report,
    stream: StreamReport,
    index: int,
    governing: Sequence[Governing],
    window_name: str | None = None,
) -> ColumnPage:
    """The page of a stream's column.

    window_name: of the window to show; by default the shortest one.
    """
    column = stream.columns[index]
    window = next((w for w in stream.windows if w.name == window_name), stream.windows[0])
    events = tuple(
        event
        for event in reversed(report.alarms)
        if event.stream == stream.key and event.column == column.name
    )
    address = column_address(stream.key, column.name)
    pictures = stream.pictures
    return ColumnPage(
        verdict=verdict(report),
        now_us=report.now_us,
        stream=stream,
        stream_name=stream_name(stream.key),
        column=column,
        state=stream.alarms.level(index),
        sentence=_sentence(stream, index, events),
        window=window,
        windows=tuple(
            (w.name, None if w is window else f"{address}&window={w.name}") for w in stream.windows
        ),
        distribution=_distribution(stream, window, index),
        history=None if pictures is None else history(pictures, index, events),
        missing=tuple(_missing(stream, window, index)),
        new_values=stream.new_values.get(column.name, ()),
        sensitive=pictures is not None and column.name in pictures.sensitive,
        gauges=tuple(gauge_rows(stream, window, index)),
        alarms=events,
        governing=tuple(governing),
        api=f"/api/v1{address}",
    )


def _sentence(stream: StreamReport, index: int, events: Sequence[AlarmEvent]) -> str:
    """How the column stands, in one line."""
    column = stream.columns[index]
    state = stream.alarms.level(index)
    if state == "page":
        return f"{column.name} does not look like the training data any more."
    if state == "info":
        return f"{column.name} moves a little; too little to page anybody."
    if stream.retired:
        return f"Nobody asks this version any more; {column.name} was quiet when it was retired."
    if stream.blind.keys() - {"warming_up"}:
        return f"Nothing found in {column.name}, but Driftwatch is blind to it: see below."
    if stream.blind:
        return f"Nothing found in {column.name} so far; it is still early."
    again = " It did not a while ago: see its alarms." if events else ""
    return f"{column.name} looks like the training data.{again}"


def _distribution(stream: StreamReport, window: WindowReport, index: int) -> Distribution | None:
    pictures = stream.pictures
    if pictures is None or window.counts.rows < MIN_ROWS:
        return None
    live = pictures.bars.summed(window.counts.cells)
    return distribution(pictures.bars, index, live, float(pictures.tolerance[index]))


def _missing(
    stream: StreamReport, window: WindowReport, index: int
) -> list[tuple[str, int, float, float]]:
    """Each way of having no value, with its count and share now and in training."""
    pictures = stream.pictures
    if pictures is None:
        return []
    layout = pictures.layout
    rows, baseline_rows = max(1, window.gauges.rows), max(1, pictures.baseline.rows)
    start = int(layout.starts[index])
    found = []
    has_numbers = stream.columns[index].kind == "numeric"
    for name in SIDE_CELLS + (NON_FINITE_CELLS if has_numbers else ()):
        now = int(window.gauges.side[name][index])
        before = int(pictures.baseline.cells[start + layout.columns[index].cell(name)])
        found.append((_NAMES[name], now, now / rows, before / baseline_rows))
    return found


assert SEVERITIES == ("info", "page")  # the template names them
