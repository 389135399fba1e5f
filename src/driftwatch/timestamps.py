"""Event times: RFC 3339 texts and epoch numbers as microseconds since the epoch.

A batch whose texts all have one shape, as a server's do, is parsed by arithmetic over one array of
characters; anything else goes value by value through `datetime.fromisoformat`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from driftwatch.records import IntArray

Unit = Literal["auto", "s", "ms", "us", "ns"]

MISSING = -1
"""Stands where there is no event time. Times before 1970 are not event times."""

LATEST_US = 253_402_300_800_000_000
"""The end of the year 9999; later numbers are no times."""

_PER_UNIT = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_AUTO_LIMITS = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))
"""Below 1e11 a number is seconds (until the year 5138), below 1e14 milliseconds, and so on."""


def parse_times(values: Sequence[Any], unit: Unit = "auto") -> IntArray:
    """(n,) microseconds since the epoch; MISSING where a value is no time.

    >>> parse_times([1700000000, 1700000000123.0, "2023-11-14T22:13:20.5Z", None, "soon"]).tolist()
    [1700000000000000, 1700000000123000, 1700000000500000, -1, -1]
    """
    # By type, not by what converts: `fromiter` would read numbers in texts its own way, and what a
    # value means must not depend on its neighbours.
    kinds = set(map(type, values))
    if kinds <= {int, float}:
        try:
            return from_numbers(np.fromiter(values, dtype=np.float64, count=len(values)), unit)
        except OverflowError:
            pass
    elif kinds == {str}:
        parsed = _parse_uniform(values)
        if parsed is not None:
            return parsed
    return np.array([_parse_one(value, unit) for value in values], dtype=np.int64)


def from_numbers(numbers: np.ndarray[Any, np.dtype[np.float64]], unit: Unit) -> IntArray:
    """(n,) microseconds since the epoch of epoch numbers; MISSING where one (or NaN) is no time."""
    scale = np.full(len(numbers), _PER_UNIT.get(unit, 1.0))
    if unit == "auto":
        scale = np.select(
            [numbers < limit for limit, _ in _AUTO_LIMITS], [_PER_UNIT[u] for _, u in _AUTO_LIMITS]
        )
    with np.errstate(invalid="ignore", over="ignore"):
        micros = numbers * scale
        valid = (micros >= 0) & (micros < LATEST_US)
    return np.where(valid, np.rint(np.where(valid, micros, 0.0)), MISSING).astype(np.int64)


def _parse_one(value: Any, unit: Unit) -> int:
    if isinstance(value, bool) or value is None:
        return MISSING
    if isinstance(value, int | float):
        try:
            return int(from_numbers(np.array([value], dtype=np.float64), unit)[0])
        except OverflowError:
            return MISSING
    if not isinstance(value, str):
        return MISSING
    if value.isdecimal() and len(value) > 8:
        return _parse_one(float(value), unit)
    try:
        text = value.strip()
        # RFC 3339 allows a small z, Python does not.
        moment = datetime.fromisoformat(f"{text[:-1]}Z" if text.endswith("z") else text)
    except ValueError:
        return MISSING
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return micros if 0 <= micros < LATEST_US else MISSING


_MARKS = ((4, "-"), (7, "-"), (13, ":"), (16, ":"))


def _parse_uniform(values: Sequence[str]) -> IntArray | None:
    """UTC texts `YYYY-MM-DDThh:mm:ss[.f][Z|+00:00]`, all of one shape; None if one is not."""
    first = values[0]
    width = len(first)
    text = "".join(values)
    if not 19 <= width <= 35 or not text.isascii() or set(map(len, values)) != {width}:
        return None
    fraction = _fraction_width(first)
    zone = first[19 + fraction :]
    if zone not in ("", "Z", "+00:00", "-00:00"):
        return None
    # One row a character, so that each step below runs over contiguous memory.
    chars = np.frombuffer(text.encode(), dtype=np.uint8).reshape(len(values), width).T.copy()
    marks = [*_MARKS, *((19 + fraction + i, mark) for i, mark in enumerate(zone))]
    if fraction:
        marks.append((19, "."))
    if (
        any((chars[at] != ord(mark)).any() for at, mark in marks)
        or (chars[10] != chars[10, 0]).any()
    ):
        return None
    if first[10] not in "Tt ":
        return None
    digits = chars - np.uint8(ord("0"))  # wraps around: what is no digit becomes more than 9
    fields = [digits[a:b] for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))]
    part = digits[20 : 20 + min(max(fraction - 1, 0), 6)]  # finer than a microsecond is cut off
    if any((rows > 9).any() for rows in (*fields, digits[20 : 19 + fraction])):
        return None
    year, month, day, hour, minute, second = map(_number, fields)
    in_range = (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60)
    if not (in_range & (second < 60) & (year >= 1970)).all():
        return None
    days = _days(year, month, day)
    if days is None:
        return None
    micros = (days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000
    return micros + _number(part) * 10 ** (6 - len(part)) if len(part) else micros


def _fraction_width(text: str) -> int:
    """Characters of the fraction, its dot included."""
    if len(text) <= 20 or text[19] != ".":
        return 0
    end = 20
    while end < len(text) and text[end].isdecimal():
        end += 1
    return end - 19 if end > 20 else 0


def _number(digits: np.ndarray[Any, np.dtype[np.uint8]]) -> IntArray:
    value: IntArray = digits[0].astype(np.int64)
    for row in digits[1:]:
        value = value * 10 + row
    return value


def _days(year: IntArray, month: IntArray, day: IntArray) -> IntArray | None:
    """Days since the epoch; None if a month has no such day."""
    if (year == year[0]).all() and (month == month[0]).all():  # as in a batch of a live log
        year, month = year[:1], month[:1]
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    begin: IntArray = months.astype("datetime64[D]").astype(np.int64)
    length = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - begin
    return None if (day > length).any() else begin + day - 1
