import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.edges import EQUAL_MASS_BINS, EXTRA_QUANTILES, make_edges
from driftwatch.sketch.layout import NumericLayout
from tests.sketch.zoo import DENORMAL, LARGEST, SHAPES, finite_floats, layout_of

shapes = pytest.mark.parametrize("shape", SHAPES)


def sample(shape: str, n: int = 20_000) -> FloatArray:
    return SHAPES[shape](np.random.default_rng(7), n)


def bin_counts(layout: NumericLayout, values: FloatArray) -> IntArray:
    bins = np.searchsorted(layout.edges, values, side="right")
    return np.bincount(bins, minlength=layout.bins).astype(np.int64)


@shapes
def test_edges_are_finite_and_ascending(shape: str) -> None:
    edges = layout_of(sample(shape)).edges
    assert np.isfinite(edges).all()
    assert (np.diff(edges) > 0).all()


@given(st.lists(finite_floats, min_size=1, max_size=60))
def test_the_range_reaches_from_the_smallest_value_to_just_above_the_largest(
    values: list[float],
) -> None:
    layout = layout_of(np.array(values))
    assert layout.edges[layout.low] == min(values)
    with np.errstate(over="ignore"):
        above = np.nextafter(max(values), np.inf)
    assert layout.edges[layout.high] == min(above, LARGEST)


@shapes
def test_a_value_with_a_320th_of_the_mass_has_a_bin_of_its_own(shape: str) -> None:
    values = sample(shape)
    layout = layout_of(values)
    distinct, counts = np.unique(values, return_counts=True)
    for atom in distinct[counts * EQUAL_MASS_BINS >= len(values)]:
        at = int(np.searchsorted(layout.edges, atom, side="right"))
        # Behind the largest float there is no edge, and no float either.
        assert layout.single[at] or atom == LARGEST


@shapes
def test_no_bin_of_several_values_holds_more_than_two_320ths(shape: str) -> None:
    values = sample(shape)
    layout = layout_of(values)
    counts = bin_counts(layout, values)
    inner = ~layout.single
    inner[-1] = False  # the largest float has no bin with an end
    assert counts[inner].max(initial=0) <= 2 * len(values) / EQUAL_MASS_BINS


@pytest.mark.parametrize("shape", ["normal", "lognormal", "huge range", "sorted"])
def test_deciles_vigintiles_and_extra_quantiles_are_unions_of_bins(shape: str) -> None:
    values = sample(shape)
    share = np.cumsum(bin_counts(layout_of(values), values)) / len(values)
    wanted = np.concatenate((np.arange(1, 20) / 20, EXTRA_QUANTILES))
    # An edge lies at the value of that rank, so what is below it is one value less.
    assert np.abs(share[:, None] - wanted).min(axis=0).max() <= 1.5 / len(values)


def test_beyond_the_range_bins_grow_by_a_quarter_octave_for_twenty_octaves() -> None:
    layout = layout_of(np.array([0.0, 1.0]))
    above, below = layout.edges[layout.high + 1 :], layout.edges[: layout.low]
    distances = np.exp2(np.arange(1, 81) / 4) - 1
    np.testing.assert_allclose(above, 1 + distances)
    np.testing.assert_allclose(below, -distances[::-1])


def test_a_constant_is_located_by_its_own_size() -> None:
    layout = layout_of(np.full(5, 1_000.0))
    assert layout.high == layout.low + 1
    farther = layout.edges[layout.high + 4] - 1_000.0  # four bins are an octave
    assert farther == pytest.approx(1_000.0)


def test_the_constant_zero_has_tails_too() -> None:
    layout = layout_of(np.zeros(5))
    assert layout.edges[0] == pytest.approx(-(2.0**20 - 1))
    assert layout.edges[layout.low] == 0.0


def test_a_range_of_one_denormal_has_tails() -> None:
    layout = layout_of(np.array([0.0, DENORMAL]))
    assert len(layout.edges) > 160
    assert layout.edges[layout.low : layout.high + 1].tolist() == [0.0, DENORMAL, 2 * DENORMAL]


def test_no_edge_lies_behind_the_largest_float() -> None:
    layout = layout_of(np.array([-LARGEST, LARGEST]))
    assert (layout.edges[0], layout.edges[-1]) == (-LARGEST, LARGEST)
    assert (layout.low, layout.high) == (0, len(layout.edges) - 1)


def test_zero_is_written_without_a_sign() -> None:
    layout = layout_of(np.array([-0.0, -0.0]))
    assert not np.signbit(layout.edges[layout.low])


def test_without_values_there_is_one_bin() -> None:
    edges, low, high = make_edges(np.empty(0), np.empty(0, dtype=np.int64), np.inf, -np.inf)
    layout = NumericLayout("x", "feature", edges, low, high)
    assert (layout.bins, layout.single.tolist()) == (1, [False])


def test_weights_count_as_so_many_values() -> None:
    values, weights = np.arange(5_000.0), np.arange(5_000) % 7 + 1
    every = np.repeat(values, weights)
    weighted = make_edges(values, weights, 0.0, 4_999.0)
    repeated = make_edges(every, np.ones(len(every), dtype=np.int64), 0.0, 4_999.0)
    assert np.array_equal(weighted[0], repeated[0])
    assert weighted[1:] == repeated[1:]


def test_the_exact_range_holds_where_the_summary_lost_its_ends() -> None:
    edges, low, high = make_edges(np.array([2.0, 3.0]), np.array([8, 8]), 1.0, 4.0)
    assert (edges[low], edges[high]) == (1.0, np.nextafter(4.0, 5.0))
