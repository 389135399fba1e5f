"""The first page: the verdict, the streams, and every column with its evidence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES, AlarmLevel
from driftwatch.monitor.gauges import GaugeName
from driftwatch.monitor.report import AlarmEvent, Report, StreamReport
from driftwatch.monitor.trail import NO_TRAIL, TrailReport
from driftwatch.records import REASONS, StreamKey
from driftwatch.sketch.layout import Kind, Role
from driftwatch.web.pages.comparisons import ComparisonView, comparison_views
from driftwatch.web.pages.filter import STATES, Filter
from driftwatch.web.pages.plots import SPARK_HEIGHT, SPARK_WIDTH, rectangles, sparks, time_scale
from driftwatch.web.pages.verdict import Verdict, alarm_sentence, standing_events, verdict
from driftwatch.web.pages.words import column_address, span, stream_name

_PAGE = SEVERITIES.index("page")
_UNSEEN: Mapping[Kind, GaugeName] = {
    "numeric": "out_of_range_ratio",
    "categorical": "new_category_ratio",
}
_RANK = {"page": 0, "info": 1, "ok": 2}


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream.

    behind: how far its watermark lies behind now. spark: records over time. volume: beside the same
    hours in training, in words; empty where that is not known.
    """

    key: StreamKey
    name: str
    state: str
    columns: int
    records: int
    share: float | None
    behind: str | None
    filled: float
    window: str
    rows: int
    reasons: tuple[tuple[str, str], ...]
    spark: str
    retired: bool
    volume: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of a stream. evidence: for a page, 1 at the alarm. spark: the same over time.

    tag: the alarm's state, but nothing that is blind is called well. looks: what is known of the
    alarm that stands. psi, missing, unseen, mean: of the shortest
    window. unseen: outside the training range, or words never seen in training.
    """

    key: StreamKey
    stream: str
    name: str
    role: Role
    kind: Kind
    state: AlarmLevel
    tag: str
    href: str
    evidence: float
    spark: str
    since_us: int | None
    looks: str
    psi: float
    missing: float
    unseen: float
    mean: float
    baseline_mean: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A list to choose from. The first of the options takes all."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows. columns: of `total` that there are, those that were asked for."""

    verdict: Verdict
    now_us: int | None
    filter: Filter
    choices: tuple[Choice, ...]
    streams: tuple[StreamRow, ...]
    columns: tuple[ColumnRow, ...]
    total: int
    several_streams: bool
    window: str
    history: str
    report: Report | None
    rejected: tuple[tuple[str, int], ...]
    comparisons: tuple[ComparisonView, ...] = ()


def overview(report: Report | None, wanted: Filter) -> Overview:
    """The first page of a report; None where there is none yet."""
    streams = report.streams if report is not None else ()
    standing = standing_events(report) if report is not None else {}
    shown = [stream for stream in streams if wanted.has_stream(stream)]
    rows = sorted(
        (row for stream in shown for row in _columns(stream, standing)),
        key=lambda row: (_RANK[row.state], -_or_zero(row.evidence), row.stream, row.name),
    )
    kept = tuple(row for row in rows if wanted.has_column(row.name, row.role, row.state))
    trails = [s.pictures.trail for s in streams if s.pictures is not None]
    longest = max((_length_us(trail) for trail in trails), default=0)
    return Overview(
        verdict=verdict(report),
        now_us=None if report is None else report.now_us,
        filter=wanted,
        choices=tuple(_choices(streams, wanted)),
        streams=tuple(_stream(stream, report.now_us) for stream in shown) if report else (),
        columns=kept,
        total=sum(len(stream.columns) for stream in streams),
        several_streams=len(streams) > 1,
        window=next((w.name for stream in streams for w in stream.windows), ""),
        history=span(longest),
        report=report,
        rejected=tuple(
            (reason, report.reasons[reason])
            for reason in REASONS
            if report is not None and report.reasons.get(reason)
        ),
        comparisons=comparison_views(report.comparisons) if report is not None else (),
    )


def _choices(streams: Sequence[StreamReport], wanted: Filter) -> Iterator[Choice]:
    def choice(name: str, label: str, values: Sequence[str]) -> Choice:
        every = ("", f"any {label}")
        chosen = str(getattr(wanted, name))
        options = (every, *((value, value) for value in values))
        return Choice(name, label, options, chosen)

    roles = {column.role for stream in streams for column in stream.columns}
    yield choice("role", "role", sorted(roles))
    yield choice("state", "state", STATES)
    yield choice("model", "model", sorted({s.key.model for s in streams}))
    yield choice("model_version", "version", sorted({s.key.model_version for s in streams}))
    yield choice("segment", "segment", sorted({s.key.segment for s in streams}))


def _columns(
    stream: StreamReport, standing: Mapping[tuple[StreamKey, str], AlarmEvent]
) -> Iterator[ColumnRow]:
    if not stream.columns:
        return
    trail = stream.pictures.trail if stream.pictures is not None else NO_TRAIL
    paths = sparks(trail, _PAGE) or [""] * len(stream.columns)
    gauges = {name: array.tolist() for name, array in stream.windows[0].gauges.by_name.items()}
    evidence = stream.evidence[_PAGE].tolist()
    means = stream.baseline["mean"].tolist()
    name = stream_name(stream.key)
    for i, column in enumerate(stream.columns):
        event = standing.get((stream.key, column.name))
        yield ColumnRow(
            key=stream.key,
            stream=name,
            name=column.name,
            role=column.role,
            kind=column.kind,
            state=stream.alarms.level(i),
            tag=_tag(stream, stream.alarms.level(i)),
            href=column_address(stream.key, column.name),
            evidence=evidence[i],
            spark=paths[i],
            since_us=event.onset_us if event else None,
            looks=alarm_sentence(event) if event else "",
            psi=gauges["psi"][i],
            missing=gauges["missing_ratio"][i],
            unseen=gauges[_UNSEEN[column.kind]][i],
            mean=gauges["column_mean"][i],
            baseline_mean=means[i],
        )


def _stream(stream: StreamReport, now_us: int) -> StreamRow:
    window = stream.windows[0] if stream.windows else None
    levels = {stream.alarms.level(i) for i in range(len(stream.columns))}
    worst: AlarmLevel = "page" if "page" in levels else "info" if "info" in levels else "ok"
    behind = None if stream.watermark_us is None else span(now_us - stream.watermark_us)
    return StreamRow(
        key=stream.key,
        name=stream_name(stream.key),
        state="retired" if stream.retired else _tag(stream, worst),
        columns=len(stream.columns),
        records=stream.records,
        share=stream.traffic_share,
        behind=behind,
        filled=window.fill_ratio if window is not None else 0.0,
        window=window.name if window is not None else "",
        rows=window.gauges.rows if window is not None else 0,
        reasons=tuple(stream.blind.items()),
        spark=_traffic(stream),
        retired=stream.retired,
        volume=(stream.volume.words if stream.volume is not None else None) or "",
    )


def _tag(stream: StreamReport, level: AlarmLevel) -> str:
    """The state of an alarm; where it is silent and the silence can't be believed, why."""
    if level != "ok" or not stream.blind:
        return level
    return "warming up" if stream.blind.keys() == {"warming_up"} else "blind"


def _traffic(stream: StreamReport) -> str:
    """Records by slot, as bars."""
    trail = stream.pictures.trail if stream.pictures is not None else NO_TRAIL
    most = max((slot.rows for slot in trail.slots), default=0)
    if not most:
        return ""
    scale = time_scale(trail, SPARK_WIDTH)
    marks = []
    for slot in trail.slots:
        x = scale.x(slot.start_us)
        height = round(SPARK_HEIGHT * slot.rows / most, 1)
        width = max(0.5, round(scale.x(slot.start_us + trail.slot_us) - x, 1))
        marks.append((x, SPARK_HEIGHT - height, width, height))
    return rectangles(marks)


def _length_us(trail: TrailReport) -> int:
    scale = time_scale(trail, 1.0)
    return scale.end_us - scale.begin_us


def _or_zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value
