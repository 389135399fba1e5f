"""Drifts, and after how many rows of the drifted column the alarm sees them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from driftwatch.records import FloatArray
from tests.statistics.columns import (
    NORMAL,
    Column,
    Numbers,
    independent,
    multinomial,
    numbers,
    word_basis,
    words,
)
from tests.statistics.run import Policy, alarms

PANE_ROWS = 100
BUDGET = Policy(watched=200, budget_panes=43_200)
REPEATS = 41


class Rows(NamedTuple):
    """Median rows until the alarm of each severity."""

    info: float
    page: float


def _numeric(
    after: Callable[[Numbers], FloatArray],
) -> Callable[[np.random.Generator, int], Column]:
    def make(rng: np.random.Generator, m: int) -> Column:
        latent = rng.normal(size=m)
        made = numbers(NORMAL, latent)
        basis = independent(made.events, made.codes(latent))
        return Column(basis, multinomial(after(made), PANE_ROWS), PANE_ROWS)

    return make


def _new_word(rng: np.random.Generator, m: int) -> Column:
    before = np.append(np.full(20, 1.0 / 20.0), 0.0)
    after = np.append(np.full(20, 0.98 / 20.0), 0.02)
    ids = rng.integers(0, 20, m)
    made = words(ids, len(before))
    return Column(word_basis(made, ids), multinomial(made.chances(after), PANE_ROWS), PANE_ROWS)


def _tail(made: Numbers) -> FloatArray:
    return 0.98 * made.chances() + 0.02 * made.chances(5.0, 0.1)


DRIFTS: Mapping[str, Callable[[np.random.Generator, int], Column]] = {
    "+.1 sd": _numeric(lambda made: made.chances(0.1)),
    "+.25 sd": _numeric(lambda made: made.chances(0.25)),
    "sd x 1.2": _numeric(lambda made: made.chances(0.0, 1.2)),
    "sd x .85": _numeric(lambda made: made.chances(0.0, 0.85)),
    "2% tail": _numeric(_tail),
    "5% null": _numeric(lambda made: made.chances(null=0.05)),
    "new word 2%": _new_word,
}


class Drifted(NamedTuple):
    """A cell of the table of power. m: rows of the baseline."""

    drift: str
    m: int


_NEVER = float("inf")
TABLE: Mapping[Drifted, Rows] = {
    Drifted("+.1 sd", 50_000): Rows(8_500, 23_500),
    Drifted("+.25 sd", 50_000): Rows(1_050, 1_600),
    Drifted("sd x 1.2", 50_000): Rows(1_100, 1_650),
    Drifted("sd x .85", 50_000): Rows(1_500, 2_100),
    Drifted("2% tail", 50_000): Rows(450, 650),
    Drifted("5% null", 50_000): Rows(200, 250),
    Drifted("new word 2%", 50_000): Rows(450, 650),
    Drifted("+.1 sd", 5_000): Rows(38_000, _NEVER),
    Drifted("+.25 sd", 5_000): Rows(1_800, 2_500),
    Drifted("sd x 1.2", 5_000): Rows(1_800, 2_300),
    Drifted("sd x .85", 5_000): Rows(2_500, 3_400),
    Drifted("2% tail", 5_000): Rows(1_350, 1_800),
    Drifted("5% null", 5_000): Rows(350, 400),
    Drifted("new word 2%", 5_000): Rows(1_100, 1_650),
}
"""What is asked for: rows of the drifted column until half of the alarms have come."""
_PANES = 420


def rows_until_alarm(drift: str, m: int, repeats: int = REPEATS) -> Rows:
    """Medians over so many columns with a baseline each; infinite where half see nothing."""
    rng = np.random.default_rng([7, m, sorted(DRIFTS).index(drift)])
    columns = [DRIFTS[drift](rng, m) for _ in range(repeats)]
    first = alarms(rng, columns, BUDGET, _PANES, until_all=True).first
    rows = np.where(first < 0, np.inf, (first + 1.0) * PANE_ROWS)
    info, page = np.median(rows, axis=1)
    return Rows(float(info), float(page))
