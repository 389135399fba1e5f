"""A column's distribution, live over baseline, as bars; and which of them moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.bars import Bar, Bars
from driftwatch.stats.slack import h

WIDTH, HEIGHT = 560.0, 210.0
GAP = 14.0
"""Between the bars of values and those of records without one."""
CHANCE_SD = 3.0
"""Standard deviations beyond the tolerance that a bar must move by to be marked."""

MOST_SIGNS = 18
"""Of a label; what is longer is cut."""

Moved = Literal["more", "fewer", ""]


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """One bar. live, baseline: shares of all records. x, width and the heights: in the plot."""

    bar: Bar
    count: int
    live: float
    baseline: float
    moved: Moved
    x: float
    width: float
    live_height: float
    baseline_height: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """The bars of a column. most: the share that the plot's height stands for."""

    bars: tuple[DrawnBar, ...]
    rows: int
    baseline_rows: int
    most: float
    labels: tuple[tuple[float, str], ...]
    width: float = WIDTH
    height: float = HEIGHT


def distribution(every: Bars, column: int, summed: IntArray, tolerance: float) -> Distribution:
    """The plot of a column. every, summed: the bars of all columns, and (G,) their live counts."""
    order = in_order(every.columns[column])
    bars = [every.columns[column][i] for i in order]
    live, baseline = (every.of(column, counts)[order] for counts in (summed, every.baseline))
    rows, baseline_rows = int(live.sum()), int(baseline.sum())
    p, q = live / max(1, rows), baseline / max(1, baseline_rows)
    shown = [i for i, bar in enumerate(bars) if _is_shown(bar, int(live[i]), int(baseline[i]))]
    most = max(1e-9, float(np.max(np.concatenate((p, q)), initial=0.0)))
    moved = _moved(p, q, rows, baseline_rows, tolerance)
    has_side = any(not bars[i].has_value for i in shown) and bars[shown[0]].has_value
    step = (WIDTH - (GAP if has_side else 0.0)) / max(1, len(shown))
    drawn = []
    for at, i in enumerate(shown):
        x = at * step + (GAP if has_side and not bars[i].has_value else 0.0)
        sign: Moved = "" if not moved[i] else "more" if p[i] > q[i] else "fewer"
        drawn.append(
            DrawnBar(
                bars[i],
                int(live[i]),
                float(p[i]),
                float(q[i]),
                sign,
                round(x, 1),
                round(step, 1),
                round(HEIGHT * float(p[i]) / most, 1),
                round(HEIGHT * float(q[i]) / most, 1),
            )
        )
    return Distribution(tuple(drawn), rows, baseline_rows, most, tuple(_labels(drawn)))


def in_order(bars: Sequence[Bar]) -> list[int]:
    """Bars in the order to draw them: words that are numbers by their size, others as they are."""
    words = [i for i, bar in enumerate(bars) if bar.kind == "word"]
    try:
        by_size = sorted(words, key=lambda i: float(bars[i].label))
    except ValueError:
        return list(range(len(bars)))
    return by_size + [i for i in range(len(bars)) if i not in set(words)]


def _is_shown(bar: Bar, live: int, baseline: int) -> bool:
    """Ways of being nothing that nobody ever saw take no room."""
    return bar.kind in ("value", "word") or live > 0 or baseline > 0


def _moved(
    p: FloatArray, q: FloatArray, rows: int, baseline_rows: int, tolerance: float
) -> BoolArray:
    """Whether a share differs by more than the tolerance and what chance makes of such counts."""
    if not rows or not baseline_rows:
        return np.zeros(len(p), dtype=np.bool_)
    chance = CHANCE_SD * np.sqrt(1.0 / rows + 1.0 / baseline_rows)
    found: BoolArray = np.abs(h(p) - h(q)) > tolerance + chance
    return found


def _labels(drawn: Sequence[DrawnBar]) -> list[tuple[float, str]]:
    """Some labels along the axis: where they stand, and their words; never so many that they meet.

    A bar of numbers is labelled where it begins, by what its numbers begin with.
    """
    found: list[tuple[float, str]] = []
    end = -1e9
    for each in drawn:
        ranged = each.bar.low is not None and " to " in each.bar.label
        words = each.bar.label.split(" to ")[0] if ranged else each.bar.label
        words = words if len(words) <= MOST_SIGNS else words[: MOST_SIGNS - 1] + "…"
        half = 3.5 * len(words)
        x = each.x if ranged else each.x + each.width / 2
        x = min(max(x, half), WIDTH - half)
        if x - half >= end + 6:
            found.append((round(x, 1), words))
            end = x + half
    return found
