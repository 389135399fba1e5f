"""How well predicted shares account for live counts, when both are samples.

The baseline is a sample of m rows, and so is whatever is predicted from it. Live counts N and a
prediction M = m p are compared as the two rows of a table by its log-likelihood ratio (deviance),
which is about chi-squared if both come from one distribution; half of it is in nats. With n and m
divided by phi it is that of so many independent rows. It stays finite where a prediction is zero.

A fit is judged by Pearson's statistic of the same table, which is closer to chi-squared in thin
cells. With millions of rows every simple model is rejected, and rightly so; a person still wants to
hear it. So a misfit that is small, or small beside that of no change at all, is let pass.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtri, rel_entr

from driftwatch.records import BoolArray, FloatArray

_TINY = 1e-300  # against division by nothing

LEVEL = 0.001
"""A fit is rejected by chance this often."""
SMALL_MISFIT = 0.002
"""Misfit per row (a chi-squared distance) that is let pass at any number of rows."""
SMALL_PART = 0.015
"""Part of the misfit of no change that is let pass."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Live counts on K cells, to be held against predictions.

    live: (K,) effective live counts.
    unchanged: (K,) the baseline's shares.
    size: effective number of baseline rows.
    kept: (K,) cells that count; the others are conditioned away.
    """

    live: FloatArray
    unchanged: FloatArray
    size: float
    kept: BoolArray

    def without(self, cell: int) -> "Comparison":
        """The same, given that a value is not in this cell."""
        kept = self.kept.copy()
        kept[cell] = False
        return Comparison(self.live, self.unchanged, self.size, kept)

    @cached_property
    def weight(self) -> float:
        """Rows that count: as many as make the same noise as both samples together."""
        live = float(self.live[self.kept].sum())
        return live * self.size / max(live + self.size, _TINY)

    @cached_property
    def nats(self) -> float:
        """Nats that the live counts are away from the unchanged shares."""
        return float(self.deviance(self.unchanged)) / 2

    def distance(self, predicted: FloatArray) -> FloatArray:
        """(...) Pearson's statistic but for a factor: quick, to search by."""
        live = np.where(self.kept, self.live, 0.0)
        expected = self.size * np.where(self.kept, predicted, 0.0)
        n, m = live.sum(), expected.sum(axis=-1, keepdims=True)
        difference = live / max(n, _TINY) - expected / np.maximum(m, _TINY)
        result: FloatArray = (difference**2 / (live + expected + _TINY)).sum(axis=-1)
        return result

    def deviance(self, predicted: FloatArray) -> FloatArray:
        """(...) twice the nats that these shares (..., K) are away from the live counts."""
        live, expected, pooled = self._table(predicted)
        n, m = live.sum(), expected.sum(axis=-1, keepdims=True)
        nats = rel_entr(live, n * pooled) + rel_entr(expected, m * pooled)
        result: FloatArray = 2.0 * nats.sum(axis=-1)
        return result

    def misfit(self, predicted: FloatArray, grain: int = 1) -> tuple[float, int]:
        """Pearson's statistic of shares (K,), and the number of cells that it is taken over.

        grain: how many neighbouring cells are taken as one.
        """
        live, expected, pooled = self._table(predicted)
        if grain > 1:
            groups = np.arange(0, len(live), grain)
            live, expected, pooled = (
                np.add.reduceat(side, groups) for side in (live, expected, pooled)
            )
        n, m = float(live.sum()), float(expected.sum())
        if n <= 0 or m <= 0:
            return 0.0, 0
        used = pooled > 0
        difference = live[used] / n - expected[used] / m
        statistic = float((difference**2 / pooled[used]).sum()) * (n * m / (n + m))
        return statistic, int(used.sum())

    def fits(self, predicted: FloatArray, parameters: int, grain: int = 1) -> bool:
        """Whether live counts could come from these shares, but for a misfit of no interest."""
        statistic, cells = self.misfit(predicted, grain)
        if cells == 0:
            return False
        chance = float(chdtri(max(1, cells - 1 - parameters), LEVEL))
        passed = max(SMALL_MISFIT * self.weight, SMALL_PART * self._unchanged_misfit)
        return statistic <= chance + passed

    @cached_property
    def _unchanged_misfit(self) -> float:
        return self.misfit(self.unchanged)[0]

    def _table(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        live = self.live[self.kept]
        expected = self.size * predicted[..., self.kept]
        n, m = live.sum(), expected.sum(axis=-1, keepdims=True)
        return live, expected, (live + expected) / np.maximum(n + m, _TINY)
