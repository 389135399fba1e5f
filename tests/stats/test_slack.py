"""The bounds of a share are exact, whatever its size."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm

from driftwatch.stats.slack import LEAST_SHARE, bounds, h, mean_slack, share_at

doubts = st.floats(1e-9, 0.2)


@given(st.integers(1, 100_000), st.floats(0, 1), doubts)
def test_bounds_are_those_of_clopper_and_pearson(m: int, part: float, doubt: float) -> None:
    k = round(part * m)
    low, high = bounds(np.array([float(k)]), np.array([float(m)]), np.array([doubt]))
    exact = binomtest(k, m).proportion_ci(1.0 - 2.0 * doubt, method="exact")
    assert low[0] == pytest.approx(exact.low, rel=1e-6, abs=1e-14)
    assert high[0] == pytest.approx(exact.high, rel=1e-6, abs=1e-14)


@given(st.integers(1, 300), st.floats(1e-12, 1), doubts)
def test_a_bound_misses_the_truth_no_oftener_than_its_doubt(
    m: int, share: float, doubt: float
) -> None:
    k = np.arange(m + 1.0)
    low, high = bounds(k, np.full(m + 1, float(m)), np.full(m + 1, doubt))
    chances = binom.pmf(k, m, share)
    assert chances[low > share].sum() <= doubt * (1.0 + 1e-6)
    assert chances[high < share].sum() <= doubt * (1.0 + 1e-6)


@given(st.floats(0, 1e6), st.floats(0, 1), doubts)
def test_bounds_enclose_what_was_seen_where_counts_are_no_integers(
    m: float, part: float, doubt: float
) -> None:
    k = np.array([part * m])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = bounds(k, np.array([m]), np.array([doubt]))
    assert 0.0 <= low[0] <= high[0] <= 1.0
    if m > 0:
        assert low[0] <= k[0] / m + 1e-12
        assert high[0] >= k[0] / m - 1e-12


@pytest.mark.parametrize(("k", "expected"), [(0.0, (0.0, None)), (10.0, (None, 1.0))])
def test_what_was_never_or_always_seen_is_bounded_on_one_side_only(
    k: float, expected: tuple[float | None, float | None]
) -> None:
    found = bounds(np.array([k]), np.array([10.0]), np.array([0.01]))
    for bound, known in zip(found, expected, strict=True):
        assert known is None or bound[0] == known


def test_the_bound_of_a_billion_rows_is_a_number() -> None:
    low, high = bounds(np.array([5e8]), np.array([1e9]), np.array([1e-12]))
    assert 0.4997 < low[0] < 0.5 < high[0] < 0.5003


@given(st.floats(LEAST_SHARE, 1.0 - LEAST_SHARE))
def test_a_share_is_found_again_on_its_scale(share: float) -> None:
    assert share_at(h(np.array([share])))[0] == pytest.approx(share, rel=1e-9)


@given(st.floats(-10, 10))
def test_a_point_off_the_scale_is_a_share_at_its_end(angle: float) -> None:
    assert LEAST_SHARE <= share_at(np.array([angle]))[0] <= 1.0 - LEAST_SHARE


def test_three_hundredths_of_the_scale_are_a_point_and_a_half_at_the_middle() -> None:
    moved = share_at(h(np.array([0.5])) + 0.03)[0]
    assert moved - 0.5 == pytest.approx(0.015, abs=1e-4)


@given(st.integers(1, 10**9), doubts)
def test_a_mean_is_known_to_its_standard_error(m: int, doubt: float) -> None:
    slack = mean_slack(np.array([float(m)]), np.array([doubt]))[0]
    assert slack == pytest.approx(norm.isf(doubt) / np.sqrt(m), rel=1e-9)


def test_the_mean_of_no_rows_is_not_known_at_all() -> None:
    assert mean_slack(np.array([0.0]), np.array([0.01]))[0] == np.inf
