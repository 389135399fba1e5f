"""Evidence of a column that moves and comes back."""

import numpy as np

from benchmarks.pictures.chart import BLUE, RED, Chart, panel
from benchmarks.pictures.column import column

MINUTES, BEGIN, END = 180, 60, 110
ROWS, COLUMNS, SHIFT = 100, 200, 0.25


def picture(seed: int = 4) -> str:
    """`info` and `page` at each minute: a column that moves by a quarter of a deviation."""
    rng = np.random.default_rng(seed)
    one = column(rng)
    shifts = [SHIFT if BEGIN <= minute < END else 0.0 for minute in range(MINUTES)]
    found = list(one.evidence((rng.normal(shift, 1.0, ROWS) for shift in shifts), COLUMNS))
    chart = Chart(320, "Evidence rises while a column has drifted, and falls after it recovers")
    all_of_it = panel((0, MINUTES), (0, 1.4), 34, 276)
    chart.area(all_of_it, BEGIN, END, "the column has drifted")
    chart.limit(all_of_it, 1, "1: the alarm")
    for severity, colour in enumerate((BLUE, RED)):
        chart.curve(all_of_it, ((i + 1, e[severity]) for i, e in enumerate(found)), colour)
    chart.down(all_of_it, (0, 0.5, 1), ("0", "0.5", "1"))
    chart.across(all_of_it, range(0, MINUTES + 1, 30), "minutes")
    chart.words(56, 18, "evidence, info", BLUE)
    chart.words(166, 18, "evidence, page", RED)
    return chart.svg()
