"""Which rows are kept where all are too many: stretches of consecutive ones, evenly spread."""

from dataclasses import dataclass

import numpy as np

from driftwatch.records import IntArray

_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Ranks [starts, starts + lengths) are kept, (n,) each; they do not overlap."""

    starts: IntArray
    lengths: IntArray

    @classmethod
    def spread(cls, rows: int, most: int, length: int) -> "Stretches":
        """At most so many of the ranks below `rows`, in stretches of one length.

        Each lies somewhere else within its equal share of the rows, so that no cycle of the data
        falls in with them.

        >>> Stretches.spread(100, 40, 10).starts.tolist()
        [0, 34, 53, 87]
        """
        if rows <= most:
            return cls(np.array([0], dtype=np.int64), np.array([rows], dtype=np.int64))
        count = max(1, most // length)
        share = rows / count
        index = np.arange(count)
        starts = (index * share + index * _GOLDEN % 1.0 * (share - length)).astype(np.int64)
        return cls(starts, np.full(count, min(length, rows), dtype=np.int64))

    @property
    def kept(self) -> int:
        """Ranks in all stretches."""
        return int(self.lengths.sum())

    @property
    def _ends(self) -> IntArray:
        return np.cumsum(self.lengths, dtype=np.int64)

    def ranks(self) -> IntArray:
        """(kept,) the ranks."""
        shift = self.starts - (self._ends - self.lengths)
        found: IntArray = np.arange(self.kept) + np.repeat(shift, self.lengths)
        return found

    def positions(self, ranks: IntArray) -> IntArray:
        """The place of each rank among those that are kept; -1 for the others."""
        at = np.maximum(np.searchsorted(self.starts, ranks, side="right") - 1, 0)
        inside = ranks - self.starts[at]
        kept = (inside >= 0) & (inside < self.lengths[at])
        return np.where(kept, inside + (self._ends - self.lengths)[at], -1)

    def runs(self, first: int, end: int) -> IntArray:
        """(n, 2) the places [first, end) of the stretches, where they are cut to these ranks."""
        low = np.clip(first - self.starts, 0, self.lengths)
        high = np.clip(end - self.starts, 0, self.lengths)
        offset = self._ends - self.lengths
        found = np.stack((offset + low, offset + high), axis=1)
        kept: IntArray = found[high > low]
        return kept
