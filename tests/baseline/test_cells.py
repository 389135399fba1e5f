import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline.cells import ABSENT, Values, values_of
from driftwatch.records import Status
from driftwatch.sketch.vocabulary import category_text

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything: st.SearchStrategy[Any] = (
    scalars | st.just(ABSENT) | st.just([1]) | st.just({}) | st.sampled_from((10**400, -(10**400)))
)


def status_of(cell: Any) -> int:
    if cell is None:
        return Status.NULL
    if cell is ABSENT:
        return Status.ABSENT
    return Status.WRONG_TYPE if isinstance(cell, list | dict) else Status.VALUE


def is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def as_float(cell: float) -> float:
    try:
        return float(cell)
    except OverflowError:
        return np.inf if cell > 0 else -np.inf


@given(st.lists(anything, max_size=20))
def test_a_numeric_column_takes_numbers_and_nothing_else(cells: list[Any]) -> None:
    numbers, status = values_of(cells).as_numeric()
    for cell, number, code in zip(cells, numbers, status, strict=True):
        if is_number(cell):
            assert code == Status.VALUE
            np.testing.assert_equal(number, as_float(cell))
        else:
            assert code == (status_of(cell) or Status.WRONG_TYPE)
            assert np.isnan(number)


@given(st.lists(anything, max_size=20))
def test_a_categorical_column_takes_texts_booleans_and_finite_numbers(cells: list[Any]) -> None:
    codes, words, status = values_of(cells).as_categorical()
    for cell, code, found in zip(cells, codes, status, strict=True):
        if is_number(cell) and not np.isfinite(as_float(cell)):
            assert (code, found) == (-1, Status.WRONG_TYPE)
        elif status_of(cell) == Status.VALUE:
            assert words[code] == category_text(cell)
        else:
            assert (code, found) == (-1, status_of(cell))


@given(st.lists(anything, max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_some_rows_are_what_the_same_cells_alone_would_be(
    cells: list[Any], start: int, stop: int
) -> None:
    part, alone = values_of(cells).rows(start, stop), values_of(cells[start:stop])
    for one, other in zip(part.as_numeric(), alone.as_numeric(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert texts_of(part) == texts_of(alone)


def texts_of(values: Values) -> list[str | None]:
    codes, words, _ = values.as_categorical()
    return [words[code] if code >= 0 else None for code in codes]


def test_integers_beyond_2_to_the_53_keep_their_digits_as_categories() -> None:
    cells = [2**53 + 1, 2**53, None, 3]
    assert texts_of(values_of(cells)) == ["9007199254740993", "9007199254740992", None, "3"]


def test_only_a_column_without_floats_is_integral() -> None:
    assert values_of([1, None, "x"]).integral
    assert not values_of([1, 2.0]).integral
    assert not values_of(json.loads("[1e2]")).integral


def test_true_is_not_one() -> None:
    assert texts_of(values_of([True, 1, 1.0, False, 0])) == ["true", "1", "1", "false", "0"]
