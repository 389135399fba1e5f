"""Parts of a condition before they are taken for something, and how that is decided.

A column of digits is a number beside a number and a text beside a text; NULL is whatever stands
beside it. What is wrong with a part is said with its place in the text.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from driftwatch.conditions.error import ConditionError
from driftwatch.conditions.kinds import TYPE_WORDS, Type
from driftwatch.conditions.tree import Constant, Node

TYPES_WORDS: dict[tuple[Type, ...], str] = {
    ("number",): "a number",
    ("number", "text"): "a text of digits",
    ("truth", "text"): "a text, true or false",
    ("text",): "a text",
    ("text", "number", "truth"): "a text",
}
"""What may be taken for these types."""
_A: dict[Type, str] = {"number": "a number", "text": "a text", "truth": "a truth value"}


class Place(NamedTuple):
    """Where something stands in the text; `end` exclusive."""

    start: int
    end: int


class Value(NamedTuple):
    """Part of a condition that is not yet taken for anything.

    types: what it may be taken for, the likeliest first. make: the node, once it is decided.
    """

    types: tuple[Type, ...]
    make: Callable[[Type], Node]
    place: Place
    words: str


class Undecided:
    """Decides for the parts of one condition; text: its text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fit(self, value: Value, wanted: Type) -> Node:
        """The value as one of this type. Raises ConditionError."""
        if wanted in value.types:
            return value.make(wanted)
        raise self.wrong(f"expected {TYPE_WORDS[wanted]}; {value.words}", value.place)

    def agree(self, values: Sequence[Value]) -> Type:
        """The type that all of them can have. Raises ConditionError."""
        first = min(values, key=lambda value: len(value.types))
        for candidate in first.types:
            if all(candidate in value.types for value in values):
                return candidate
        other = next(value for value in values if not set(value.types) & set(first.types))
        one, two = sorted((first, other), key=lambda value: value.place.start)
        raise self.wrong(f"{one.words} and {two.words}; they don't go together", two.place)

    def wrong(self, problem: str, where: Place) -> ConditionError:
        """The error to raise."""
        return ConditionError(problem, self._text, where.start, where.end)

    def made(self, node: Node, here: Place) -> Value:
        """What can be nothing else than this node."""
        words = "this is a truth value" if node.type == "truth" else f"this is {_A[node.type]}"
        return Value((node.type,), lambda _: node, here, words)

    def number(self, number: float, here: Place) -> Value:
        """A number of the text. Raises ConditionError for one that is infinite."""
        if not math.isfinite(number):
            raise self.wrong("this number is too large", here)
        return Value(("number",), lambda _: Constant(number, "number"), here, "this is a number")
