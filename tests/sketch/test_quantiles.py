import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import FloatArray
from driftwatch.sketch.quantiles import QuantileSummary
from tests.sketch.zoo import SHAPES


def summary_of(values: FloatArray, k: int, piece: int = 1_000) -> QuantileSummary:
    summary = QuantileSummary(k)
    for start in range(0, len(values), piece):
        summary.add(values[start : start + piece])
    return summary


def worst_rank_error(summary: QuantileSummary, values: FloatArray) -> float:
    """The largest difference of ranks over all values, counted from below and from above."""
    kept, weights = summary.weighted()
    running, ordered = np.concatenate(([0], np.cumsum(weights))), np.sort(values)
    errors = [
        np.abs(
            running[np.searchsorted(kept, ordered, side=side)]
            - np.searchsorted(ordered, ordered, side=side)
        ).max()
        for side in ("left", "right")
    ]
    return float(max(errors))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("k", [64, 1_024])
def test_a_rank_is_wrong_by_no_more_than_promised(shape: str, k: int) -> None:
    values = SHAPES[shape](np.random.default_rng(3), 100_000)
    levels = math.ceil(math.log2(len(values) / k))
    assert worst_rank_error(summary_of(values, k), values) <= levels / (2 * k) * len(values)


@pytest.mark.parametrize("seed", range(5))
def test_the_promise_holds_for_values_that_come_in_blocks_of_their_rank(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.permutation(1_000) + 1_000.0 * b for b in rng.permutation(60)])
    levels = math.ceil(math.log2(len(values) / 128))
    assert worst_rank_error(summary_of(values, 128), values) <= levels / 256 * len(values)


def test_rounding_up_and_down_in_turn_makes_half_of_it_good() -> None:
    errors = []
    for seed in range(10):
        values = np.random.default_rng(seed).normal(size=50_000)
        errors.append(worst_rank_error(summary_of(values, 512), values) / len(values))
    levels = math.ceil(math.log2(50_000 / 512))
    assert np.mean(errors) <= 0.45 * levels / (2 * 512)  # 0.7 where it is always rounded down


@pytest.mark.parametrize("shape", SHAPES)
def test_up_to_k_values_it_is_exact(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(3), 512)
    kept, weights = summary_of(values, 512, piece=100).weighted()
    assert np.array_equal(kept, np.sort(values))
    assert (weights == 1).all()


@given(
    st.lists(st.integers(0, 20), max_size=300),
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
)
def test_how_the_values_are_cut_changes_nothing(values: list[int], cuts: list[int]) -> None:
    whole, pieces = QuantileSummary(16), QuantileSummary(16)
    array = np.array(values, dtype=np.float64)
    whole.add(array)
    for piece in np.split(array, np.cumsum(cuts)):
        pieces.add(piece)
    for one, other in zip(whole.weighted(), pieces.weighted(), strict=True):
        assert np.array_equal(one, other)


@given(st.lists(st.floats(-1e9, 1e9), max_size=400))
def test_the_weights_add_up_to_the_values_seen(values: list[float]) -> None:
    _, weights = summary_of(np.array(values), 8, piece=7).weighted()
    assert weights.sum() == len(values)


def test_it_keeps_no_more_than_a_buffer_a_level() -> None:
    n, k = 300_000, 256
    kept, _ = summary_of(np.random.default_rng(0).normal(size=n), k).weighted()
    assert len(kept) <= (math.ceil(math.log2(n / k)) + 1) * k


def test_without_values_it_is_empty() -> None:
    kept, weights = QuantileSummary().weighted()
    assert (len(kept), len(weights)) == (0, 0)


def test_values_that_the_caller_changes_afterwards_are_kept_as_they_were() -> None:
    summary, values = QuantileSummary(), np.array([1.0, 2.0])
    summary.add(values)
    values[:] = 9.0
    assert summary.weighted()[0].tolist() == [1.0, 2.0]


@given(
    seed=st.integers(0, 1_000),
    size=st.integers(0, 200),
    cuts=st.lists(st.floats(0.0, 1.0), max_size=5),
    first_pair=st.integers(0, 10),
)
def test_stretches_that_are_put_together_give_the_summary_of_the_whole(
    seed: int, size: int, cuts: list[float], first_pair: int
) -> None:
    array = np.random.default_rng(seed).integers(0, 50, size).astype(np.float64)
    bounds = [0, *sorted(int(cut * size) for cut in cuts), size]
    stretches = []
    for start, end in pairwise(bounds):
        stretch = QuantileSummary(4, start)
        stretch.add(array[start:end])
        stretches.append(stretch)
    if len(stretches) > 1:  # any two neighbours first: it is associative
        at = first_pair % (len(stretches) - 1)
        stretches[at].merge(stretches.pop(at + 1))
    merged = QuantileSummary(4)
    for stretch in stretches:
        merged.merge(stretch)
    whole = summary_of(array, 4).weighted()
    assert [part.tolist() for part in merged.weighted()] == [part.tolist() for part in whole]


def test_a_stretch_can_not_be_put_behind_a_gap() -> None:
    with pytest.raises(ValueError, match="the values that follow"):
        QuantileSummary(4).merge(QuantileSummary(4, first=1))
