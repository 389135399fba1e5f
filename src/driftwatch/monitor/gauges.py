"""The gauges of a window: every statistic of every column at once.

A window with fewer than `MIN_ROWS` rows, and a column with fewer values than that, publishes NaN
and never 0: too few rows are no reason to look healthy.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.jensen_shannon import jensen_shannon
from driftwatch.stats.ks import ks
from driftwatch.stats.psi import psi
from driftwatch.stats.ratios import Ratios, ratios
from driftwatch.stats.reference import Reference, values_per_column
from driftwatch.stats.top_class import top_class
from driftwatch.stats.wasserstein import wasserstein

MIN_ROWS = 50

GaugeName = Literal[
    "ks_statistic",
    "ks_upper_bound",
    "ks_p_value",
    "psi",
    "psi_debiased",
    "psi_p_value",
    "wasserstein_normalized",
    "jensen_shannon",
    "missing_ratio",
    "out_of_range_ratio",
    "new_category_ratio",
    "top_class_ratio",
    "column_mean",
    "column_stddev",
]
GAUGES: tuple[GaugeName, ...] = get_args(GaugeName)

_KS: frozenset[GaugeName] = frozenset(("ks_statistic", "ks_upper_bound", "ks_p_value"))
_PSI: frozenset[GaugeName] = frozenset(("psi", "psi_debiased", "psi_p_value"))
RATIO_GAUGES: frozenset[GaugeName] = frozenset(
    ("missing_ratio", "out_of_range_ratio", "new_category_ratio")
)


@dataclass(frozen=True, slots=True)
class Gauges:
    """The statistics of one window.

    rows: of the window. values: (C,) rows with a value. by_name: (C,) each, NaN where unknown.
    side: (C,) side counters by name (null, absent, ...).
    """

    rows: int
    values: FloatArray
    by_name: Mapping[GaugeName, FloatArray]
    side: Mapping[str, IntArray]


def gauges(live: Counts, reference: Reference, wanted: Collection[GaugeName] = GAUGES) -> Gauges:
    """The gauges of every column of a window; of `wanted` ones only, where that saves work."""
    layout = reference.layout
    values = values_per_column(layout, live)
    shares = ratios(live, layout)
    found: dict[GaugeName, FloatArray] = {
        "column_mean": _spread(live.moments.mean, values, reference),
        "column_stddev": _spread(live.moments.stddev, values, reference),
        "top_class_ratio": top_class(live, layout, values),
    }
    if not _KS.isdisjoint(wanted):
        distance = ks(live, reference, values, reference.values)
        found["ks_statistic"] = distance.statistic
        found["ks_upper_bound"] = distance.upper_bound
        found["ks_p_value"] = distance.p_value
    if not _PSI.isdisjoint(wanted):
        index = psi(live, reference, values, reference.values)
        found["psi"] = index.value
        found["psi_debiased"] = index.debiased
        found["psi_p_value"] = index.p_value
    if "wasserstein_normalized" in wanted:
        found["wasserstein_normalized"] = wasserstein(live, reference).normalized
    if "jensen_shannon" in wanted:
        found["jensen_shannon"] = jensen_shannon(live, reference).distance
    enough = (values >= MIN_ROWS) & (live.rows >= MIN_ROWS)
    found = {name: np.where(enough, array, np.nan) for name, array in found.items()}
    found |= _ratio_gauges(shares, live.rows)
    return Gauges(live.rows, values, found, shares.side)


def baseline_gauges(reference: Reference) -> Mapping[str, FloatArray]:
    """(C,) each: what the baseline's own mean, standard deviation and ratios are."""
    shares = ratios(reference.counts, reference.layout)
    return {
        "mean": _spread(reference.counts.moments.mean, reference.values, reference),
        "stddev": _spread(reference.counts.moments.stddev, reference.values, reference),
        "missing_ratio": shares.missing,
        "out_of_range_ratio": shares.out_of_range,
        "new_category_ratio": shares.new_category,
        "top_class_ratio": top_class(reference.counts, reference.layout, reference.values),
    }


def _ratio_gauges(shares: Ratios, rows: int) -> dict[GaugeName, FloatArray]:
    # A column that lost most of its values still has a missing ratio: all rows count for it.
    found: dict[GaugeName, FloatArray] = {
        "missing_ratio": shares.missing,
        "out_of_range_ratio": shares.out_of_range,
        "new_category_ratio": shares.new_category,
    }
    if rows < MIN_ROWS:
        return {name: np.full_like(array, np.nan) for name, array in found.items()}
    return found


def _spread(numeric: FloatArray, values: FloatArray, reference: Reference) -> FloatArray:
    """From one entry a numeric column to one a column; NaN where there are no values."""
    result = np.full(len(values), np.nan)
    result[reference.layout.numeric] = numeric
    return np.where(values > 0, result, np.nan)
