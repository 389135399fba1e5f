"""What a closed pane costs: one step of the evidence of 200 numeric columns, both severities.

    python -m benchmarks.evidence

Asked for: under 5 ms.
"""

import time

import numpy as np

from driftwatch.records import IntArray
from driftwatch.stats.evidence import Bank
from driftwatch.stats.members import Basis
from tests.statistics.columns import NORMAL, measured, numeric

COLUMNS, BASELINE_ROWS, PANE_ROWS = 200, 50_000, 1_000
PANES = 500
MINUTE_US = 60_000_000


def main() -> None:
    """Print the median step, with rows that are independent and with measured dependence."""
    rng = np.random.default_rng(1)
    columns = [numeric(rng, NORMAL, BASELINE_ROWS, PANE_ROWS) for _ in range(COLUMNS)]
    plain = [column.basis for column in columns]
    panes = np.concatenate([column.live(rng, 0, PANES) for column in columns], axis=1)
    print(f"{COLUMNS} columns, {panes.shape[1]:,} groups, {PANES} panes")
    say("rows independent", Bank(plain, np.full(COLUMNS, 0.03), COLUMNS, 43_200), panes)

    ordered = [measured(basis, shuffled(rng, basis), PANE_ROWS) for basis in plain]
    say("phi measured", Bank(ordered, np.full(COLUMNS, 0.03), COLUMNS, 43_200), panes)


def shuffled(rng: np.random.Generator, basis: Basis) -> IntArray:
    """The group of each row of a baseline, in some order."""
    return rng.permutation(np.repeat(np.arange(basis.events.groups), basis.groups[0]))


def say(what: str, bank: Bank, panes: IntArray) -> None:
    """Time every step of the run."""
    state, taken = bank.start(), []
    for i, groups in enumerate(panes):
        begin = time.process_time()
        state = bank.step(state, groups, PANE_ROWS, i * MINUTE_US)
        taken.append(time.process_time() - begin)
    low, middle, high = np.quantile(taken, (0.1, 0.5, 0.9)) * 1000
    print(f"{what:<24} {len(state.m):,} members: {middle:.2f} ms ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
