"""From sequences of Python values to the arrays of `records.Rows`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from driftwatch.decode.leaves import LeafType
from driftwatch.leaf_arrays import Coded, LeafColumn, Numbers, objects, status_of
from driftwatch.records import (
    ABSENT,
    WHOLE,
    WRONG_TYPE,
    BoolArray,
    FloatArray,
    IntArray,
    ModelVersion,
    Rows,
    StatusArray,
)
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.sketch.vocabulary import VocabularyIndex

MAX_NEW_VALUES = 1_000
"""Distinct new category values that a batch carries by name, a column."""

_SENTINELS = {None: "null", ABSENT: "absent", WRONG_TYPE: "wrong_type"}


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
        columns: Sequence[LeafColumn],
        view: str = WHOLE,
        masks: Mapping[str, BoolArray] | None = None,
        keys: Sequence[Any] | None = None,
    ) -> Rows:
        """Rows of n records; columns: n values a column of the layout.

        view, masks, keys: see `records.Rows`.
        """
        count = len(position)
        numeric = np.empty((len(self.layout.numeric), count))
        missing: StatusArray | None = None
        for row, i in enumerate(self.layout.numeric.tolist()):
            status = _read_numbers(columns[i], numeric[row])
            if status is not None:
                if missing is None:
                    missing = np.zeros(numeric.shape, dtype=np.uint8)
                missing[row] = status
        cells = np.empty((len(self.layout.categorical), count), dtype=np.int32)
        new_values: dict[int, dict[str, int]] = {}
        for row, i in enumerate(self.layout.categorical.tolist()):
            new: dict[str, int] = {}
            column, vocabulary = columns[i], self._vocabularies[i]
            if isinstance(column, Coded):
                cells[row] = vocabulary.coded_cells(
                    column.values, column.codes, new, MAX_NEW_VALUES
                )
            else:
                cells[row] = vocabulary.cells(objects(column), new, MAX_NEW_VALUES)
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


def _read_numbers(column: LeafColumn, out: FloatArray) -> StatusArray | None:
    """Put n numbers into `out`, and return the `Status` of each; None where all are numbers."""
    if isinstance(column, Numbers):
        out[:] = column.values
        return column.status
    values = objects(column)
    try:
        out[:] = np.fromiter(values, dtype=np.float64, count=len(values))
    except TypeError:  # nulls among them
        out[:] = np.array(values, dtype=np.float64)
    holes = np.flatnonzero(np.isnan(out))
    if not len(holes):
        return None
    status = np.zeros(len(out), dtype=np.uint8)
    status[holes] = [status_of(values[hole]) for hole in holes.tolist()]
    return status
