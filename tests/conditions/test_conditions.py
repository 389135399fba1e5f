"""What conditions take a column for, and what they make of the values of a record."""

import math
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.conditions import ColumnKind, parse_condition
from tests.conditions.test_duckdb import answers

KINDS: dict[str, ColumnKind] = {
    "x": "numeric",
    "y": "numeric",
    "people": "numerals",
    "weather": "text",
    "member": "booleans",
    "any": "categorical",
    "user.age": "numeric",
    "embedding.3": "numeric",
    "a.b.c.d.e": "numeric",
    "is new": "booleans",
    "order": "numeric",
}


def judged(text: str, **record: Any) -> bool | None:
    return parse_condition(text, KINDS).judge(record)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("user.age > 5", {"user.age": 6}),
        ('"user.age" > 5', {"user.age": 6}),
        ('"user"."age" > 5', {"user.age": 6}),
        ("embedding.3 > 5", {"embedding.3": 6}),
        ("a.b.c.d.e > 5", {"a.b.c.d.e": 6}),
        ('"is new"', {"is new": True}),
        ("order > 5", {"order": 6}),
    ],
)
def test_dotted_and_quoted_names_are_columns(text: str, record: dict[str, Any]) -> None:
    condition = parse_condition(text, KINDS)
    assert condition.columns == record.keys()
    assert condition.judge(record) is True


def test_words_that_are_numbers_compare_as_numbers_and_as_texts() -> None:
    assert judged("people > 5", people="10") is True
    assert judged("people > 5", people=10) is True
    assert judged("people IN ('10', '9')", people=10) is True
    assert judged("people + 1 = 11", people=10.0) is True
    assert judged("people > 5", people="many") is None


def test_words_nobody_has_looked_at_are_taken_for_what_stands_beside_them() -> None:
    assert judged("any > 9", any="10") is True
    assert judged("any > '9'", any="10") is False
    assert judged("any", any="true") is True


def test_true_and_false_are_truth_values() -> None:
    for yes in (True, "true", np.bool_(True)):
        assert judged("member", member=yes) is True
        assert judged("NOT member", member=yes) is False
        assert judged("member = TRUE", member=yes) is True
        assert judged("member = 'true'", member=yes) is True
    assert judged("member", member="perhaps") is None
    assert judged("member IS NOT TRUE", member=None) is True


@pytest.mark.parametrize("value", ["3", True, None, math.nan, [3], {}, object(), np.nan, date.min])
def test_what_is_no_number_is_null_in_a_numeric_column(value: Any) -> None:
    assert judged("x > 1", x=value) is None
    assert judged("x IS NULL", x=value) is True


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.int64(3), Decimal(3)])
def test_numbers_of_any_make_are_numbers(value: Any) -> None:
    assert judged("x = 3", x=value) is True


@pytest.mark.parametrize(
    "text",
    [
        "x / 0 IS NULL",
        "x % 0 IS NULL",
        "sqrt(-x) IS NULL",
        "ln(x - x) IS NULL",
        "exp(x * 1000) IS NULL",
        "power(x, 1000) IS NULL",
        "x * 1e308 IS NULL",
    ],
)
def test_what_has_no_finite_number_is_null(text: str) -> None:
    condition = parse_condition(text, KINDS)
    assert condition.judge({"x": 20.0}) is True
    assert condition.evaluate({"x": np.array([20.0])}, 1).true.tolist() == [True]


def test_a_constant_condition_answers_for_every_row() -> None:
    truth = parse_condition("1 = 1 OR NULL", KINDS).evaluate({}, 3)
    assert truth.true.tolist() == [True] * 3
    assert parse_condition("NULL = 1", KINDS).evaluate({}, 2).unknown.tolist() == [True, True]


wild = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.decimals(),
    st.dates(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.just(10**400),
    st.just(np.float32("nan")),
    st.just(np.datetime64("NaT")),
)
CONDITIONS = [
    parse_condition(text, KINDS)
    for text in (
        "x / y % 3 > floor(x) - ln(y)",
        "round(x, 2) BETWEEN least(x, y) AND power(y, x)",
        "people * 2 IN (4, 6) OR people = '3'",
        "weather LIKE '%a_' OR upper(trim(weather)) || 'x' > substr(weather, -2)",
        "CASE WHEN member THEN length(weather) > x ELSE any = 'a' END",
        "coalesce(any, weather) = nullif(weather, 'a')",
    )
]


@given(st.dictionaries(st.sampled_from(list(KINDS)), wild))
def test_no_record_makes_a_condition_raise(record: dict[str, Any]) -> None:
    for condition in CONDITIONS:
        assert condition.judge(record) in (True, False, None)


_floats = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 0.5, -2.5, 1e308, 5e-324, math.inf])
FORMULAS = (
    "x + y > 1",
    "x * y <= x",
    "x / y = 2",
    "x % y < 1",
    "power(x, y) > 3",
    "exp(x) > ln(y)",
    "log10(x) = sqrt(y)",
    "round(x, 1) = x",
    "round(x, -2) <> y",
    "floor(x) < ceil(y)",
    "abs(x) = sign(y) * x",
    "greatest(x, y) = least(y, x)",
    "x BETWEEN y AND x + y",
    "x IN (0, 1, NULL)",
    "nullif(x, y) IS NULL",
)


@settings(max_examples=25)
@given(st.lists(st.tuples(_floats, _floats), min_size=1, max_size=30))
def test_both_backends_agree_to_the_bit(pairs: list[tuple[float, float]]) -> None:
    x, y = (np.array(column) for column in zip(*pairs, strict=True))
    for formula in FORMULAS:
        condition = parse_condition(formula, KINDS)
        judged = [condition.judge({"x": a, "y": b}) for a, b in pairs]
        assert answers(condition.evaluate({"x": x, "y": y}, len(pairs))) == judged, formula
