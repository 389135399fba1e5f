"""What every statistic compares with: the baseline's counts, laid out for arrays over all columns.

Built once a stream. Ragged columns are kept flat, with the start of each column beside them, so
that a statistic is a handful of array operations whatever the number of columns.
"""

from dataclasses import dataclass

import numpy as np

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, Layout, NumericLayout

DECILES = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """A baseline, ready to be compared with. C columns, N of them numeric, B numeric bins in all.

    counts: the baseline's counts.
    values: (C,) baseline rows with a value: finite, or a word.
    bin_cells: (B,) the flat cell of each numeric bin, column after column.
    bin_starts: (N,) where each numeric column begins in `bin_cells`.
    bin_column: (B,) which numeric column a bin belongs to.
    cumulative: (B,) baseline share of the values up to the end of each bin.
    single: (B,) bins that hold one value only.
    widths: (B,) the distance from the bin's lower edge to its upper one; 0 for the outer two.
    group_cells: (G',) flat cells that PSI looks at; `group_starts`: (G,) where each group of them
        begins. A group is a tenth of a numeric column's mass or a word.
    group_column: (G,) the column of each group.
    group_counts: (G,) baseline counts of the groups.
    """

    layout: Layout
    counts: Counts
    values: FloatArray
    bin_cells: IntArray
    bin_starts: IntArray
    bin_column: IntArray
    cumulative: FloatArray
    single: BoolArray
    widths: FloatArray
    group_cells: IntArray
    group_starts: IntArray
    group_column: IntArray
    group_counts: FloatArray


def make_reference(layout: Layout, counts: Counts) -> Reference:
    """The reference of a baseline with this layout and these counts."""
    numeric = [(int(i), layout.columns[i]) for i in layout.numeric]
    bins = [np.arange(layout.starts[i], layout.starts[i] + column.bins) for i, column in numeric]
    sizes = np.array([len(b) for b in bins], dtype=np.int64)
    bin_starts = np.cumsum(sizes) - sizes
    bin_cells = _concatenate(bins)
    bin_column = np.repeat(np.arange(len(bins)), sizes)
    groups = [
        psi_groups(column, counts.cells[start : start + column.size])
        for column, start in zip(layout.columns, layout.starts, strict=False)
    ]
    group_cells = [
        np.arange(start, start + column.bins)
        for column, start in zip(layout.columns, layout.starts, strict=False)
    ]
    offsets = np.cumsum([0, *(len(cells) for cells in group_cells)])
    group_starts = _concatenate([g + o for g, o in zip(groups, offsets, strict=False)])
    flat_group_cells = _concatenate(group_cells)
    return Reference(
        layout=layout,
        counts=counts,
        values=values_per_column(layout, counts),
        bin_cells=bin_cells,
        bin_starts=bin_starts,
        bin_column=bin_column,
        cumulative=cumulative_share(counts.cells[bin_cells], bin_starts, bin_column),
        single=np.concatenate([_numeric(c).single for _, c in numeric] or [np.empty(0, bool)]),
        widths=np.concatenate([_widths(_numeric(c)) for _, c in numeric] or [np.empty(0)]),
        group_cells=flat_group_cells,
        group_starts=group_starts,
        group_column=np.repeat(np.arange(len(groups)), [len(g) for g in groups]),
        group_counts=grouped(counts, flat_group_cells, group_starts),
    )


def values_per_column(layout: Layout, counts: Counts) -> FloatArray:
    """(C,) rows that have a value: a finite number, or a word."""
    if len(layout.columns) == 0:
        return np.empty(0)
    # Every other sum is that of a column's side counters.
    return np.add.reduceat(counts.cells, layout.value_bounds)[::2].astype(np.float64)


def cumulative_share(bins: IntArray, starts: IntArray, column: IntArray) -> FloatArray:
    """(B,) share of a column's values up to the end of each bin; NaN for a column without any."""
    if len(bins) == 0:
        return np.empty(0)
    running = np.cumsum(bins)
    before = (running - bins)[starts]
    totals = np.add.reduceat(bins, starts)
    with np.errstate(invalid="ignore"):
        return (running - before[column]) / totals[column]


def grouped(counts: Counts, group_cells: IntArray, group_starts: IntArray) -> FloatArray:
    """(G,) counts summed over each group's cells."""
    if len(group_starts) == 0:
        return np.empty(0)
    return np.add.reduceat(counts.cells[group_cells], group_starts).astype(np.float64)


def psi_groups(column: ColumnLayout, cells: IntArray) -> IntArray:
    """Where each group that PSI looks at begins among a column's value cells.

    cells: the baseline's counts of this column.
    """
    if isinstance(column, CategoricalLayout):
        # Other and new are one group: a word outside the vocabulary.
        return np.arange(len(column.vocabulary) + 1, dtype=np.int64)
    bins = cells[: column.bins]
    total = bins.sum()
    if total == 0:
        return np.zeros(1, dtype=np.int64)
    # A bin, an atom above all, goes whole to the tenth in which the middle of its mass lies.
    middle = (np.cumsum(bins) - bins / 2) / total
    tenth = np.minimum((middle * DECILES).astype(np.int64), DECILES - 1)
    return np.flatnonzero(np.diff(tenth, prepend=-1))


def _numeric(column: NumericLayout | CategoricalLayout) -> NumericLayout:
    assert isinstance(column, NumericLayout)
    return column


def _widths(column: NumericLayout) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.concatenate(([0.0], np.diff(column.edges), [0.0]))[: column.bins]


def _concatenate(parts: list[IntArray]) -> IntArray:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
