"""Share of the most frequent word: how much of a categorical column one class has.

Where training knew few words enough that each has a cell, all words that it never saw count as one
class more; where it knew more, they are many, and only the words of the vocabulary are looked at.
"""

import numpy as np

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, Layout


def top_class(counts: Counts, layout: Layout, values: FloatArray) -> FloatArray:
    """(C,) of the values; NaN for numeric columns and where there is no value.

    values: (C,) rows that have a value.
    """
    found = np.full(len(layout.columns), np.nan)
    places = layout.categorical
    if len(places) == 0:
        return found
    words = np.array([_classes(layout.columns[i]) for i in places], dtype=np.int64)
    starts = layout.starts[places]
    bounds = np.stack((starts, starts + words), axis=1).ravel()
    # Every other maximum is that of the cells up to the next column.
    most = np.maximum.reduceat(counts.cells, bounds)[::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        found[places] = np.where(words > 0, most / values[places], np.nan)
    return found


def _classes(column: object) -> int:
    """So many of a column's first cells hold a class each."""
    assert isinstance(column, CategoricalLayout)
    closed = column.other_complete and not len(column.other)
    return column.bins if closed else len(column.vocabulary)
