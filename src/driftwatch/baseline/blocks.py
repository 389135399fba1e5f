"""Phi of a column: how its counts vary in blocks of consecutive rows (see `stats.dependence`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.stats.dependence import Dependence, measure
from driftwatch.stats.events import ColumnEvents, scores, standardized

_BATCH = 4_096

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Kept rows of a column, in the order of time.

    groups: (K,) the group of each. strata: (K,) its stratum; None where there is one only.
    runs: (n, 2) rows that follow each other without a gap.
    """

    groups: Array
    strata: Array | None
    runs: IntArray


def measure_rows(
    sizes: Sequence[int], rows: Rows, events: ColumnEvents, groups: IntArray, scored: bool
) -> Dependence:
    """What blocks of these sizes say; groups: (S, G) the counts that they are compared with."""
    expected = _Expected(events, groups, scored)
    if not sizes:
        return Dependence.none(len(expected.variance))
    smallest = [_residuals(expected, rows, run, sizes[0]) for run in rows.runs.tolist()]
    residuals = []
    for size in sizes:
        step = size // sizes[0]
        whole = [part[: len(part) // step * step] for part in smallest]
        joined = [part.reshape(-1, step, part.shape[1]).sum(axis=1) for part in whole]
        residuals.append(np.concatenate(joined))
    of_values = np.ones(len(expected.variance), dtype=np.bool_)
    of_values[: len(events.of_values)] = events.of_values
    return measure(sizes, residuals, expected.variance, of_values)


class _Expected:
    """What independent rows would give. E events, S strata, G groups, V of them with values.

    share: (S, E) of each event. z: (2 or 0, S, G) the scores' z of each group, 0 beyond the values.
    variance: (Q,) of one row.
    """

    def __init__(self, events: ColumnEvents, groups: IntArray, scored: bool) -> None:
        self.events = events
        self.strata = len(groups)
        # (G, E) 1 where rows of a group are of an event: counts times this is much faster than
        # `events.counts`, and as exact.
        self.inside = events.counts(np.eye(events.groups, dtype=np.int64))[0].astype(np.float64)
        k, m = (part.astype(np.float64) for part in events.counts(groups))
        self.share = np.divide(k, m, out=np.zeros_like(k), where=m > 0)
        rows = max(1, int(groups.sum()))
        variance = (m * self.share * (1.0 - self.share)).sum(axis=0) / rows
        self.z = np.zeros((2 if scored else 0, *groups.shape))
        values = groups[:, : events.values]
        usable = np.zeros(len(self.z))
        for i, score in enumerate(scores(values.sum(axis=0)) if scored else ()):
            for stratum, counts in enumerate(values):
                z = standardized(score, counts)
                if z is not None:
                    self.z[i, stratum, : events.values] = z
                    usable[i] += counts.sum() / rows
        self.variance = np.concatenate((variance, usable))


def _residuals(expected: _Expected, rows: Rows, run: list[int], size: int) -> FloatArray:
    """(blocks, Q) how far each block of a run is from what was to be expected."""
    first, end = run
    found = []
    for start in range(first, end, _BATCH * size):
        blocks = (min(end, start + _BATCH * size) - start) // size
        if blocks:
            found.append(_of_blocks(expected, rows, slice(start, start + blocks * size), blocks))
    return np.concatenate(found) if found else np.empty((0, len(expected.variance)))


def _of_blocks(expected: _Expected, rows: Rows, part: slice, blocks: int) -> FloatArray:
    events, groups = expected.events, rows.groups[part].astype(np.int64)
    block = np.repeat(np.arange(blocks), len(groups) // blocks)
    found = np.bincount(block * events.groups + groups, minlength=blocks * events.groups)
    counts = found.reshape(blocks, events.groups).astype(np.float64)
    k = counts @ expected.inside
    if rows.strata is None:
        values = counts[:, : events.values].sum(axis=1)[:, None]
        m = np.where(events.of_values, values, len(groups) // blocks)
        m *= expected.share[0]
        return np.concatenate((k - m, counts @ expected.z[:, 0].T), axis=1)
    stratum = rows.strata[part].astype(np.int64)
    at, cells = block * expected.strata + stratum, blocks * expected.strata
    all_rows = np.bincount(at, minlength=cells).reshape(blocks, -1)
    valued = np.bincount(at[groups < events.values], minlength=cells).reshape(blocks, -1)
    usual = np.where(events.of_values, valued @ expected.share, all_rows @ expected.share)
    sums = [
        np.bincount(block, weights=z[stratum, groups], minlength=blocks)[:, None]
        for z in expected.z
    ]
    return np.concatenate((k - usual, *sums), axis=1)
