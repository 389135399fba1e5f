"""A categorical column in alarm, its rare words pooled so that each cell holds enough rows."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr

from driftwatch.explain.evidence import Comparison
from driftwatch.explain.wording import quoted
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout

LEAST_ROWS = 5.0
STANDS_OUT = 5.0
"""Nats, beside the logarithm of their number, that a word must tell to have a cell of its own."""

OTHER, NEW = -2, -1
"""Where the cells of words outside the vocabulary stand among a column's values."""


@dataclass(frozen=True, slots=True, eq=False)
class WordColumn:
    """All that is asked of a categorical column, for one explanation.

    live, base: (V + 2,) counts of the words, of other and of new.
    cells: (V + 2,) the cell that each of them falls in.
    moved: (V + 2,) nats that each tells of a change; negative where it lost.
    named: words outside the vocabulary that may be named; none of a sensitive column.
    """

    layout: CategoricalLayout
    live: IntArray
    base: IntArray
    phi: float
    cells: IntArray
    comparison: Comparison
    moved: FloatArray
    sensitive: bool
    named: frozenset[str] = frozenset()

    @property
    def now(self) -> FloatArray:
        """(V + 2,) live shares."""
        shares: FloatArray = self.live / self.live.sum()
        return shares

    @property
    def was(self) -> FloatArray:
        """(V + 2,) the baseline's shares."""
        shares: FloatArray = self.base / self.base.sum()
        return shares

    def pooled(self, shares: FloatArray) -> FloatArray:
        """(K,) of the cells, from (V + 2,) of the words."""
        size = len(self.comparison.live)
        return np.bincount(self.cells, shares, minlength=size).astype(np.float64)

    def name(self, i: int) -> str:
        """A word in quotes, or what stands for words outside the vocabulary."""
        outside = i - len(self.live)
        if outside in (OTHER, NEW):
            return "new values" if outside == NEW else "rare values"
        return "one value" if self.sensitive else quoted(self.layout.vocabulary[i])


def word_column(
    layout: CategoricalLayout,
    base: IntArray,
    live: IntArray,
    phi: float,
    sensitive: bool,
    named: frozenset[str] = frozenset(),
) -> WordColumn:
    """A column with a value on both sides."""
    n, m = float(live.sum()) / phi, float(base.sum()) / phi
    q, p = live / live.sum(), base / base.sum()
    pooled = (n * q + m * p) / (n + m)
    nats = rel_entr(n * q, n * pooled) + rel_entr(m * p, m * pooled)
    moved = np.where(q > p, nats, -nats)
    kept = (q + p) / 2 * n * m / (n + m) >= LEAST_ROWS
    kept[[OTHER, NEW]] = True
    kept |= np.abs(moved) >= STANDS_OUT + math.log(len(live))
    cells = np.cumsum(kept) - 1
    cells[~kept] = kept.sum()
    size = int(cells.max()) + 1
    return WordColumn(
        layout,
        live,
        base,
        phi,
        cells,
        Comparison(
            np.bincount(cells, live / phi, minlength=size).astype(np.float64),
            np.bincount(cells, p, minlength=size).astype(np.float64),
            m,
            np.ones(size, dtype=np.bool_),
        ),
        moved,
        sensitive,
        named,
    )
