"""Lengths of time as people write them: `90s`, `2m`, `1h30m`, `1d`, `500ms`.

A bare number is refused: the reader of a configuration should never have to guess its unit.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from pydantic import AfterValidator

from driftwatch.config.problems import wrong
from driftwatch.config.shown import Filled, found, or_variable
from driftwatch.config.written import Written

_UNITS = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
    "us": 1,
}
_GRAMMAR = "".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS)
_LONGEST_US = 3650 * _UNITS["d"]
PATTERN = or_variable(f"^(?=.){_GRAMMAR}$")
"""What a JSON Schema says of a duration."""


@dataclass(frozen=True, slots=True, order=True)
class Duration(Written):
    """A length of time, exact to the microsecond, at most ten years.

    >>> Duration.parse("1h30m").us
    5400000000
    >>> str(Duration.parse("90s"))
    '1m30s'
    """

    PATTERN: ClassVar[str] = PATTERN

    us: int

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Units from the largest to the smallest, each once. Raises ValueError for other text."""
        match = re.fullmatch(_GRAMMAR, text) if text else None
        if match is None:
            raise ValueError("not a duration")
        amounts = zip(match.groups(default="0"), _UNITS.values(), strict=True)
        us = sum(int(amount) * unit for amount, unit in amounts)
        if us > _LONGEST_US:
            raise ValueError("longer than ten years")
        return cls(us)

    @property
    def seconds(self) -> float:
        """For timeouts."""
        return self.us / _UNITS["s"]

    def __str__(self) -> str:
        parts, rest = [], self.us
        for name, unit in _UNITS.items():
            amount, rest = divmod(rest, unit)
            if amount:
                parts.append(f"{amount}{name}")
        return "".join(parts) or "0s"

    @classmethod
    def validate(cls, value: object) -> "Duration":
        """What a setting becomes; the error tells the nearest right form."""
        if isinstance(value, Duration):
            return value
        if isinstance(value, str):
            try:
                return cls.parse(value)
            except ValueError:
                pass
        near = None if isinstance(value, Filled) else _nearest_form(value)
        hint = f'; did you mean "{near}"?' if near else ""
        raise wrong(
            "duration",
            f"expected a duration like 90s, 2m, 1h30m or 1d, found {found(value)}{hint}",
        )


def between(shortest: str, longest: str) -> AfterValidator:
    """A bound on a duration, both ends allowed."""
    low, high = Duration.parse(shortest), Duration.parse(longest)

    def check(value: Duration) -> Duration:
        if not low <= value <= high:
            text = f"expected a duration from {shortest} to {longest}, found {value}"
            raise wrong("duration_range", text)
        return value

    return AfterValidator(check)


_SAID = {
    "d": ("d", "day", "days"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "ms": ("ms", "msec", "millis", "millisecond", "milliseconds"),
    "us": ("us", "µs", "usec", "micros", "microsecond", "microseconds"),
}
_SAID_US = {word: _UNITS[unit] for unit, words in _SAID.items() for word in words}
_SAID_US |= dict.fromkeys(("w", "week", "weeks"), 7 * _UNITS["d"])
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zµ]+)[\s,]*")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def _nearest_form(value: object) -> str | None:
    """What a person who wrote this most likely meant, in the right form."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip().lower()
    if clock := _CLOCK.fullmatch(text):
        return f"{int(clock[1])}h{int(clock[2])}m"
    if _NUMBER.fullmatch(text):
        text += "s"
    text = re.sub(r"^p(\d+d)?t?(?=\d|$)", r"\1", text)
    us, end = Fraction(0), 0
    while end < len(text):
        match = _AMOUNT.match(text, end)
        if match is None or match[2] not in _SAID_US:
            return None
        us += Fraction(match[1]) * _SAID_US[match[2]]
        end = match.end()
    if us.denominator != 1 or not 0 < us <= _LONGEST_US:
        return None
    return str(Duration(int(us)))
