import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline.texts import Texts, text_number
from driftwatch.records import Status


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("-0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        (" 7 ", 7),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("9007199254740993", 9007199254740993),
        ("1e999", math.inf),
    ],
)
def test_a_text_that_is_a_number_is_read_as_one(text: str, number: float) -> None:
    found = text_number(text)
    assert found == number
    assert type(found) is type(number)
    whole = Texts([text]).numbers()
    assert whole is not None
    assert whole.integral == isinstance(number, int)


@pytest.mark.parametrize(
    "text", ["", "x", "007", "-01", "00.5", " 01", "1_000", "1,5", "0x10", "٣", "1 2", "true", "1e"]
)
def test_a_text_that_only_resembles_a_number_is_none(text: str) -> None:
    assert text_number(text) is None
    if text:
        assert Texts(["1", text, "2"]).numbers() is None


def test_nan_is_a_number() -> None:
    whole = Texts(["NaN", "nan", "1"]).numbers()
    assert whole is not None
    assert not whole.integral
    np.testing.assert_array_equal(whole.as_numeric()[0], [np.nan, np.nan, 1.0])


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=4), max_size=12))
def test_the_whole_column_is_read_as_its_cells_are(cells: list[str]) -> None:
    numbers = [text_number(cell) for cell in cells]
    whole = Texts(cells).numbers()
    if any(number is None for number, cell in zip(numbers, cells, strict=True) if cell):
        assert whole is None
    else:
        assert whole is not None
        values, status = whole.as_numeric()
        expected = [np.nan if number is None else float(number) for number in numbers]
        np.testing.assert_array_equal(values, expected)
        assert status.tolist() == [Status.VALUE if cell else Status.NULL for cell in cells]
    values, status = Texts(cells).numbers_among().as_numeric()
    for cell, number, value, code in zip(cells, numbers, values, status, strict=True):
        if number is None:
            assert code == (Status.WRONG_TYPE if cell else Status.NULL)
        else:
            np.testing.assert_equal(value, float(number))


@given(st.floats())
def test_a_float_is_read_back_as_it_was_written(number: float) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([number, "x"])
    cell = next(csv.reader(io.StringIO(file.getvalue(), newline="")))[0]
    whole = Texts([cell]).numbers()
    assert whole is not None
    np.testing.assert_equal(whole.as_numeric()[0][0], number)


def test_an_empty_text_is_null() -> None:
    values = Texts(["a", "", "b"]).words()
    codes, words, status = values.as_categorical()
    assert status.tolist() == [Status.VALUE, Status.NULL, Status.VALUE]
    assert [words[code] if code >= 0 else None for code in codes] == ["a", None, "b"]


def test_words_are_read_as_they_are_written_unless_they_are_numbers_or_booleans() -> None:
    def read(cells: list[str], reading: str) -> list[str]:
        codes, words, _ = Texts(cells).read(reading).as_categorical()  # type: ignore[arg-type]
        return [words[code] for code in codes]

    assert read(["3.0", "+3", "3"], "text") == ["3.0", "+3", "3"]
    assert read(["3.0", "+3", "3"], "number") == ["3", "3", "3"]
    assert read(["True", "FALSE"], "boolean") == ["true", "false"]
