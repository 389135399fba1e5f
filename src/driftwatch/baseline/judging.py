"""Gives training data a column for each condition, as the daemon gives them to records."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk, Column
from driftwatch.baseline.plan import ColumnPlan
from driftwatch.baseline.texts import Texts
from driftwatch.conditions import Condition, ConditionError, Operand, Truth
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.deriver import kinds_of
from driftwatch.errors import UsageError
from driftwatch.records import BoolArray, Status
from driftwatch.sketch.layout import CategoricalLayout, Layout

WORDS = ("false", "true")
"""The vocabulary of a condition's column, whether training has seen both or not."""


class _Judge(NamedTuple):
    named: NamedCondition
    condition: Condition


class Judging:
    """Asks the rows of chunks some conditions; plans: of the columns that they may read.

    conditions: the same, with what their texts are read as.
    """

    def __init__(self, conditions: Sequence[NamedCondition], plans: Sequence[ColumnPlan]) -> None:
        """Raises UsageError for a condition that these columns don't allow."""
        self._plans = {plan.layout.name: plan for plan in plans}
        self._judges: list[_Judge] = []
        kinds = kinds_of(Layout(tuple(plan.layout for plan in plans))) if conditions else {}
        for named in conditions:
            try:
                bound = named.bound(kinds)
                self._judges.append(_Judge(bound, bound.condition(kinds)))
            except ConditionError as problem:
                raise UsageError(f"--{named.role} {named.name}: {problem}") from problem
        self.conditions = tuple(judge.named for judge in self._judges)

    def chunk(self, chunk: Chunk) -> Chunk:
        """The same rows with the conditions' columns."""
        if not self._judges:
            return chunk
        made: dict[str, Column] = {}
        for named, truth in self._asked(chunk, self._judges):
            status = np.where(truth.unknown, Status.NULL, Status.VALUE).astype(np.uint8)
            codes = np.where(truth.unknown, -1, truth.true).astype(np.int32)
            made[named.column] = Values(status, codes=codes, words=WORDS)
        return replace(chunk, columns={**chunk.columns, **made})

    def segments(self, chunk: Chunk) -> Mapping[str, BoolArray]:
        """By segment, (rows,) which of them are in it."""
        judges = [judge for judge in self._judges if judge.named.role == "segment"]
        return {named.name: truth.true for named, truth in self._asked(chunk, judges)}

    def _asked(
        self, chunk: Chunk, judges: Iterable[_Judge]
    ) -> Iterable[tuple[NamedCondition, Truth]]:
        known: dict[str, Operand] = {}
        for named, condition in judges:
            for name in condition.columns - known.keys():
                known[name] = _operand(self._plans[name], chunk)
            yield named, condition.evaluate(known, chunk.rows)


def condition_plans(
    conditions: Sequence[NamedCondition], names: Collection[str]
) -> Iterator[ColumnPlan]:
    """How the conditions' columns are counted: on words that are fixed before any row is read.

    names: of the data's columns. Raises UsageError where one of these has the name.
    """
    none = np.empty(0, dtype=np.uint64)
    for named in conditions:
        if named.column in names:
            raise UsageError(
                f"--{named.role} {named.name}: the data has a column {named.column!r}; choose "
                "another name"
            )
        layout = CategoricalLayout(named.column, named.role, WORDS, none)
        yield ColumnPlan(layout, "boolean", (), len(WORDS))


def _operand(plan: ColumnPlan, chunk: Chunk) -> Operand:
    """The cells of a column as `conditions` takes them."""
    column = chunk.columns.get(plan.layout.name)
    if plan.layout.kind == "numeric":
        if column is None:
            return np.full(chunk.rows, np.nan)
        typed = column.numbers_among() if isinstance(column, Texts) else column
        return typed.as_numeric()[0]
    texts = np.full(chunk.rows, None, dtype=np.object_)
    if column is not None:
        typed = column.read(plan.reading) if isinstance(column, Texts) else column
        codes, words, _ = typed.as_categorical()
        texts = np.array([*words, None], dtype=np.object_)[codes]
    return texts
