"""A deterministic quantile summary of a column that is larger than memory.

Buffers of `k` values; two full buffers of one level are merged into one of the next by keeping
every other value of their sorted union (Manku, Rajagopalan and Lindsay, 1998), beginning with the
first and with the second in turn, so that the rounding of one step is made good by the next. No
random numbers: the same data in the same order give the same edges, also where stretches of them
were summarized apart and put together after.

Guarantee: after n values a rank is wrong by at most `levels / (2 k)` of n, where levels is
log2(n / k); with k = 16,384 that is 0.03% of n after 10 million values. Up to k values it is exact.
Memory: at most (levels + 1) * k * 8 bytes, 1.4 MB after 10 million values; up to twice that of a
stretch that does not begin with the stream.
"""

from typing import NamedTuple

import numpy as np

from driftwatch.records import FloatArray, IntArray


class _Buffer(NamedTuple):
    """k values, ascending, that stand for the 2^level * k values from place * 2^level * k on."""

    level: int
    place: int
    values: FloatArray


class QuantileSummary:
    """Quantiles of a stream of finite float64 values, or of a stretch of it.

    k: values of a buffer. first: how many values of the stream come before these; count: how many
    these are. head: those up to where the first whole buffer begins; buffers: the merged ones, in
    the order of the stream; pending: those after the last whole buffer.

    >>> summary = QuantileSummary(k=4)
    >>> for start in range(0, 100, 5):
    ...     summary.add(np.arange(start, start + 5, dtype=float))
    >>> values, weights = summary.weighted()
    >>> int(weights.sum()), bool(abs(np.average(values, weights=weights) - 49.5) < 5)
    (100, True)
    """

    def __init__(self, k: int = 16_384, first: int = 0) -> None:
        """first: how many values of the stream come before those that are added here."""
        self.k = k
        self.first = first
        self.count = 0
        self.head: list[FloatArray] = []
        self.buffers: list[_Buffer] = []
        self.pending: list[FloatArray] = []
        self._pending_size = 0

    def add(self, values: FloatArray) -> None:
        """Add finite values (n,), in any number."""
        lacking = min(len(values), -self.first % self.k - self.count)
        if lacking > 0:
            self.head.append(values[:lacking].copy())
            self.count += lacking
            values = values[lacking:]
        if len(values) == 0:
            return
        self.count += len(values)
        self.pending.append(values.copy())  # a view would keep its whole batch in memory
        self._pending_size += len(values)
        if self._pending_size >= self.k:
            joined = np.concatenate(self.pending)
            whole = len(joined) - len(joined) % self.k
            leaf = (self.first + self.count - len(joined)) // self.k
            for start in range(0, whole, self.k):
                self._carry(_Buffer(0, leaf, np.sort(joined[start : start + self.k])))
                leaf += 1
            rest = joined[whole:].copy()
            self.pending, self._pending_size = [rest], len(rest)

    def _carry(self, full: _Buffer) -> None:
        """Append a buffer, and merge it with its neighbour as long as there is one."""
        while full.place % 2 and self.buffers and self.buffers[-1].level == full.level:
            union = np.concatenate((self.buffers.pop().values, full.values))
            union.sort(kind="stable")
            pair = full.place // 2
            full = _Buffer(full.level + 1, pair, union[pair % 2 :: 2].copy())
        self.buffers.append(full)

    def merge(self, following: "QuantileSummary") -> None:
        """Add what was summarized of the values that follow these in the stream.

        The same as if they had been added here. Raises ValueError if they don't follow.
        """
        if following.k != self.k or following.first != self.first + self.count:
            raise ValueError("a summary can only be merged with one of the values that follow its")
        for values in following.head:
            self.add(values)
        for buffer in following.buffers:
            self._carry(buffer)
            self.count += self.k << buffer.level
        for values in following.pending:
            self.add(values)

    def weighted(self) -> tuple[FloatArray, IntArray]:
        """The kept values, ascending, and how many values each stands for."""
        parts = [*self.pending, *self.head]
        weights = [np.ones(sum(map(len, parts)), dtype=np.int64)]
        for level, _, buffer in reversed(self.buffers):
            parts.append(buffer)
            weights.append(np.full(len(buffer), 1 << level, dtype=np.int64))
        values = np.concatenate(parts) if parts else np.empty(0)
        order = np.argsort(values, kind="stable")
        return values[order], np.concatenate(weights)[order]
