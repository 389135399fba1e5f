"""The compiled part counts into the same bins as numpy."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.native import compiled
from driftwatch.sketch.columns import numeric_cells
from driftwatch.sketch.layout import NumericLayout
from tests.sketch.zoo import cells, columns_of, numeric_layouts


@given(numeric_layouts(), st.lists(cells, max_size=60), st.booleans())
def test_each_number_falls_in_the_cell_that_a_search_finds(
    layout: NumericLayout, rows: Sequence[tuple[float, int]], is_told: bool
) -> None:
    native = compiled()
    assert native is not None
    values, status = columns_of(list(rows))
    if not is_told:
        status[:] = 0
    out = np.ones(layout.size, dtype=np.int64)
    missing = status[None, :] if is_told else None
    native.count_numbers(values[None, :], missing, [layout.edges], [out])
    expected = np.bincount(numeric_cells(layout, values, status), minlength=layout.size)
    assert np.array_equal(out - 1, expected)
