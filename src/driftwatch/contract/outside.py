"""How far a value lies outside of the training data.

A number beyond the smallest or largest training value is so many standard deviations of training
away from it; where training has one value only, its size is the unit (1 for zero). What can't be
measured counts 1: a category never seen, a value that is missing where training hardly ever had
none. A value within the range is 0 away, and so is a gap where training often had one.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline, NumericBaseline
from driftwatch.baseline.summary import stddev
from driftwatch.conditions.on_records import as_number, as_text
from driftwatch.contract.verdict import HOWS, How, Outside
from driftwatch.records import BoolArray, FloatArray, Status, StatusArray
from driftwatch.sketch.vocabulary import category_text, text_hash

RARE = 0.001
"""A share of the training rows; what is rarer is noted."""

_DIGITS = re.compile(r"-?[1-9]\d{0,17}|0", re.ASCII)
_CODE = {how: np.uint8(i) for i, how in enumerate(HOWS)}


class NumericRange:
    """Of a numeric column: name, low, high: where its training values lie."""

    def __init__(self, column: NumericBaseline, rows: int) -> None:
        self.name = column.name
        self.low = -math.inf if column.minimum is None else column.minimum
        self.high = math.inf if column.maximum is None else column.maximum
        self._unit = _unit(column)
        self._infinite = (column.negative_inf > 0, column.positive_inf > 0)
        self._gaps = _Gaps(column, rows)

    def measure(self, value: Any) -> Outside | None:
        """Of one value of a record, None for an absent one."""
        if value.__class__ is float and value == value:
            number = value
        else:
            read = as_number(value)
            if read is None:
                return self._gaps.measure(value is None or _is_nan(value))
            number = read
        gap = self._gap(number)
        if not gap:
            return None
        return Outside(self.name, "above" if number > self.high else "below", gap)

    def measure_all(self, values: Values) -> tuple[FloatArray, StatusArray]:
        """(n,) the distance of each cell, and how it is outside."""
        numbers, status = values.as_numeric()
        nan = np.isnan(numbers) & (status == Status.VALUE)
        how, distance = self._gaps.measure_all(status, nan)
        for at in np.flatnonzero((numbers < self.low) | (numbers > self.high)).tolist():
            distance[at] = self._gap(float(numbers[at]))
            above = numbers[at] > self.high
            how[at] = _CODE["above" if above else "below"] if distance[at] else _CODE["within"]
        return distance, how

    def _gap(self, number: float) -> float:
        if self.low <= number <= self.high:
            return 0.0
        if math.isinf(number):
            return 0.0 if self._infinite[number > 0] else math.inf
        gap = self.low - number if number < self.low else number - self.high
        return gap / self._unit


class KnownWords:
    """Of a categorical column.

    name. by_type: by the type of a plain value, those that training has seen, as far as they are
    known without a closer look.
    """

    def __init__(self, column: CategoricalBaseline, rows: int) -> None:
        self.name = column.name
        words = frozenset(column.vocabulary)
        self.by_type: Mapping[type, frozenset[Any]] = {
            str: words,
            int: frozenset(int(word) for word in words if _DIGITS.fullmatch(word)),
            bool: frozenset(flag for flag in (True, False) if category_text(flag) in words),
        }
        self._words = words
        self._others = column.hashes()
        self._complete = column.other_complete
        self._gaps = _Gaps(column, rows)

    def measure(self, value: Any) -> Outside | None:
        """Of one value of a record, None for an absent one."""
        word = as_text(value)
        if word is None:
            return self._gaps.measure(value is None or _is_nan(value))
        return Outside(self.name, "new", 1.0) if self._is_new(word) else None

    def measure_all(self, values: Values) -> tuple[FloatArray, StatusArray]:
        """(n,) the distance of each cell, and how it is outside."""
        codes, words, status = values.as_categorical()
        nan = np.zeros(len(values), dtype=np.bool_)
        if values.numbers is not None:
            nan = values.is_number() & np.isnan(values.numbers)
        how, distance = self._gaps.measure_all(status, nan)
        new = np.array([*map(self._is_new, words), False], dtype=np.bool_)[codes]
        how[new], distance[new] = _CODE["new"], 1.0
        return distance, how

    def _is_new(self, word: str) -> bool:
        """Where training had more words than could be kept, none is known to be new."""
        if word in self._words or not self._complete:
            return False
        if not len(self._others):
            return True
        key = text_hash(word)
        at = int(np.searchsorted(self._others, np.uint64(key)))
        return at == len(self._others) or int(self._others[at]) != key


Range = NumericRange | KnownWords


def range_of(column: ColumnBaseline, rows: int) -> Range:
    """What a column of the training data, of so many rows, held."""
    if isinstance(column, NumericBaseline):
        return NumericRange(column, rows)
    return KnownWords(column, rows)


class _Gaps:
    """Whether training had rows without a value of this column."""

    def __init__(self, column: ColumnBaseline, rows: int) -> None:
        nan = column.nan if isinstance(column, NumericBaseline) else 0
        missing = column.null + column.absent + nan
        # Predictions and labels may not be there yet.
        here = column.role == "feature"
        self._missing = _noted(column, "missing", missing, rows) if here else None
        self._wrong_type = _noted(column, "wrong_type", column.wrong_type, rows)

    def measure(self, missing: bool) -> Outside | None:
        return self._missing if missing else self._wrong_type

    def measure_all(self, status: StatusArray, nan: BoolArray) -> tuple[StatusArray, FloatArray]:
        how = np.zeros(len(status), dtype=np.uint8)
        if self._missing is not None:
            how[nan | (status == Status.NULL) | (status == Status.ABSENT)] = _CODE["missing"]
        if self._wrong_type is not None:
            how[(status == Status.WRONG_TYPE) & ~nan] = _CODE["wrong_type"]
        return how, (how > 0).astype(np.float64)


def _noted(column: ColumnBaseline, how: How, seen: int, rows: int) -> Outside | None:
    return Outside(column.name, how, 1.0) if seen < RARE * max(rows, 1) else None


def _unit(column: NumericBaseline) -> float:
    deviation = stddev(column) if column.count else None
    if deviation is not None and math.isfinite(deviation) and deviation > 0:
        return deviation
    largest = max(abs(column.minimum or 0.0), abs(column.maximum or 0.0))
    return largest or 1.0


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and value != value
