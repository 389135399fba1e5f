"""The evidence of one column, written slowly: member by member, bounds by scipy.stats."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp
from scipy.stats import beta, norm

from driftwatch.records import FloatArray, IntArray
from driftwatch.stats.events import scores, standardized
from driftwatch.stats.members import Basis

EVENT_STEPS, SCORE_STEPS = (0.03, 0.1, 0.3, 0.9), (0.03, 0.1, 0.3)


def h(share: float) -> float:
    return 2.0 * math.asin(math.sqrt(share))


def share_at(angle: float) -> float:
    return min(max(math.sin(min(max(angle, 0.0), math.pi) / 2.0) ** 2, 1e-6), 1.0 - 1e-6)


class SlowColumn:
    """The members of one column and severity, without strata. Members are (source, A, B)."""

    def __init__(self, basis: Basis, h0: float, watched: int, budget: float) -> None:
        self.basis = basis
        self.phi = basis.dependence
        self.doubt = 0.05 / (2.0 * basis.sources * watched)
        self.members = [*self._events(h0), *self._scores(h0)]
        self.m = [0.0] * len(self.members)
        self.threshold = math.log(watched * budget)
        self.log_e = 0.0

    def _events(self, h0: float) -> Iterator[tuple[int, float, float]]:
        yes, asked = self.basis.counts(0)
        for i, event in enumerate(self.basis.events.events):
            k, m = yes[i] / self.phi.largest[i], asked[i] / self.phi.largest[i]
            if m == 0:
                continue
            high = beta.isf(self.doubt, k + 1, m - k) if k < m else 1.0
            low = beta.ppf(self.doubt, k, m - k + 1) if k > 0 else 0.0
            for bound, sign in ((high, 1.0), (low, -1.0)):
                for step in EVENT_STEPS:
                    null = share_at(h(bound) + sign * h0)
                    other = share_at(h(bound) + sign * (h0 + step))
                    if null != other and not (event.up_only and sign < 0):
                        yield i, math.log(other / null), math.log((1 - other) / (1 - null))

    def _scores(self, h0: float) -> Iterator[tuple[int, float, float]]:
        self.z: list[FloatArray | None] = []
        if not self.basis.scored:
            return
        values = self.basis.values(0)
        shares = values / values.sum()
        for i, score in enumerate(scores(values)):
            z = standardized(score, values)
            self.z.append(z)
            if z is None:
                continue
            place = len(self.basis.events.events) + i
            tolerance = h0 + norm.isf(self.doubt) / math.sqrt(
                values.sum() / self.phi.largest[place]
            )

            def psi(t: float, z: FloatArray = z) -> float:
                return float(np.log(shares @ np.exp(t * z)))

            for sign in (1.0, -1.0):
                for step in SCORE_STEPS:
                    fall = psi(sign * (tolerance + step)) - psi(sign * tolerance)
                    yield place, sign * step, -fall

    def step(self, groups: IntArray, rows: int) -> None:
        """Add a pane."""
        yes, asked = self.basis.events.counts(groups)
        values = groups[: self.basis.events.values]
        phi = self.phi.at(float(rows))
        for j, (source, a, b) in enumerate(self.members):
            if source < len(yes):
                gain = yes[source] * a + (asked[source] - yes[source]) * b
            else:
                z = self.z[source - len(yes)]
                assert z is not None
                gain = float(values @ z) * a + values.sum() * b
            self.m[j] = min(
                max(self.m[j], 0.0) + gain / phi[source],
                self.threshold + math.log(len(self.members)) + 1e-9,
            )
        if self.members:
            self.log_e = float(logsumexp(self.m)) - math.log(len(self.members))
