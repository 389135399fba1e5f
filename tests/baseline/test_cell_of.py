import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline.cell_of import cells_of
from driftwatch.sketch.columns import numeric_cells
from driftwatch.sketch.layout import NumericLayout
from tests.sketch.zoo import DENORMAL, LARGEST, SHAPES

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def layout(edges: list[float]) -> NumericLayout:
    return NumericLayout("x", "feature", np.array(edges), 0, len(edges) - 1)


def agree(column: NumericLayout, values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    present = np.zeros(len(values), dtype=np.uint8)
    found = cells_of(column, values, present)
    return bool((found == numeric_cells(column, values, present)).all())


@given(st.sets(NUMBERS, min_size=1, max_size=12), st.data())
def test_values_on_and_next_to_edges_fall_where_a_search_finds_them(
    edges: set[float], data: st.DataObject
) -> None:
    ordered = sorted(edge + 0.0 for edge in edges)
    near = np.concatenate(
        [[edge, np.nextafter(edge, -LARGEST), np.nextafter(edge, LARGEST)] for edge in ordered]
    )
    rng = np.random.default_rng(data.draw(st.integers(0, 1_000)))
    far = rng.normal(size=4_000) * 10.0 ** rng.integers(-300, 300, 4_000)
    values = rng.permutation(np.concatenate((near, far)))
    assert agree(layout(ordered), values)


@pytest.mark.parametrize("shape", SHAPES)
def test_values_of_any_shape_fall_where_a_search_finds_them(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(1), 20_000)
    edges = np.unique(values[:300])
    assert agree(layout(edges.tolist()), values)


def test_both_zeros_are_one_value() -> None:
    values = np.tile([-0.0, 0.0, -DENORMAL, DENORMAL, 5.0, -5.0], 2_000)
    values[2_000:] = np.random.default_rng(0).normal(size=10_000)
    assert agree(layout([0.0, 1.0]), values)
    assert agree(layout([-DENORMAL, 0.0, DENORMAL]), values)


def test_cells_that_hold_no_number_are_told_apart() -> None:
    values = np.random.default_rng(0).normal(size=5_000)
    values[:4] = (np.nan, np.nan, np.inf, -np.inf)
    missing = np.zeros(5_000, dtype=np.uint8)
    missing[0] = 1
    column = layout([0.0, 1.0])
    found = cells_of(column, values, missing)
    assert found[:4].tolist() == [
        column.cell(n) for n in ("null", "nan", "positive_inf", "negative_inf")
    ]
