"""Parts of conditions as a program writes them."""

from driftwatch.conditions.error import ConditionError
from driftwatch.conditions.kinds import ColumnKind


def column_sql(name: str, kind: ColumnKind = "numeric") -> str:
    """A column's name as it stands in a condition: in quotes only where it has to.

    >>> column_sql("user.age"), column_sql("v.3.x"), column_sql("is new")
    ('user.age', '"v.3.x"', '"is new"')
    """
    from driftwatch.conditions import parse_condition

    try:
        plain = parse_condition(f"{name} IS NULL", {name: kind}).columns == {name}
    except ConditionError:
        plain = False
    if plain and name.replace(".", "").replace("_", "").isalnum():
        return name
    return '"' + name.replace('"', '""') + '"'


def text_sql(word: str) -> str:
    """A text in single quotes.

    >>> text_sql("it's")
    "'it''s'"
    """
    return "'" + word.replace("'", "''") + "'"


def number_sql(value: float) -> str:
    """A finite number, so that the same one is read back.

    >>> number_sql(3.0), number_sql(-0.1), number_sql(1e300)
    ('3', '-0.1', '1e+300')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
