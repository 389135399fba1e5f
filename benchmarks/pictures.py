"""The picture of docs/explanation/alarms.md: evidence rising, drawn from the real bank.

python -m benchmarks.pictures > docs/explanation/evidence.svg
"""

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import NumericLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import column_events
from driftwatch.stats.evidence import Bank
from driftwatch.stats.members import SCORES, Basis

MINUTES, DRIFT_FROM, DRIFT_TO = 180, 60, 110
ROWS, BASELINE_ROWS, COLUMNS, SHIFT = 100, 20_000, 200, 0.25
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 320, 56, 34, 16, 44


def evidence(seed: int = 4) -> tuple[list[float], list[float]]:
    """`info` and `page` at each minute: a column that moves by a quarter of a deviation."""
    rng = np.random.default_rng(seed)
    training = np.sort(rng.normal(size=BASELINE_ROWS))
    edges, low, high = make_edges(
        training, np.ones(BASELINE_ROWS, dtype=np.int64), training[0], training[-1]
    )
    layout = NumericLayout("x", "feature", edges, low, high)
    cells = _counted(layout, training)
    events = column_events(layout, cells)
    independent = Dependence.none(len(events.events) + SCORES)
    basis = Basis(events, events.grouped(cells)[None], None, independent)
    bank = Bank([basis], np.array([0.03]), COLUMNS, 43_200)
    state, found = bank.start(), []
    for minute in range(MINUTES):
        shift = SHIFT if DRIFT_FROM <= minute < DRIFT_TO else 0.0
        pane = _counted(layout, rng.normal(shift, 1.0, ROWS))
        state = bank.step(state, events.grouped(pane), ROWS, minute * 60_000_000)
        found.append(bank.evidence(state)[:, 0].tolist())
    return [info for info, _ in found], [page for _, page in found]


def _counted(layout: NumericLayout, values: np.ndarray) -> np.ndarray:
    bins = np.searchsorted(layout.edges, values, side="right")
    return np.bincount(bins, minlength=layout.size)


def svg(info: Sequence[float], page: Sequence[float]) -> Iterator[str]:
    """The picture, line by line."""
    top = 1.25

    def x(minute: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * minute / MINUTES, 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top), 1)

    def line(values: Sequence[float], colour: str) -> str:
        points = " ".join(f"{x(i + 1)},{y(value)}" for i, value in enumerate(values))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">'
    )
    yield "<title>Evidence rises while a column has drifted, and falls after it recovers</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield (
        f'<rect x="{x(DRIFT_FROM)}" y="{TOP}" width="{round(x(DRIFT_TO) - x(DRIFT_FROM), 1)}" '
        f'height="{HEIGHT - TOP - BOTTOM}" fill="#f3e8d2"/>'
    )
    drifted = "the column has drifted"
    yield f'<text x="{x(DRIFT_FROM + 10)}" y="{y(0.06)}" fill="#6b4e16">{drifted}</text>'
    yield (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(1)}" y2="{y(1)}" stroke="#444" '
        'stroke-dasharray="6 4"/>'
    )
    yield f'<text x="{LEFT + 6}" y="{y(1) - 6}" fill="#333">1: the alarm</text>'
    yield line(info, "#3a6ea5")
    yield line(page, "#b3261e")
    for value in (0.0, 0.5, 1.0):
        yield (
            f'<text x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end" '
            f'fill="#333">{value:g}</text>'
        )
    for minute in range(0, MINUTES + 1, 30):
        yield (
            f'<text x="{x(minute)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" '
            f'fill="#333">{minute}</text>'
        )
    yield (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(0)}" y2="{y(0)}" stroke="#444"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle" '
        'fill="#333">minutes</text>'
    )
    yield f'<text x="{LEFT}" y="18" fill="#3a6ea5">evidence, info</text>'
    yield f'<text x="{LEFT + 110}" y="18" fill="#b3261e">evidence, page</text>'
    yield "</svg>"


if __name__ == "__main__":
    sys.stdout.write("\n".join(svg(*evidence())) + "\n")
