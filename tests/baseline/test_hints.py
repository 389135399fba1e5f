import math
from collections.abc import Sequence
from typing import Any

import pytest

from driftwatch.baseline.build import build_with_plans
from driftwatch.baseline.hints import hints
from tests.baseline.data import chunks_of, options


def hints_of(values: Sequence[Any], **given: Any) -> list[str]:
    rows = [{"x": value} for value in values]
    built = build_with_plans(lambda: chunks_of(rows, 10_000), options(**given))
    return hints(built.plans[0], built.baseline.columns[0])


@pytest.mark.parametrize(
    "values", [[1.5, 2.5], ["a", "b", "a"], [True, False], [f"w{i % 300}" for i in range(1_000)]]
)
def test_of_an_ordinary_column_there_is_nothing_to_say(values: Sequence[Any]) -> None:
    assert hints_of(values) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([None, None], "has no values"),
        ([1.5, 1.5], "has one value only"),
        (["a", "a"], "has one value only"),
        ([math.nan, 1.5, 2.5], "holds NaN 1 times"),
        ([math.inf, -math.inf, 1.5, 2.5], "holds an infinity 2 times"),
        ([f"id-{i}" for i in range(600)], "has 600 different values in 600 rows, as ids"),
        ([*range(100), "n/a"], "holds numbers mostly, but also 'n/a'"),
        (["a", "b", ["x"]], "holds 1 arrays, objects or numbers that are not finite"),
    ],
)
def test_what_may_surprise_is_said(values: Sequence[Any], words: str) -> None:
    assert any(words in hint for hint in hints_of(values))


def test_values_of_the_wrong_type_are_told() -> None:
    assert "holds 1 values that are not numbers" in hints_of([1.5, 2.5, "x"], numeric=("x",))


def test_too_many_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 500)
    monkeypatch.setattr("driftwatch.baseline.words.SUMMARY_WORDS", 50)
    assert any(
        "more different values than can be kept" in h
        for h in hints_of([f"w{i}" for i in range(600)])
    )


def test_a_hint_names_the_option_that_helps() -> None:
    assert hints_of([f"id-{i}" for i in range(600)])[0].endswith("--ignore x leaves it out")
    assert "--numeric x" in hints_of([*range(100), "n/a"])[0]
