"""LIKE answers as SQLite's does, and costs no more than the text is long."""

import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.conditions.like import like


@given(st.text("ab%_é\n.*", max_size=8), st.text("ab%_é\n.*", max_size=8))
def test_a_pattern_matches_what_sqlite_matches(pattern: str, text: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("PRAGMA case_sensitive_like = ON")
        ((expected,),) = connection.execute("SELECT ? LIKE ?", (text, pattern))
    connection.close()
    assert like(pattern)(text) == bool(expected)


@given(st.text("ab%_", max_size=8), st.text("ab%_", max_size=8))
def test_an_escaped_text_matches_itself_and_nothing_else(text: str, other: str) -> None:
    pattern = "".join(f"!{sign}" if sign in "%_!" else sign for sign in text)
    assert like(pattern, "!")(text)
    assert like(pattern, "!")(other) == (text == other)


def test_case_matters() -> None:
    assert not like("Sun%")("sunny")


@pytest.mark.parametrize("pattern", ["a!", "a!b", "!"])
def test_an_escape_that_escapes_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="escape sign !"):
        like(pattern, "!")


def test_no_pattern_takes_more_than_its_length_times_that_of_the_text() -> None:
    matches = like("%a" * 60 + "%b")
    began = time.process_time()
    assert not matches("a" * 5_000)
    assert time.process_time() - began < 0.5
