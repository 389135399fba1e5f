"""The distance of two samples from counts, held against the samples themselves."""

import warnings

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.records import FloatArray
from driftwatch.stats.ks import Ks, ks
from tests.sketch.zoo import finite_floats
from tests.stats.samples import Sample, counts_of, finite, numeric_samples, reference_of, sizes

ROUNDING = 1e-12

few_floats = npst.arrays(np.float64, st.integers(1, 8), elements=finite_floats)


def compared(baseline: Sample, live: Sample) -> Ks:
    reference = reference_of(baseline)
    counts = counts_of(reference.layout, live)
    return ks(counts, reference, *sizes(reference, counts))


def true_distance(baseline: FloatArray, live: FloatArray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # its own p-value fails for single values
        found = scipy.stats.ks_2samp(finite(live), finite(baseline), method="asymp")
    return float(found.statistic)


@given(numeric_samples(), numeric_samples())
@settings(max_examples=150)
def test_the_true_distance_lies_between_the_statistic_and_its_bound(
    baseline: FloatArray, live: FloatArray
) -> None:
    found, truth = compared(baseline, live), true_distance(baseline, live)
    assert found.statistic[0] <= truth + ROUNDING
    assert truth <= found.upper_bound[0] + ROUNDING


@given(few_floats, few_floats)
def test_the_true_distance_of_a_few_odd_floats_lies_between_both(
    baseline: FloatArray, live: FloatArray
) -> None:
    found, truth = compared(baseline, live), true_distance(baseline, live)
    assert found.statistic[0] <= truth + ROUNDING
    assert truth <= found.upper_bound[0] + ROUNDING


@given(numeric_samples(largest=300))
@settings(max_examples=40)
def test_the_distance_of_a_sample_from_itself_is_zero(sample: FloatArray) -> None:
    assert compared(sample, sample).statistic.tolist() == [0.0]


@pytest.mark.parametrize("shift", [0.0, 0.1, 1.0, 100.0])
def test_the_bound_is_within_three_hundredths_of_the_statistic_for_smooth_data(
    shift: float,
) -> None:
    rng = np.random.default_rng(7)
    found = compared(rng.normal(size=20_000), rng.normal(shift, size=5_000))
    assert found.upper_bound[0] - found.statistic[0] < 0.03


def test_a_column_of_a_few_integers_is_known_exactly() -> None:
    rng = np.random.default_rng(7)
    found = compared(rng.integers(0, 6, 500).astype(float), rng.integers(0, 9, 200).astype(float))
    assert found.upper_bound[0] - found.statistic[0] <= ROUNDING


def test_infinities_and_nan_are_no_part_of_the_distance() -> None:
    values = np.arange(100.0)
    odd = np.concatenate((values, [np.inf, -np.inf, np.nan]))
    assert compared(values, odd).statistic.tolist() == [0.0]


@pytest.mark.parametrize(
    ("baseline", "live"),
    [
        (np.arange(9.0), np.array([np.nan, np.inf])),
        (np.array([np.nan]), np.arange(9.0)),
        (np.array([np.nan]), np.array([np.nan])),
        (["a", "b"], ["a"]),
    ],
    ids=["no live values", "no baseline values", "neither", "words"],
)
def test_without_numbers_on_both_sides_there_is_no_distance(baseline: Sample, live: Sample) -> None:
    found = compared(baseline, live)
    assert np.isnan([found.statistic[0], found.upper_bound[0], found.p_value[0]]).all()


@given(st.floats(1, 1e6), st.floats(1, 1e6), numeric_samples(largest=300))
@settings(max_examples=40)
def test_the_p_value_is_that_of_the_statistic_at_the_effective_sizes(
    live_size: float, baseline_size: float, live: FloatArray
) -> None:
    reference = reference_of(np.arange(200.0))
    counts = counts_of(reference.layout, live)
    found = ks(counts, reference, np.array([live_size]), np.array([baseline_size]))
    effective = live_size * baseline_size / (live_size + baseline_size)
    expected = scipy.stats.kstwobign.sf(np.sqrt(effective) * found.statistic[0])
    assert found.p_value[0] == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_p_values_are_small_no_more_often_than_they_say_where_nothing_drifts() -> None:
    rng = np.random.default_rng(11)
    baselines = rng.normal(size=(300, 400))
    reference = reference_of(*baselines)
    counts = counts_of(reference.layout, *rng.normal(size=(300, 250)))
    p_values = ks(counts, reference, *sizes(reference, counts)).p_value
    for level in (0.01, 0.05, 0.2):
        most = scipy.stats.binom.ppf(1 - 1e-6, len(p_values), level)
        assert (p_values < level).sum() <= most


def test_p_values_find_a_shift_of_half_a_standard_deviation() -> None:
    rng = np.random.default_rng(11)
    reference = reference_of(*rng.normal(size=(100, 400)))
    counts = counts_of(reference.layout, *rng.normal(0.5, size=(100, 250)))
    p_values = ks(counts, reference, *sizes(reference, counts)).p_value
    assert (p_values < 0.01).mean() > 0.9
