"""Wasserstein-1 distance in units of the baseline's standard deviation.

The area between the two cumulative distributions, taken as straight between the edges. What lies
beyond the outermost edges (over a million ranges away) is left out, so it is a lower bound there.
"""

from dataclasses import dataclass

import numpy as np

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.reference import Reference, cumulative_share


@dataclass(frozen=True, slots=True)
class Wasserstein:
    """normalized: (C,); NaN for categorical columns, without values, or for a constant baseline."""

    normalized: FloatArray


def wasserstein(live: Counts, reference: Reference) -> Wasserstein:
    """Compare the numeric columns."""
    result = np.full(len(reference.values), np.nan)
    if len(reference.bin_cells):
        after = cumulative_share(
            live.cells[reference.bin_cells], reference.bin_starts, reference.bin_column
        )
        apart = np.abs(after - reference.cumulative)
        before = np.concatenate(([0.0], apart[:-1]))
        before[reference.bin_starts] = 0.0  # not what the column before it ends with
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            areas = np.add.reduceat((apart + before) / 2 * reference.widths, reference.bin_starts)
            moments = reference.counts.moments
            # By its range: rounding may leave a constant some 1e-19 of a standard deviation.
            varies = (moments.maximum > moments.minimum) & (moments.stddev > 0)
            result[reference.layout.numeric] = np.where(varies, areas / moments.stddev, np.nan)
    return Wasserstein(result)
