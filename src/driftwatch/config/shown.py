"""How names and values are shown to the person who has to correct them.

A value that can't be read is not repeated if it came from an environment variable, and nothing of a
key that is meant for a secret ever is: it may be the secret in the wrong place.
"""

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Self

_LONGEST = 60
_SIMPLE_KEY = re.compile(r"[\w-]+")


class Filled(str):
    """Text that holds the value of an environment variable, and the names of those variables."""

    names: tuple[str, ...]

    def __new__(cls, text: str, names: tuple[str, ...]) -> Self:
        """Text, and the names of the variables in it."""
        self = super().__new__(cls, text)
        self.names = names
        return self


def found(value: object) -> str:
    """A value in a few words.

    >>> found("1 hour"), found(True), found([1, 2]), found(Filled("hunter2", ("PASSWORD",)))
    ('"1 hour"', 'true', 'a list', 'the value of ${PASSWORD}')
    """
    if isinstance(value, Filled):
        return "the value of " + " and ".join(f"${{{name}}}" for name in value.names)
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return _cut(repr(value))
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"a Python {type(value).__name__}"


def kind_of(value: object) -> str:
    """What sort of value it is, without the value: for keys that hold secrets.

    >>> kind_of("hunter2"), kind_of(12345), kind_of(["hunter2"])
    ('text', 'a number', 'a list')
    """
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return found(value)


def quoted(text: str) -> str:
    """Text in quotes on one line, cut where it is long."""
    return f'"{_cut(json.dumps(text, ensure_ascii=not text.isprintable())[1:-1])}"'


def key_text(key: str) -> str:
    """A key as a part of a dotted path: in quotes where its end could not be seen otherwise."""
    return _cut(key) if _SIMPLE_KEY.fullmatch(key) else quoted(key)


def listed(names: Iterable[str], word: str = "or") -> str:
    """Names as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that was most likely meant.

    >>> nearest("colums", ["columns", "baselines"]), nearest("x", ["info"])
    ('columns', None)
    """
    plain = {_plain(candidate): candidate for candidate in known}
    close = get_close_matches(_plain(name)[:200], plain, n=1, cutoff=likeness)
    return plain[close[0]] if close else None


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or nothing."""
    near = nearest(name, known) if isinstance(name, str) else None
    return f'; did you mean "{near}"?' if near else ""


def or_variable(pattern: str) -> str:
    """A pattern for a JSON Schema that lets `${NAME}` through, whatever it stands for."""
    return rf"{pattern}|\$\{{"


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
