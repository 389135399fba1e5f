"""The functions and operators that conditions have, each with what it takes and gives.

One plain Python function says what each of them does. Those of numbers have a second form over
arrays that gives the same bits; the others are applied word by word, or value by value. Logarithms
and powers are among the others, because numpy's may differ from Python's in the last digit.

None of them is called with NULL. What has no finite number as its result (division by zero, the
logarithm of -1, an overflow) is NULL.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.conditions.kinds import Type
from driftwatch.records import FloatArray

Scalar = float | str | bool | None
Arrays = Callable[..., FloatArray]


@dataclass(frozen=True, slots=True)
class Option:
    """A whole number that stands in the text itself. default: None where it can't be left out."""

    name: str
    least: int
    most: int
    default: int | None = None
    zero: bool = True


@dataclass(frozen=True, slots=True)
class Function:
    """What is NULL where one of its arguments is.

    parameters: the types of the arguments; options: what follows them. scalar: of one value each,
    then the options; it may raise ArithmeticError or ValueError for what is NULL. arrays: the same
    over float64 arrays, NaN for NULL.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    scalar: Callable[..., Scalar]
    arrays: Arrays | None = None
    options: tuple[Option, ...] = ()

    def of(self, *arguments: Any) -> Scalar:
        """Its value for arguments that are not NULL, and options."""
        try:
            found = self.scalar(*arguments)
        except (ArithmeticError, ValueError):
            return None
        if self.result == "number" and found is not None:
            number = float(found)
            return number if math.isfinite(number) else None
        return found


def _half_away(value: float) -> float:
    whole = math.trunc(value)
    return float(whole) + (math.copysign(1.0, value) if abs(value - whole) >= 0.5 else 0.0)


def _round(value: float, digits: int) -> float:
    scale = 10.0 ** abs(digits)
    scaled = value * scale if digits >= 0 else value / scale
    if not math.isfinite(scaled):
        return value
    rounded = _half_away(scaled)
    return rounded / scale if digits >= 0 else rounded * scale


def _round_arrays(value: FloatArray, digits: int) -> FloatArray:
    scale = 10.0 ** abs(digits)
    scaled = value * scale if digits >= 0 else value / scale
    whole = np.trunc(scaled)
    rounded = whole + np.where(np.abs(scaled - whole) >= 0.5, np.copysign(1.0, scaled), 0.0)
    result = rounded / scale if digits >= 0 else rounded * scale
    return np.where(np.isfinite(scaled), result, value)


def _sign(value: float) -> float:
    return float((value > 0) - (value < 0))


def _substr(text: str, start: int, length: int) -> str:
    begin = start - 1 if start > 0 else len(text) + start
    return text[max(begin, 0) : max(begin + length, 0)]


def _left(text: str, length: int) -> str:
    return text[:length]


def _right(text: str, length: int) -> str:
    return text[max(len(text) - length, 0) :]


def _trim(text: str) -> str:
    return text.strip(" ")


def _trim_left(text: str) -> str:
    return text.lstrip(" ")


def _trim_right(text: str) -> str:
    return text.rstrip(" ")


_LONGEST = 1 << 20
_LENGTH = Option("length", 0, _LONGEST)


def _of_number(name: str, scalar: Callable[..., Scalar], arrays: Arrays | None = None) -> Function:
    return Function(name, ("number",), "number", scalar, arrays)


def _of_numbers(name: str, scalar: Callable[..., Scalar], arrays: Arrays | None = None) -> Function:
    return Function(name, ("number", "number"), "number", scalar, arrays)


def _of_text(name: str, scalar: Callable[..., Scalar], *options: Option) -> Function:
    return Function(name, ("text",), "text", scalar, options=options)


def _of_texts(name: str, scalar: Callable[..., Scalar]) -> Function:
    return Function(name, ("text", "text"), "truth", scalar)


ADD = _of_numbers("+", operator.add, np.add)
SUBTRACT = _of_numbers("-", operator.sub, np.subtract)
MULTIPLY = _of_numbers("*", operator.mul, np.multiply)
DIVIDE = _of_numbers("/", operator.truediv, np.divide)
REMAINDER = _of_numbers("%", math.fmod, np.fmod)
NEGATE = _of_number("negate", operator.neg, np.negative)
CONCATENATE = Function("||", ("text", "text"), "text", operator.add)

_DIGITS = Option("digits", -15, 15, default=0)

FUNCTIONS: dict[str, Function] = {
    "abs": _of_number("abs", abs, np.abs),
    "sign": _of_number("sign", _sign, np.sign),
    "round": Function("round", ("number",), "number", _round, _round_arrays, (_DIGITS,)),
    "floor": _of_number("floor", math.floor, np.floor),
    "ceil": _of_number("ceil", math.ceil, np.ceil),
    "sqrt": _of_number("sqrt", math.sqrt, np.sqrt),
    "ln": _of_number("ln", math.log),
    "log10": _of_number("log10", math.log10),
    "exp": _of_number("exp", math.exp),
    "power": _of_numbers("power", math.pow),
    "length": Function("length", ("text",), "number", len),
    "lower": _of_text("lower", str.lower),
    "upper": _of_text("upper", str.upper),
    "trim": _of_text("trim", _trim),
    "ltrim": _of_text("ltrim", _trim_left),
    "rtrim": _of_text("rtrim", _trim_right),
    "substr": _of_text(
        "substr",
        _substr,
        Option("start", -_LONGEST, _LONGEST, zero=False),
        Option("length", 0, _LONGEST, default=_LONGEST),
    ),
    "left": _of_text("left", _left, _LENGTH),
    "right": _of_text("right", _right, _LENGTH),
    "starts_with": _of_texts("starts_with", str.startswith),
    "ends_with": _of_texts("ends_with", str.endswith),
    "contains": _of_texts("contains", operator.contains),
}
"""By name; `coalesce`, `nullif`, `greatest` and `least` are none of them, since they take NULL."""

ALIASES = {"ceiling": "ceil", "pow": "power", "substring": "substr"}

_OPERATORS = (ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE, CONCATENATE)
_BY_NAME = {function.name: function for function in (*FUNCTIONS.values(), *_OPERATORS)}


def name_of(function: Function) -> str:
    """What `function_called` finds it by."""
    return function.name


def function_called(name: str | Function) -> Function:
    """The function or operator of this name, or this one itself. Raises ValueError.

    >>> function_called("abs").of(-3.0), function_called("negate") is NEGATE
    (3.0, True)
    """
    found = name if isinstance(name, Function) else _BY_NAME.get(name)
    if found is None:
        raise ValueError(f"no function is called {name!r}")
    return found
