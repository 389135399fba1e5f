"""The null cells: populations, sizes and numbers of columns, and the most that each may show."""

import itertools
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binom, poisson

from tests.statistics.mutations import MUTATIONS
from tests.statistics.populations import DEPENDENT, ONLY_PAGE, POPULATIONS, STRATIFIED
from tests.statistics.run import Policy, alarms

LEVEL = 0.999
"""A rate right at the promise passes with this probability."""
ALLOWED = 10.0
"""Alarms of all columns that the budget is chosen to allow; a few columns that alarm always, or a
small part of all that do so once, go beyond it."""
UNLUCKY = 0.05
"""The promise leaves out so many baselines."""
ALLOWED_ALONE = 0.01
"""The same of a column with a budget of its own, for which the unlucky baselines are counted too:
the fewer the alarms that are allowed, the better these can be told from more."""


class Cell(NamedTuple):
    """One null run. rows: of a pane. watched: columns that share the budget."""

    population: str
    baseline_rows: int
    rows: int
    watched: int
    columns: int = 100
    panes: int = 1200
    mutation: str = "none"

    def __str__(self) -> str:
        mutated = "" if self.mutation == "none" else f", {self.mutation}"
        return (
            f"{self.population}, m={self.baseline_rows:,}, n={self.rows:,}, "
            f"F={self.watched}{mutated}"
        )

    @property
    def budget_panes(self) -> float:
        """L."""
        if self.watched == 1:
            return self.panes / ALLOWED_ALONE
        return self.columns * self.panes / (self.watched * ALLOWED)


class Outcome(NamedTuple):
    """What a null run showed, by severity. shown, limit: alarms, or columns that had any."""

    cell: Cell
    rows: int
    alarms: tuple[int, int]
    columns: tuple[int, int]
    limit: int

    @property
    def shown(self) -> tuple[int, int]:
        """What the limit is set to."""
        return self.columns if self.cell.watched == 1 else self.alarms


def limit(cell: Cell) -> int:
    """The most that a run within the promise shows.

    Where columns share a budget: alarms, all of them, those of unlucky baselines too. Where each
    has its own: columns with any alarm, for which Markov's inequality bounds the probability.
    """
    if cell.watched > 1:
        return int(poisson.ppf(LEVEL, ALLOWED))
    return int(binom.ppf(LEVEL, cell.columns, UNLUCKY + (1.0 - UNLUCKY) * ALLOWED_ALONE))


def run(cell: Cell) -> Outcome:
    """Run a cell. The seed follows from the cell, so that no other cell moves it."""
    rng = np.random.default_rng(zlib.crc32(str(cell._replace(mutation="none")).encode()))
    with MUTATIONS[cell.mutation].patched():
        make = POPULATIONS[cell.population]
        columns = [
            MUTATIONS[cell.mutation].column(make(rng, cell.baseline_rows, cell.rows))
            for _ in range(cell.columns)
        ]
        policy = Policy(cell.watched, cell.budget_panes)
        started = alarms(rng, columns, policy, cell.panes).started
    if cell.population in ONLY_PAGE:
        started[0] = 0
    raised = (started > 0).sum(axis=1)
    return Outcome(
        cell,
        columns[0].rows,
        (int(started[0].sum()), int(started[1].sum())),
        (int(raised[0]), int(raised[1])),
        limit(cell),
    )


def _sized(population: str, m: int, n: int, watched: int) -> Cell:
    """A cell with as many columns and panes as its rows leave time for."""
    columns, panes = 100, 1200
    if population in DEPENDENT:
        panes = min(1200, max(150, 300_000 // n))
    if population in STRATIFIED:
        columns, panes = 40, 1440
    return Cell(population, m, n, watched, columns, panes)


COVERING: Sequence[Cell] = tuple(
    itertools.starmap(
        _sized,
        (
            ("normal", 50_000, 1_000, 100),
            ("normal", 5_000, 10_000, 1),
            ("normal", 1_000, 200, 500),
            ("lognormal", 5_000, 200, 100),
            ("lognormal", 1_000, 10_000, 100),
            ("zero inflated", 5_000, 1_000, 500),
            ("zero inflated", 50_000, 50, 1),
            ("integer", 1_000, 1_000, 1),
            ("integer", 50_000, 10_000, 500),
            ("50 words", 5_000, 10_000, 1),
            ("50 words", 1_000, 50, 100),
            ("binary", 50_000, 10_000, 1),
            ("binary", 1_000, 200, 100),
            ("rare words", 1_000, 1_000, 1),
            ("rare words", 50_000, 10_000, 500),
            ("seldom words", 5_000, 1_000, 1),
            ("zipf", 50_000, 1_000, 100),
            ("zipf", 1_000, 1_000, 1),
            ("10,000 words", 5_000, 10_000, 100),
            ("10,000 words", 1_000, 200, 1),
            ("AR(1) .6", 50_000, 50, 100),
            ("AR(1) .6", 1_000, 1_000, 1),
            ("AR(1) .9", 5_000, 200, 500),
            ("AR(1) .9", 50_000, 1_000, 1),
            ("AR(1) .99", 50_000, 50, 100),
            ("sparse AR(1)", 50_000, 200, 100),
            ("bursty word", 50_000, 50, 100),
            ("bursty word", 5_000, 1_000, 1),
            ("rare bursts", 50_000, 50, 1),
            ("null bursts", 50_000, 1_000, 500),
            ("null bursts", 5_000, 200, 1),
            ("random effect", 50_000, 1_000, 100),
            ("random effect", 5_000, 1_000, 1),
            ("sparse effect", 50_000, 1_000, 1),
            ("daily cycle", 50_000, 1_000, 100),
            ("daily cycle", 50_000, 200, 1),
            ("odd hour", 50_000, 1_000, 100),
            ("strong cycle", 50_000, 50, 1),
            ("moved .03", 50_000, 1_000, 1),
            ("moved .03", 5_000, 10_000, 100),
            ("moved share", 50_000, 10_000, 1),
        ),
    )
)
"""Every population, with every size of a pane, of a baseline and of a process somewhere."""

LEAST_BASELINE = {
    # Fewer rows than that hold no burst, or no hour: what a baseline has not seen it can't excuse.
    "bursty word": 5_000,
    "null bursts": 5_000,
    "rare bursts": 50_000,
    "sparse AR(1)": 5_000,
    "AR(1) .99": 50_000,
    "sparse effect": 50_000,
    "daily cycle": 50_000,
    "odd hour": 50_000,
    "strong cycle": 50_000,
}

MUTATED: Sequence[Cell] = (
    Cell("normal", 5_000, 1_000, 100, 40, 500, "no slack"),
    Cell("bursty word", 50_000, 200, 100, 40, 500, "one phi"),
    Cell("random effect", 50_000, 1_000, 100, 40, 500, "no growth"),
    Cell("odd hour", 50_000, 1_000, 100, 100, 1440, "shrunken strata"),
)
"""With a part of the mathematics taken out; each cell is run whole as well."""

SELECTED = Cell("zipf", 1_000, 10_000, 1, 300)
"""Words that are watched because they were frequent, in a baseline that is too small to know."""

FULL: Sequence[Cell] = tuple(
    _sized(population, m, n, watched)
    for population in POPULATIONS
    for m in (1_000, 5_000, 50_000)
    if m >= LEAST_BASELINE.get(population, 0)
    for n in (50, 200, 1_000, 10_000)
    for watched in (1, 100, 500)
)
