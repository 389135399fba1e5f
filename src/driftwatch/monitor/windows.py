"""Sliding windows over the panes of a stream.

A window is a running sum of blocks: a pane enters when it closes, a block leaves when the window
has moved past it. Blocks are panes for short windows and up to 1/60 of the window's length for long
ones, so that a window holds about 60 of them whatever its length. Cells are summed exactly and
once, when they enter and when they leave; the moments are combined anew from the blocks, because
float sums can't be undone.

Memory: a block keeps its cells in the smallest unsigned type that holds them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts, Moments

BLOCKS = 60
"""Blocks that a window is made of, at least."""


@dataclass(frozen=True, slots=True)
class WindowPolicy:
    """One window.

    name: as people wrote it (`1h`). block_us: a multiple of the pane and of the blocks of every
    shorter window.
    """

    name: str
    length_us: int
    block_us: int


def window_policies(lengths: Sequence[tuple[str, int]], pane_us: int) -> tuple[WindowPolicy, ...]:
    """Windows with their blocks, shortest first.

    >>> [(w.name, w.block_us) for w in window_policies([("1d", 86_400), ("1h", 3_600)], 60)]
    [('1h', 60), ('1d', 1440)]
    """
    policies = []
    block = pane_us
    for name, length in sorted(lengths, key=lambda named: named[1]):
        block *= max(1, length // (BLOCKS * block))
        policies.append(WindowPolicy(name, length, block))
    return tuple(policies)


class _Block:
    """Counts at rest."""

    __slots__ = ("cells", "moments", "rows")

    def __init__(self, counts: Counts) -> None:
        self.rows = counts.rows
        self.cells = _smallest(counts.cells)
        self.moments = counts.moments

    def add(self, counts: Counts) -> None:
        self.rows += counts.rows
        self.cells = _smallest(self.cells + counts.cells)
        self.moments = self.moments.merged(counts.moments)


def _smallest(cells: NDArray[np.integer]) -> NDArray[np.integer]:
    largest = int(cells.max()) if len(cells) else 0
    for kind in (np.uint8, np.uint16, np.uint32):
        if largest <= np.iinfo(kind).max:
            return cells.astype(kind)
    return cells.astype(np.int64)  # unsigned and signed 64 bits would add up to floats


class Window:
    """The closed panes of one stream within one length of event time."""

    def __init__(self, policy: WindowPolicy, empty: Counts) -> None:
        """empty: counts of nothing, in the stream's layout."""
        self.policy = policy
        self._empty = empty
        self._total = empty.copy()
        self._blocks: dict[int, _Block] = {}

    def add(self, start_us: int, counts: Counts) -> None:
        """Take in a pane that begins at `start_us`."""
        block_start = start_us - start_us % self.policy.block_us
        block = self._blocks.get(block_start)
        if block is None:
            self._blocks[block_start] = _Block(counts)
        else:
            block.add(counts)
        self._total.rows += counts.rows
        self._total.cells += counts.cells

    def expire(self, end_us: int) -> None:
        """Let go of what lies before a window that ends at `end_us`."""
        for start in self._before(end_us):
            block = self._blocks.pop(start)
            self._total.rows -= block.rows
            self._total.cells -= block.cells

    def rows(self, end_us: int) -> int:
        """The rows of the window that ends at `end_us`, without open panes."""
        return self._total.rows - sum(self._blocks[start].rows for start in self._before(end_us))

    def counts(self, end_us: int, open_panes: Iterable[Counts] = ()) -> Counts:
        """The counts of the window that ends at `end_us`, with the open panes within it."""
        gone = set(self._before(end_us))
        rows, cells = self._total.rows, self._total.cells.copy()
        for start in gone:
            rows -= self._blocks[start].rows
            cells -= self._blocks[start].cells
        moments = [block.moments for start, block in self._blocks.items() if start not in gone]
        for pane in open_panes:
            rows += pane.rows
            cells += pane.cells
            moments.append(pane.moments)
        return Counts(rows, cells, _combined(moments, self._empty.moments))

    def since(self, start_us: int) -> Counts:
        """The counts of the blocks that begin at `start_us` or later.

        Those of the newest block where none does: it holds what there is.
        """
        starts = [start for start in self._blocks if start >= start_us]
        starts = starts or sorted(self._blocks)[-1:]
        rows, cells = 0, np.zeros_like(self._empty.cells)
        for start in starts:
            rows += self._blocks[start].rows
            cells += self._blocks[start].cells
        moments = [self._blocks[start].moments for start in starts]
        return Counts(rows, cells, _combined(moments, self._empty.moments))

    def _before(self, end_us: int) -> list[int]:
        horizon = end_us - self.policy.length_us
        return [start for start in self._blocks if start + self.policy.block_us <= horizon]

    @property
    def first_us(self) -> int | None:
        """Where the oldest block begins."""
        return min(self._blocks, default=None)


def _combined(parts: Sequence[Moments], empty: Moments) -> Moments:
    """Moments of many parts at once, by the pairwise formula in one sum."""
    if not parts:
        return empty

    def stack(name: str) -> FloatArray:
        return np.stack([getattr(part, name) for part in parts])

    with np.errstate(over="ignore", invalid="ignore"):
        counts, means = stack("count"), stack("mean")
        count = counts.sum(axis=0)
        shares = np.divide(counts, count, out=np.zeros_like(counts), where=count > 0)
        mean = (shares * means).sum(axis=0)
        between = np.where(counts > 0, counts * (means - mean) ** 2, 0.0)
        m2 = (stack("m2") + between).sum(axis=0)
    return Moments(count, mean, m2, stack("minimum").min(axis=0), stack("maximum").max(axis=0))
