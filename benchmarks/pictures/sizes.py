"""Evidence of changes of several sizes."""

import numpy as np

from benchmarks.pictures.chart import BLUE, GREEN, GREY, RED, Chart, panel
from benchmarks.pictures.column import PAGE, column

MINUTES, BEGIN, ROWS, COLUMNS = 210, 60, 500, 200
SHIFTS = {0.0: GREY, 0.05: GREEN, 0.1: BLUE, 0.25: RED}


def picture(seed: int = 4) -> str:
    """The evidence of `page`, for no change and for three sizes of one."""
    chart = Chart(320, "The larger the change, the sooner its evidence reaches the alarm")
    all_of_it = panel((0, MINUTES), (0, 1.45), 34, 276)
    chart.area(all_of_it, BEGIN, MINUTES, "the mean has moved by so many standard deviations (sd)")
    chart.limit(all_of_it, 1, "1: the alarm")
    for i, (shift, colour) in enumerate(SHIFTS.items()):
        rng = np.random.default_rng(seed)
        one = column(rng)
        moved = [shift if minute >= BEGIN else 0.0 for minute in range(MINUTES)]
        panes = (rng.normal(by, 1.0, ROWS) for by in moved)
        found = list(one.evidence(panes, COLUMNS))
        chart.curve(all_of_it, ((m + 1, e[PAGE]) for m, e in enumerate(found)), colour)
        chart.words(56 + 90 * i, 18, f"{shift:g} sd" if shift else "no change", colour)
    chart.down(all_of_it, (0, 0.5, 1), ("0", "0.5", "1"))
    chart.across(all_of_it, range(0, MINUTES + 1, 30), "minutes")
    return chart.svg()
