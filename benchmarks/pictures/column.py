"""One normal column with its baseline, and the evidence of the real bank on panes of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import NumericLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import ColumnEvents, column_events
from driftwatch.stats.evidence import Bank
from driftwatch.stats.members import SCORES, Basis

TRAINING_ROWS = 20_000
TOLERANCE, BUDGET_PANES, MINUTE_US = 0.03, 43_200, 60_000_000
INFO, PAGE = 0, 1


@dataclass(frozen=True)
class Column:
    """training: its values, sorted."""

    training: FloatArray
    layout: NumericLayout
    events: ColumnEvents
    basis: Basis

    def counted(self, values: FloatArray) -> IntArray:
        """How many of these values are in each bin."""
        bins = np.searchsorted(self.layout.edges, values, side="right")
        return np.bincount(bins, minlength=self.layout.size)

    def evidence(self, panes: Iterator[FloatArray], columns: int) -> Iterator[FloatArray]:
        """(2,) `info` and `page` after each pane, where so many columns share the budget."""
        bank = Bank([self.basis], np.array([TOLERANCE]), columns, BUDGET_PANES)
        state = bank.start()
        for minute, values in enumerate(panes):
            groups = self.events.grouped(self.counted(values))
            state = bank.step(state, groups, len(values), minute * MINUTE_US)
            yield bank.evidence(state)[:, 0]


def column(rng: np.random.Generator) -> Column:
    """A column whose values are normal."""
    training = np.sort(rng.normal(size=TRAINING_ROWS))
    rows = np.ones(TRAINING_ROWS, dtype=np.int64)
    edges, low, high = make_edges(training, rows, training[0], training[-1])
    layout = NumericLayout("x", "feature", edges, low, high)
    bins = np.searchsorted(layout.edges, training, side="right")
    cells = np.bincount(bins, minlength=layout.size)
    events = column_events(layout, cells)
    independent = Dependence.none(len(events.events) + SCORES)
    return Column(
        training, layout, events, Basis(events, events.grouped(cells)[None], None, independent)
    )
