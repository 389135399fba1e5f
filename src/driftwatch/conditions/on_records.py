"""Conditions asked of one record, inside a model server.

Each node becomes a small function of the record, once; NULL is None. They answer as `on_arrays`
does, to the bit, because both go by the same rules for every operation.
"""

import math
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

import numpy as np

from driftwatch.conditions import functions
from driftwatch.conditions.kinds import numeral
from driftwatch.conditions.like import like
from driftwatch.conditions.tree import (
    Between,
    Call,
    Case,
    Coalesce,
    Column,
    Compare,
    Constant,
    Every,
    In,
    Is,
    IsNull,
    Like,
    Node,
    Not,
    NullIf,
    Outermost,
    Some,
)
from driftwatch.sketch.vocabulary import MAX_TEXT_BYTES, category_text

Record = Mapping[str, Any]
Answer = Callable[[Record], Any]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TRUTHS: dict[str | None, bool] = {"true": True, "false": False}
_PLAIN = 10**19
"""Integers below it are written digit by digit, and read back as the nearest float."""
# Of finite numbers none of these raises, and only the result has to be looked at.
_TOTAL = (functions.ADD, functions.SUBTRACT, functions.MULTIPLY)


def compiled(tree: Node) -> Answer:
    """A function of a record that gives the value of a node, or None for NULL."""
    match tree:
        case Column(name, "number"):
            return _number(name)
        case Column(name, reading):
            return _read(name, _READERS[reading])
        case Constant(value):
            return lambda _record: value
        case Call():
            return _called(tree)
        case Compare(sign, left, right):
            return _compared(_COMPARE[sign], left, right)
        case Between(operand, low, high):
            return _between(operand, low, high)
        case In(operand, values, has_null):
            return _in(compiled(operand), values, None if has_null else False)
        case Like(operand, pattern, escape):
            return _strict(compiled(operand), like(pattern, escape))
        case IsNull(operand):
            asked = compiled(operand)
            return lambda record: asked(record) is None
        case Is(operand, wanted):
            asked = compiled(operand)
            return lambda record: asked(record) is wanted
        case Not(operand):
            return _strict(compiled(operand), operator.not_)
        case Every(items):
            return _until(False, [compiled(item) for item in items])
        case Some(items):
            return _until(True, [compiled(item) for item in items])
        case Coalesce(items):
            return _coalesce([compiled(item) for item in items])
        case Outermost(which, items):
            return _outermost(max if which == "greatest" else min, list(map(compiled, items)))
        case NullIf(value, other):
            return _null_if(compiled(value), compiled(other))
        case Case(branches, default):
            pairs = [(compiled(test), compiled(result)) for test, result in branches]
            return _case(pairs, compiled(default))


# The leaves: what a value of a record is taken for.


def as_number(value: Any) -> float | None:
    """A number of a numeric column; None where it is NaN or no number.

    >>> as_number(3), as_number(float("nan")), as_number("3"), as_number(True)
    (3.0, None, None, None)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = float(value)
    except OverflowError:  # as a number of so many digits in JSON
        return math.inf if value > 0 else -math.inf
    except ValueError:  # a signalling NaN
        return None
    return None if number != number else number


def as_text(value: Any) -> str | None:
    """The word of a categorical column; None where there is none.

    >>> as_text("de"), as_text(3.0), as_text(True), as_text([3]), as_text(float("inf"))
    ('de', '3', 'true', None, None)
    """
    if value.__class__ is str and len(value) <= MAX_TEXT_BYTES and value.isascii():
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return category_text(value) if isinstance(value, str | bool | int | float) else None


def _as_numeral(value: Any) -> float | None:
    if value.__class__ is int and -_PLAIN < value < _PLAIN:
        return float(value)
    word = as_text(value)
    return None if word is None else numeral(word)


def _as_truth(value: Any) -> bool | None:
    if value.__class__ is bool:
        return value
    return _TRUTHS.get(as_text(value))


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": as_text,
    "numeral": _as_numeral,
    "truth": _as_truth,
}


def _number(name: str) -> Answer:
    def value(record: Record) -> float | None:
        found = record.get(name)
        if found.__class__ is float:
            return None if found != found else found
        return None if found is None else as_number(found)

    return value


def _read(name: str, read: Callable[[Any], Any]) -> Answer:
    def value(record: Record) -> Any:
        found = record.get(name)
        return None if found is None else read(found)

    return value


# What is NULL where an operand is.


def _strict(asked: Answer, of: Callable[[Any], Any]) -> Answer:
    def value(record: Record) -> Any:
        found = asked(record)
        return None if found is None else of(found)

    return value


def _called(node: Call) -> Answer:
    function, options = node.function, node.options
    of = _finite(function) if function in _TOTAL else function.of
    arguments = [compiled(argument) for argument in node.arguments]
    if len(arguments) == 1:
        return _strict(arguments[0], (lambda value: of(value, *options)) if options else of)
    left, right = arguments

    def value(record: Record) -> Any:
        one = left(record)
        if one is None:
            return None
        other = right(record)
        return None if other is None else of(one, other)

    return value


def _finite(function: functions.Function) -> Callable[..., float | None]:
    scalar = cast("Callable[[float, float], float]", function.scalar)
    isfinite = math.isfinite

    def of(one: float, other: float) -> float | None:
        made = scalar(one, other)
        return made if isfinite(made) else None

    return of


def _compared(compare: Callable[[Any, Any], bool], left: Node, right: Node) -> Answer:
    one = compiled(left)
    if isinstance(right, Constant) and right.value is not None:
        constant = right.value
        return _strict(one, lambda value: compare(value, constant))
    other = compiled(right)

    def truth(record: Record) -> bool | None:
        first = one(record)
        if first is None:
            return None
        second = other(record)
        return None if second is None else compare(first, second)

    return truth


def _between(operand: Node, low: Node, high: Node) -> Answer:
    asked, lowest, highest = compiled(operand), compiled(low), compiled(high)
    if (
        isinstance(low, Constant)
        and isinstance(high, Constant)
        and low.value is not None
        and high.value is not None
    ):
        least, most = cast("float", low.value), cast("float", high.value)
        return _strict(asked, lambda value: least <= value <= most)

    def truth(record: Record) -> bool | None:
        value = asked(record)
        if value is None:
            return None
        bottom, top = lowest(record), highest(record)
        if (bottom is not None and value < bottom) or (top is not None and value > top):
            return False
        return None if bottom is None or top is None else True

    return truth


def _in(asked: Answer, values: frozenset[Any], otherwise: bool | None) -> Answer:
    def truth(record: Record) -> bool | None:
        value = asked(record)
        if value is None:
            return None
        return True if value in values else otherwise

    return truth


# What is decided without all of the operands.


def _until(decisive: bool, items: list[Answer]) -> Answer:
    """AND, which one False decides, and OR, which one True does."""

    def truth(record: Record) -> bool | None:
        answer: bool | None = not decisive
        for item in items:
            found: bool | None = item(record)
            if found is decisive:
                return decisive
            if found is None:
                answer = None
        return answer

    return truth


def _coalesce(items: list[Answer]) -> Answer:
    def value(record: Record) -> Any:
        for item in items:
            found = item(record)
            if found is not None:
                return found
        return None

    return value


def _outermost(which: Callable[..., Any], items: list[Answer]) -> Answer:
    def value(record: Record) -> Any:
        found = [one for item in items if (one := item(record)) is not None]
        return which(found) if found else None

    return value


def _null_if(asked: Answer, unwanted: Answer) -> Answer:
    def value(record: Record) -> Any:
        found = asked(record)
        return None if found is not None and found == unwanted(record) else found

    return value


def _case(branches: list[tuple[Answer, Answer]], default: Answer) -> Answer:
    def value(record: Record) -> Any:
        for test, result in branches:
            if test(record) is True:
                return result(record)
        return default(record)

    return value
