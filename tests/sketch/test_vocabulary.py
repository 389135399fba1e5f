import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.sketch.layout import CategoricalLayout
from driftwatch.sketch.vocabulary import (
    MAX_TEXT_BYTES,
    VocabularyIndex,
    category_text,
    cut,
    text_hash,
)

scalars = st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans()


def layout_of(*words: str, other: tuple[str, ...] = (), complete: bool = True) -> CategoricalLayout:
    hashes = np.array(sorted(map(text_hash, other)), dtype=np.uint64)
    return CategoricalLayout("c", "feature", words, hashes, complete)


def cells_of(layout: CategoricalLayout, *values: Any) -> list[str]:
    """What each value was counted as: its word, or the name of a counter."""
    index = VocabularyIndex(layout, {None: "null"})
    names = [*layout.vocabulary, "OTHER", "NEW", "NULL"]
    return [names[cell] for cell in index.cells(values, {}, 0)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (True, "true"),
        ("true", "true"),
        (2**53, "9007199254740992"),
        (2.0**53, "9007199254740992"),
        (10**18 + 1, "1000000000000000001"),
        (1e20, "100000000000000000000"),
        (10**20, "100000000000000000000"),
        (1e21, "1e+21"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (float("nan"), "NaN"),
        ("", ""),
    ],
)
def test_a_scalar_has_the_text_that_json_has_for_it(value: object, text: str) -> None:
    assert category_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_whole_number_is_one_category_as_an_integer_and_as_a_float(number: float) -> None:
    if number.is_integer():
        assert category_text(int(number)) == category_text(number)


@given(st.text())
def test_a_text_within_256_bytes_is_itself(text: str) -> None:
    if len(text.encode("utf-8", "replace")) <= MAX_TEXT_BYTES:
        assert cut(text) == text.encode("utf-8", "replace").decode()


@given(st.text(min_size=60))
def test_a_long_text_is_cut_between_characters(text: str) -> None:
    short = cut(text)
    assert len(short.encode()) <= MAX_TEXT_BYTES
    assert text.encode("utf-8", "replace").startswith(short.encode())
    assert cut(short) == short


@pytest.mark.parametrize("length", [255, 256, 257])
def test_an_ascii_text_is_cut_at_256(length: int) -> None:
    assert cut("x" * length) == "x" * min(length, 256)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert category_text(json.loads('"a\\ud800"')) == "a?"


def test_words_other_and_new_values_have_cells_of_their_own() -> None:
    layout = layout_of("a", "b", other=("c",))
    assert cells_of(layout, "b", "c", "d", None, "a") == ["b", "OTHER", "NEW", "NULL", "a"]


def test_without_other_words_what_is_unknown_is_new() -> None:
    assert cells_of(layout_of("a"), "b") == ["NEW"]


def test_where_not_all_words_could_be_kept_nothing_is_new() -> None:
    assert cells_of(layout_of("a", complete=False), "a", "b", 3) == ["a", "OTHER", "OTHER"]


def test_an_empty_vocabulary_knows_only_others_and_new_ones() -> None:
    assert cells_of(layout_of(other=("c",)), "c", "d") == ["OTHER", "NEW"]


def test_a_number_is_found_by_its_text() -> None:
    layout = layout_of("3", "2.5", other=("7",))
    assert cells_of(layout, 3, 3.0, "3", 2.5, 7, 7.0, 8) == [
        "3",
        "3",
        "3",
        "2.5",
        *("OTHER",) * 2,
        "NEW",
    ]


def test_true_is_not_one() -> None:
    assert cells_of(layout_of("1"), 1, 1.0) == ["1", "1"]
    assert cells_of(layout_of("true", "false"), True, "true", False) == ["true", "true", "false"]


def test_an_index_says_which_raw_values_it_takes() -> None:
    assert not VocabularyIndex(layout_of("true", "1"), {}).takes_numbers
    assert not VocabularyIndex(layout_of("1"), {}).takes_booleans


def test_a_text_that_only_looks_like_a_number_is_another_category() -> None:
    assert cells_of(layout_of("007", "1e3"), 7, 1000, "007", "1e3") == ["NEW", "NEW", "007", "1e3"]


def test_a_long_text_is_found_by_its_first_256_bytes() -> None:
    layout = layout_of("x" * 256, other=("y" * 256,))
    assert cells_of(layout, "x" * 300, "y" * 999, "x" * 255) == ["x" * 256, "OTHER", "NEW"]


def test_integers_that_floats_can_not_tell_apart_are_told_apart() -> None:
    layout = layout_of(str(2**53), str(2**53 + 1))
    assert cells_of(layout, 2**53 + 1, 2**53) == [str(2**53 + 1), str(2**53)]


def test_new_values_are_counted_by_name_up_to_a_limit() -> None:
    new: dict[str, int] = {"z": 1}
    VocabularyIndex(layout_of("a", other=("o",)), {}).cells(["b", "a", "b", "o", "c", "d"], new, 3)
    assert new == {"z": 1, "b": 2, "c": 1}


@given(st.lists(scalars), st.lists(scalars), st.lists(scalars))
def test_every_value_is_counted_where_its_text_is(
    words: list[Any], others: list[Any], values: list[Any]
) -> None:
    texts = tuple(dict.fromkeys(map(category_text, words)))
    rest = tuple({category_text(value) for value in others} - set(texts))
    layout = layout_of(*texts, other=rest)
    index = VocabularyIndex(layout, {})
    taken = [
        value
        for value in values
        if isinstance(value, str)
        or (index.takes_booleans if isinstance(value, bool) else index.takes_numbers)
    ]
    found = index.cells(taken, {}, 0).tolist()
    for value, cell in zip(taken, found, strict=True):
        text = category_text(value)
        if text in texts:
            assert cell == texts.index(text)
        else:
            assert cell == layout.cell("other" if text in rest else "new")
