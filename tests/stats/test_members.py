"""A member's factor has a mean of at most one wherever nothing has drifted: the promise's root."""

import warnings
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import beta, binom, norm

from driftwatch.records import FloatArray
from driftwatch.sketch.layout import CategoricalLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import column_events
from driftwatch.stats.members import EVENT_STEPS, SLOTS, Basis, Watch, alive, make_design
from tests.statistics.columns import LOGNORMAL, NORMAL, ZERO_INFLATED, Shape, numeric

H0 = np.array([[0.0], [0.03]])
WATCHED = 7


def two_words(k: int, m: int, phi: float = 1.0) -> Basis:
    """A column of two words, the first k times of m."""
    layout = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, dtype=np.uint64))
    events = column_events(layout, np.array([k, m - k, 0, 0, 0, 0, 0]))
    sources = len(events.events)
    dependence = Dependence((100,), np.full((1, sources), phi), np.zeros(sources, dtype=np.bool_))
    groups = events.grouped(np.array([k, m - k, 0, 0, 0, 0, 0]))[None]
    return Basis(events, groups, None, dependence, scored=False)


class Bounds(NamedTuple):
    """The shares of the null, by severity: an event within them has not drifted."""

    low: FloatArray
    high: FloatArray


def excused(k: float, m: float, doubt: float) -> Bounds:
    """Clopper and Pearson's bounds and what is tolerated, by the books."""
    high = float(beta.isf(doubt, k + 1, m - k)) if k < m else 1.0
    low = float(beta.ppf(doubt, k, m - k + 1)) if k > 0 else 0.0

    def moved(share: float, by: FloatArray) -> FloatArray:
        angle = np.clip(2 * np.arcsin(np.sqrt(share)) + by, 0, np.pi)
        return np.asarray(np.sin(angle / 2) ** 2)

    return Bounds(moved(low, -H0[:, 0]), moved(high, H0[:, 0]))


@given(
    st.integers(1, 10**6),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from((1, 2, 50, 400)),
    st.sampled_from((1.0, 1.0, 3.7)),
)
@settings(max_examples=150)
def test_no_event_within_its_bounds_gains_on_average(
    m: int, part: float, where: float, n: int, phi: float
) -> None:
    k = round(part * m)
    watch = Watch((two_words(k, m, phi),), H0, WATCHED)
    design = make_design(watch, [0])
    doubt = 0.05 / (2 * watch.bases[0].sources * WATCHED)
    bounds = excused(k / phi, m / phi, doubt)
    for severity in range(2):
        share = bounds.low[severity] + where * (bounds.high[severity] - bounds.low[severity])
        chances = binom.logpmf(np.arange(n + 1), n, max(share, 1e-12))
        for slot in range(SLOTS):
            alpha, fall = design.alpha[severity, 0, slot], design.beta[severity, 0, slot]
            gains = (np.arange(n + 1) * alpha + n * fall) / phi
            assert logsumexp(chances + gains) <= 1e-6


@pytest.mark.parametrize("shape", [NORMAL, LOGNORMAL, ZERO_INFLATED])
@pytest.mark.parametrize("part", [-1.0, -0.5, 0.0, 0.3, 1.0])
def test_no_score_within_its_bounds_gains_on_average(shape: Shape, part: float) -> None:
    basis = numeric(np.random.default_rng(3), shape, 3_000, 1).basis
    watch = Watch((basis,), H0, WATCHED)
    design = make_design(watch, [0])
    values = basis.values(0)
    shares = values / values.sum()
    slack = norm.isf(0.05 / (2 * basis.sources * WATCHED)) / np.sqrt(values.sum())
    starts = np.arange(2) * len(values)
    for place, start in zip(np.flatnonzero(watch.is_score), starts, strict=True):
        z = design.z[start : start + len(values)]
        for severity in range(2):
            moved = shares * np.exp(part * (H0[severity, 0] + slack) * z)
            moved /= moved.sum()
            for slot in range(SLOTS):
                alpha, fall = (
                    design.alpha[severity, place, slot],
                    design.beta[severity, place, slot],
                )
                assert moved @ np.exp(alpha * z + fall) <= 1.0 + 1e-12


@given(st.integers(1, 10**6), st.floats(0, 1), st.sampled_from(range(len(EVENT_STEPS))))
def test_a_member_gains_where_the_drift_is_the_one_it_bets_on(
    m: int, part: float, step: int
) -> None:
    watch = Watch((two_words(round(part * m), m),), H0, WATCHED)
    design = make_design(watch, [0])
    alpha, fall = design.alpha[1, 0, step], design.beta[1, 0, step]
    assume(alpha != 0.0)
    # log(1 - p) of the alternative, from what the member adds for a row that is no event.
    high = excused(round(part * m), m, 0.05 / (2 * watch.bases[0].sources * WATCHED)).high[1]
    failing = (1.0 - high) * np.exp(fall)
    assert (1.0 - failing) * (alpha + fall) + failing * fall > 0.0


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_what_is_alive_is_what_can_gain(m: int, part: float) -> None:
    watch = Watch((two_words(round(part * m), m),), H0, WATCHED)
    gains = make_design(watch, [0]).alpha != 0.0
    assert (alive(watch) == gains).all()


def test_an_event_that_is_always_so_can_not_become_more_frequent() -> None:
    watch = Watch((two_words(100, 100),), H0, WATCHED)
    ups = slice(0, len(EVENT_STEPS))
    assert not alive(watch)[:, 0, ups].any()


def test_a_column_that_was_never_asked_has_no_members_at_all() -> None:
    watch = Watch((two_words(0, 0),), H0, WATCHED)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not alive(watch).any()
        assert np.isfinite(make_design(watch, [0]).beta).all()


def test_more_columns_watched_leave_more_room_to_each() -> None:
    basis = two_words(50, 1_000)
    few, many = (make_design(Watch((basis,), H0, watched), [0]) for watched in (1, 1_000))
    # The more is excused, the less a yes is worth to a bet on more of it.
    assert (many.alpha[:, 0, :4] < few.alpha[:, 0, :4]).all()


def test_each_stratum_is_compared_with_its_own_counts() -> None:
    parts = [two_words(k, 1_000) for k in range(100, 124)]
    groups = np.concatenate([part.groups for part in parts])
    whole = Basis(parts[0].events, groups, None, parts[0].dependence, "hour_of_day", scored=False)
    watch = Watch((whole,), H0, WATCHED)
    alone = Watch((parts[5],), H0, WATCHED * 24)
    assert (make_design(watch, [5]).alpha == make_design(alone, [0]).alpha).all()


def test_a_score_that_is_dead_in_a_stratum_adds_nothing_there() -> None:
    basis = numeric(np.random.default_rng(3), NORMAL, 500, 1).basis
    strata = np.repeat(basis.groups, 24, axis=0)
    strata[3] = 0
    strata[3, 7] = 500
    watch = Watch((Basis(basis.events, strata, None, basis.dependence, "hour_of_day"),), H0, 1)
    there, elsewhere = (make_design(watch, [s]).alpha[:, watch.is_score] for s in (3, 4))
    assert not there.any()
    assert elsewhere.any()
    assert alive(watch)[:, watch.is_score].any()
