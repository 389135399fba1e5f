"""Times in all their forms, the quick way and one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftwatch.records import ABSENT, WRONG_TYPE
from driftwatch.timestamps import MISSING, Unit, _parse_uniform, parse_times
from tests.decode.reference import slow_time

NOON = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
NOON_US = 1_700_000_000_000_000

ZONES = ("", "Z", "z", "+00:00", "-00:00", "+0000", "+05:30", "-11:00", "+23:59", "+00:00:30")
MARKS = ("T", "t", " ", "_")
UNITS: tuple[Unit, ...] = ("auto", "s", "ms", "us", "ns")


@st.composite
def stamps(draw: st.DrawFn) -> str:
    """A text of one of the many shapes that servers write."""
    moment = draw(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 (the zone is in the text)
    digits = draw(st.integers(0, 9))
    fraction = f"{moment.microsecond:06}{draw(st.integers(0, 999)):03}"[:digits]
    mark = draw(st.sampled_from(MARKS))
    text = f"{moment:%Y-%m-%d}{mark}{moment:%H:%M:%S}".rjust(19, "0")
    return text + (f".{fraction}" if fraction else "") + draw(st.sampled_from(ZONES))


near_misses = st.sampled_from(
    (
        *("2023-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z"),
        *("2000-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-00-01T00:00:00Z"),
        *("2023-04-31T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z"),
        *("2023-01-01T23:60:00Z", "2023-01-01T23:59:60Z", "2023-01-01T00:00:00.Z"),
        *("2023-01-01T00:00:00,5Z", "2023-01-01T00:00:00.5.5", "2023-01-01T00:00:00ZZ"),
        *("2023-01-01", "20230101", "2023-W01-1", "2023-01-01T00", "2023-01-01T00:00", "00:00:00"),
        *("1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:01"),
        *("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+14:00"),
        *(" 2023-01-01T00:00:00Z ", "2023-01-01T00:00:00Z\n", "2023-01-01T00:00:00 Z", "", " "),
        *(
            "\uff11\uff19\uff19\uff19-01-01T00:00:00Z",
            "2023-01-01T00:00:0\uff10Z",
            "2023-01-01\ud80000:00:00",
            "1e9",
        ),
        *(
            "1700000000",
            "17000000",
            "170000000",
            "1700000000.5",
            "-1700000000",
            "\uff19" * 10,
            "9" * 400,
        ),
    )
)
texts = stamps() | near_misses | st.text(max_size=30)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A timestamp with one character changed."""
    text = draw(stamps())
    at = draw(st.integers(0, len(text) - 1))
    return text[:at] + draw(st.sampled_from("0123456789-:.TZ +/ é")) + text[at + 1 :]


values = st.one_of(
    texts,
    damaged(),
    st.integers(-10, 10**20),
    st.floats(),
    st.sampled_from((None, True, False, ABSENT, WRONG_TYPE, 10**400, -1, 0, 1e11, 1e14, 1e17)),
)


@given(st.lists(values, max_size=6), st.sampled_from(UNITS))
@settings(max_examples=250)
def test_each_value_is_read_by_itself(column: list[Any], unit: Unit) -> None:
    expected = [slow_time(value, unit) for value in column]
    found = [None if time == MISSING else time for time in parse_times(column, unit).tolist()]
    assert found == expected


@st.composite
def uniform(draw: st.DrawFn) -> str:
    """A text of a shape that the quick way takes, with any digits."""
    digits = "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=23, max_size=23)))
    year, month = draw(st.sampled_from(("1969", "1970", "2024", "2100", "9999"))), digits[4:6]
    month = month if digits[0] == "0" else f"{int(digits[:2]) % 12 + 1:02}"
    day = draw(st.sampled_from(("01", "28", "29", "30", "31", "32", "00")))
    hour, minute, second = (
        draw(st.sampled_from(("00", "09", last, str(int(last) + 1)))) for last in ("23", "59", "59")
    )
    fraction = draw(st.sampled_from(("", f".{digits[:1]}", f".{digits[:3]}", f".{digits[:9]}")))
    zone = draw(st.sampled_from(("", "Z", "+00:00")))
    mark = draw(st.sampled_from("T "))
    return f"{year}-{month}-{day}{mark}{hour}:{minute}:{second}{fraction}{zone}"


@given(uniform() | texts, st.lists(st.integers(0, 40), max_size=4), st.data())
@settings(max_examples=400)
def test_texts_of_one_shape_are_read_as_each_of_them_is(
    text: str, places: list[int], data: st.DataObject
) -> None:
    others = []
    for place in places:
        at = place % (len(text) + 1)
        sign = data.draw(st.sampled_from("0123456789") | st.sampled_from("/:;Tt Z.é") | st.just(""))
        others.append(text[:at] + sign + text[at + 1 :])
    column = [text, *others]
    expected = [slow_time(value, "auto") for value in column]
    found = [None if time == MISSING else time for time in parse_times(column).tolist()]
    assert found == expected


@pytest.mark.parametrize("text", ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123456789+00:00"])
@pytest.mark.parametrize("sign", [*"09/:;Tt Z.,-+e", "", "é", "00"])
def test_one_odd_character_among_texts_of_one_shape_is_seen(text: str, sign: str) -> None:
    for at in range(len(text)):
        column = [text, text[:at] + sign + text[at + 1 :], text]
        expected = [slow_time(value, "auto") for value in column]
        found = [None if time == MISSING else time for time in parse_times(column).tolist()]
        assert found == expected


@pytest.mark.parametrize("mark", ["T", "t", " "])
@pytest.mark.parametrize("zone", ["", "Z", "+00:00", "-00:00"])
@pytest.mark.parametrize("digits", [0, 1, 3, 6, 9])
def test_the_usual_shapes_take_the_quick_way(mark: str, zone: str, digits: int) -> None:
    moments = [NOON + timedelta(days=97 * i, microseconds=123_456 * i) for i in range(50)]
    column = []
    for moment in moments:
        fraction = f".{moment.microsecond:06}000"[: digits + 1] if digits else ""
        column.append(f"{moment:%Y-%m-%d}{mark}{moment:%H:%M:%S}{fraction}{zone}")
    found = _parse_uniform(column)
    assert found is not None
    assert found.tolist() == [slow_time(text, "auto") for text in column]


def test_a_batch_without_records_has_no_times() -> None:
    assert parse_times([]).tolist() == []


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1_700_000_000, "auto"),
        (1_700_000_000.0, "auto"),
        (1_700_000_000_000, "auto"),
        (1_700_000_000_000_000, "auto"),
        (1_700_000_000_000_000_000, "auto"),
        ("1700000000", "auto"),
        ("1700000000000", "auto"),
        (1_700_000_000, "s"),
        (1_700_000_000_000, "ms"),
        (1_700_000_000_000_000, "us"),
        (1_700_000_000_000_000_000, "ns"),
        ("2023-11-14T22:13:20Z", "auto"),
        ("2023-11-14T22:13:20z", "auto"),
        ("2023-11-14 22:13:20", "s"),
        ("2023-11-15T03:43:20+05:30", "auto"),
        ("20231114T221320Z", "auto"),
        ("2023-11-14T22:13:20.0000009Z", "auto"),
    ],
)
def test_one_moment_is_read_from_every_form(value: Any, unit: Unit) -> None:
    assert parse_times([value], unit).tolist() == [NOON_US]


def test_milliseconds_of_a_float_are_kept() -> None:
    assert parse_times([1_700_000_000.123]).tolist() == [NOON_US + 123_000]


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, ABSENT, WRONG_TYPE, float("inf"), float("-inf"), -1, -0.5, 10**400),
        *("", "soon", "2023-02-29", "1969-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "NaN"),
        *(10**30, 1e300, "9999-12-31T23:59:59-01:00"),
    ],
)
def test_what_is_no_time_after_1970_and_before_the_year_10000_is_missing(value: Any) -> None:
    assert parse_times([value]).tolist() == [MISSING]


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_are_times(text: str) -> None:
    expected = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_times([text]).tolist() == [expected // timedelta(microseconds=1)]


@given(
    st.lists(
        st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 (the next line has zones)
        min_size=1,
        max_size=5,
    ),
    st.integers(-23 * 60, 23 * 60),
)
@example([datetime(2024, 2, 29, 12)], 0)  # noqa: DTZ001 (the zone is the other argument)
def test_a_time_written_by_python_is_read_to_the_microsecond(
    moments: Sequence[datetime], offset_minutes: int
) -> None:
    zone = timezone(timedelta(minutes=offset_minutes))
    aware = [moment.replace(tzinfo=zone) for moment in moments]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(moment - epoch) // timedelta(microseconds=1) for moment in aware]
    assert parse_times([moment.isoformat() for moment in aware]).tolist() == expected
