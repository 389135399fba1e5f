"""A condition kept as JSON is the one that was read, and is given up where its text is another."""

from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import JsonValue

from driftwatch.conditions import ColumnKind, parse_condition
from driftwatch.conditions.functions import FUNCTIONS
from driftwatch.conditions.stored import StoredCondition, _fingerprint
from driftwatch.conditions.tree import Node
from tests.conditions.written import KINDS, Written, conditions

EVERY_NODE = """
    CASE WHEN coalesce(amount, -people * 2, 0) >= greatest(1, "user.age") THEN member IS TRUE
         WHEN weather LIKE 'a!_%' ESCAPE '!' AND NOT city IN ('b', 'a', NULL) THEN NULL
         ELSE round(amount, 1) BETWEEN 1 AND 2 OR nullif(weather, 'x') || city IS NULL
    END
"""


def stored(text: str) -> StoredCondition:
    return StoredCondition.of(parse_condition(text, KINDS), KINDS)


def read_back(kept: StoredCondition, text: str) -> Node | None:
    """The tree of what was written and read again; None where it was given up."""
    again = StoredCondition.model_validate_json(kept.model_dump_json())
    assert again == kept
    found = again.condition(text, KINDS)
    return None if found is None else found.tree


@settings(max_examples=15)
@given(conditions)
def test_what_is_read_back_is_the_same_tree(written: Written) -> None:
    condition = parse_condition(written.ours, KINDS)
    assert read_back(StoredCondition.of(condition, KINDS), written.ours) == condition.tree


@pytest.mark.parametrize(
    "text",
    [
        EVERY_NODE,
        "amount" + " + amount" * 58 + " > 1",
        "NOT " * 20 + "amount > 1",
        "CASE WHEN amount > 1 THEN " * 19 + "member" + " END" * 19,
        "amount > 1 AND " * 500 + "amount < 5",
    ],
    ids=["every node", "a long sum", "many NOT", "CASE within CASE", "a long chain"],
)
def test_what_is_largest_of_its_kind_is_kept_too(text: str) -> None:
    assert read_back(stored(text), text) == parse_condition(text, KINDS).tree


def test_every_function_is_found_again() -> None:
    for function in FUNCTIONS.values():
        texts: dict[Any, str] = {"number": "amount", "text": "weather"}
        given = [texts[one] for one in function.parameters]
        given += ["1" for option in function.options if option.default is None]
        text = f"{function.name}({', '.join(given)}) IS NULL"
        assert read_back(stored(text), text) == parse_condition(text, KINDS).tree


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("people > 1", {"people": "numerals"}),
        ("people < 2", {}),
        ("people < 2", {"people": "text"}),
        ("people < 2", {"people": "numeric"}),
    ],
)
def test_another_text_or_another_column_is_not_what_was_read(
    text: str, kinds: dict[str, ColumnKind]
) -> None:
    kept = stored("people < 2")
    assert kept.condition("people < 2", {"people": "numerals", "other": "text"}) is not None
    assert kept.condition(text, kinds) is None


def edited(kept: StoredCondition, key: str, value: JsonValue) -> StoredCondition:
    return kept.model_copy(update={"tree": {**kept.tree, key: value}})


def test_a_tree_that_was_edited_is_not_what_was_read() -> None:
    kept = stored("people < 2")
    assert edited(kept, "operator", "<").condition("people < 2", KINDS) is not None
    assert edited(kept, "operator", ">").condition("people < 2", KINDS) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("node", "window"),
        ("operator", "=="),
        ("left", {"node": "column", "name": "people", "reading": "number"}),
        ("left", {"node": "constant", "value": [1], "type": "number"}),
        (
            "left",
            {"node": "call", "function": "eval", "arguments": [], "options": [], "type": "number"},
        ),
        ("more", 1),
    ],
)
def test_what_is_no_tree_is_given_up_even_with_a_fingerprint_that_fits(
    key: str, value: JsonValue
) -> None:
    made_up = edited(stored("people < 2"), key, value)
    fingerprint = _fingerprint("people < 2", made_up.columns, made_up.tree)
    made_up = made_up.model_copy(update={"fingerprint": fingerprint})
    assert made_up.condition("people < 2", KINDS) is None


def test_a_set_of_words_is_written_in_their_order_not_in_that_of_a_process() -> None:
    words = [f"w{i:02}" for i in range(30)]
    kept = stored(f"weather IN ({', '.join(map(repr, reversed(words)))})")
    assert kept.tree["values"] == words
