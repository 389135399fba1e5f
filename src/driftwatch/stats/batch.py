"""One batch against a baseline, in a single look: which columns differ by more than is tolerated.

Every event of every column is tested in both directions (`exceedance`), averaged over what the
baseline leaves open, and so are the means of the scores of numeric columns:

    (|g_live - g| / sd - h0) / sqrt(r^2 / n + 1 / m),    r = max(1, sd_live / sd),    normal tail

A column has drifted where its smallest p-value is below rate / (2 K F): K events and scores of it,
two directions each, F columns. Rows that depend on each other count for less: n and N are divided
by the column's phi at that many rows, m and k by that of the baseline (`dependence`).

Guarantee: without drift, some column of a batch is found to have drifted with a probability of at
most `rate`, whatever the dependence between columns: a sum over tests, each of which holds its
level, so that about half of the rate is reached, and less where a change is tolerated. It is exact
for independent rows up to the normal tail of the scores, which |z| <= 5 keeps below twice its
nominal size; for rows that depend on each other it is as good as phi is.

Cost: 200 numeric columns in a second and a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.events import scores, standardized
from driftwatch.stats.exceedance import LEAST, p_more
from driftwatch.stats.members import SCORES, Basis
from driftwatch.stats.mixture import Mixture, mixture
from driftwatch.stats.slack import h


@dataclass(frozen=True, slots=True, eq=False)
class BatchTest:
    """All (C,).

    p_value: each column's smallest. threshold: below this it is drift.
    source: what that is of: the event, or after them the score. more: whether there is more of it
        than expected.
    event: the event with the smallest one, whatever the scores say; expected, seen: its shares.
    """

    p_value: FloatArray
    threshold: FloatArray
    source: IntArray
    more: BoolArray
    event: IntArray
    expected: FloatArray
    seen: FloatArray

    @property
    def drift(self) -> BoolArray:
        """The columns that drifted."""
        return self.p_value < self.threshold


def batch_test(
    bases: Sequence[Basis],
    live: Sequence[IntArray],
    tolerance: FloatArray,
    rate: float,
    hours: IntArray | None = None,
) -> BatchTest:
    """Compare the columns of a batch.

    live: for each column (G,) the batch's counts of its groups (`ColumnEvents.grouped`).
    tolerance: (C,) h0, the change that is too small to be drift. rate: the probability of a false
        alarm, over all columns together.
    hours: (168,) the batch's rows by hour of the week, where known (see `mixture`).
    """
    columns = [_column(*given, hours) for given in zip(bases, live, tolerance, strict=True)]
    events = np.concatenate([np.empty((_ROWS, 0)), *(c.events for c in columns)], axis=1)
    ends = np.cumsum([c.events.shape[1] for c in columns], dtype=np.int64)
    p_values = _event_p_values(events)
    distances = _distances(events)
    found = [
        _smallest(column, np.split(p_values, ends, axis=1)[i], np.split(distances, ends, axis=1)[i])
        for i, column in enumerate(columns)
    ]
    watched = len(columns)
    return BatchTest(
        np.array([smallest.p_value for smallest in found]),
        np.array([rate / (2.0 * basis.sources * watched) for basis in bases]),
        np.array([smallest.source for smallest in found], dtype=np.int64),
        np.array([smallest.more for smallest in found], dtype=np.bool_),
        np.array([smallest.event for smallest in found], dtype=np.int64),
        np.array([smallest.expected for smallest in found]),
        np.array([smallest.seen for smallest in found]),
    )


_ROWS = 8


class _Column(NamedTuple):
    """events: (8, E) N and n; k and m for more of it, then for less; h0; whether only more counts.

    scores: (2, 2) by direction and score, how many standard deviations its mean is off.
    expected: (E,) shares.
    """

    events: FloatArray
    scores: FloatArray
    expected: FloatArray


def _column(basis: Basis, live: IntArray, h0: float, hours: IntArray | None) -> _Column:
    count = len(basis.events.events)
    mixed = mixture(basis, hours)
    seen, n = basis.events.counts(live)
    values = live[: basis.events.values]
    asked = np.append(n, [values.sum()] * (basis.sources - count)).astype(np.float64)
    phi, base_phi = basis.dependence.at(asked), basis.dependence.largest
    same = np.ones(count)
    events = np.stack(
        (
            *(np.stack((seen, n)) / phi[:count]),
            *(mixed.more / base_phi[:count]),
            *(mixed.less / base_phi[:count]),
            h0 * same,
            basis.events.up_only * same,
        )
    )
    found = np.full((2, SCORES), -np.inf)
    if basis.scored and values.any() and mixed.size > 0.0:
        found = _scores(basis, values, mixed, h0, (phi[count:], base_phi[count:]))
    return _Column(events, found, mixed.share)


def _scores(
    basis: Basis,
    live: IntArray,
    mixed: Mixture,
    h0: float,
    phi: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """(2, 2) by direction and score; -inf for a score that can't be used."""
    found = np.full((2, SCORES), -np.inf)
    shares = live / live.sum()
    ranked = basis.groups[:, : basis.events.values].sum(axis=0)
    for i, score in enumerate(scores(ranked)):
        z = standardized(score, mixed.values)
        if z is None:
            continue
        mean = float(shares @ z)
        spread = max(1.0, float(shares @ (z - mean) ** 2))
        error = np.sqrt(spread * phi[0][i] / live.sum() + phi[1][i] / mixed.size)
        found[:, i] = (mean - h0) / error, (-mean - h0) / error
    return found


def _event_p_values(events: FloatArray) -> FloatArray:
    """(2, E) of more of each event, and of less."""
    seen, n, more_k, more_m, less_k, less_m, h0, up_only = events
    more = p_more(seen, n, more_k, more_m, h0)
    less = np.ones(len(seen))
    both = np.flatnonzero(up_only == 0.0)
    less[both] = p_more((n - seen)[both], n[both], less_k[both], less_m[both], h0[both])
    return np.stack((more, less))


def _distances(events: FloatArray) -> FloatArray:
    """(2, E) the same in standard deviations, nearly: tells apart p-values that are all 0."""
    seen, n, k, m = events[:4]
    gap = h(seen / np.maximum(n, LEAST)) - h(k / np.maximum(m, LEAST))
    gap = gap / np.sqrt(1.0 / np.maximum(n, LEAST) + 1.0 / np.maximum(m, LEAST))
    return np.stack((gap, -gap))


class _Smallest(NamedTuple):
    """See `BatchTest`."""

    p_value: float
    source: int
    more: bool
    event: int
    expected: float
    seen: float


def _smallest(column: _Column, p_values: FloatArray, distances: FloatArray) -> _Smallest:
    _, event = _place(p_values, distances)
    p_values = np.concatenate((p_values, ndtr(-column.scores)), axis=1)
    distances = np.concatenate((distances, column.scores), axis=1)
    direction, source = _place(p_values, distances)
    seen, n = column.events[:2, event]
    return _Smallest(
        float(p_values.min()),
        source,
        direction == 0,
        event,
        float(column.expected[event]),
        float(seen / n) if n > 0.0 else 0.0,
    )


def _place(p_values: FloatArray, distances: FloatArray) -> tuple[int, int]:
    """Direction and number of the smallest; of several that are 0, of the farthest off."""
    candidates = np.where(p_values == p_values.min(), distances, -np.inf)
    direction, place = divmod(int(np.argmax(candidates)), p_values.shape[1])
    return direction, place
