"""Which edges of a column its exported histogram has."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.export.buckets import FEW_EDGES, Buckets, buckets
from driftwatch.records import IntArray
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import NumericLayout


def column(values: Sequence[float]) -> tuple[NumericLayout, IntArray]:
    """A column whose baseline has these values, and its counts."""
    known = np.sort(np.array(values, dtype=np.float64))
    edges, low, high = make_edges(known, np.ones(len(known), np.int64), known[0], known[-1])
    layout = NumericLayout("x", "feature", edges, low, high)
    at = np.searchsorted(edges, known, side="right")
    return layout, np.bincount(at, minlength=layout.size).astype(np.int64)


def made(values: Sequence[float]) -> Buckets:
    return buckets(*column(values))


def test_a_column_of_many_values_has_a_bucket_for_each_twentieth_and_few_more() -> None:
    layout, cells = column(np.random.default_rng(1).lognormal(3.0, 0.8, 20_000).tolist())
    found = buckets(layout, cells)
    assert 21 <= len(found.les) <= FEW_EDGES
    shares = np.cumsum(cells)[found.ends - 1] / 20_000
    assert np.abs(shares[:, None] - np.arange(21) / 20).min(axis=0).max() < 0.002
    assert np.diff(shares).max() < 0.053


def test_a_column_of_few_values_has_a_bucket_that_ends_at_each_and_one_below_all() -> None:
    found = made([1] * 50 + [2] * 30 + [5] * 20)
    assert found.les == ("0.999996", "1.0", "2.0", "5.0", "+Inf")
    layout, cells = column([1] * 50 + [2] * 30 + [5] * 20)
    assert np.cumsum(cells)[found.ends - 1].tolist() == [0, 50, 80, 100, 100]
    assert layout.bins == found.ends[-1]


def test_the_range_of_training_has_buckets_of_its_own() -> None:
    layout, cells = column(np.linspace(10.0, 20.0, 5_000).tolist())
    found = buckets(layout, cells)
    assert (found.les[0], found.les[-2], found.les[-1]) == ("10.0", "20.0", "+Inf")
    assert found.ends[0] == layout.low + 1
    assert found.ends[-2] == layout.high + 1


def test_edges_that_six_digits_can_not_tell_apart_are_written_out() -> None:
    found = made([1_700_000_000.0 + 0.5 * i for i in range(2_000)])
    assert len(set(found.les)) == len(found.les)
    assert found.les[0] == "1.7e+09"
    assert found.les[1] == "1.7000000095e+09"


def test_a_column_without_a_number_in_training_has_one_bucket() -> None:
    found = buckets(NumericLayout("x", "feature", np.empty(0), 0, 0), np.zeros(7, np.int64))
    assert (found.les, found.ends.tolist()) == (("+Inf",), [1])


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(numbers | st.integers(-3, 3).map(float), min_size=1, max_size=80))
@pytest.mark.filterwarnings("error")
def test_labels_rise_and_stand_for_the_counts_below_them(values: list[float]) -> None:
    layout, cells = column(values)
    found = buckets(layout, cells)
    labels = [float(le) for le in found.les]
    assert labels == sorted(set(labels))
    assert (np.diff(found.ends) > 0).all()
    assert labels[-1] == np.inf
    assert found.ends[-1] == layout.bins
