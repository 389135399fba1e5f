"""phi: what a block's count varies by, over what independent rows would."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import FloatArray
from driftwatch.stats.dependence import Dependence, block_sizes, joined, measure

SIZES = (50, 200, 800)
ROWS = 80_000


def measured(rows: FloatArray, sizes: tuple[int, ...] = SIZES) -> Dependence:
    """Of events, one a column of these zeros and ones, in this order."""
    share = rows.mean(axis=0)
    residuals = [
        rows[: len(rows) // size * size].reshape(-1, size, rows.shape[1]).sum(axis=1) - size * share
        for size in sizes
    ]
    return measure(sizes, residuals, share * (1.0 - share))


def yes(rng: np.random.Generator, share: float, run: int = 1) -> FloatArray:
    """(ROWS, 1) an event that keeps its answer for so many rows."""
    drawn = rng.random(ROWS // run + 1) < share
    return np.repeat(drawn, run)[:ROWS, None].astype(np.float64)


def test_independent_rows_have_a_phi_near_one() -> None:
    rng = np.random.default_rng(1)
    phi = measured(np.hstack([yes(rng, 0.3) for _ in range(40)])).phi
    # Upper confidence bounds: those of 100 blocks are wider than those of 1,600.
    assert (phi >= 1.0).all()
    assert np.median(phi[0]) < 1.1
    assert np.median(phi[2]) < 1.4


def test_rows_in_runs_have_a_phi_of_the_length_of_a_run() -> None:
    rng = np.random.default_rng(2)
    phi = measured(np.hstack([yes(rng, 0.3, 10) for _ in range(40)])).phi
    assert np.median(phi[0]) == pytest.approx(10.0, rel=0.15)


def test_a_bound_is_below_the_truth_in_one_of_twenty() -> None:
    rng = np.random.default_rng(3)
    phi = measured(np.hstack([yes(rng, 0.3, 10) for _ in range(400)]), (50,)).phi[0]
    assert (phi < 10.0).mean() == pytest.approx(0.05, abs=0.04)


def test_one_bursty_event_says_nothing_of_another() -> None:
    rng = np.random.default_rng(4)
    phi = measured(np.hstack((yes(rng, 0.2, 20), yes(rng, 0.2)))).phi
    assert phi[0, 0] > 15.0
    assert phi[0, 1] < 1.3


def test_what_moves_by_whole_blocks_grows_on() -> None:
    rng = np.random.default_rng(5)
    shares = np.repeat(rng.uniform(0.2, 0.4, ROWS // 800), 800)
    moving = (rng.random(ROWS) < shares)[:, None].astype(np.float64)
    dependence = measured(np.hstack((moving, yes(rng, 0.3, 5))))
    assert dependence.grows.tolist() == [True, False]
    assert dependence.at(8_000.0)[0] == pytest.approx(10.0 * dependence.largest[0])


def test_what_panes_share_with_the_next_ones_counts_for_each_of_them() -> None:
    rng = np.random.default_rng(8)
    moods = np.repeat(rng.normal(size=(60, 3)), 16, axis=0)  # 16 blocks have one mood
    small = moods * 3.0 + rng.normal(size=(960, 3)) * np.sqrt(100.0)
    large = small.reshape(60, 16, 3).sum(axis=1)
    found = measure((100, 1600), (small, large), np.ones(3))
    raw = large.var(axis=0, ddof=1) / 1600
    assert (found.at(100.0) >= raw - 1e-9).all()


def test_a_rare_event_takes_the_phi_that_is_high_among_the_others() -> None:
    rng = np.random.default_rng(6)
    usual = [yes(rng, 0.3, run) for run in range(1, 11)]
    never = np.zeros((ROWS, 1))
    phi = measured(np.hstack((*usual, never)), (50,)).phi[0]
    assert phi[-1] == pytest.approx(np.quantile(phi[:-1], 0.9))


def test_how_values_come_together_says_nothing_of_how_they_go_missing() -> None:
    rng = np.random.default_rng(4)
    residuals = np.concatenate((rng.normal(size=(500, 3)) * 50.0, np.zeros((500, 1))), axis=1)
    variance = np.array([1.0, 1.0, 1.0, 0.0])
    of_values = np.array([True, True, True, False])
    assert measure((100,), (residuals,), variance).at(100.0)[3] > 20
    assert measure((100,), (residuals,), variance, of_values).at(100.0)[3] == 1.0


def test_a_rare_event_that_comes_in_bursts_has_the_phi_that_it_shows() -> None:
    rng = np.random.default_rng(7)
    rare = yes(rng, 0.01, 30)
    phi = measured(np.hstack((*(yes(rng, 0.3) for _ in range(10)), rare)), (50,)).phi[0]
    assert phi[-1] > 15.0


def test_events_that_are_all_never_or_always_have_a_phi_of_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dependence = measured(np.hstack((np.zeros((ROWS, 1)), np.ones((ROWS, 1)))))
    assert (dependence.phi == 1.0).all()


@given(st.integers(0, 2**32), st.floats(1, 1e8), st.floats(1, 1e8))
def test_phi_is_at_least_one_and_never_falls_with_the_rows(
    seed: int, rows: float, more: float
) -> None:
    rng = np.random.default_rng(seed)
    noise = [np.asarray(rng.normal(size=(40, 3)) * rng.uniform(0, 100, 3)) for _ in SIZES]
    dependence = measure(SIZES, noise, np.array([0.2, 0.01, 0.0]))
    fewer, greater = dependence.at(min(rows, more)), dependence.at(max(rows, more))
    assert (fewer >= 1.0).all()
    assert (greater >= fewer).all()


def test_between_two_sizes_the_larger_one_counts() -> None:
    phi = np.array([[2.0], [3.0], [5.0]])
    dependence = Dependence(SIZES, phi, np.array([False]))
    assert [dependence.at(n)[0] for n in (1.0, 50.0, 51.0, 200.0, 201.0, 800.0)] == [
        2,
        2,
        3,
        3,
        5,
        5,
    ]


def test_beyond_the_largest_block_rows_are_taken_to_move_together() -> None:
    dependence = Dependence((100,), np.array([[1.0, 3.0]]), np.array([False, False]))
    assert dependence.at(1_000.0).tolist() == [1.0, 21.0]


def test_each_event_can_have_rows_of_its_own() -> None:
    phi = np.array([[2.0, 2.0], [4.0, 4.0]])
    dependence = Dependence((100, 400), phi, np.array([False, False]))
    assert dependence.at(np.array([100.0, 400.0])).tolist() == [2.0, 4.0]


def test_without_an_order_of_time_phi_is_one() -> None:
    assert Dependence.none(3).at(10.0).tolist() == [1.0, 1.0, 1.0]
    assert Dependence.none(3).largest.tolist() == [1.0, 1.0, 1.0]


def test_columns_keep_their_phi_when_they_are_joined() -> None:
    first = Dependence((100,), np.array([[2.0]]), np.array([True]))
    second = Dependence((100,), np.array([[3.0, 4.0]]), np.array([False, True]))
    both = joined([first, second])
    assert both.phi.tolist() == [[2.0, 3.0, 4.0]]
    assert both.grows.tolist() == [True, False, True]


def test_columns_of_other_blocks_can_not_be_joined() -> None:
    parts = [Dependence((size,), np.ones((1, 1)), np.array([False])) for size in (100, 200)]
    with pytest.raises(ValueError, match="blocks of other sizes"):
        joined(parts)


def test_no_columns_have_no_phi() -> None:
    assert joined([]).at(5.0).shape == (0,)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_blocks_are_a_pane_four_and_sixteen_as_long_as_there_are_thirty(
    pane_rows: int, rows: int
) -> None:
    sizes = block_sizes(pane_rows, rows)
    assert list(sizes) == sorted(set(sizes))
    assert len(sizes) <= 3
    assert all(rows // size >= 30 for size in sizes)
    assert all(later == 4 * size for size, later in pairwise(sizes))
    assert bool(sizes) == (rows >= 60)
