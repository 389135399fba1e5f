"""What a condition may take a column for.

A categorical column holds words. Where all of its words are numbers (a count of few distinct
values) a condition may compare it with a number, and where they are `true` and `false` it may stand
as a truth value of its own.
"""

import math
import re
from collections.abc import Iterable
from typing import Literal

Type = Literal["number", "text", "truth"]
"""Of a value in a condition."""

ColumnKind = Literal["numeric", "categorical", "numerals", "booleans", "text"]
"""numeric: numbers. numerals: words that are all numbers. booleans: the words `true` and `false`.
text: words of any other sort. categorical: words that nobody has looked at, taken for whatever
stands beside them."""

TYPES: dict[ColumnKind, tuple[Type, ...]] = {
    "numeric": ("number",),
    "numerals": ("number", "text"),
    "booleans": ("truth", "text"),
    "text": ("text",),
    "categorical": ("text", "number", "truth"),
}
"""What a column of each kind may be taken for, the likeliest first."""

TYPE_WORDS: dict[Type, str] = {"number": "a number", "text": "a text", "truth": "true or false"}

_NUMERAL = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""With a zero in front it is a code (a postcode, say), of which the zero is a part."""


def kind_of_words(words: Iterable[str]) -> ColumnKind:
    """The kind of a categorical column with this vocabulary.

    >>> kind_of_words(["3", "1", "2.5"]), kind_of_words(["true"]), kind_of_words(["1", "many"])
    ('numerals', 'booleans', 'text')
    >>> kind_of_words([])
    'categorical'
    """
    found = set(words)
    if not found:
        return "categorical"
    if found <= {"true", "false"}:
        return "booleans"
    return "numerals" if all(numeral(word) is not None for word in found) else "text"


def numeral(word: str) -> float | None:
    """The number that a word is; None where it is none.

    >>> numeral("3"), numeral("-2.5e3"), numeral("007"), numeral("NaN"), numeral("1e999")
    (3.0, -2500.0, None, None, None)
    """
    if _NUMERAL.fullmatch(word) is None:
        return None
    number = float(word)
    return number if math.isfinite(number) else None
