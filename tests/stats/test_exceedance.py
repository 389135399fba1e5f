"""The probability of so many rows or more, against a direct integration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftwatch.stats.exceedance import p_more


def one(seen: float, n: float, k: float, m: float, h0: float) -> float:
    given = [np.array([float(x)]) for x in (seen, n, k, m, h0)]
    with np.errstate(all="raise", under="ignore"):
        return float(p_more(*given)[0])


def integrated(seen: int, n: int, k: int, m: int, h0: float) -> float:
    """By a sum over a fine grid of angles, in logarithms."""
    angle = np.linspace(0.0, np.pi, 200_001)[1:-1]
    share = np.sin(angle / 2.0) ** 2
    moved = np.sin(np.minimum(angle + h0, np.pi) / 2.0) ** 2
    log = stats.beta.logpdf(share, k + 1, m - k) + np.log(np.sin(angle) / 2.0)
    with np.errstate(divide="ignore"):
        log += stats.binom.logsf(seen - 1, n, moved)
    most = log.max()
    return float(np.exp(most) * np.exp(log - most).sum() * (angle[1] - angle[0]))


CASES = (
    (60, 1_000, 2_500, 50_000, 0.0),
    (110, 1_000, 2_500, 50_000, 0.03),
    (250, 1_000, 2_500, 50_000, 0.03),  # 1e-80
    (15, 1_000, 3, 50_000, 0.03),
    (9, 1_000, 0, 5_000, 0.0),
    (30, 300, 1, 200, 0.0),
    (700, 50_000, 3, 1_000, 0.0),  # the batch is the larger of the two
    (40_000, 50_000, 500, 1_000, 0.03),
    (999, 1_000, 49_000, 50_000, 0.0),
    (20, 20, 1, 3, 0.3),
)


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_integral_down_to_the_far_tail(
    case: tuple[int, int, int, int, float],
) -> None:
    assert one(*case) == pytest.approx(integrated(*case), rel=1e-4)


def test_without_doubt_of_the_baseline_it_is_the_binomial_tail() -> None:
    tails = [one(seen, 500, 3e8, 1e9, 0.0) for seen in (150, 200, 250, 300)]
    wanted = stats.binom.sf(np.array([149, 199, 249, 299]), 500, 0.3)
    assert tails == pytest.approx(wanted.tolist(), rel=1e-3)


@pytest.mark.parametrize(
    ("seen", "n", "k", "m"),
    [(9, 40, 2, 60), (30, 1_000, 200, 50_000), (5, 5_000, 0, 100), (60, 60, 20, 60)],
)
def test_without_tolerance_it_is_fishers_exact_test(seen: int, n: int, k: int, m: int) -> None:
    table = np.array([[seen, n - seen], [k, m - k]])
    wanted = stats.fisher_exact(table, alternative="greater").pvalue
    assert one(seen, n, k, m, 0.0) == pytest.approx(wanted, rel=1e-4)
    opposite = stats.fisher_exact(table, alternative="less").pvalue
    assert one(n - seen, n, m - k, m, 0.0) == pytest.approx(opposite, rel=1e-4)


def test_with_no_event_in_the_baseline_it_is_what_can_be_computed_by_hand() -> None:
    # P(at least one of n) under Beta(1, m) is n / (n + m).
    assert one(1, 30, 0, 70, 0.0) == pytest.approx(0.3, rel=1e-6)
    assert one(1, 7_000, 0, 3_000, 0.0) == pytest.approx(0.7, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    m=st.integers(1, 10**8),
    n=st.integers(1, 10**8),
    share=st.floats(0.0, 1.0),
    drawn=st.floats(0.0, 1.0),
    h0=st.sampled_from([0.0, 0.03, 1.0]),
    phi=st.floats(1.0, 50.0),
)
def test_it_is_a_probability_that_falls_as_more_is_seen(
    m: int, n: int, share: float, drawn: float, h0: float, phi: float
) -> None:
    k, seen = round(share * m), np.unique(np.rint(np.linspace(drawn * n, n, 12)))
    same = np.ones(len(seen))
    with np.errstate(all="raise", under="ignore"):
        found = p_more(seen / phi, n / phi * same, k / phi * same, m / phi * same, h0 * same)
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert (found <= 1.0).all()
    assert (np.diff(found) <= 1e-4 * found[:-1] + 1e-300).all()


def test_nothing_seen_and_nothing_known_are_no_evidence() -> None:
    assert one(0, 1_000, 10, 1_000, 0.0) == 1.0
    assert one(0, 0, 10, 1_000, 0.0) == 1.0
    assert one(500, 1_000, 0, 0, 0.0) == 1.0


def test_what_was_always_so_cannot_become_more_frequent_in_any_number_of_rows() -> None:
    assert one(5e7, 5e7, 5e7, 5e7, 0.0) == 1.0
    assert one(5e7, 5e7, 5e7 - 1, 5e7, 0.0) > 0.2


def test_a_tolerance_is_excused_where_it_is_and_not_far_beyond() -> None:
    n, m, h0 = 10**7, 10**7, 0.03
    tolerated = np.sin((2 * np.arcsin(np.sqrt(0.2)) + h0) / 2) ** 2
    assert one(round(tolerated * n), n, 0.2 * m, m, h0) == pytest.approx(0.5, abs=0.01)
    assert one(round((tolerated + 0.002) * n), n, 0.2 * m, m, h0) < 1e-12


def test_a_baseline_drawn_anew_each_time_gives_uniform_p_values_or_larger_ones() -> None:
    rng = np.random.default_rng(3)
    size = 20_000
    for m, n, p in ((200, 100, 0.02), (100, 5_000, 0.3), (5_000, 1_000, 0.001)):
        k, seen = rng.binomial(m, p, size), rng.binomial(n, p, size)
        found = p_more(
            seen.astype(float), np.full(size, n), k.astype(float), np.full(size, m), np.zeros(size)
        )
        for level in (0.05, 0.01, 0.001):
            allowed = stats.binom.ppf(0.9999, size, level)
            assert (found < level).sum() <= allowed
