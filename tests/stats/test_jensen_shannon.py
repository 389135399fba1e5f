"""The distance of two sets of words, held against scipy's."""

import numpy as np
import pytest
import scipy.spatial.distance
from hypothesis import given

from driftwatch.records import FloatArray
from driftwatch.stats.jensen_shannon import jensen_shannon
from tests.stats.samples import Sample, Words, counts_of, reference_of, word_samples


def compared(baseline: Sample, live: Sample) -> float:
    reference = reference_of(baseline)
    return float(jensen_shannon(counts_of(reference.layout, live), reference).distance[0])


def shares(sample: Words, known: list[str]) -> FloatArray:
    """How much of the words each of the known ones makes up, and last what is none of them."""
    found = [word for word in sample if word is not None]
    counts = [found.count(word) for word in known]
    return np.array([*counts, len(found) - sum(counts)]) / len(found)


@given(word_samples.filter(any), word_samples.filter(any))
def test_it_is_what_scipy_says_in_base_two(baseline: Words, live: Words) -> None:
    known = sorted({word for word in baseline if word is not None})
    expected = scipy.spatial.distance.jensenshannon(
        shares(baseline, known), shares(live, known), base=2
    )
    # The square root of a difference of nearly equal sums: half of the digits are left.
    assert compared(baseline, live) == pytest.approx(expected, abs=1e-7)


def test_words_of_which_none_is_common_are_at_distance_one() -> None:
    assert compared(["a", "b"], ["c", "d"]) == pytest.approx(1.0)


def test_equal_shares_are_at_distance_zero() -> None:
    assert compared(["a", "b"] * 3, ["b", "a"] * 50) == 0.0


@pytest.mark.parametrize(
    ("baseline", "live"), [(["a"], [None]), ([None], ["a"]), (np.arange(9.0), np.arange(9.0))]
)
def test_numbers_and_columns_without_words_have_none(baseline: Sample, live: Sample) -> None:
    assert np.isnan(compared(baseline, live))
