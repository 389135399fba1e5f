"""The area between two distributions, held against the samples and against a slow sum."""

import math
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.stats.reference import Reference
from driftwatch.stats.wasserstein import wasserstein
from tests.stats.samples import Sample, counts_of, finite, numeric_samples, reference_of


def compared(reference: Reference, *live: Sample) -> FloatArray:
    return wasserstein(counts_of(reference.layout, *live), reference).normalized


def shares(counts: Counts, reference: Reference) -> list[float]:
    """The share of the values below each edge of a lone column, the last entry being 1."""
    bins = counts.cells[reference.bin_cells].tolist()
    return [sum(bins[: i + 1]) / sum(bins) for i in range(len(bins))]


def slow_area(live: Counts, reference: Reference) -> float:
    """Trapezoids between the edges, in standard deviations."""
    column = reference.layout.columns[0]
    assert column.kind == "numeric"
    edges = column.edges.tolist()
    p, q = shares(reference.counts, reference), shares(live, reference)
    scale = float(reference.counts.moments.stddev[0])
    area: float = sum(
        (abs(q[i] - p[i]) + abs(q[i + 1] - p[i + 1])) / 2 * (edges[i + 1] - edges[i])
        for i in range(len(edges) - 1)
    )
    return area / scale


def is_spread(sample: FloatArray) -> bool:
    """A standard deviation that is more than the rounding of the values."""
    values = finite(sample)
    return float(np.ptp(values)) > 1e-9 * float(np.abs(values).max())


tame_samples = numeric_samples(300).filter(
    lambda sample: 1e-100 < float(np.abs(finite(sample)).max()) < 1e100 and len(finite(sample)) > 1
)


@given(tame_samples, tame_samples)
def test_it_is_the_area_between_the_edges(baseline: FloatArray, live: FloatArray) -> None:
    reference = reference_of(baseline)
    assume(is_spread(baseline))
    counts = counts_of(reference.layout, live)
    found = wasserstein(counts, reference).normalized[0]
    assert found == pytest.approx(slow_area(counts, reference), rel=1e-9, abs=1e-12)


@given(tame_samples, tame_samples)
@settings(max_examples=60)
def test_the_true_distance_is_no_farther_than_the_mass_of_the_bins_allows(
    baseline: FloatArray, live: FloatArray
) -> None:
    """Within a bin either distribution may rise anywhere: by its mass there, over its width."""
    reference = reference_of(baseline)
    scale = float(reference.counts.moments.stddev[0])
    column = reference.layout.columns[0]
    assert column.kind == "numeric"
    edges = column.edges
    inside = finite(live)
    inside = inside[(inside >= edges[0]) & (inside < edges[-1])]
    assume(is_spread(baseline) and len(inside) > 0)
    counts = counts_of(reference.layout, inside)
    truth = float(scipy.stats.wasserstein_distance(inside, finite(baseline))) / scale
    masses = [np.diff(shares(side, reference)) for side in (counts, reference.counts)]
    allowed = float((np.diff(edges) * (masses[0] + masses[1])[: len(edges) - 1]).sum()) / scale
    found = wasserstein(counts, reference).normalized[0]
    assert abs(found - truth) <= allowed + 1e-9 * (truth + 1)


def test_a_shift_of_smooth_data_is_found_in_standard_deviations() -> None:
    rng = np.random.default_rng(5)
    found = compared(reference_of(rng.normal(10, 4, 20_000)), rng.normal(13, 4, 20_000))
    assert found[0] == pytest.approx(0.75, abs=0.05)


def test_a_sample_has_no_distance_from_itself() -> None:
    sample = np.random.default_rng(5).normal(size=500)
    assert compared(reference_of(sample), sample).tolist() == [0.0]


@pytest.mark.parametrize(
    ("baseline", "live"),
    [
        (np.full(9, 2.0), np.arange(9.0)),
        (np.full(700, 0.1), np.arange(9.0)),
        (np.array([np.nan]), np.arange(9.0)),
        (np.arange(9.0), np.array([np.nan])),
        (["a", "b"], ["a"]),
    ],
    ids=["a constant", "a constant that rounds", "no baseline values", "no live values", "words"],
)
def test_without_a_scale_or_values_there_is_no_distance(baseline: Sample, live: Sample) -> None:
    assert math.isnan(compared(reference_of(baseline), live)[0])


def test_a_column_without_values_leaves_the_one_after_it_alone() -> None:
    sample, moved = np.arange(100.0), np.arange(100.0) + 20
    alone = compared(reference_of(sample), moved)[0]
    reference = reference_of(sample, sample)
    assert compared(reference, np.array([np.nan]), moved)[1] == alone


def test_the_largest_floats_raise_no_warning() -> None:
    ends = np.array([-1.0, 1.0] * 50) * np.finfo(np.float64).max
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compared(reference_of(ends), ends).shape == (1,)
