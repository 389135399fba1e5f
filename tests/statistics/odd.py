"""Columns of which a baseline knows next to nothing, and panes that are all of one kind."""

from collections.abc import Iterator, Sequence

import numpy as np

from driftwatch.records import IntArray
from tests.sketch.zoo import LARGEST
from tests.statistics.columns import NORMAL, Column, categorical, independent, numbers


def numbers_of(values: Sequence[float], missing: int = 0) -> Column:
    """A baseline of these values and so many nulls; a pane is like it."""
    gone = np.arange(len(values) + missing) >= len(values)
    rows = np.concatenate((np.array(values, dtype=np.float64), np.zeros(missing)))
    shape = NORMAL  # the latent is the value itself
    made = numbers(shape, rows, gone)
    basis = independent(made.events, made.codes(rows, gone))
    return Column(basis, lambda _, __, panes: np.tile(basis.groups[0], (panes, 1)), len(rows))


def odd_columns() -> Iterator[tuple[str, Column]]:
    rng = np.random.default_rng(9)
    yield "constant", numbers_of([7.0] * 100)
    yield "all null", numbers_of([], 100)
    yield "no rows", numbers_of([])
    yield "one row", numbers_of([3.0])
    yield "two rows", numbers_of([3.0, 4.0])
    yield "largest floats", numbers_of([LARGEST, -LARGEST, 0.0] * 40)
    yield "denormals", numbers_of([5e-324 * i for i in range(100)])
    yield "one category", categorical(rng, np.ones(1), 200, 100)
    yield "10,000 categories", categorical(rng, np.ones(10_000), 5_000, 100)


def extremes(column: Column) -> Iterator[tuple[IntArray, int]]:
    """Panes that hold nothing, all rows in one group, or a great many rows."""
    events = column.basis.events
    usual = column.basis.groups[0].copy()
    yield np.zeros(events.groups, dtype=np.int64), 0
    yield np.zeros(events.groups, dtype=np.int64), 100
    yield usual, max(1, int(usual.sum()))
    for group in range(events.groups):
        for rows in (1, 1_000, 50_000_000):
            pane = np.zeros(events.groups, dtype=np.int64)
            pane[group] = rows
            yield pane, rows
