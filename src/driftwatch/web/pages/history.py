"""A column over the time that is kept: its bars as a heat map, its evidence as a line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.report import AlarmEvent, Pictures
from driftwatch.monitor.trail import TrailReport
from driftwatch.records import FloatArray
from driftwatch.stats.bars import Bar
from driftwatch.web.pages.distribution import in_order
from driftwatch.web.pages.plots import (
    Scale,
    evidence_of,
    heat,
    polyline,
    shade,
    time_scale,
)

WIDTH = 560.0
STRIP = 18.0
"""Width of the baseline's own column, at the left of the map."""
SPACE = 6.0
MAP = 210.0
"""Height of the map, as far as its rows stay between 10 and 24."""
LINE = 90.0


@dataclass(frozen=True, slots=True)
class Band:
    """When an alarm was raised, along the width. since: where its onset lies."""

    severity: str
    x: float
    width: float
    since: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Time goes right, values go up. strip: the baseline's shades; map: those of the slots."""

    strip: list[str]
    map: list[str]
    labels: tuple[tuple[float, str], ...]
    height: float
    left: float = STRIP + SPACE


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a column. lines: evidence by severity, as paths; `height` is evidence 1.

    slots: for the table behind the plots: when, records, largest evidence for a page, and the bar
    that is farthest from its share in the baseline with that share, then and in training.
    """

    scale: Scale
    heat: HeatMap
    lines: dict[str, str]
    bands: tuple[Band, ...]
    slots: tuple[tuple[int, int, float, str, float, float], ...]
    slot_us: int
    height: float = LINE
    width: float = WIDTH


def history(pictures: Pictures, column: int, events: Sequence[AlarmEvent]) -> History | None:
    """The plots of a column; None before there is anything to show. events: its alarms."""
    trail = pictures.trail
    if not trail.slots:
        return None
    bars = pictures.bars.columns[column]
    order = [i for i in in_order(bars) if _is_drawn(pictures, column, i)]
    shares, known = _shares(pictures, column, order)
    width = WIDTH - STRIP - SPACE
    scale = time_scale(trail, width)
    return History(
        scale,
        _heat_map(pictures, column, order, shares, known, scale),
        {severity: _line(trail, s, column, scale) for s, severity in enumerate(SEVERITIES)},
        tuple(_band(event, scale) for event in events),
        tuple(_rows(pictures, column, order, shares, known)),
        trail.slot_us,
    )


def _is_drawn(pictures: Pictures, column: int, bar: int) -> bool:
    """Ways of being nothing that were never seen take no row."""
    if pictures.bars.columns[column][bar].kind in ("value", "word"):
        return True
    at = int(pictures.bars.starts[column]) + bar
    if pictures.bars.baseline[at]:
        return True
    return any(slot.bars is not None and slot.bars[at] for slot in pictures.trail.slots)


def _shares(
    pictures: Pictures, column: int, order: Sequence[int]
) -> tuple[FloatArray, list[tuple[int, int]]]:
    """(T, K) shares of a slot's records, for (start, rows) of those that have some."""
    shares, known = [], []
    for slot in pictures.trail.slots:
        if slot.bars is not None and slot.rows:
            counts = pictures.bars.of(column, slot.bars.astype(np.int64))
            shares.append(counts[list(order)] / slot.rows)
            known.append((slot.start_us, slot.rows))
    return np.stack(shares) if shares else np.empty((0, len(order))), known


def _heat_map(
    pictures: Pictures,
    column: int,
    order: Sequence[int],
    shares: FloatArray,
    known: Sequence[tuple[int, int]],
    scale: Scale,
) -> HeatMap:
    bars: tuple[Bar, ...] = pictures.bars.columns[column]
    base = _baseline(pictures, column, order)
    most = max(float(base.max(initial=0.0)), float(np.quantile(shares, 0.99)) if len(shares) else 0)
    left = STRIP + SPACE
    xs = [round(left + scale.x(start), 1) for start, _ in known]
    width = max(0.6, round(scale.x(scale.begin_us + pictures.trail.slot_us), 2))
    row = min(24.0, max(10.0, round(MAP / max(1, len(order)), 1)))
    height = len(order) * row
    labels = [
        (round(height - (at + 0.5) * row + 3, 1), bars[i].label)
        for at, i in enumerate(order)
        if row > 12 or at % 3 == 0 or not bars[i].has_value
    ]
    return HeatMap(
        heat(shade(base[None, :], most), [0.0], STRIP, row),
        heat(shade(shares, most), xs, width, row),
        tuple(labels),
        round(height, 1),
    )


def _baseline(pictures: Pictures, column: int, order: Sequence[int]) -> FloatArray:
    counts = pictures.bars.of(column, pictures.bars.baseline)[list(order)]
    found: FloatArray = counts / max(1, counts.sum())
    return found


def _line(trail: TrailReport, severity: int, column: int, scale: Scale) -> str:
    starts, evidence = evidence_of(trail, severity)
    if not starts:
        return ""
    left = STRIP + SPACE
    return polyline(
        [
            (
                round(left + scale.x(start + trail.slot_us), 1),
                round(LINE * (1.0 - min(1.0, value)), 1),
            )
            for start, value in zip(starts, evidence[:, column].tolist(), strict=True)
            if not math.isnan(value)
        ]
    )


def _band(event: AlarmEvent, scale: Scale) -> Band:
    left = STRIP + SPACE
    begin = scale.x(event.raised_us)
    end = scale.width if event.cleared_us is None else scale.x(event.cleared_us)
    return Band(
        event.severity,
        round(left + begin, 1),
        round(max(1.0, end - begin), 1),
        round(left + scale.x(event.onset_us), 1),
    )


def _rows(
    pictures: Pictures,
    column: int,
    order: Sequence[int],
    shares: FloatArray,
    known: Sequence[tuple[int, int]],
) -> list[tuple[int, int, float, str, float, float]]:
    starts, evidence = evidence_of(pictures.trail, SEVERITIES.index("page"))
    found = dict(zip(starts, evidence[:, column].tolist() if starts else [], strict=True))
    bars, base = pictures.bars.columns[column], _baseline(pictures, column, order)
    rows = []
    for (start, count), row in zip(known, shares, strict=True):
        far = int(np.argmax(np.abs(row - base)))
        rows.append(
            (
                start,
                count,
                found.get(start, float("nan")),
                bars[order[far]].label,
                float(row[far]),
                float(base[far]),
            )
        )
    return rows
