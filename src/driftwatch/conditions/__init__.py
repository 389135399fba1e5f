"""Conditions in SQL over columns: parsed by sqlglot, evaluated with SQL's three-valued NULL logic.

A condition is a small tree of our own (`tree`), made of what sqlglot reads (`syntax`, `bind`). Two
backends answer it alike: whole columns at once by numpy (`on_arrays`), and one record at a time
inside a model server (`on_records`). sqlglot is imported when the first condition is parsed.
"""

from collections.abc import Mapping

from driftwatch.conditions.condition import Condition, Operand, Truth
from driftwatch.conditions.error import ConditionError
from driftwatch.conditions.kinds import ColumnKind, kind_of_words

__all__ = [
    "ColumnKind",
    "Condition",
    "ConditionError",
    "Operand",
    "Truth",
    "kind_of_words",
    "parse_condition",
]


def parse_condition(text: str, kinds: Mapping[str, ColumnKind]) -> Condition:
    """Read a condition over the columns in `kinds`.

    Raises ConditionError where the text is no condition, names an unknown column or function, or
    mixes types; its message points into the text.

    >>> kinds = {"num_people": "numeric", "weather": "categorical"}
    >>> condition = parse_condition("num_people > 5 AND weather = 'sunny'", kinds)
    >>> condition.judge({"num_people": 6, "weather": "sunny"})
    True
    >>> condition.judge({"num_people": 6}) is None
    True
    """
    from driftwatch.conditions.bind import bind
    from driftwatch.conditions.syntax import parse

    return Condition(text, bind(parse(text), text, kinds))
