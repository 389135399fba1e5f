"""Conditions asked of whole columns, by numpy.

A number is a float64 array with NaN for NULL, a text is `Words`, a truth value is a `Truth`. What
is the same for all records has the shape (), until the end.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from driftwatch.conditions.condition import Operand, Truth
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
from driftwatch.conditions.words import Words, chosen, ranks
from driftwatch.records import BoolArray, FloatArray

Value = FloatArray | Words | Truth

_COMPARE: dict[str, Callable[[Any, Any], BoolArray]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(tree: Node, columns: Mapping[str, Operand], count: int) -> Truth:
    """Where a condition of type `truth` holds and where it is NULL; (count,) each."""
    with np.errstate(all="ignore"):
        truth = _Arrays(columns, count).truth(tree)
    return Truth(*(np.array(np.broadcast_to(part, count)) for part in truth))


class _Arrays:
    def __init__(self, columns: Mapping[str, Operand], count: int) -> None:
        self._columns = columns
        self._count = count
        self._texts: dict[str, Words] = {}

    def value(self, node: Node) -> Value:
        if node.type == "number":
            return self.number(node)
        return self.text(node) if node.type == "text" else self.truth(node)

    def number(self, node: Node) -> FloatArray:
        match node:
            case Column(name, "number"):
                return cast("FloatArray", self._columns[name])
            case Column(name):
                return self._text_column(name).numbers(numeral)
            case Constant(value):
                return np.array(np.nan if value is None else value, dtype=np.float64)
            case Call():
                return self._called_number(node)
        return cast("FloatArray", self._chosen(node))

    def text(self, node: Node) -> Words:
        match node:
            case Column(name):
                return self._text_column(name)
            case Constant(value):
                return Words.constant(cast("str | None", value))
            case Call(function, (operand,), options):
                of = function.of
                return self.text(operand).mapped(lambda word: cast("str", of(word, *options)))
            case Call():
                return Words.of(cast("list[str | None]", self._called(node)))
        return cast("Words", self._chosen(node))

    def truth(self, node: Node) -> Truth:
        match node:
            case Compare(sign, left, right):
                return self._compared(sign, self.value(left), self.value(right))
            case Between(operand, low, high):
                tested = self.value(operand)
                return _every(
                    self._compared(">=", tested, self.value(low)),
                    self._compared("<=", tested, self.value(high)),
                )
            case In():
                return self._in(node)
            case Like(operand, pattern, escape):
                matches = like(pattern, escape)
                words = self.text(operand)
                found = words.where(lambda word: word is not None and matches(word))
                return Truth(found, words.null())
            case IsNull(operand):
                return _known(_null(self.value(operand)))
            case Is(operand, wanted):
                asked = self.truth(operand)
                return _known(asked.true if wanted else _false(asked))
            case Not(operand):
                asked = self.truth(operand)
                return Truth(_false(asked), asked.unknown)
            case Every(items):
                return _every(*map(self.truth, items))
            case Some(items):
                return _some(*map(self.truth, items))
            case Column(name):
                words = self._text_column(name)
                true = words.where(lambda word: word == "true")
                return Truth(true, ~(true | words.where(lambda word: word == "false")))
            case Constant(value):
                return Truth(np.array(value is True), np.array(value is None))
            case Call():
                return self._called_truth(node)
        return cast("Truth", self._chosen(node))

    def _text_column(self, name: str) -> Words:
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = Words.of(self._columns[name].tolist())
        return found

    def _compared(self, sign: str, left: Value, right: Value) -> Truth:
        unknown = _null(left) | _null(right)
        if isinstance(left, Words) and isinstance(right, Words):
            return Truth(_COMPARE[sign](*ranks(left, right)) & ~unknown, unknown)
        if isinstance(left, Truth) and isinstance(right, Truth):
            return Truth(_COMPARE[sign](left.true, right.true) & ~unknown, unknown)
        return Truth(_COMPARE[sign](left, right) & ~unknown, unknown)

    def _in(self, node: In) -> Truth:
        values = node.values
        if node.operand.type == "text":
            words = self.text(node.operand)
            true, null = words.where(lambda word: word in values), words.null()
        else:
            numbers = self.number(node.operand)
            true, null = (
                np.isin(numbers, np.array(list(values), dtype=np.float64)),
                np.isnan(numbers),
            )
        return Truth(true, null | ~true if node.has_null else null)

    def _called_number(self, node: Call) -> FloatArray:
        function = node.function
        if function.arrays is not None:
            made = function.arrays(*map(self.number, node.arguments), *node.options)
            return np.where(np.isfinite(made), made, np.nan)
        if function.parameters == ("text",):
            of = cast("Callable[..., float | None]", function.of)
            return self.text(node.arguments[0]).numbers(lambda word: of(word, *node.options))
        return np.array(self._called(node), dtype=np.float64)

    def _called_truth(self, node: Call) -> Truth:
        text, other = (self.text(argument) for argument in node.arguments)
        unknown = text.null() | other.null()
        if other.codes.ndim == 0 and other.words[0] is not None:
            fixed = other.words[0]
            true = text.where(
                lambda word: word is not None and node.function.of(word, fixed) is True
            )
        else:
            true = np.array([value is True for value in self._called(node)])
        return Truth(true, unknown)

    def _called(self, node: Call) -> list[Any]:
        """Record by record: what neither has a form over arrays nor goes by a text alone."""
        arguments = [self._listed(self.value(argument)) for argument in node.arguments]
        return [
            None if None in row else node.function.of(*row, *node.options)
            for row in zip(*arguments, strict=True)
        ]

    def _listed(self, value: Value) -> list[Any]:
        if isinstance(value, Words):
            return value.listed(self._count)
        numbers = np.broadcast_to(cast("FloatArray", value), self._count)
        return [None if number != number else number for number in numbers.tolist()]

    def _chosen(self, node: Node) -> Value:
        """What is one of several values."""
        match node:
            case Coalesce(items):
                values = [self.value(item) for item in items]
                found = values[-1]
                for value in reversed(values[:-1]):
                    found = _where(~_null(value), value, found)
                return found
            case Outermost(which, items):
                sign = ">=" if which == "greatest" else "<="
                found, *others = (self.value(item) for item in items)
                for value in others:
                    stays = self._compared(sign, found, value).true | _null(value)
                    found = _where(stays, found, value)
                return found
            case NullIf(first, second):
                value = self.value(first)
                equal = self._compared("=", value, self.value(second)).true
                return _where(equal, self.value(Constant(None, node.type)), value)
            case Case(branches, default):
                found = self.value(default)
                for test, result in reversed(branches):
                    found = _where(self.truth(test).true, self.value(result), found)
                return found
        raise AssertionError(f"no value of several: {node}")


def _null(value: Value) -> BoolArray:
    if isinstance(value, Words):
        return value.null()
    return value.unknown if isinstance(value, Truth) else np.isnan(value)


def _where(mask: BoolArray, one: Value, other: Value) -> Value:
    if isinstance(one, Words) and isinstance(other, Words):
        return chosen(mask, one, other)
    if isinstance(one, Truth) and isinstance(other, Truth):
        return Truth(
            np.where(mask, one.true, other.true), np.where(mask, one.unknown, other.unknown)
        )
    return np.where(mask, cast("FloatArray", one), cast("FloatArray", other))


def _false(truth: Truth) -> BoolArray:
    return ~(truth.true | truth.unknown)


def _known(true: BoolArray) -> Truth:
    return Truth(true, np.zeros_like(true))


def _every(*truths: Truth) -> Truth:
    true, unknown = truths[0]
    for each in truths[1:]:
        false = ~(true | unknown) | _false(each)
        true = true & each.true
        unknown = ~(true | false)
    return Truth(true, unknown)


def _some(*truths: Truth) -> Truth:
    true, unknown = truths[0]
    for each in truths[1:]:
        true = true | each.true
        unknown = ~true & (unknown | each.unknown)
    return Truth(true, unknown)
