"""What a condition is made of, once its names and types are known.

Each node has one type. A column that may be taken for several things stands here as what it is
taken for in this place.
"""

from dataclasses import dataclass
from typing import Literal

from driftwatch.conditions.functions import Function
from driftwatch.conditions.kinds import Type

Reading = Literal["number", "numeral", "text", "truth"]
"""How a column is read; numeral: a categorical column's words as numbers."""

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Extreme = Literal["greatest", "least"]


@dataclass(frozen=True, slots=True)
class Column:
    """A value of the record."""

    name: str
    reading: Reading
    type: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the text; None is NULL."""

    value: float | str | bool | None
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator that is NULL where an argument is.

    options: what the text fixes: the digits of `round`, the place in `substr`.
    """

    function: Function
    arguments: "tuple[Node, ...]"
    options: tuple[int, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first of the values that is not NULL."""

    items: "tuple[Node, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class Outermost:
    """The greatest or the least of the values that are not NULL."""

    which: Extreme
    items: "tuple[Node, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class NullIf:
    """The value, but NULL where it equals the other."""

    value: "Node"
    other: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Case:
    """The value behind the first test that holds, else the default."""

    branches: "tuple[tuple[Node, Node], ...]"
    default: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    """Of two values of one type."""

    operator: Comparison
    left: "Node"
    right: "Node"
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Between:
    """Within both bounds, themselves included."""

    operand: "Node"
    low: "Node"
    high: "Node"
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class In:
    """One of some numbers or texts; has_null: NULL is among them."""

    operand: "Node"
    values: frozenset[float] | frozenset[str]
    has_null: bool
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Like:
    """A text that a pattern matches as a whole (see `conditions.like`)."""

    operand: "Node"
    pattern: str
    escape: str | None
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a value is NULL; never NULL itself."""

    operand: "Node"
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Is:
    """Whether a truth value is this one; never NULL itself."""

    operand: "Node"
    wanted: bool
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Not:
    """NULL where the operand is."""

    operand: "Node"
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Every:
    """AND: false where one is, else NULL where one is."""

    items: "tuple[Node, ...]"
    type: Literal["truth"] = "truth"


@dataclass(frozen=True, slots=True)
class Some:
    """OR: true where one is, else NULL where one is."""

    items: "tuple[Node, ...]"
    type: Literal["truth"] = "truth"


Node = (
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
