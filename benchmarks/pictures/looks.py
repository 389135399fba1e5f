"""A column that does not change, looked at every minute of a day: by p-value and by evidence."""

import numpy as np
from scipy.special import kolmogorov

from benchmarks.pictures.chart import BLUE, GREY, RED, Chart, Panel, panel
from benchmarks.pictures.column import INFO, Column, column
from driftwatch.records import FloatArray

MINUTES, ROWS, COLUMNS, LIMIT = 1_440, 200, 200, 0.05
LEAST = 1e-3


def p_value(one: Column, values: FloatArray) -> float:
    """Of the Kolmogorov-Smirnov test of these values against the training data."""
    live, base = np.sort(values), one.training
    at = np.concatenate((live, base))
    apart = np.abs(
        np.searchsorted(live, at, side="right") / len(live)
        - np.searchsorted(base, at, side="right") / len(base)
    ).max()
    return float(kolmogorov(np.sqrt(len(live) * len(base) / (len(live) + len(base))) * apart))


def picture(seed: int = 1) -> str:
    """Above the p-value of each minute, below the evidence after it."""
    rng = np.random.default_rng(seed)
    one = column(rng)
    panes = [rng.normal(0.0, 1.0, ROWS) for _ in range(MINUTES)]
    found = [p_value(one, values) for values in panes]
    false_alarms = sum(p < LIMIT for p in found)
    chart = Chart(440, "A p-value that is looked at every minute raises false alarms all day")
    above = panel((0, 24), (np.log10(LEAST), 0), 34, 200)
    _p_values(chart, above, found)
    chart.words(
        56, 18, f"p-value of each minute: {false_alarms} of {MINUTES:,} are below 0.05", RED
    )
    below = panel((0, 24), (0, 1.25), 262, 396)
    chart.limit(below, 1, "1: the alarm")
    evidence = one.evidence(iter(panes), COLUMNS)
    chart.curve(below, ((m / 60, e[INFO]) for m, e in enumerate(evidence)), BLUE)
    chart.down(below, (0, 1), ("0", "1"))
    chart.across(below, range(0, 25, 4), "hours of a day on which nothing changes")
    chart.words(56, 246, "evidence after each minute (info, which tolerates nothing)", BLUE)
    return chart.svg()


def _p_values(chart: Chart, above: Panel, found: list[float]) -> None:
    points = [(m / 60, float(np.log10(max(p, LEAST)))) for m, p in enumerate(found)]
    limit = float(np.log10(LIMIT))
    chart.dots(above, [at for at in points if at[1] >= limit], GREY)
    chart.dots(above, [at for at in points if at[1] < limit], RED)
    chart.limit(above, limit, "0.05")
    chart.down(above, (-3, -2, -1, 0), ("0.001", "0.01", "0.1", "1"))
