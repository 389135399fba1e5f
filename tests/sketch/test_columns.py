import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import FloatArray, IntArray, StatusArray
from driftwatch.sketch.columns import count_numeric, moments_of, numeric_cells, sort_keys
from driftwatch.sketch.counts import Moments
from driftwatch.sketch.layout import NumericLayout
from tests.sketch.zoo import (
    LARGEST,
    SHAPES,
    cells,
    columns_of,
    layout_of,
    numeric_layouts,
    slow_cell,
)


def sorted_counts(
    layout: NumericLayout, values: FloatArray, status: StatusArray | None
) -> tuple[IntArray, Moments]:
    out = np.zeros(layout.size, dtype=np.int64)
    missing = None if status is None else status[None, :]
    count_numeric(values[None, :], missing, [sort_keys(layout)], [out])
    return out, moments_of(values[None, :])


@given(numeric_layouts(), st.lists(cells, max_size=40))
def test_each_value_falls_in_the_cell_that_the_definition_says(
    layout: NumericLayout, rows: list[tuple[float, int]]
) -> None:
    values, status = columns_of(rows)
    found = numeric_cells(layout, values, status).tolist()
    assert found == [slow_cell(layout, *row) for row in rows]


@given(numeric_layouts(), st.lists(cells, max_size=40))
def test_sorting_counts_what_searching_counts(
    layout: NumericLayout, rows: list[tuple[float, int]]
) -> None:
    values, status = columns_of(rows)
    searched = np.bincount(numeric_cells(layout, values, status), minlength=layout.size)
    assert np.array_equal(sorted_counts(layout, values, status)[0], searched)


@pytest.mark.parametrize("trained", SHAPES)
@pytest.mark.parametrize("live", SHAPES)
def test_both_ways_agree_on_any_column_against_any_baseline(trained: str, live: str) -> None:
    rng = np.random.default_rng(11)
    layout = layout_of(SHAPES[trained](rng, 700))
    values = SHAPES[live](rng, 700)
    values[rng.random(700) < 0.1] = rng.choice([np.nan, np.inf, -np.inf])
    present = np.zeros(700, dtype=np.uint8)
    searched = np.bincount(numeric_cells(layout, values, present), minlength=layout.size)
    assert np.array_equal(sorted_counts(layout, values, None)[0], searched)


def test_an_edge_belongs_to_the_bin_that_it_begins() -> None:
    layout = NumericLayout("x", "feature", np.array([0.0, 1.0]), 0, 1)
    before = np.nextafter(1.0, 0.0)
    assert sorted_counts(layout, np.array([before, 1.0]), None)[0][:3].tolist() == [0, 1, 1]


def test_both_zeros_fall_in_one_bin() -> None:
    layout = layout_of(np.array([0.0, 1.0]))
    counts, _ = sorted_counts(layout, np.array([0.0, -0.0]), None)
    assert counts[layout.low + 1] == 2


def test_counting_adds_to_what_is_there() -> None:
    layout = layout_of(np.array([0.0, 1.0]))
    out = np.ones(layout.size, dtype=np.int64)
    count_numeric(np.array([[0.5, np.nan]]), None, [sort_keys(layout)], [out])
    assert out.sum() == layout.size + 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_the_moments_are_those_of_the_finite_values(numbers: list[float]) -> None:
    values = np.array([*numbers, np.nan, np.inf, -np.inf])
    mean = math.fsum(numbers) / len(numbers)
    m2 = math.fsum((x - mean) ** 2 for x in numbers)
    for moments in (
        sorted_counts(layout_of(values[:1]), values, None)[1],
        moments_of(values[None]),
    ):
        assert moments.count[0] == len(numbers)
        assert moments.mean[0] == pytest.approx(mean, rel=1e-12, abs=1e-9)
        assert moments.m2[0] == pytest.approx(m2, rel=1e-9, abs=1e-9)
        assert (moments.minimum[0], moments.maximum[0]) == (min(numbers), max(numbers))


@given(st.lists(st.sampled_from((LARGEST, -LARGEST, 5e-324, 1e-308)), min_size=1, max_size=9))
def test_the_mean_lies_among_the_values_whatever_their_size(numbers: list[float]) -> None:
    values = np.array(numbers)
    for moments in (sorted_counts(layout_of(values), values, None)[1], moments_of(values[None])):
        assert moments.minimum[0] <= moments.mean[0] <= moments.maximum[0]


def test_a_column_without_a_finite_value_has_the_moments_of_an_empty_one() -> None:
    values = np.array([np.nan, np.inf])
    assert moments_of(values[None]) == Moments.empty(1)
    assert sorted_counts(layout_of(np.ones(1)), values, None)[1] == Moments.empty(1)


def test_columns_are_counted_each_for_itself() -> None:
    layouts = [layout_of(np.array([0.0, 1.0])), layout_of(np.array([100.0, 200.0, 300.0]))]
    values = np.array([[0.5, 0.5, np.nan], [100.0, np.nan, 300.0]])
    missing = np.array([[0, 0, 1], [0, 0, 0]], dtype=np.uint8)
    out = [np.zeros(layout.size, dtype=np.int64) for layout in layouts]
    count_numeric(values, missing, [sort_keys(layout) for layout in layouts], out)
    for i, layout in enumerate(layouts):
        assert np.array_equal(out[i], sorted_counts(layout, values[i], missing[i])[0])
