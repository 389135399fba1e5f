"""What a column takes of a value does not depend on who else wants it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.decode.leaves import TYPES, LeafType, as_leaf
from driftwatch.records import ABSENT, WRONG_TYPE
from tests.decode.records import as_json, scalars

LEAVES: tuple[LeafType, ...] = ("number", "scalar", "boolean", "time")


@given(scalars, st.sampled_from(LEAVES))
def test_what_the_parser_takes_for_any_leaf_it_takes_for_this_one_the_same(
    value: Any, leaf: LeafType
) -> None:
    try:
        directly = msgspec.json.decode(as_json(value), type=TYPES[leaf])
        freely = msgspec.json.decode(as_json(value), type=TYPES["any"])
    except (msgspec.MsgspecError, UnicodeError):
        return  # the slow way is for these
    assert as_leaf(freely, leaf) == as_leaf(directly, leaf)


@pytest.mark.parametrize("leaf", [*LEAVES, "any"])
@pytest.mark.parametrize("stand_in", [None, ABSENT, WRONG_TYPE])
def test_what_stands_for_no_value_stays_itself(stand_in: Any, leaf: LeafType) -> None:
    assert as_leaf(stand_in, leaf) is stand_in


@pytest.mark.parametrize("leaf", [*LEAVES, "any"])
@pytest.mark.parametrize("value", [[], {}, [1], {"a": 1}])
def test_arrays_and_objects_are_no_leaves(value: Any, leaf: LeafType) -> None:
    assert as_leaf(value, leaf) is WRONG_TYPE


def test_a_nan_that_was_written_is_not_taken_for_one_that_stands_for_nothing() -> None:
    found = as_leaf(float("nan"), "number")
    assert found is not ABSENT
    assert found is not WRONG_TYPE
