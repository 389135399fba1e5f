"""A condition that has been read, and what asks it: whole columns, or one record."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftwatch.conditions.tree import Node
from driftwatch.records import BoolArray, FloatArray

Operand = FloatArray | NDArray[np.object_]
"""A column: (n,) float64 with NaN for NULL if it is numeric, else (n,) texts with None for NULL."""

Judge = Callable[[Mapping[str, Any]], bool | None]


class Truth(NamedTuple):
    """Where a condition holds, and where it is NULL; (n,) each, never both."""

    true: BoolArray
    unknown: BoolArray


class Condition:
    """A condition over named columns.

    text: as it was written. tree: what it was read as. columns: the names that it reads. judge:
    asks it of one record, a flat mapping of names to plain Python values; returns True, False, or
    None for NULL. It never raises for what a record holds: a name that is not there and a value of
    the wrong type are NULL. It costs about a microsecond.
    """

    __slots__ = ("columns", "judge", "text", "tree")

    def __init__(self, text: str, tree: Node) -> None:
        """tree: of type `truth` (see `conditions.bind`)."""
        from driftwatch.conditions.on_records import compiled
        from driftwatch.conditions.walk import columns_of

        self.text = text
        self.tree = tree
        self.columns = columns_of(tree)
        self.judge: Judge = compiled(tree)

    def evaluate(self, columns: Mapping[str, Operand], count: int) -> Truth:
        """Ask it of `count` records at once; columns: at least those of `self.columns`."""
        from driftwatch.conditions.on_arrays import evaluate

        return evaluate(self.tree, columns, count)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"
