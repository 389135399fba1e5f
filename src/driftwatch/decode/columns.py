"""From sequences of Python values to the arrays of `records.Rows`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from driftwatch.decode.leaves import LeafType
from driftwatch.records import (
    ABSENT,
    WHOLE,
    WRONG_TYPE,
    BoolArray,
    IntArray,
    ModelVersion,
    Rows,
    Status,
    StatusArray,
)
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.sketch.vocabulary import VocabularyIndex

MAX_NEW_VALUES = 1_000
"""Distinct new category values that a batch carries by name, a column."""

_SENTINELS = {None: "null", ABSENT: "absent", WRONG_TYPE: "wrong_type"}
_STATUS = {
    id(None): Status.NULL,
    id(ABSENT): Status.ABSENT,
    id(WRONG_TYPE): Status.WRONG_TYPE,
}


class ColumnReader:
    """Reads the columns of one baseline.

    leaves: what the decoder's fast path takes for each column of the layout.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._vocabularies = {
            int(i): VocabularyIndex(column, _SENTINELS)
            for i in layout.categorical
            if isinstance(column := layout.columns[i], CategoricalLayout)
        }
        self.leaves: list[LeafType] = [
            "number" if column.kind == "numeric" else self._leaf(i)
            for i, column in enumerate(layout.columns)
        ]

    def _leaf(self, index: int) -> LeafType:
        vocabulary = self._vocabularies[index]
        return "boolean" if vocabulary.takes_booleans else "scalar"

    def read(
        self,
        route: ModelVersion,
        position: IntArray,
        event_times_us: IntArray,
        columns: Sequence[Sequence[Any]],
        view: str = WHOLE,
        masks: Mapping[str, BoolArray] | None = None,
        keys: Sequence[Any] | None = None,
    ) -> Rows:
        """Rows of n records; columns: one sequence of n values a column of the layout.

        view, masks, keys: see `records.Rows`.
        """
        count = len(position)
        numeric = np.empty((len(self.layout.numeric), count))
        missing: StatusArray | None = None
        for row, i in enumerate(self.layout.numeric.tolist()):
            values = columns[i]
            try:
                numeric[row] = np.fromiter(values, dtype=np.float64, count=count)
            except TypeError:  # nulls among them
                numeric[row] = np.array(values, dtype=np.float64)
            holes = np.flatnonzero(np.isnan(numeric[row]))
            if len(holes):
                if missing is None:
                    missing = np.zeros(numeric.shape, dtype=np.uint8)
                missing[row, holes] = [
                    _STATUS.get(id(values[h]), Status.VALUE) for h in holes.tolist()
                ]
        cells = np.empty((len(self.layout.categorical), count), dtype=np.int32)
        new_values: dict[int, dict[str, int]] = {}
        for row, i in enumerate(self.layout.categorical.tolist()):
            new: dict[str, int] = {}
            cells[row] = self._vocabularies[i].cells(columns[i], new, MAX_NEW_VALUES)
            if new:
                new_values[i] = new
        return Rows(
            route,
            position,
            event_times_us,
            numeric,
            missing,
            cells,
            new_values,
            view,
            masks or {},
            keys,
        )
