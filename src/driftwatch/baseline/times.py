"""The times of the rows of the training data, as its timestamp column has them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.texts import Texts, text_number
from driftwatch.records import IntArray

UNTIMED = -1
"""Stands where a row has no readable time."""
LEAST_NUMBER = 1e8
"""A number below this that is written as text is a date without dashes, not an epoch."""

ParseTimes = Callable[[Sequence[Any]], IntArray]
"""Microseconds since the epoch of each value, `UNTIMED` where it is no time."""
TimesOf = Callable[[Chunk], IntArray | None]
"""The times of a chunk's rows; None where it has none at all."""


def own_times(chunk: Chunk) -> IntArray | None:
    """The times that the source itself has given."""
    return chunk.times


class TimeLog:
    """Gathers the times of all rows. known: whether any chunk had some.

    Memory: 8 bytes a row, and as much again, which is never touched, where it has just grown.
    """

    def __init__(self, times_of: TimesOf) -> None:
        self._times_of = times_of
        # One large array and not many small ones: these would leave holes behind.
        self._times = np.empty(1 << 16, dtype=np.int64)
        self._rows = 0
        self.known = False

    def add(self, chunk: Chunk) -> None:
        """Read those of some more rows."""
        self.extend(chunk.rows, self._times_of(chunk))

    def extend(self, rows: int, times: IntArray | None) -> None:
        """The same, where they have been read: of so many rows, None where they have none."""
        self.known |= times is not None
        end = self._rows + rows
        if end > len(self._times):
            grown = np.empty(max(end, 2 * len(self._times)), dtype=np.int64)
            grown[: self._rows] = self._times[: self._rows]
            self._times = grown
        self._times[self._rows : end] = UNTIMED if times is None else times
        self._rows = end

    @property
    def times(self) -> IntArray | None:
        """(rows,) of all rows so far; None if no chunk had any."""
        return self._times[: self._rows] if self.known else None

    def take(self) -> IntArray:
        """(rows,) all of them, which are then forgotten here."""
        times, self._times, rows = self._times, np.empty(0, dtype=np.int64), self._rows
        self._rows = 0
        return times[:rows]


def column_times(name: str, parse: ParseTimes) -> TimesOf:
    """The times in a column of this name.

    >>> chunk = Chunk.from_records([{"ts": 5}, {"ts": "7"}, {}])
    >>> column_times("ts", lambda values: np.array([int(v or -1) for v in values]))(chunk).tolist()
    [5, 7, -1]
    """

    def times(chunk: Chunk) -> IntArray:
        column = chunk.columns.get(name)
        if column is None:
            return np.full(chunk.rows, UNTIMED, dtype=np.int64)
        typed = _typed(column) if isinstance(column, Texts) else column
        return parse(typed) if isinstance(typed, list) else _of_values(typed, parse)

    return times


def _typed(column: Texts) -> Values | list[str | int | float | None]:
    """Texts of unknown type, as the numbers or the texts that they stand for."""
    numbers = column.numbers()
    if numbers is not None and numbers.numbers is not None:
        found = numbers.numbers[numbers.is_number()]
        if len(found) and (found >= LEAST_NUMBER).all():
            return numbers
    return [_cell(cell) for cell in column.cells]


def _cell(cell: str) -> str | int | float | None:
    number = text_number(cell)
    return number if number is not None and number >= LEAST_NUMBER else cell or None


def _of_values(values: Values, parse: ParseTimes) -> IntArray:
    times = np.full(len(values), UNTIMED, dtype=np.int64)
    number = values.is_number()
    if number.any():
        source = values.numbers if values.exact is None else values.exact
        assert source is not None
        times[number] = parse(source[number].tolist())
    if values.codes is not None and values.words:
        word = values.codes >= 0
        times[word] = parse(list(values.words))[values.codes[word]]
    return times
