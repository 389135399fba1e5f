import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import CellArray, FloatArray, StatusArray
from driftwatch.sketch import columns
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from tests.sketch.zoo import SHAPES, any_floats, columns_of, finite_floats, layout_of, slow_cell

WORDS = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, dtype=np.uint64))
Row = tuple[tuple[float, int], tuple[float, int], int]

number = st.tuples(any_floats, st.sampled_from((0, 0, 0, 1, 2, 3)))
rows_of_three = st.lists(st.tuples(number, number, st.integers(0, WORDS.size - 1)), max_size=30)
trained = st.lists(finite_floats, max_size=20)


def layout_for(first: list[float], second: list[float]) -> Layout:
    """Two numeric columns with a categorical one between them."""
    return Layout((layout_of(np.array(first), "x"), WORDS, layout_of(np.array(second), "y")))


def arrays_of(rows: list[Row]) -> tuple[FloatArray, StatusArray, CellArray]:
    x, y = columns_of([row[0] for row in rows]), columns_of([row[1] for row in rows])
    cells = np.array([row[2] for row in rows], dtype=np.int32)
    return np.stack((x[0], y[0])), np.stack((x[1], y[1])), cells[None, :]


def batch_counts(layout: Layout, rows: list[Row]) -> Counts:
    counter = RowCounter(layout)
    counts = counter.empty()
    counter.count(*arrays_of(rows), counts)
    return counts


def slow_counts(layout: Layout, rows: list[Row]) -> list[int]:
    """One cell a value, by the definition."""
    found = [0] * layout.size
    x, y = layout.columns[0], layout.columns[2]
    assert isinstance(x, NumericLayout)
    assert isinstance(y, NumericLayout)
    for first, second, cell in rows:
        found[int(layout.starts[0]) + slow_cell(x, *first)] += 1
        found[int(layout.starts[1]) + cell] += 1
        found[int(layout.starts[2]) + slow_cell(y, *second)] += 1
    return found


@given(trained, trained, rows_of_three)
def test_counts_are_those_of_one_value_after_the_other(
    first: list[float], second: list[float], rows: list[Row]
) -> None:
    layout = layout_for(first, second)
    counts = batch_counts(layout, rows)
    assert counts.cells.tolist() == slow_counts(layout, rows)
    assert counts.rows == len(rows)


@given(trained, trained, rows_of_three)
def test_both_ways_of_counting_agree_bit_for_bit(
    first: list[float], second: list[float], rows: list[Row]
) -> None:
    layout = layout_for(first, second)
    searched = batch_counts(layout, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SORT_FROM_ROWS", 0)
        sorted_ = batch_counts(layout, rows)
    assert np.array_equal(searched.cells, sorted_.cells)
    assert searched.rows == sorted_.rows
    for name in ("count", "minimum", "maximum"):
        assert np.array_equal(getattr(searched.moments, name), getattr(sorted_.moments, name))


@given(trained, trained, rows_of_three, st.data())
def test_any_split_in_any_order_adds_up_to_the_batch(
    first: list[float], second: list[float], rows: list[Row], data: st.DataObject
) -> None:
    layout = layout_for(first, second)
    owner = data.draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    parts = [
        batch_counts(layout, [row for row, o in zip(rows, owner, strict=True) if o == part])
        for part in data.draw(st.permutations(range(5)))
    ]
    total = Counts.total(parts, layout.size, 2)
    whole = batch_counts(layout, rows)
    assert np.array_equal(total.cells, whole.cells)
    assert total.rows == whole.rows
    for name in ("count", "minimum", "maximum"):
        assert np.array_equal(getattr(total.moments, name), getattr(whole.moments, name))


@given(trained, trained, rows_of_three, st.data())
def test_each_group_gets_the_counts_of_its_rows(
    first: list[float], second: list[float], rows: list[Row], data: st.DataObject
) -> None:
    layout = layout_for(first, second)
    groups = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    numeric, missing, cells = arrays_of(rows)
    found = RowCounter(layout).count_groups(
        numeric, missing, cells, np.array(groups, dtype=np.int64), 4
    )
    for group, counts in enumerate(found):
        own = [row for row, g in zip(rows, groups, strict=True) if g == group]
        assert counts.cells.tolist() == slow_counts(layout, own)
        assert counts.rows == len(own)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_batch_equals_its_panes(shape: str) -> None:
    rng = np.random.default_rng(5)
    values = SHAPES[shape](rng, 5_000)
    values[::50] = np.nan
    status = np.where(np.arange(5_000) % 100 == 0, np.uint8(1), np.uint8(0))
    layout = Layout((layout_of(SHAPES[shape](rng, 3_000)), WORDS))
    words = rng.integers(0, WORDS.size, (1, 5_000)).astype(np.int32)
    counter = RowCounter(layout)
    whole = counter.empty()
    counter.count(values[None], status[None], words, whole)
    groups = rng.integers(0, 60, 5_000)
    panes = counter.count_groups(values[None], status[None], words, groups, 60)
    total = Counts.total(panes, layout.size, 1)
    assert np.array_equal(total.cells, whole.cells)
    assert whole.cells.sum() == 2 * whole.rows == 10_000


@pytest.mark.parametrize("rows", [3, 1_000])
def test_a_layout_of_categories_only_is_counted(rows: int) -> None:
    counter = RowCounter(Layout((WORDS,)))
    counts = counter.empty()
    counter.count(np.empty((0, rows)), None, np.ones((1, rows), dtype=np.int32), counts)
    assert counts.cells.tolist() == [0, rows, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("rows", [3, 1_000])
def test_a_layout_without_columns_counts_its_rows(rows: int) -> None:
    counter = RowCounter(Layout(()))
    counts = counter.empty()
    counter.count(np.empty((0, rows)), None, np.empty((0, rows), dtype=np.int32), counts)
    assert counts.rows == rows


def test_no_rows_change_nothing() -> None:
    layout = layout_for([1.0], [2.0])
    assert batch_counts(layout, []) == RowCounter(layout).empty()
