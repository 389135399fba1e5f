"""Two plots as SVG, in the look of those of the alarms."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from benchmarks.alarms.plots import OURS, QUIET, RULE, THEIRS, Canvas, logarithmic
from benchmarks.throughput.figures import (
    BASE,
    Figures,
    at,
    fastest,
    memory_rate,
    peer_best,
    peer_rate,
    rate,
    way_us,
)
from benchmarks.throughput.points import COLUMNS
from benchmarks.throughput.promises import end_of
from benchmarks.throughput.rivals import RIVALS

ROW, LABELS, TOP = 24, 200, 64
WIDE, HIGH, GAP = 330, 170, 84
LEFT = 72

Points = Sequence[tuple[float, float]]


def peers_plot(found: Figures) -> str:
    """Records a CPU second of everybody: in batches of 1,000, and at their best."""
    shown = sorted(
        ((name, best) for name in RIVALS if (best := peer_best(found, name))),
        key=lambda each: -each[1][1],
    )
    right, bottom = 830, TOP + ROW * (len(shown) + 1)
    place = logarithmic(100, 1_000_000, LABELS, right)
    canvas = Canvas(right + 30, bottom + 46, "Records a CPU second")
    canvas.text(16, 22, "Records a CPU second, 20 columns, from JSON to compared distributions")
    canvas.text(16, 40, "filled: in batches of 1,000; ring: at their best batch size", fill=QUIET)
    for power in range(2, 7):
        canvas.line((place(10**power), TOP, place(10**power), bottom), RULE)
        canvas.text(place(10**power), bottom + 16, f"{10**power:,}", "middle", QUIET)
    ours = memory_rate(found, BASE)
    rows = [("Driftwatch", ours, ours, OURS)]
    rows += [
        (RIVALS[name].title, peer_rate(found, name, 1_000), best[1], THEIRS) for name, best in shown
    ]
    for i, (title, usual, most, color) in enumerate(rows):
        y = TOP + ROW * i + 12
        canvas.text(LABELS - 12, y + 4, title, "end", color)
        canvas.line((LABELS, y, right, y), RULE)
        if most is not None:
            canvas.dot(place(most), y, color, filled=False)
        if usual is not None:
            canvas.dot(place(usual), y, color, filled=True)
    return canvas.done()


def growth_plot(found: Figures) -> str:
    """Cost against columns, records, the length of windows and uptime."""
    columns = [
        (float(n), cost)
        for n in COLUMNS
        if (cost := way_us(fastest(at(found, "memory", f"columns: {n}")))) is not None
    ]
    records = [
        (float(n), float(n) / per_second)
        for n, each in (at(found, "growth", "records") or {}).items()
        if (per_second := rate(each))
    ]
    hours = {"10m": 1 / 6, "1h": 1.0, "6h": 6.0, "1d": 24.0}
    windows = [
        (hours[name], end_of(each)["report_ms"])
        for name, each in (at(found, "growth", "windows") or {}).items()
        if "hours" in each
    ]
    uptime = [
        (float(i + 1), hour["record_us"])
        for i, hour in enumerate(at(found, "growth", "uptime", "hours") or [])
    ]
    width, height = 2 * (LEFT + WIDE) + 40, 2 * (HIGH + GAP) + 10
    canvas = Canvas(width, height, "Cost against columns, records, windows and uptime")
    for i, (title, unit, points) in enumerate(
        (
            ("µs to decode and count a record, by columns", "columns", columns),
            ("CPU seconds, by records", "records", records),
            ("ms a report, by the length of its window", "hours", windows),
            ("µs a record in batches of 100, by uptime", "hours", uptime),
        )
    ):
        corner = (LEFT + (i % 2) * (LEFT + WIDE), 46 + (i // 2) * (HIGH + GAP))
        _chart(canvas, corner, (title, unit), points)
    return canvas.done()


def _chart(
    canvas: Canvas, corner: tuple[float, float], words: tuple[str, str], points: Points
) -> None:
    """Dots over two axes that begin at nought."""
    left, top = corner
    bottom, right = top + HIGH, left + WIDE
    canvas.text(left, top - 14, words[0])
    if not points:
        canvas.text(left + WIDE / 2, top + HIGH / 2, "not measured", "middle", QUIET)
        return
    across, up = (_round_up(max(point[axis] for point in points)) for axis in (0, 1))
    x, y = _linear(across, left, right), _linear(up, bottom, top)
    for share in (0.0, 0.5, 1.0):
        canvas.line((left, y(share * up), right, y(share * up)), RULE)
        canvas.text(left - 8, y(share * up) + 4, f"{share * up:g}", "end", QUIET)
        canvas.text(x(share * across), bottom + 18, f"{share * across:,g}", "middle", QUIET)
    canvas.text(right, bottom + 34, words[1], "end", QUIET)
    for (x1, y1), (x2, y2) in pairwise(points):
        canvas.line((x(x1), y(y1), x(x2), y(y2)), OURS, 'stroke-width="1.2"')
    for across_at, up_at in points:
        canvas.dot(x(across_at), y(up_at), OURS, filled=True)


def _linear(most: float, begin: float, end: float) -> Callable[[float], float]:
    return lambda value: begin + value / most * (end - begin)


def _round_up(value: float) -> float:
    """The end of an axis: the next number of one digit, or half of one.

    >>> _round_up(31.0), _round_up(480.0), _round_up(0.8)
    (40.0, 500.0, 0.8)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return math.ceil(round(value / power, 9)) * power
