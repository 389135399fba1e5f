"""What it costs that columns share one budget: the delay of an alarm, by their number."""

from itertools import repeat
from math import log10

import numpy as np

from benchmarks.pictures.chart import BLUE, GREY, Chart, panel
from benchmarks.pictures.column import PAGE, column

ROWS, SHIFT, SEEDS = 100, 0.25, 15
COLUMNS = (1, 3, 10, 30, 100, 300, 1_000)


def minutes(columns: int, seed: int) -> int:
    """Until a page for a change by a quarter of a deviation, where so many share the budget."""
    rng = np.random.default_rng(seed)
    one = column(rng)
    panes = (rng.normal(SHIFT, 1.0, ROWS) for _ in repeat(None))
    return next(m for m, e in enumerate(one.evidence(panes, columns), 1) if e[PAGE] >= 1)


def picture() -> str:
    """Minutes until the page, each of some seeds and their median."""
    chart = Chart(320, "A thousand columns wait a few minutes longer than one")
    all_of_it = panel((0, 3.05), (0, 30), 34, 268)
    medians = []
    for columns in COLUMNS:
        found = [minutes(columns, seed) for seed in range(SEEDS)]
        chart.dots(all_of_it, [(log10(columns), minute) for minute in found], GREY, 6)
        medians.append((log10(columns), float(np.median(found))))
    chart.curve(all_of_it, medians, BLUE)
    chart.down(all_of_it, (0, 10, 20, 30), ("0", "10", "20", "30"))
    chart.across(all_of_it, (), "columns that share the budget")
    for columns in COLUMNS:
        chart.words(all_of_it.x(log10(columns)), 286, f"{columns:,}", anchor="middle")
    chart.words(56, 18, "minutes until the page, median", BLUE)
    chart.words(290, 18, f"each of {SEEDS} runs", GREY)
    return chart.svg()
