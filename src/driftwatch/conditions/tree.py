"""What a condition is made of, once its names and types are known.

Each node has one type. A column that may be taken for several things stands here as what it is
taken for in this place. `node` names a node's kind where a tree is kept as JSON (see
`conditions.stored`).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PlainSerializer, PlainValidator

from driftwatch.conditions.functions import Function, function_called, name_of
from driftwatch.conditions.kinds import Type

Reading = Literal["number", "numeral", "text", "truth"]
"""How a column is read; numeral: a categorical column's words as numbers."""

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Extreme = Literal["greatest", "least"]
NamedFunction = Annotated[Function, PlainValidator(function_called), PlainSerializer(name_of)]
Values = Annotated[frozenset[float] | frozenset[str], PlainSerializer(sorted)]


class _Strict:
    """What is read from JSON has these fields, of these types, and no others."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Column(_Strict):
    """A value of the record."""

    name: str
    reading: Reading
    type: Type
    node: Literal["column"] = "column"


@dataclass(frozen=True, slots=True)
class Constant(_Strict):
    """A value of the text; None is NULL."""

    value: float | str | bool | None
    type: Type
    node: Literal["constant"] = "constant"


@dataclass(frozen=True, slots=True)
class Call(_Strict):
    """A function or an operator that is NULL where an argument is.

    options: what the text fixes: the digits of `round`, the place in `substr`.
    """

    function: NamedFunction
    arguments: "tuple[Node, ...]"
    options: tuple[int, ...]
    type: Type
    node: Literal["call"] = "call"


@dataclass(frozen=True, slots=True)
class Coalesce(_Strict):
    """The first of the values that is not NULL."""

    items: "tuple[Node, ...]"
    type: Type
    node: Literal["coalesce"] = "coalesce"


@dataclass(frozen=True, slots=True)
class Outermost(_Strict):
    """The greatest or the least of the values that are not NULL."""

    which: Extreme
    items: "tuple[Node, ...]"
    type: Type
    node: Literal["outermost"] = "outermost"


@dataclass(frozen=True, slots=True)
class NullIf(_Strict):
    """The value, but NULL where it equals the other."""

    value: "Node"
    other: "Node"
    type: Type
    node: Literal["nullif"] = "nullif"


@dataclass(frozen=True, slots=True)
class Case(_Strict):
    """The value behind the first test that holds, else the default."""

    branches: "tuple[tuple[Node, Node], ...]"
    default: "Node"
    type: Type
    node: Literal["case"] = "case"


@dataclass(frozen=True, slots=True)
class Compare(_Strict):
    """Of two values of one type."""

    operator: Comparison
    left: "Node"
    right: "Node"
    type: Literal["truth"] = "truth"
    node: Literal["compare"] = "compare"


@dataclass(frozen=True, slots=True)
class Between(_Strict):
    """Within both bounds, themselves included."""

    operand: "Node"
    low: "Node"
    high: "Node"
    type: Literal["truth"] = "truth"
    node: Literal["between"] = "between"


@dataclass(frozen=True, slots=True)
class In(_Strict):
    """One of some numbers or texts; has_null: NULL is among them."""

    operand: "Node"
    values: Values
    has_null: bool
    type: Literal["truth"] = "truth"
    node: Literal["in"] = "in"


@dataclass(frozen=True, slots=True)
class Like(_Strict):
    """A text that a pattern matches as a whole (see `conditions.like`)."""

    operand: "Node"
    pattern: str
    escape: str | None
    type: Literal["truth"] = "truth"
    node: Literal["like"] = "like"


@dataclass(frozen=True, slots=True)
class IsNull(_Strict):
    """Whether a value is NULL; never NULL itself."""

    operand: "Node"
    type: Literal["truth"] = "truth"
    node: Literal["is_null"] = "is_null"


@dataclass(frozen=True, slots=True)
class Is(_Strict):
    """Whether a truth value is this one; never NULL itself."""

    operand: "Node"
    wanted: bool
    type: Literal["truth"] = "truth"
    node: Literal["is"] = "is"


@dataclass(frozen=True, slots=True)
class Not(_Strict):
    """NULL where the operand is."""

    operand: "Node"
    type: Literal["truth"] = "truth"
    node: Literal["not"] = "not"


@dataclass(frozen=True, slots=True)
class Every(_Strict):
    """AND: false where one is, else NULL where one is."""

    items: "tuple[Node, ...]"
    type: Literal["truth"] = "truth"
    node: Literal["every"] = "every"


@dataclass(frozen=True, slots=True)
class Some(_Strict):
    """OR: true where one is, else NULL where one is."""

    items: "tuple[Node, ...]"
    type: Literal["truth"] = "truth"
    node: Literal["some"] = "some"


AnyNode = (
    Column
    | Constant
    | Call
    | Coalesce
    | Outermost
    | NullIf
    | Case
    | Compare
    | Between
    | In
    | Like
    | IsNull
    | Is
    | Not
    | Every
    | Some
)
"""Each of them."""

Node = Annotated[AnyNode, Field(discriminator="node")]
