"""A chart as SVG: one or two panels above each other, with lines, dots and words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

BLUE, RED, GREEN, GREY, INK, SAND = "#2f6699", "#b3261e", "#3b7d3b", "#8a8f98", "#333", "#f3e8d2"
WIDTH, LEFT, RIGHT = 760.0, 56.0, 16.0


@dataclass(frozen=True)
class Panel:
    """A part of a chart: places of its values, and between which heights it is."""

    x: Callable[[float], float]
    y: Callable[[float], float]
    top: float
    bottom: float


class Chart:
    """Collects the marks of a chart; `svg` is the whole file."""

    def __init__(self, height: float, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}"',
            'role="img" font-family="system-ui, sans-serif" font-size="13">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="#ffffff"/>',
        ]

    def area(self, panel: Panel, begin: float, end: float, words: str) -> None:
        """What lies between two places of x, with words in it."""
        left, right = panel.x(begin), panel.x(end)
        self._parts.append(
            f'<rect x="{left:.1f}" y="{panel.top:.1f}" width="{right - left:.1f}" '
            f'height="{panel.bottom - panel.top:.1f}" fill="{SAND}"/>'
        )
        self.words(left + 8, panel.top + 16, words, "#6b4e16")

    def curve(self, panel: Panel, points: Iterable[tuple[float, float]], colour: str) -> None:
        """A line through points."""
        places = " ".join(f"{panel.x(x):.1f},{panel.y(y):.1f}" for x, y in points)
        self._parts.append(
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )

    def dots(
        self, panel: Panel, points: Iterable[tuple[float, float]], colour: str, size: float = 3.2
    ) -> None:
        """Points, as one path of strokes without a length."""
        places = "".join(f"M{panel.x(x):.1f} {panel.y(y):.1f}h0" for x, y in points)
        self._parts.append(
            f'<path d="{places}" stroke="{colour}" stroke-width="{size:g}" '
            'stroke-linecap="round" fill="none"/>'
        )

    def limit(self, panel: Panel, y: float, words: str) -> None:
        """A dashed line across the panel, and what it is."""
        at = panel.y(y)
        self._parts.append(
            f'<line x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{at:.1f}" y2="{at:.1f}" '
            f'stroke="#444" stroke-dasharray="6 4"/>'
        )
        self.words(LEFT + 6, at - 6, words)

    def down(self, panel: Panel, values: Sequence[float], words: Sequence[str]) -> None:
        """What stands beside the panel at these values of y."""
        for value, said in zip(values, words, strict=True):
            self.words(LEFT - 8, panel.y(value) + 4, said, anchor="end")

    def across(self, panel: Panel, values: Sequence[float], unit: str) -> None:
        """The line below the panel, what stands below it at these values of x, and their unit."""
        self._parts.append(
            f'<line x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{panel.bottom:.1f}" '
            f'y2="{panel.bottom:.1f}" stroke="#444"/>'
        )
        for value in values:
            self.words(panel.x(value), panel.bottom + 18, f"{value:,g}", anchor="middle")
        middle = (LEFT + WIDTH - RIGHT) / 2
        self.words(middle, panel.bottom + 36, unit, anchor="middle")

    def words(
        self, x: float, y: float, words: str, colour: str = INK, anchor: str = "start"
    ) -> None:
        """Words with their baseline at y."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
            f"{escape(words)}</text>"
        )

    def svg(self) -> str:
        """The file."""
        return "\n".join([*self._parts, "</svg>"]) + "\n"


def panel(x: tuple[float, float], y: tuple[float, float], top: float, bottom: float) -> Panel:
    """A panel for values from x[0] to x[1] and y[0] to y[1]."""

    def place(value: float, ends: tuple[float, float], first: float, last: float) -> float:
        begin, end = ends
        return first + (value - begin) / (end - begin) * (last - first)

    return Panel(
        lambda value: place(value, x, LEFT, WIDTH - RIGHT),
        lambda value: place(value, y, bottom, top),
        top,
        bottom,
    )
