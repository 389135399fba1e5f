"""What a baseline with strata says of a batch that spans hours: its hours, in the batch's own mix.

The share that is expected of an event is the mean of its shares by hour, weighted by how many of
the batch's rows fell in each. Two things have to hold for a test of the batch's whole count to be
exact all the same:

- The live count, a sum of binomials of different shares, varies no more than one binomial of their
  mean does; its tails beyond one row from the mean are lighter (Hoeffding, 1956).
- The weighted mean of the baseline's own shares is not a plain k of m. It is taken for a k of an
  effective m, with the mean and the variance of the weighted counts after one more row at the
  largest weight (Fay and Feuer, 1997, for directly standardized rates). With one stratum this is
  k of m itself. The smaller m of those from the rows with and without the event is used: by it the
  variance is never too small, since p (1 - p) <= (1 - P)^2 p + P^2 (1 - p) for any P.

In hours that hold no baseline rows there is nothing to compare with; they weigh nothing.
"""

from dataclasses import dataclass

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.stats.members import Basis
from driftwatch.stats.strata import SIZES

_WHOLE = 2.0**40


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """What is expected of a batch in one column. E events, V groups with values.

    more, less: (2, E) effective k and m of the events, and of their opposites, as
        `exceedance.p_more` takes them. share: (E,) of each event; 0 where nothing is known.
    values: (V,) counts whose shares are those of the groups.
    size: rows with a value that the mean of a score is as good as.
    """

    more: FloatArray
    less: FloatArray
    share: FloatArray
    values: IntArray
    size: float


def mixture(basis: Basis, hours: IntArray | None) -> Mixture:
    """What the baseline expects of rows of these hours.

    hours: (168,) the batch's rows by hour of the week; None where their times are not known: then
        it is compared with the baseline as a whole.
    """
    strata = SIZES[basis.strata]
    if strata == 1 or hours is None or not hours.any():
        k, m = basis.counts_of_all()
        values = basis.groups[:, : basis.events.values].sum(axis=0)
        share = k / np.maximum(m, 1.0)
        return Mixture(np.stack((k, m)), np.stack((m - k, m)), share, values, float(values.sum()))
    rows = hours.reshape(-1, strata).sum(axis=0).astype(np.float64)
    found = [basis.counts(stratum) for stratum in range(strata)]
    k, m = (np.stack([counts[i] for counts in found]) for i in range(2))
    of_baseline = basis.groups.sum(axis=1, dtype=np.float64)
    weights = _weights(rows, m, of_baseline[:, None])
    values = basis.groups[:, : basis.events.values]
    mixed, size = _mixed_values(rows, values, of_baseline)
    share = (weights * k / np.maximum(m, 1.0)).sum(axis=0)
    return Mixture(_effective(k, m, weights), _effective(m - k, m, weights), share, mixed, size)


def _weights(rows: FloatArray, m: FloatArray, of_baseline: FloatArray) -> FloatArray:
    """(S, ...) each stratum's part of the rows that an event is asked of."""
    asked = rows.reshape(-1, *[1] * (m.ndim - 1)) * m / np.maximum(of_baseline, 1.0)
    total = asked.sum(axis=0)
    found: FloatArray = asked / np.where(total > 0.0, total, 1.0)
    return found


def _effective(k: FloatArray, m: FloatArray, weights: FloatArray) -> FloatArray:
    """(2, E) k and m of one stratum that is as uncertain as the weighted mean of all of them."""
    row = weights / np.maximum(m, 1.0)  # what one baseline row counts for
    most = row.max(axis=0)
    upper = (row * k).sum(axis=0) + most
    with_event = upper / np.maximum((row**2 * k).sum(axis=0) + most**2, 1e-300)
    against = m - k
    missing = (row * against).sum(axis=0)
    without = missing / np.maximum((row**2 * against).sum(axis=0), 1e-300)
    size = np.where(missing > 0.0, np.minimum(with_event, without), with_event)
    size = np.where(most > 0.0, size, 0.0)
    return np.stack((np.clip(upper * size - 1.0, 0.0, size), size))


def _mixed_values(
    rows: FloatArray, values: IntArray, of_baseline: FloatArray
) -> tuple[IntArray, float]:
    """(V,) counts in the batch's mix of hours, and how many rows they are as good as."""
    m = values.sum(axis=1).astype(np.float64)
    weights = _weights(rows, m, of_baseline)
    if not weights.any():
        return np.zeros(values.shape[1], dtype=np.int64), 0.0
    shares = values / np.maximum(m, 1.0)[:, None]
    mixed = np.rint(_WHOLE * (weights @ shares)).astype(np.int64)
    return mixed, float(1.0 / (weights**2 / np.maximum(m, 1.0)).sum())
