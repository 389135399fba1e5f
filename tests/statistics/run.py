"""Panes through a bank, alarms counted the way the monitor raises and clears them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from driftwatch.records import IntArray
from driftwatch.stats.evidence import SEVERITY_COUNT, Bank
from driftwatch.stats.members import Basis
from tests.statistics.columns import Column

HOLD_PANES = 10
_CHUNK = 200


class Alarms(NamedTuple):
    """(2, C) by severity. started: alarms. first: the pane of the first one, -1 for none."""

    started: IntArray
    first: IntArray


class Policy(NamedTuple):
    """What a bank is made with. clearing: False resets it right at the alarm."""

    watched: int
    budget_panes: float
    tolerance: float = 0.03
    clearing: bool = True


def bank_of(bases: Sequence[Basis], policy: Policy) -> Bank:
    """A bank for these columns."""
    tolerance = np.full(len(bases), policy.tolerance)
    return Bank(bases, tolerance, policy.watched, policy.budget_panes)


def alarms(
    rng: np.random.Generator,
    columns: Sequence[Column],
    policy: Policy,
    panes: int,
    until_all: bool = False,
) -> Alarms:
    """What a run of so many panes raises.

    until_all: end as soon as every column has paged.
    """
    bank = bank_of([column.basis for column in columns], policy)
    state = bank.start()
    shape = (SEVERITY_COUNT, len(columns))
    started, first = np.zeros(shape, dtype=np.int64), np.full(shape, -1)
    active, age = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.int64)
    rows, pane_us = columns[0].rows, columns[0].pane_us
    for begin in range(0, panes, _CHUNK):
        size = min(_CHUNK, panes - begin)
        counts = np.concatenate([column.live(rng, begin, size) for column in columns], axis=1)
        for pane, groups in enumerate(counts, begin):
            state = bank.step(state, groups, rows, pane * pane_us)
            passes = bank.evidence(state) >= 1.0
            begun = passes & ~active
            started += begun
            first[begun & (first < 0)] = pane
            active |= begun
            age = np.where(active, age + 1, 0)
            ended = active & ~passes & bank.quiet(state) & (age > HOLD_PANES)
            if not policy.clearing:
                ended = active
            state = bank.reset(state, ended)
            active &= ~ended
            if until_all and (first >= 0).all():
                return Alarms(started, first)
    return Alarms(started, first)
