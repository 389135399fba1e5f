"""The baseline tests itself: its last rows are replayed against the ones before.

What the alarm knows is measured again on the first 80% of the rows alone; the rest go through the
evidence bank in panes of the usual size, and each alarm is counted, with clearing in between. A
training set that drifts inside itself is found out here and not at three in the morning.

Where the rows are too many, the stretches that were kept of them are replayed, one after the other.
Where these are too many panes, up to `MOST_JOINED` of them are put together to one, and beyond that
sections are left out, so that the bank looks at `MOST_LOOKS` columns or at `LEAST_PANES` panes.
"""

from collections.abc import Sequence

import numpy as np

from driftwatch.baseline.columns import FalseAlarms
from driftwatch.baseline.measuring import Column, bases_of
from driftwatch.baseline.order import RowOrder
from driftwatch.records import IntArray
from driftwatch.stats.evidence import POOL_ROWS, Bank

MOST_LOOKS = 20_000
LEAST_PANES = 300
MOST_JOINED = 16
_SECTION_PANES = 50
_BATCH = 256


def self_test(
    columns: Sequence[Column], order: RowOrder, tolerance: float, budget_panes: float
) -> tuple[int, int, list[FalseAlarms]] | None:
    """Panes, their rows, and the alarms of each column; None if there are no panes."""
    most = max(LEAST_PANES, MOST_LOOKS // len(columns))
    joined = min(MOST_JOINED, -(-len(_panes(order, order.pane_rows)) // most))
    pane_rows = max(1, joined) * order.pane_rows
    panes = _bounded(_panes(order, pane_rows), most)
    if len(panes) == 0:
        return None
    bases = bases_of(columns, order, head=True)
    bank = Bank(bases, np.full(len(bases), tolerance), len(bases), budget_panes)
    first_kept = int(panes[0, 0])
    kept = [c.kept_groups(b.events, first_kept) for c, b in zip(columns, bases, strict=True)]
    state = bank.start()
    active = np.zeros((2, len(bases)), dtype=np.bool_)
    alarms = np.zeros((2, len(bases)), dtype=np.int64)
    for start in range(0, len(panes), _BATCH):
        batch = panes[start : start + _BATCH]
        counts = [
            _counts(k, b.events.groups, batch - first_kept)
            for k, b in zip(kept, bases, strict=True)
        ]
        for (first, end), groups in zip(
            batch.tolist(), np.concatenate(counts, axis=1), strict=True
        ):
            state = bank.step(state, groups, end - first, int(order.kept_us[first]))
            passes = bank.evidence(state) >= 1.0
            alarms += passes & ~active
            active |= passes
            ended = active & ~passes & bank.quiet(state)
            state = bank.reset(state, ended)
            active &= ~ended
    counted = [FalseAlarms(info=info, page=page) for info, page in alarms.T.tolist()]
    return len(panes), pane_rows, counted


def _panes(order: RowOrder, pane_rows: int) -> IntArray:
    """(n, 2) kept rows of each pane. None goes over the end of an hour, if hours matter."""
    found = []
    for first, end in order.tail_runs.tolist():
        cuts = np.array([first, end])
        if order.hours > 1:
            hours = order.kept_hours[first:end]
            cuts = np.concatenate(([first], first + 1 + np.flatnonzero(np.diff(hours)), [end]))
        for low, high in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            starts = np.arange(low, high, pane_rows)
            found.append(np.stack((starts, np.append(starts[1:], high)), axis=1))
    panes: IntArray = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
    enough = len(panes) > 0 and int((panes[:, 1] - panes[:, 0]).sum()) >= POOL_ROWS
    return panes if enough else panes[:0]


def _bounded(panes: IntArray, most: int) -> IntArray:
    """At most so many of them, in sections that are evenly spread."""
    if len(panes) <= most:
        return panes
    sections = np.array_split(np.arange(len(panes)), max(1, most // _SECTION_PANES))
    places = np.concatenate([section[:_SECTION_PANES] for section in sections])
    bounded: IntArray = panes[places]
    return bounded


def _counts(kept: IntArray, groups: int, panes: IntArray) -> IntArray:
    """(panes, G) what each pane holds."""
    low, high = int(panes[0, 0]), int(panes[-1, 1])
    pane = np.full(high - low, -1, dtype=np.int64)
    for i, (first, end) in enumerate(panes.tolist()):
        pane[first - low : end - low] = i
    there = pane >= 0
    flat = pane[there] * groups + kept[low:high][there]
    counts: IntArray = np.bincount(flat, minlength=len(panes) * groups)
    return counts.reshape(len(panes), groups)
