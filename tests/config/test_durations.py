"""Durations are read as they are written; a wrong one is answered with the nearest right one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from driftwatch.config.durations import PATTERN, Duration

TEN_YEARS_US = 3650 * 86_400_000_000


@given(st.integers(0, TEN_YEARS_US))
def test_a_duration_survives_being_written_and_read(us: int) -> None:
    text = str(Duration(us))
    assert Duration.parse(text) == Duration(us)
    assert re.search(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("90s", 90_000_000),
        ("2m", 120_000_000),
        ("1h30m", 5_400_000_000),
        ("1d", 86_400_000_000),
        ("500ms", 500_000),
        ("7us", 7),
        ("0s", 0),
        ("1m5ms", 60_005_000),
        ("0090s", 90_000_000),
    ],
)
def test_the_forms_that_people_write(text: str, us: int) -> None:
    assert Duration.parse(text).us == us


@given(st.text())
def test_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        duration = Duration.parse(text)
    except ValueError:
        return
    assert 0 <= duration.us <= TEN_YEARS_US


@pytest.mark.parametrize("text", ["", "s", "1", "1.5h", "1h 30m", "30m1h", "1h1h", "-1h", "१s"])
def test_what_only_looks_like_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        Duration.parse(text)
    assert not re.search(PATTERN, text)


def test_more_than_ten_years_are_refused() -> None:
    assert Duration.parse("3650d").us == TEN_YEARS_US
    with pytest.raises(ValueError, match="ten years"):
        Duration.parse("3650d1us")


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_the_nearest_right_form_is_a_right_one(value: object) -> None:
    try:
        Duration.validate(value)
    except PydanticCustomError as error:
        for near in re.findall(r'did you mean "(.*)"\?$', error.message()):
            Duration.parse(near)


def test_durations_are_in_order_of_their_length() -> None:
    assert Duration.parse("90s") > Duration.parse("1m")
    assert Duration.parse("90s").seconds == 90.0
