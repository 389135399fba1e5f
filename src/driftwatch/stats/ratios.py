"""Plain ratios of side counters: missing, out of range, new category."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout, NumericLayout
from driftwatch.stats.reference import values_per_column


@dataclass(frozen=True, slots=True)
class Ratios:
    """All (C,); NaN where there is nothing to divide by or the column's kind has no such thing.

    side: the counters themselves (see `side_counts`).
    missing: rows without a usable value (null, absent, NaN or of the wrong type), of all rows.
    out_of_range: numbers outside the baseline's range, infinities included, of all numbers.
    new_category: values never seen in the baseline, of all values.
    """

    side: Mapping[str, IntArray]
    missing: FloatArray
    out_of_range: FloatArray
    new_category: FloatArray


def side_counts(counts: Counts, layout: Layout) -> dict[str, IntArray]:
    """Side counters by name, each (C,); 0 where a column has no such counter.

    null, absent, wrong_type of every column; nan, negative_inf, positive_inf, below, above of the
    numeric ones; other and new of the categorical ones.
    """
    result = {}
    for name, (columns, cells) in layout.side_cells.items():
        result[name] = np.zeros(len(layout.columns), dtype=np.int64)
        result[name][columns] = counts.cells[cells]
    before = np.concatenate(([0], np.cumsum(counts.cells)))
    for name in ("below", "above"):
        result[name] = np.zeros(len(layout.columns), dtype=np.int64)
    for i in layout.numeric:
        column, start = layout.columns[i], layout.starts[i]
        assert isinstance(column, NumericLayout)
        result["below"][i] = before[start + column.low + 1] - before[start]
        result["above"][i] = before[start + column.bins] - before[start + column.high + 1]
    return result


def ratios(counts: Counts, layout: Layout) -> Ratios:
    """The ratios of every column."""
    side = side_counts(counts, layout)
    values = values_per_column(layout, counts)
    infinite = side["negative_inf"] + side["positive_inf"]
    missing = side["null"] + side["absent"] + side["nan"] + side["wrong_type"]
    out = side["below"] + side["above"] + infinite
    categorical = np.ones(len(layout.columns), dtype=bool)
    categorical[layout.numeric] = False
    with np.errstate(divide="ignore", invalid="ignore"):
        return Ratios(
            side,
            missing / np.float64(counts.rows),
            np.where(categorical, np.nan, out / (values + infinite)),
            np.where(categorical, side["new"] / values, np.nan),
        )
