"""The members of the evidence bank: likelihood ratios, each for one event, direction and size.

A member bets that an event has become more frequent (or less) than the baseline allows by a step d
on the scale h, or that the mean of a score has moved by d standard deviations. Its null is not the
baseline's share but that share with all that is excused: the baseline's own sampling error (an
exact bound, shared out over everything that is watched) and the tolerance h0, the change too small
to alarm for. What one pane adds to the member's log-likelihood ratio is linear in what was counted:

    (X alpha + n beta) / phi

X is the event's count, or the score's sum, over n rows. A member whose alternative can't be told
from its null (an event that is always so can't become more frequent) is dead: alpha = beta = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import betainc

from driftwatch.pieces import Pieces, whole
from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import ColumnEvents, HalfCounts, scores, standardized
from driftwatch.stats.slack import BASELINE_DOUBT, bounds, h, mean_slack, share_at
from driftwatch.stats.strata import SIZES, Strata

Array = np.ndarray[Any, np.dtype[Any]]

EVENT_STEPS = (0.03, 0.1, 0.3, 0.9)
SCORE_STEPS = (0.03, 0.1, 0.3)
SLOTS = 2 * len(EVENT_STEPS)
_BOUNDS_AT_ONCE = 1_000
"""Members of an event: first those for more of it, then those for less; a score has two fewer."""
SCORES = 2


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What the baseline knows of a column. E events, S strata, Q sources: the events, then scores.

    groups: (S, G) counts of the column's groups, by stratum. half: see `HalfCounts`.
    dependence: of the Q sources. strata: what the strata are.
    """

    events: ColumnEvents
    groups: IntArray
    half: HalfCounts | None
    dependence: Dependence
    strata: Strata = "none"
    scored: bool = True

    @property
    def sources(self) -> int:
        """Q."""
        return len(self.events.events) + (SCORES if self.scored else 0)

    def values(self, stratum: int) -> IntArray:
        """(V,) counts of the groups that hold values."""
        return self.groups[stratum, : self.events.values]

    def counts(self, stratum: int) -> tuple[FloatArray, FloatArray]:
        """(E,) k of m of each event in a stratum."""
        return self._counts(slice(stratum, stratum + 1))

    def counts_of_all(self) -> tuple[FloatArray, FloatArray]:
        """(E,) k of m of each event in the whole baseline."""
        return self._counts(slice(None))

    def _counts(self, strata: slice) -> tuple[FloatArray, FloatArray]:
        groups = self.groups[strata].sum(axis=0)
        k, m = (a.astype(np.float64) for a in self.events.counts(groups))
        for i, event in enumerate(self.events.events):
            if event.kind == "new":
                # No word that was seen often enough is missing from half of the rows.
                k[i] = 0.0
            halved = None if self.half is None else self.half.of(event)
            if self.half is not None and halved is not None:
                k[i] = sum(halved[strata])
                m[i] = sum(self.half.values[strata])
        return k, m


@dataclass(frozen=True, eq=False)
class Watch:
    """What the members of all columns of a stream share. C columns, Q sources in all.

    tolerance: (2, C) h0 by severity. watched: F, the columns of the process that share its budget.
    """

    bases: tuple[Basis, ...]
    tolerance: FloatArray
    watched: int

    @cached_property
    def column(self) -> IntArray:
        """(Q,) the column of each source."""
        return np.repeat(np.arange(len(self.bases)), [basis.sources for basis in self.bases])

    @cached_property
    def first_source(self) -> IntArray:
        """(C,) each column's first source."""
        sizes = np.array([basis.sources for basis in self.bases], dtype=np.int64)
        return np.cumsum(sizes) - sizes

    @cached_property
    def up_only(self) -> BoolArray:
        """(Q,) sources of which only more is news."""
        return _joined(
            [_with_scores(basis, basis.events.up_only, False) for basis in self.bases], bool
        )

    @cached_property
    def is_score(self) -> BoolArray:
        """(Q,) sources that are scores."""
        none = [np.zeros(len(basis.events.events), dtype=np.bool_) for basis in self.bases]
        return _joined(
            [_with_scores(b, part, True) for b, part in zip(self.bases, none, strict=True)], bool
        )

    @cached_property
    def phi(self) -> FloatArray:
        """(Q,) phi of the baseline itself: that of the largest block that was measured."""
        return _joined([basis.dependence.largest for basis in self.bases], float)

    @cached_property
    def doubt(self) -> FloatArray:
        """(Q,) the share of `BASELINE_DOUBT` that one bound has."""
        shares = [
            BASELINE_DOUBT / (2.0 * basis.sources * self.watched * SIZES[basis.strata])
            for basis in self.bases
        ]
        return np.array(shares)[self.column] if shares else np.empty(0)

    @cached_property
    def h0(self) -> FloatArray:
        """(2, Q) what is tolerated."""
        return self.tolerance[:, self.column]

    def counts(self, at: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """(Q,) effective k and m of each source; a score has its values for m."""
        found = [basis.counts(stratum) for basis, stratum in zip(self.bases, at, strict=True)]
        k = [_with_scores(b, part[0], 0.0) for b, part in zip(self.bases, found, strict=True)]
        m = [
            _with_scores(b, part[1], float(b.values(stratum).sum()))
            for b, part, stratum in zip(self.bases, found, at, strict=True)
        ]
        return _joined(k, float) / self.phi, _joined(m, float) / self.phi


def _with_scores(basis: Basis, part: Array, value: float) -> Array:
    return np.append(part, [value] * SCORES).astype(part.dtype) if basis.scored else part


def _joined(parts: Sequence[Array], kind: type) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Every member of every column, for the strata of one hour.

    alpha, beta: (2, Q, SLOTS) by severity, 0 where a member is dead.
    z: (V,) each group's z, for all scores of all columns, one after the other.
    """

    alpha: FloatArray
    beta: FloatArray
    z: FloatArray


def make_design(watch: Watch, at: Sequence[int]) -> Design:
    """The members where each column is in this stratum.

    Cost: 0.3 s for 500 columns, most of it for the bounds.
    """
    return whole(designing(watch, at))


def designing(watch: Watch, at: Sequence[int]) -> Pieces[Design]:
    """The same in pieces."""
    k, m = watch.counts(at)
    yield
    low, high = np.empty_like(k), np.empty_like(k)
    for first in range(0, len(k), _BOUNDS_AT_ONCE):
        part = slice(first, first + _BOUNDS_AT_ONCE)
        low[part], high[part] = bounds(k[part], m[part], watch.doubt[part])
        yield
    alpha, beta = _event_members(watch, low, high, m)
    yield
    z = _score_members(watch, at, m, alpha, beta)
    yield
    return Design(alpha, beta, z)


def _event_members(
    watch: Watch, low: FloatArray, high: FloatArray, m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """low, high: (Q,) the bounds of each share. m: (Q,) rows that it is known from."""
    ends = np.stack((h(high), h(low)))[:, None, :, None]  # (direction, severity, Q, step)
    sign = np.array([1.0, -1.0])[:, None, None, None]
    null = ends + sign * watch.h0[None, :, :, None]
    other = null + sign * np.array(EVENT_STEPS)
    p_null, p_other = share_at(null), share_at(other)
    occurs = np.log(p_other / p_null)
    fails = np.log1p(-p_other) - np.log1p(-p_null)
    asked = ~watch.is_score & (m > 0)
    keep = np.stack((asked, asked & ~watch.up_only))[:, None, :, None]
    alpha = np.where(keep, occurs - fails, 0.0)
    beta = np.where(keep & (p_other != p_null), fails, 0.0)
    return _slots(alpha), _slots(beta)


def _slots(parts: FloatArray) -> FloatArray:
    """(direction, severity, Q, step) to (severity, Q, SLOTS)."""
    _, severities, sources, _ = parts.shape
    return np.ascontiguousarray(parts.transpose(1, 2, 0, 3)).reshape(severities, sources, SLOTS)


def _score_members(
    watch: Watch, at: Sequence[int], m: FloatArray, alpha: FloatArray, beta: FloatArray
) -> FloatArray:
    """Fill in the members of the scores, and return their z."""
    places = np.flatnonzero(watch.is_score)
    if len(places) == 0:
        return np.empty(0)
    z, shares, starts, usable = _scored_groups(watch, at)
    of_score = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(z)))
    # A score that says nothing has no mass at all; any will do.
    shares = np.where(usable[of_score], shares, 1.0 / np.bincount(of_score)[of_score])
    slack = mean_slack(m[places], watch.doubt[places])

    def psi(t: FloatArray) -> FloatArray:
        # A group without rows may lie as far out as it likes.
        powers = np.where(shares > 0, t[of_score] * z, 0.0)
        return np.log(np.add.reduceat(shares * np.exp(powers), starts))

    for severity in range(len(alpha)):
        tolerance = np.where(usable, watch.h0[severity, places] + slack, 0.0)
        for side, sign in enumerate((1.0, -1.0)):
            at_null = psi(sign * tolerance)
            for i, step in enumerate(SCORE_STEPS):
                slot = side * len(EVENT_STEPS) + i
                fall = psi(sign * (tolerance + step)) - at_null
                alpha[severity, places, slot] = np.where(usable, sign * step, 0.0)
                beta[severity, places, slot] = np.where(usable, -fall, 0.0)
    return z


def _scored_groups(
    watch: Watch, at: Sequence[int]
) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
    """Z and share of each group, for all scores, where each begins, and which can be used."""
    z, shares, usable = [], [], []
    for basis, stratum in zip(watch.bases, at, strict=True):
        if not basis.scored:
            continue
        values = basis.values(stratum)
        # The rank is that in the whole baseline; what is usual, that of the stratum.
        for score in scores(basis.groups.sum(axis=0)[: basis.events.values]):
            found = standardized(score, values)
            usable.append(found is not None)
            z.append(np.zeros(len(values)) if found is None else found)
            shares.append(values / max(1, values.sum()))
    sizes = np.array([len(part) for part in z], dtype=np.int64)
    return (
        np.concatenate(z),
        np.concatenate(shares),
        np.cumsum(sizes) - sizes,
        np.array(usable, dtype=np.bool_),
    )


def alive(watch: Watch) -> BoolArray:
    """(2, Q, SLOTS) members that can ever gain, in some stratum."""
    found = np.zeros((2, len(watch.column), SLOTS), dtype=np.bool_)
    room = share_at(h(share_at(np.array(np.pi))) - watch.h0)
    for first, basis in zip(watch.first_source.tolist(), watch.bases, strict=True):
        events = slice(first, first + len(basis.events.events))
        for severity in range(2):
            found[severity, events] = _alive_events(
                basis, float(watch.doubt[first]), float(room[severity, first])
            )
        if basis.scored:
            _alive_scores(found[:, events.stop : events.stop + SCORES], basis)
    return found


def _alive_events(basis: Basis, doubt: float, room: float) -> BoolArray:
    """(E, SLOTS) the same as having an alternative in `make_design`, without inverting a bound.

    room: the share from which on there is none above.
    """
    strata = [basis.counts(stratum) for stratum in range(len(basis.groups))]
    phi = basis.dependence.largest[: len(basis.events.events)]
    k = np.stack([part[0] for part in strata]) / phi
    m = np.stack([part[1] for part in strata]) / phi
    asked = m > 0
    with np.errstate(invalid="ignore"):
        up = (k < m) & (betainc(k + 1.0, np.maximum(m - k, 1e-300), room) > 1.0 - doubt)
        down = (k > 0) & (betainc(np.maximum(k, 1e-300), m - k + 1.0, 1.0 - room) < doubt)
    less = down & asked & ~basis.events.up_only
    both = np.stack(((up & asked).any(axis=0), less.any(axis=0)), axis=-1)
    return np.repeat(both, len(EVENT_STEPS), axis=-1)


def _alive_scores(found: BoolArray, basis: Basis) -> None:
    kinds = scores(basis.groups.sum(axis=0)[: basis.events.values])
    for i, score in enumerate(kinds):
        strata = range(len(basis.groups))
        if any(standardized(score, basis.values(stratum)) is not None for stratum in strata):
            for side in range(2):
                first = side * len(EVENT_STEPS)
                found[:, i, first : first + len(SCORE_STEPS)] = True
