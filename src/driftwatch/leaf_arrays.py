"""Leaves of many records as arrays, where nobody has to make an object of each value.

The compiled reader hands these over; other decoders hand over a sequence of Python values. Either
means the same, and `objects` gives the sequence: whoever has no faster way takes that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.records import (
    ABSENT,
    WRONG_TYPE,
    CellArray,
    FloatArray,
    IntArray,
    Status,
    StatusArray,
)
from driftwatch.timestamps import Unit, from_numbers, parse_times

_STANDS_FOR = {Status.NULL: None, Status.ABSENT: ABSENT, Status.WRONG_TYPE: WRONG_TYPE}
_STATUS = {id(value): status for status, value in _STANDS_FOR.items()}


def status_of(value: Any) -> int:
    """The `Status` of a value; VALUE where it is one.

    >>> status_of(None), status_of(ABSENT), status_of(float("nan"))
    (1, 2, 0)
    """
    return _STATUS.get(id(value), Status.VALUE)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A numeric leaf.

    values: (n,) float64, NaN where `status` is not VALUE. status: (n,) `Status` codes; None where
    every value is there.
    """

    values: FloatArray
    status: StatusArray | None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, chosen: IntArray) -> "Numbers":
        """Those of these records."""
        status = None if self.status is None else self.status[chosen]
        return Numbers(self.values[chosen], status if status is not None and status.any() else None)

    def put(self, rows: IntArray, values: Sequence[Any]) -> "Numbers":
        """With other values in these rows."""
        numbers = self.values.copy()
        status = np.zeros(len(numbers), np.uint8) if self.status is None else self.status.copy()
        status[rows] = [status_of(value) for value in values]
        numbers[rows] = np.array(values, dtype=np.float64)
        return Numbers(numbers, status if status.any() else None)

    @property
    def is_absent(self) -> bool:
        """Whether nothing stands in any record."""
        return self.status is not None and bool((self.status == Status.ABSENT).all())

    def objects(self) -> list[Any]:
        """A Python value a record."""
        found: list[Any] = self.values.tolist()
        if self.status is not None:
            for row in np.flatnonzero(self.status).tolist():
                found[row] = _STANDS_FOR[int(self.status[row])]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A leaf of texts, numbers or booleans of which many records have the same.

    codes: (n,) int32, which of `values` each record has. values: each at least once in the records,
    perhaps more than once here.
    """

    codes: CellArray
    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, chosen: IntArray) -> "Coded":
        """Those of these records."""
        used, codes = np.unique(self.codes[chosen], return_inverse=True)
        return Coded(codes.astype(np.int32), [self.values[i] for i in used.tolist()])

    def put(self, rows: IntArray, values: Sequence[Any]) -> "Coded":
        """With other values in these rows."""
        codes = self.codes.copy()
        codes[rows] = np.arange(len(self.values), len(self.values) + len(rows))
        return Coded(codes, [*self.values, *values]).take(np.arange(len(codes)))

    @property
    def is_absent(self) -> bool:
        """Whether nothing stands in any record."""
        return all(value is ABSENT for value in self.values)

    def objects(self) -> list[Any]:
        """A Python value a record."""
        return [self.values[code] for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """A leaf of timestamps.

    numbers: (n,) float64, NaN where there is no number. others: by row, what stands there instead.
    """

    numbers: FloatArray
    others: Mapping[int, Any]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, chosen: IntArray) -> "Times":
        """Those of these records."""
        others = {}
        if self.others:
            others = {
                i: self.others[row] for i, row in enumerate(chosen.tolist()) if row in self.others
            }
        return Times(self.numbers[chosen], others)

    def put(self, rows: IntArray, values: Sequence[Any]) -> "Times":
        """With other values in these rows."""
        numbers = self.numbers.copy()
        numbers[rows] = np.nan
        return Times(numbers, {**self.others, **dict(zip(rows.tolist(), values, strict=True))})

    @property
    def is_absent(self) -> bool:
        """Whether nothing stands in any record."""
        return len(self.others) == len(self.numbers) and all(
            value is ABSENT for value in self.others.values()
        )

    def parse(self, unit: Unit) -> IntArray:
        """(n,) microseconds since the epoch; see `timestamps.parse_times`."""
        times = from_numbers(self.numbers, unit)
        if self.others:
            rows = np.fromiter(self.others, dtype=np.int64, count=len(self.others))
            times[rows] = parse_times(list(self.others.values()), unit)
        return times

    def objects(self) -> list[Any]:
        """A Python value a record."""
        found: list[Any] = self.numbers.tolist()
        for row, value in self.others.items():
            found[row] = value
        return found


LeafArray = Numbers | Coded | Times
LeafColumn = Sequence[Any] | LeafArray
"""What stands at one leaf of n records, in their order."""


def objects(column: LeafColumn) -> Sequence[Any]:
    """A Python value a record."""
    return column.objects() if isinstance(column, LeafArray) else column


def take(column: LeafColumn, chosen: IntArray) -> LeafColumn:
    """Those of these records, (m,) ascending."""
    if isinstance(column, LeafArray):
        return column.take(chosen)
    return [column[i] for i in chosen]


def put(column: LeafColumn, rows: IntArray, values: Sequence[Any]) -> LeafColumn:
    """With other values in these rows."""
    if isinstance(column, LeafArray):
        return column.put(rows, values)
    found = list(column)
    for row, value in zip(rows.tolist(), values, strict=True):
        found[row] = value
    return found
