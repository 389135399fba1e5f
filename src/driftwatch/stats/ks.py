"""Kolmogorov-Smirnov distance from counts on the baseline's edges, with its error bound.

Both distributions are known at the edges only, so the true distance of the two samples lies between
the largest difference at an edge and `max(F(after) - G(before), G(after) - F(before))` over the
bins that are not single values. Both ends are given; they differ by at most a bin's mass, about
1/320.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.reference import Reference, cumulative_share


@dataclass(frozen=True, slots=True)
class Ks:
    """All (C,); NaN for categorical columns and where either side has no values.

    statistic, upper_bound: the true distance lies between them.
    p_value: asymptotic, of `statistic`, two-sided, with effective sample sizes.
    """

    statistic: FloatArray
    upper_bound: FloatArray
    p_value: FloatArray


def ks(live: Counts, reference: Reference, live_size: FloatArray, baseline_size: FloatArray) -> Ks:
    """Compare the numeric columns.

    live_size, baseline_size: (C,) effective numbers of values on each side.
    """
    columns = len(reference.values)
    statistic, upper = np.full(columns, np.nan), np.full(columns, np.nan)
    if len(reference.bin_cells):
        live_after = cumulative_share(
            live.cells[reference.bin_cells], reference.bin_starts, reference.bin_column
        )
        live_before = _shift(live_after, reference)
        base_after, base_before = reference.cumulative, _shift(reference.cumulative, reference)
        numeric = reference.layout.numeric
        at_edges = np.maximum.reduceat(np.abs(live_after - base_after), reference.bin_starts)
        inside = np.maximum(live_after - base_before, base_after - live_before)
        inside[reference.single] = 0.0
        statistic[numeric] = at_edges
        upper[numeric] = np.maximum(at_edges, np.maximum.reduceat(inside, reference.bin_starts))
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = live_size * baseline_size / (live_size + baseline_size)
        p_value = kolmogorov(np.sqrt(effective) * statistic)
    return Ks(statistic, upper, p_value)


def _shift(after: FloatArray, reference: Reference) -> FloatArray:
    """The cumulative share before each bin, from that after it."""
    before = np.concatenate(([0.0], after[:-1]))
    before[reference.bin_starts] = np.where(np.isnan(after[reference.bin_starts]), np.nan, 0.0)
    return before
