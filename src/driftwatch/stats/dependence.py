"""Rows that are not independent: how much more a count varies than a binomial would.

Serving traffic comes in sessions, batches and retries. phi is the variance of an event's count in a
block of consecutive rows over what independent rows would give; evidence, and the baseline's own
size, are divided by it. It differs from event to event (one bursty event says nothing of the
others) and grows with the block, to a limit where rows come in bursts, without one where whole
panes move.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from driftwatch.records import BoolArray, FloatArray

MIN_BLOCKS = 30
"""Fewer blocks than this say too little of a variance."""
BLOCK_STEP = 4
MAX_SIZES = 3
GROWTH = 1.5
"""Where phi grew by more than this with the last step, it is taken to grow on with the rows."""
CONFIDENCE = 0.05
RARE = 1.0
"""An event that varies less than this in a block (of independent rows) has no phi of its own."""
RARE_QUANTILE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Dependence:
    """phi of the events and scores of a column (or of many), Q of them.

    sizes: (s,) rows of a block, ascending. phi: (s, Q), at least 1, never falling with the size.
    grows: (Q,) whether it goes on growing beyond the largest block.
    """

    sizes: tuple[int, ...]
    phi: FloatArray
    grows: BoolArray

    @classmethod
    def none(cls, events: int) -> "Dependence":
        """Rows that are taken to be independent."""
        return cls((), np.empty((0, events)), np.zeros(events, dtype=np.bool_))

    def at(self, rows: FloatArray | float) -> FloatArray:
        """(Q,) phi of so many rows (one number, or (Q,) of them)."""
        rows = np.broadcast_to(np.asarray(rows, dtype=np.float64), self.grows.shape)
        if not self.sizes:
            return np.ones(len(self.grows))
        # Between two sizes the next larger one.
        index = np.minimum(np.searchsorted(self.sizes, rows), len(self.sizes) - 1)
        found = np.take_along_axis(self.phi, index[None], axis=0)[0]
        beyond = rows / self.sizes[-1]
        # A block larger than any that was measured is taken to move as a whole: nothing that was
        # seen speaks against it.
        whole = 1.0 + (found - 1.0) * beyond
        further: FloatArray = np.where(self.grows, found * beyond, whole)
        return np.where(beyond > 1.0, further, found)

    @property
    def largest(self) -> FloatArray:
        """(Q,) phi of the largest block."""
        return self.phi[-1] if self.sizes else np.ones(len(self.grows))


def joined(parts: Sequence[Dependence]) -> Dependence:
    """That of several columns as one. Raises ValueError if they were measured in other blocks."""
    if not parts:
        return Dependence.none(0)
    if len({part.sizes for part in parts}) > 1:
        raise ValueError("the dependence of columns was measured in blocks of other sizes")
    return Dependence(
        parts[0].sizes,
        np.concatenate([part.phi for part in parts], axis=1),
        np.concatenate([part.grows for part in parts]),
    )


def block_sizes(pane_rows: int, rows: int) -> tuple[int, ...]:
    """Rows of the blocks that dependence is measured in: a usual pane, 4 of them and 16.

    >>> block_sizes(100, 50_000), block_sizes(100, 5_000), block_sizes(1_000, 5_000)
    ((100, 400, 1600), (100,), (166,))
    """
    largest = rows // MIN_BLOCKS
    if largest < 2:
        return ()
    first = max(2, min(pane_rows, largest))
    sizes = [first * BLOCK_STEP**i for i in range(MAX_SIZES)]
    return tuple(size for size in sizes if size <= largest)


def measure(
    sizes: Sequence[int],
    residuals: Sequence[FloatArray],
    variance: FloatArray,
    of_values: BoolArray | None = None,
) -> Dependence:
    """Phi from what blocks of each size held.

    residuals: for each size (blocks, Q) how far each block's count (of an event) or sum (of a
        standardized score) was from what its rows would lead one to expect.
    variance: (Q,) of one independent row: p (1 - p) of an event, 1 of a score.
    of_values: (Q,) which of them are asked of rows with a value; the others are asked of all rows.
        How values come together says nothing of how they go missing.
    """
    if not sizes:
        return Dependence.none(len(variance))
    kinds = [np.ones(len(variance), dtype=np.bool_)]
    if of_values is not None:
        kinds = [of_values, ~of_values]
    blocks = np.array([len(residual) for residual in residuals])[:, None]
    expected = np.array(sizes, dtype=np.float64)[:, None] * variance
    seen = np.stack([residual.var(axis=0, ddof=1) for residual in residuals])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = seen / expected
    upper = ratio * (blocks - 1) / chdtri(blocks - 1, 1.0 - CONFIDENCE)
    rare = ~(expected >= RARE)
    raw = np.where(rare, 1.0, np.maximum(ratio, 1.0))
    # Evidence is summed over many panes: where the rows of one depend on those of the next, what a
    # block of many panes shows counts for a single one as well.
    later = np.maximum.accumulate(raw[::-1], axis=0)[::-1]
    bounded = np.fmax(upper, later)
    for size, kind in itertools.product(range(len(sizes)), kinds):
        known = bounded[size, kind & ~rare[size]]
        usual = np.quantile(known, RARE_QUANTILE) if len(known) else 1.0
        # What it shows itself counts as well: rare rows that come together are a burst.
        some = kind & rare[size]
        bounded[size, some] = np.fmax(bounded[size, some], usual)
    phi = np.maximum.accumulate(np.maximum(bounded, 1.0), axis=0)
    grows = np.zeros(len(variance), dtype=np.bool_)
    if len(sizes) > 1:
        grows = raw[-1] > GROWTH * raw[-2]
    return Dependence(tuple(sizes), phi, grows)
