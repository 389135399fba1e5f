"""How many of a stream's records meet its conditions, read off the counts of their columns.

A condition has a categorical column of the words `true` and `false`, null where SQL does not know
(see `derive.deriver`); so its share is as exact as any count.
"""

from dataclasses import dataclass

from driftwatch.records import IntArray
from driftwatch.sketch.layout import CONDITION_ROLES, CategoricalLayout, Layout, Role


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, and where it stands. column: its place in the layout."""

    role: Role
    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Held:
    """true, false: records for which it holds, and fails. rows: all; of the rest it is unknown."""

    true: int
    false: int
    rows: int

    @property
    def ratio(self) -> float:
        """The share of all records for which it holds; NaN where there are none."""
        return self.true / self.rows if self.rows else float("nan")

    @property
    def violated_ratio(self) -> float:
        """The share of all records for which it fails; NaN where there are none."""
        return self.false / self.rows if self.rows else float("nan")


def conditions_of(layout: Layout) -> tuple[Condition, ...]:
    """The conditions that have a column, in the layout's order.

    >>> import numpy as np
    >>> words, none = ("false", "true"), np.empty(0, np.uint64)
    >>> layout = Layout((CategoricalLayout("rate.high_score", "rate", words, none),))
    >>> conditions_of(layout)
    (Condition(role='rate', name='high_score', column=0),)
    """
    return tuple(
        Condition(column.role, column.name.removeprefix(f"{column.role}."), i)
        for i, column in enumerate(layout.columns)
        if column.role in CONDITION_ROLES and column.kind == "categorical"
    )


def held(condition: Condition, layout: Layout, cells: IntArray, rows: int) -> Held:
    """How many of `rows` records with these cells meet a condition of the layout.

    A word that training never saw (all of it met the condition, and now one record does not) is
    counted as new, and is the other word: there are only two.
    """
    column = layout.columns[condition.column]
    assert isinstance(column, CategoricalLayout)
    start = int(layout.starts[condition.column])
    found = {word: int(cells[start + i]) for i, word in enumerate(column.vocabulary)}
    unseen = int(cells[start + column.cell("new")])
    absent = {"true", "false"} - found.keys()
    if len(absent) == 1:
        found[absent.pop()] = unseen
    return Held(found.get("true", 0), found.get("false", 0), rows)
