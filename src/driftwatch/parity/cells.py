"""What the rows hold, column by column, whatever file they came in.

A CSV file does not say what is a number and what is a text: there a cell that reads as a number is
both, and is compared as what the other side has. JSON and Parquet say it, and `"1"` is not `1`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.baseline.chunk import Chunk, Column
from driftwatch.baseline.texts import Texts
from driftwatch.errors import DataError
from driftwatch.records import BoolArray, FloatArray, IntArray, Status

Words = np.ndarray[tuple[int], np.dtype[Any]]

_BOOLEANS = frozenset(("true", "false"))


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of a column, (n,) each.

    numbers: NaN where there is none. number: whether there is one, which may be NaN itself.
    words: a text, of 256 bytes at most, or None. missing: null, or no such key.
    integral: all its numbers are integers, as labels and counts are.
    What is none of the three is an array or an object, and can't be compared.
    """

    numbers: FloatArray
    number: BoolArray
    words: Words
    missing: BoolArray
    integral: bool = False

    def at(self, rows: IntArray) -> "Cells":
        """The cells of some rows."""
        return Cells(
            self.numbers[rows],
            self.number[rows],
            self.words[rows],
            self.missing[rows],
            self.integral,
        )

    def shown(self, row: int) -> str:
        """A cell in words."""
        if self.words[row] is not None:
            return str(self.words[row])
        if self.number[row]:
            return repr(float(self.numbers[row]))
        return "missing" if self.missing[row] else "an array or an object"


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Rows. keys: of each row, None where it has none; None where rows are not matched by key."""

    rows: int
    columns: dict[str, Cells]
    keys: tuple[str | None, ...] | None


def read_recorded(
    chunks: Iterable[Chunk], key: str | None, wanted: Callable[[str], bool]
) -> Recorded:
    """Take in all rows; of the columns those whose name is `wanted`. Raises DataError.

    Memory: 9 bytes a number, and a text as Python keeps it.
    """
    held = list(chunks)
    rows = sum(chunk.rows for chunk in held)
    found = dict.fromkeys(name for chunk in held for name in chunk.columns)
    keys = None
    if key is not None:
        if rows and key not in found:
            raise DataError(f"no column {key!r} to match by; there are {', '.join(found)}")
        keys = tuple(text for chunk in held for text in _keys(chunk.columns.get(key), chunk.rows))
    columns = {
        name: _joined([_cells(chunk.columns.get(name), chunk.rows) for chunk in held])
        for name in found
        if name != key and wanted(name)
    }
    return Recorded(rows, columns, keys)


def missing_cells(rows: int) -> Cells:
    """A column that no row has."""
    none: Words = np.full(rows, None, dtype=object)
    nothing = np.zeros(rows, dtype=np.bool_)
    return Cells(np.full(rows, np.nan), nothing, none, ~nothing)


def _cells(column: Column | None, rows: int) -> Cells:
    if column is None:
        return missing_cells(rows)
    words: Words = np.full(rows, None, dtype=object)
    if isinstance(column, Texts):
        words[:] = [_untyped(cell) for cell in column.cells]
        column = column.numbers_among()
    elif column.codes is not None:
        word = column.codes >= 0
        words[word] = np.array([*column.words, None], dtype=object)[column.codes[word]]
    number = column.is_number()
    numbers = np.full(rows, np.nan)
    if column.numbers is not None:
        numbers[number] = column.numbers[number]
    missing = (column.status == Status.NULL) | (column.status == Status.ABSENT)
    return Cells(numbers, number, words, missing, column.integral)


def _untyped(cell: str) -> str | None:
    """The word that a cell of CSV is; booleans are written in many ways."""
    lower = cell.lower()
    return lower if lower in _BOOLEANS else cell or None


def _keys(column: Column | None, rows: int) -> list[str | None]:
    if column is None:
        return [None] * rows
    values = column.words() if isinstance(column, Texts) else column
    codes, words, _ = values.as_categorical()
    return [words[code] if code >= 0 else None for code in codes.tolist()]


def _joined(parts: list[Cells]) -> Cells:
    return Cells(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.number for part in parts]),
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.missing for part in parts]),
        all(part.integral for part in parts if part.number.any()),
    )
