"""Two plots as SVG, drawn by hand so that they need no library and look the same on each run."""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from benchmarks.alarms.detectors import BUDGET_PANES, COLUMNS, DETECTORS
from benchmarks.alarms.results import at, interval
from benchmarks.alarms.streams import DRIFTS, INDEPENDENT, PANE_ROWS

OURS, THEIRS, QUIET, RULE = "#c2410c", "#1d4e89", "#6b7280", "#e5e7eb"
ROW, LABELS, TOP = 24, 200, 64
MONTH = COLUMNS * BUDGET_PANES
"""Column-panes of 30 days."""


class Canvas:
    """Collects the marks of a plot."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"',
            f'width="{width:g}" height="{height:g}" role="img"',
            'font-family="Helvetica, Arial, sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        ]

    def text(
        self, x: float, y: float, words: str, anchor: str = "start", fill: str = "#111"
    ) -> None:
        """Words with their baseline at y."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">'
            f"{escape(words)}</text>"
        )

    def line(self, ends: tuple[float, float, float, float], stroke: str, more: str = "") -> None:
        """A line from x, y to x, y."""
        x1, y1, x2, y2 = ends
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{stroke}" {more}/>'
        )

    def dot(self, x: float, y: float, color: str, *, filled: bool) -> None:
        """A round mark."""
        fill = color if filled else "#ffffff"
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{color}" '
            'stroke-width="1.6"/>'
        )

    def cross(self, x: float, y: float, color: str) -> None:
        """A mark for what was not found."""
        for sign in (-1, 1):
            self.line((x - 4, y - 4 * sign, x + 4, y + 4 * sign), color, 'stroke-width="1.6"')

    def delay(
        self,
        place: Callable[[float], float],
        end: float,
        y: float,
        mark: tuple[float | None, str, bool],
    ) -> None:
        """A delay, its color, and whether it is filled; a cross at the end for none."""
        rows, color, filled = mark
        if rows is None:
            self.cross(end, y, color)
        else:
            self.dot(place(rows), y, color, filled=filled)

    def done(self) -> str:
        """The whole file."""
        return "\n".join([*self._parts, "</svg>"]) + "\n"


def logarithmic(low: float, high: float, left: float, right: float) -> Callable[[float], float]:
    """From values to places, by their logarithms; what is outside stands at the end."""

    def place(value: float) -> float:
        share = math.log(max(low, min(high, value)) / low) / math.log(high / low)
        return left + share * (right - left)

    return place


def false_alarms(figures: dict[str, Any]) -> tuple[int, int]:
    """Panes in alarm, and all panes, of the columns with independent rows."""
    known = [figures["null"][kind] for kind in INDEPENDENT if kind in figures["null"]]
    return sum(k["alarms"] for k in known), sum(k["panes"] for k in known)


def false_alarms_plot(found: dict[str, Any]) -> str:
    """False alarms in 30 days, with their intervals."""
    sizes = list(found["figures"])
    shown = _shown(found, sizes)
    left, right, bottom = LABELS, 830, TOP + ROW * len(shown)
    place = logarithmic(0.1, MONTH, left, right)
    canvas = Canvas(right + 30, bottom + 46, "False alarms in 30 days")
    canvas.text(16, 22, "Panes in alarm where nothing has drifted, in 30 days of 200 columns")
    _legend(canvas, sizes, right)
    for power in range(7):
        _tick(canvas, place(10.0**power), bottom, f"{10**power:,}")
    canvas.line((place(1.0), TOP - 8, place(1.0), bottom), OURS, 'stroke-dasharray="3 3"')
    canvas.text(place(1.0), TOP - 12, "Driftwatch's budget", "middle", OURS)
    for i, detector in enumerate(shown):
        color = _color(detector)
        canvas.text(left - 12, TOP + ROW * i + 16, _title(detector), "end", color)
        for j, rows in enumerate(sizes):
            figures = found["figures"][rows].get(detector)
            if figures is None:
                continue
            y = TOP + ROW * i + 12 + (5 if j else -5)
            alarms, panes = false_alarms(figures)
            low, high = (end * MONTH for end in interval(alarms, panes))
            canvas.line((place(low), y, place(high), y), color, 'stroke-width="1.6"')
            if alarms:
                canvas.dot(place(alarms / panes * MONTH), y, color, filled=j == 0)
            else:
                canvas.line((place(high), y - 4, place(high), y + 4), color, 'stroke-width="1.6"')
    canvas.text(
        left, bottom + 36, "Lines are 95% intervals; without a dot none was seen.", fill=QUIET
    )
    return canvas.done()


def delays_plot(found: dict[str, Any]) -> str:
    """Rows until the alarm, each detector tuned to the same false alarms."""
    rows = max(found["figures"], key=int)
    # Those that differ in their thresholds only are one when they are tuned.
    again = {"psi_25", "ks_bonferroni", "ks_budget"}
    shown = [d for d in _shown(found, [rows]) if d not in again]
    wide, gap, bottom = 92, 14, TOP + ROW * len(shown)
    canvas = Canvas(LABELS + len(DRIFTS) * (wide + gap) + 16, bottom + 46, "Rows until the alarm")
    canvas.text(
        16, 22, f"Rows until the alarm, all tuned to no false alarm; baseline of {int(rows):,} rows"
    )
    canvas.text(16, 40, "ring: Driftwatch as it is, at its budget; cross: not found", fill=QUIET)
    for i in range(len(shown)):
        y = TOP + ROW * i + 12
        canvas.line((LABELS, y, LABELS + len(DRIFTS) * (wide + gap), y), RULE)
    for j, (name, drift) in enumerate(DRIFTS.items()):
        left = LABELS + j * (wide + gap)
        place = logarithmic(PANE_ROWS, 50_000, left + 6, left + wide - 12)
        canvas.text(left + wide / 2, TOP - 6, drift.says, "middle")
        for power in (1_000, 10_000):
            _tick(canvas, place(power), bottom, f"{power // 1000}k")
        for i, detector in enumerate(shown):
            y, color = TOP + ROW * i + 12, _color(detector)
            figures = at(found, rows, detector) or {"tuned": {}}
            if name not in figures["tuned"]:
                canvas.text(left + wide / 2, y + 4, "n/a", "middle", QUIET)
                continue
            if detector.startswith("driftwatch"):
                canvas.delay(place, left + wide - 4, y, (figures["default"][name], color, False))
            canvas.delay(place, left + wide - 4, y, (figures["tuned"][name], color, True))
    for i, detector in enumerate(shown):
        name = _title(detector).split(" >")[0].split(" p <")[0]
        canvas.text(LABELS - 12, TOP + ROW * i + 16, name, "end", _color(detector))
    return canvas.done()


def _shown(found: dict[str, Any], sizes: Iterable[str]) -> list[str]:
    return [d for d in DETECTORS if any(at(found, rows, d) for rows in sizes)]


def _legend(canvas: Canvas, sizes: Sequence[str], right: float) -> None:
    for j, rows in enumerate(sizes):
        canvas.dot(right - 150, 18 + 16 * j, QUIET, filled=j == 0)
        canvas.text(right - 140, 22 + 16 * j, f"baseline of {int(rows):,}", fill=QUIET)


def _tick(canvas: Canvas, x: float, bottom: float, words: str) -> None:
    canvas.line((x, TOP, x, bottom), RULE)
    canvas.text(x, bottom + 16, words, "middle", QUIET)


def _color(detector: str) -> str:
    return OURS if detector.startswith("driftwatch") else THEIRS


def _title(detector: str) -> str:
    return DETECTORS[detector].title.replace("`", "")
