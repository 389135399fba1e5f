"""Fills in the columns of a layout that no record holds as they are.

A derivation makes columns of one leaf: a text's length, a vector's norm. A condition makes one
column of others: `true` where it holds, `false` where it does not, and null where SQL would not
know. Conditions may read derived columns, and no other condition.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from driftwatch.conditions import (
    ColumnKind,
    Condition,
    Operand,
    kind_of_words,
)
from driftwatch.derive.derivation import Derivation, NamedCondition
from driftwatch.leaf_arrays import Coded, LeafColumn, Numbers, objects
from driftwatch.records import ABSENT, WRONG_TYPE, BoolArray, IntArray
from driftwatch.sketch.layout import CONDITION_ROLES, Layout, Role
from driftwatch.sketch.vocabulary import category_text

WORDS = np.array(["false", "true", None], dtype=np.object_)
"""What a condition's column holds: by 0 where it fails, 1 where it holds, 2 where it is unknown."""


class Source(NamedTuple):
    """A leaf that is wanted as it is, whatever stands there."""

    name: str
    role: Role


class _Judge(NamedTuple):
    named: NamedCondition
    condition: Condition
    column: int | None


class Deriver:
    """What one layout needs.

    makes: numbers of the columns that `fill` fills in. sources: the leaves it reads.
    """

    def __init__(
        self,
        derived: Sequence[Derivation],
        conditions: Sequence[NamedCondition],
        layout: Layout,
    ) -> None:
        """Raises ConditionError where a condition reads what the layout has not."""
        self._layout = layout
        index = {column.name: i for i, column in enumerate(layout.columns)}
        self._index = index
        self._derived = [(one, [index.get(name) for name in one.columns]) for one in derived]
        kinds = kinds_of(layout)
        self._judges = [
            _Judge(named, named.condition(kinds), index.get(named.column)) for named in conditions
        ]
        self.sources = tuple(Source(one.source, one.source_role) for one in derived)
        made = [i for _, columns in self._derived for i in columns]
        made += [judge.column for judge in self._judges]
        self.makes = frozenset(i for i in made if i is not None)

    def fill(
        self,
        columns: list[LeafColumn],
        sources: Sequence[Sequence[Any]],
        event_times_us: IntArray,
    ) -> Mapping[str, BoolArray]:
        """Fill in what is made, and return which of the n records are in each segment.

        columns: n values a column of the layout. sources: one sequence a leaf of `sources`.
        """
        for (one, places), values in zip(self._derived, sources, strict=True):
            made = one.compute(values, event_times_us)
            for place, column in zip(places, made, strict=True):
                if place is not None:
                    columns[place] = column
        masks: dict[str, BoolArray] = {}
        known: dict[str, Operand] = {}
        for named, condition, place in self._judges:
            for name in condition.columns - known.keys():
                known[name] = self._operand(self._index[name], columns)
            truth = condition.evaluate(known, len(event_times_us))
            if place is not None:
                codes = truth.true.astype(np.int8) + 2 * truth.unknown
                columns[place] = WORDS[codes].tolist()
            if named.role == "segment":
                masks[named.name] = truth.true
        return masks

    def _operand(self, place: int, columns: Sequence[LeafColumn]) -> Operand:
        column = columns[place]
        if self._layout.columns[place].kind == "numeric":
            return column.values if isinstance(column, Numbers) else np.array(column, np.float64)
        if isinstance(column, Coded):
            return _texts(column.values)[column.codes]
        return _texts(objects(column))


def kinds_of(layout: Layout) -> dict[str, ColumnKind]:
    """The columns that a condition may read, and what it may take them for."""
    return {
        column.name: "numeric" if column.kind == "numeric" else kind_of_words(column.vocabulary)
        for column in layout.columns
        if column.role not in CONDITION_ROLES
    }


def _texts(values: Sequence[Any]) -> Operand:
    found = np.empty(len(values), dtype=np.object_)
    found[:] = list(map(_text, values))
    return found


def _text(value: Any) -> str | None:
    if value is None or value is ABSENT or value is WRONG_TYPE:
        return None
    return category_text(value)
