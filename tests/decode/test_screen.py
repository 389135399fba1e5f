"""What no parser may see is found for a whole batch at once, as it is one by one."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.decode.screen import screen
from tests.decode.records import NASTY
from tests.decode.reference import depth

LIMIT, DEEPEST = 60, 4


def slow(value: bytes | None) -> str | None:
    if value is None:
        return "unparsable"
    if len(value) > LIMIT:
        return "too_large"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "unparsable" if depth(text) > DEEPEST else None


pieces = st.sampled_from(
    (
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b"\\",
        b" ",
        b"x",
        b"\xc3\xa4",
        b"\xff",
        b"[" * 9,
        b"]" * 9,
        b"{[",
    )
)
values = st.none() | st.lists(pieces, max_size=25).map(b"".join)


def check(batch: Sequence[bytes | None]) -> None:
    found = dict(screen(batch, LIMIT, DEEPEST))
    for position, value in enumerate(batch):
        reason = slow(value)
        if reason == "unparsable" and value is not None and len(value) <= 2 * DEEPEST:
            # Too short to close all that it opens: the parser may be left to find out.
            found.pop(position, None)
        else:
            assert found.pop(position, None) == reason
    assert found == {}


@given(st.lists(values, max_size=8))
@settings(max_examples=200)
def test_a_batch_is_screened_as_each_value_is(batch: list[bytes | None]) -> None:
    check(batch)


def test_the_nastiest_values_are_screened_as_each_of_them_is() -> None:
    check(NASTY)


@pytest.mark.parametrize(("size", "found"), [(60, []), (61, [(0, "too_large")])])
def test_a_value_may_be_as_large_as_the_limit(size: int, found: list[tuple[int, str]]) -> None:
    assert screen([b"x" * size], LIMIT, DEEPEST) == found


@pytest.mark.parametrize(("levels", "found"), [(4, []), (5, [(0, "unparsable")])])
def test_a_value_may_be_nested_as_deep_as_the_limit(
    levels: int, found: list[tuple[int, str]]
) -> None:
    assert screen([b"[" * levels + b"]" * levels], LIMIT, DEEPEST) == found
