"""From sqlglot's tree to our own: names become columns and functions, and types have to fit.

A column of words may be taken for several things (see `conditions.kinds`); what it stands beside
decides. Whatever is not known here is refused, so that no condition means something else than it
says.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from sqlglot import exp

from driftwatch.conditions import functions
from driftwatch.conditions.functions import ALIASES, FUNCTIONS, Function, Option
from driftwatch.conditions.kinds import TYPES, ColumnKind, Type
from driftwatch.conditions.like import like
from driftwatch.conditions.syntax import place
from driftwatch.conditions.tree import (
    Between,
    Call,
    Case,
    Coalesce,
    Column,
    Compare,
    Comparison,
    Constant,
    Every,
    Extreme,
    In,
    Is,
    IsNull,
    Like,
    Node,
    Not,
    NullIf,
    Outermost,
    Reading,
    Some,
)
from driftwatch.conditions.undecided import TYPES_WORDS, Place, Undecided, Value

MOST_LEVELS = 60
"""Of values within each other: a sum of 60 terms, too."""

_COMPARISONS: dict[type[exp.Expr], Comparison] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPERATORS: dict[type[exp.Expr], Function] = {
    exp.Add: functions.ADD,
    exp.Sub: functions.SUBTRACT,
    exp.Mul: functions.MULTIPLY,
    exp.Div: functions.DIVIDE,
    exp.Mod: functions.REMAINDER,
    exp.DPipe: functions.CONCATENATE,
}
_ALL_TYPES: tuple[Type, ...] = ("text", "number", "truth")


def bind(expression: exp.Expr, text: str, kinds: Mapping[str, ColumnKind]) -> Node:
    """The condition that `text` was parsed to. Raises ConditionError."""
    binder = _Binder(text, kinds)
    return binder.fit(binder.read(expression, Place(0, len(text.rstrip()))), "truth")


class _Binder(Undecided):
    def __init__(self, text: str, kinds: Mapping[str, ColumnKind]) -> None:
        super().__init__(text)
        self._kinds = kinds
        self._level = 0
        self._readers: dict[type[exp.Expr], Callable[..., Value]] = {
            exp.Column: self._column,
            exp.Dot: self._column,
            exp.Literal: self._literal,
            exp.Boolean: self._boolean,
            exp.Null: self._null,
            exp.Neg: self._negative,
            exp.And: self._every,
            exp.Or: self._some,
            exp.Not: self._not,
            exp.Between: self._between,
            exp.In: self._in,
            exp.Is: self._is,
            exp.Like: self._like,
            exp.Escape: self._escape,
            exp.Case: self._case,
            exp.Anonymous: self._call,
            **dict.fromkeys(_COMPARISONS, self._compare),
            **dict.fromkeys(_OPERATORS, self._operator),
        }

    def read(self, node: exp.Expr, around: Place) -> Value:
        """around: the place of what it is a part of."""
        while isinstance(node, exp.Paren):
            node = node.this
        here = Place(*place(node, around))
        reader = self._readers.get(type(node))
        if reader is None:
            raise self.wrong(
                "this is no part of a condition; see the reference of conditions", here
            )
        if self._level == MOST_LEVELS:
            raise self.wrong(f"more than {MOST_LEVELS} values within each other", here)
        self._level += 1
        value = reader(node, here)
        self._level -= 1
        return value

    # What has a value of its own.

    def _column(self, node: exp.Expr, here: Place) -> Value:
        name = self._name(node, here)
        kind = self._kinds.get(name)
        if kind is None:
            raise self.wrong(f'unknown column "{name}"{self._meant(name, node)}', here)

        def make(wanted: Type) -> Node:
            reading: Reading = "numeral" if wanted == "number" and kind != "numeric" else wanted
            return Column(name, reading, wanted)

        types = TYPES[kind]
        return Value(types, make, here, f'"{name}" is {TYPES_WORDS[types]}')

    def _name(self, node: exp.Expr, here: Place) -> str:
        """A column's name: its parts joined by dots."""
        if isinstance(node, exp.Dot):
            if not isinstance(node.this, exp.Column | exp.Dot):
                raise self.wrong("this is no name of a column", here)
            if not isinstance(node.expression, exp.Identifier):
                raise self.wrong("this is no name of a column", here)
            return f"{self._name(node.this, here)}.{node.expression.name}"
        parts = [node.args.get(key) for key in ("catalog", "db", "table", "this")]
        found = [part for part in parts if part is not None]
        if not all(isinstance(part, exp.Identifier | exp.Literal) for part in found):
            raise self.wrong("this is no name of a column", here)
        return ".".join(part.name for part in found)

    def _meant(self, name: str, node: exp.Expr) -> str:
        near = get_close_matches(name[:200], self._kinds, n=1, cutoff=0.6)
        if near:
            return f'; did you mean "{near[0]}"?'
        if isinstance(node.this, exp.Identifier) and node.this.quoted:
            return "; a text stands in single quotes"
        shown = ", ".join(f'"{known}"' for known in sorted(self._kinds)[:10])
        return f"; there are {shown}{', ...' if len(self._kinds) > 10 else ''}" if shown else ""

    def _literal(self, node: exp.Literal, here: Place) -> Value:
        if node.is_string:
            words = str(node.this)
            return Value(("text",), lambda _: Constant(words, "text"), here, "this is a text")
        try:
            number = float(node.this)
        except ValueError as problem:
            raise self.wrong("this is no number", here) from problem
        return self.number(number, here)

    def _boolean(self, node: exp.Boolean, here: Place) -> Value:
        flag = bool(node.this)
        return Value(("truth",), lambda _: Constant(flag, "truth"), here, "this is a truth value")

    def _null(self, _node: exp.Null, here: Place) -> Value:
        return Value(_ALL_TYPES, lambda wanted: Constant(None, wanted), here, "this is NULL")

    # Arithmetic and functions.

    def _negative(self, node: exp.Neg, here: Place) -> Value:
        inner = self.read(node.this, here)
        operand = self.fit(inner, "number")
        if isinstance(operand, Constant) and isinstance(operand.value, float):
            return self.number(-operand.value, here)
        return self.made(Call(functions.NEGATE, (operand,), (), "number"), here)

    def _operator(self, node: exp.Binary, here: Place) -> Value:
        function = _OPERATORS[type(node)]
        given = (self.read(part, here) for part in (node.this, node.expression))
        operands = tuple(map(self.fit, given, function.parameters))
        return self.made(Call(function, operands, (), function.result), here)

    def _call(self, node: exp.Anonymous, here: Place) -> Value:
        written = str(node.this)
        name = ALIASES.get(written.lower(), written.lower())
        around = Place(node.meta["start"], node.meta["end"] + 1)
        given = list(node.expressions)
        if name in ("coalesce", "greatest", "least", "nullif"):
            return self._null_aware(name, given, here, around)
        function = FUNCTIONS.get(name)
        if function is None:
            known = [*FUNCTIONS, *ALIASES, "coalesce", "greatest", "least", "nullif"]
            near = get_close_matches(name[:200], known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise self.wrong(f'unknown function "{written}"{hint}', around)
        needed = len(function.parameters)
        least = needed + sum(option.default is None for option in function.options)
        most = needed + len(function.options)
        if not least <= len(given) <= most:
            expected = str(least) if least == most else f"{least} to {most}"
            raise self.wrong(
                f'"{written}" takes {expected} argument{"s" * (most > 1)}, not {len(given)}',
                around,
            )
        values = [self.read(part, here) for part in given]
        operands = tuple(map(self.fit, values, function.parameters))
        fixed = dict(zip(function.options, values[needed:], strict=False))
        options = tuple(self._option(one, fixed.get(one)) for one in function.options)
        return self.made(Call(function, operands, options, function.result), here)

    def _option(self, option: Option, value: Value | None) -> int:
        if value is None:
            assert option.default is not None
            return option.default
        node = self.fit(value, "number")
        number = node.value if isinstance(node, Constant) else None
        if (
            not isinstance(number, float)
            or not number.is_integer()
            or not option.least <= number <= option.most
            or not (number or option.zero)
        ):
            expected = f"a whole number from {option.least} to {option.most}"
            but = "" if option.zero else ", but not 0"
            raise self.wrong(f"{option.name} has to be {expected}{but}, written out", value.place)
        return int(number)

    def _null_aware(
        self,
        name: str,
        given: Sequence[exp.Expr],
        here: Place,
        around: Place,
    ) -> Value:
        """The functions that take NULL for an argument."""
        if len(given) < 2 or (name == "nullif" and len(given) > 2):
            expected = "2 arguments" if name == "nullif" else "at least 2 arguments"
            raise self.wrong(f'"{name}" takes {expected}, not {len(given)}', around)
        values = [self.read(part, here) for part in given]
        kind = self.agree(values)
        if name in ("greatest", "least") and kind == "truth":
            raise self.wrong(f'"{name}" takes numbers or texts; {values[0].words}', values[0].place)
        nodes = tuple(self.fit(value, kind) for value in values)
        if name == "coalesce":
            return self.made(Coalesce(nodes, kind), here)
        if name == "nullif":
            return self.made(NullIf(nodes[0], nodes[1], kind), here)
        return self.made(Outermost(cast("Extreme", name), nodes, kind), here)

    def _case(self, node: exp.Case, here: Place) -> Value:
        if node.args.get("this") is not None:
            raise self.wrong(
                "write CASE WHEN a condition THEN ..., not CASE a value WHEN ...", here
            )
        tests: list[Node] = []
        values: list[Value] = []
        for branch in node.args["ifs"]:
            tests.append(self.fit(self.read(branch.this, here), "truth"))
            values.append(self.read(branch.args["true"], here))
        default = node.args.get("default")
        values.append(self.read(default if default is not None else exp.Null(), here))
        kind = self.agree(values)
        nodes = [self.fit(value, kind) for value in values]
        return self.made(Case(tuple(zip(tests, nodes, strict=False)), nodes[-1], kind), here)

    # What is true or false.

    def _compare(self, node: exp.Binary, here: Place) -> Value:
        left, right = (self.read(part, here) for part in (node.this, node.expression))
        return self.made(self._compared(_COMPARISONS[type(node)], left, right), here)

    def _compared(self, operator: Comparison, left: Value, right: Value) -> Compare:
        kind = self.agree((left, right))
        if kind == "truth" and operator not in ("=", "<>"):
            raise self.wrong("truth values have no order; expected = or <>", left.place)
        return Compare(operator, self.fit(left, kind), self.fit(right, kind))

    def _every(self, node: exp.And, here: Place) -> Value:
        return self.made(Every(self._truths(node, exp.And, here)), here)

    def _some(self, node: exp.Or, here: Place) -> Value:
        return self.made(Some(self._truths(node, exp.Or, here)), here)

    def _truths(self, node: exp.Expr, kind: type[exp.Expr], here: Place) -> tuple[Node, ...]:
        """The parts of a chain, which sqlglot nests once a part."""
        parts: list[exp.Expr] = []
        while isinstance(node, kind):
            parts.append(node.args["expression"])
            node = node.this
        parts.append(node)
        return tuple(self.fit(self.read(part, here), "truth") for part in reversed(parts))

    def _not(self, node: exp.Not, here: Place) -> Value:
        return self.made(Not(self.fit(self.read(node.this, here), "truth")), here)

    def _between(self, node: exp.Between, here: Place) -> Value:
        if node.args.get("symmetric"):
            raise self.wrong("BETWEEN SYMMETRIC is no part of a condition", here)
        values = [self.read(node.args[key], here) for key in ("this", "low", "high")]
        kind = self.agree(values)
        if kind == "truth":
            raise self.wrong("truth values have no order; expected = or <>", values[0].place)
        operand, low, high = (self.fit(value, kind) for value in values)
        return self.made(Between(operand, low, high), here)

    def _in(self, node: exp.In, here: Place) -> Value:
        if any(node.args.get(key) for key in ("query", "unnest", "field")):
            raise self.wrong("IN takes a list in brackets, as in IN ('a', 'b')", here)
        if not node.expressions:
            raise self.wrong("IN takes at least one value", here)
        operand = self.read(node.this, here)
        given = [self.read(part, here) for part in node.expressions]
        kind = self.agree((operand, *given))
        nodes = [self.fit(value, kind) for value in given]
        tested = self.fit(operand, kind)
        constants = [one.value for one in nodes if isinstance(one, Constant)]
        if len(constants) < len(nodes) or kind == "truth":
            return self.made(Some(tuple(Compare("=", tested, one) for one in nodes)), here)
        values = frozenset(cast("list[str]", [one for one in constants if one is not None]))
        return self.made(In(tested, values, None in constants), here)

    def _is(self, node: exp.Is, here: Place) -> Value:
        operand = self.read(node.this, here)
        other = node.expression
        if isinstance(other, exp.Null):
            kind: Type = "text" if "text" in operand.types else operand.types[0]
            return self.made(IsNull(self.fit(operand, kind)), here)
        if isinstance(other, exp.Boolean):
            return self.made(Is(self.fit(operand, "truth"), bool(other.this)), here)
        raise self.wrong("after IS comes NULL, TRUE or FALSE, or NOT and one of these", here)

    def _like(self, node: exp.Like, here: Place) -> Value:
        return self._matched(node, None, here)

    def _escape(self, node: exp.Escape, here: Place) -> Value:
        sign = node.expression
        if not isinstance(node.this, exp.Like):
            raise self.wrong("ESCAPE belongs to LIKE", here)
        if not (isinstance(sign, exp.Literal) and sign.is_string and len(sign.this) == 1):
            raise self.wrong(
                "ESCAPE takes one character in single quotes", Place(*place(sign, here))
            )
        return self._matched(node.this, str(sign.this), here)

    def _matched(self, node: exp.Like, escape: str | None, here: Place) -> Value:
        operand = self.fit(self.read(node.this, here), "text")
        pattern = node.expression
        where = Place(*place(pattern, here))
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            raise self.wrong("LIKE takes a pattern in single quotes", where)
        try:
            like(pattern.this, escape)
        except ValueError as problem:
            raise self.wrong(str(problem), where) from problem
        found = Like(operand, str(pattern.this), escape)
        return self.made(Not(found) if node.args.get("negate") else found, here)
