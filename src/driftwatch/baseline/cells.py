"""The cells of a column whose types are known, as JSON and Parquet give them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from driftwatch.records import BoolArray, CellArray, FloatArray, Status, StatusArray
from driftwatch.sketch.vocabulary import category_text

EXACT_INTEGERS = 2**53
"""From here on float64 can't tell all integers apart."""


class Absent:
    """The type of `ABSENT`."""


ABSENT: Final = Absent()
"""Stands in a list of values where the record has no such key."""

Objects = np.ndarray[tuple[int], np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Values:
    """The cells of a column, taken apart by what they are.

    status: (n,) VALUE for a number, a text or a boolean; WRONG_TYPE for an array or an object.
    numbers: (n,) float64, NaN where the cell is no number; None if no cell is one.
    codes: (n,) index into `words` of each text or boolean, -1 elsewhere; None if no cell is one.
    words: categories (`category_text`), not always distinct.
    integral: every number is an integer by its type.
    exact: (n,) the numbers as they are, where float64 would round some integer among them.
    """

    status: StatusArray
    numbers: FloatArray | None = None
    codes: CellArray | None = None
    words: Sequence[str] = ()
    integral: bool = False
    exact: Objects | None = None

    def __len__(self) -> int:
        return len(self.status)

    def rows(self, start: int, stop: int) -> "Values":
        """Some of the cells."""
        part = slice(start, stop)
        return Values(
            self.status[part],
            None if self.numbers is None else self.numbers[part],
            None if self.codes is None else self.codes[part],
            self.words,
            self.integral,
            None if self.exact is None else self.exact[part],
        )

    def is_number(self) -> BoolArray:
        """(n,) where a number stands."""
        if self.numbers is None:
            return np.zeros(len(self), dtype=np.bool_)
        valued: BoolArray = self.status == Status.VALUE
        return valued if self.codes is None else valued & (self.codes < 0)

    def as_numeric(self) -> tuple[FloatArray, StatusArray]:
        """Each cell as a numeric column has it; texts and booleans are of the wrong type."""
        status = self.status
        if self.codes is not None:
            status = np.where(self.codes >= 0, np.uint8(Status.WRONG_TYPE), status)
        if self.numbers is None:
            return np.full(len(self), np.nan), status
        return self.numbers, status

    def as_categorical(self) -> tuple[CellArray, Sequence[str], StatusArray]:
        """Codes, words and status as a categorical column has them; codes are -1 without a word.

        Numbers become the words that JSON has for them; JSON has none for NaN and infinities.
        """
        codes = np.full(len(self), -1, dtype=np.int32) if self.codes is None else self.codes
        if self.numbers is None:
            return codes, self.words, self.status
        number = self.is_number()
        finite = number & np.isfinite(self.numbers)
        status = np.where(number & ~finite, np.uint8(Status.WRONG_TYPE), self.status)
        source = self.numbers if self.exact is None else self.exact
        distinct, inverse = np.unique(source[finite], return_inverse=True)
        codes = codes.copy()
        codes[finite] = inverse + len(self.words)
        return codes, [*self.words, *map(category_text, distinct.tolist())], status


def values_of(cells: Sequence[Any]) -> Values:
    """A column of Python values, as `json.loads` gives them; `ABSENT` where there is none.

    >>> values = values_of([1, 2.5, "x", True, None, ABSENT, [1]])
    >>> values.status.tolist()
    [0, 0, 0, 0, 1, 2, 3]
    >>> values.numbers.tolist()[:3], [values.words[i] for i in values.codes if i >= 0]
    ([1.0, 2.5, nan], ['x', 'true'])
    """
    types = set(map(type, cells))
    integral = int in types and float not in types
    if types <= _NUMBERS:
        numbers, exact = _numbers(cells, int in types)
        return Values(np.zeros(len(cells), dtype=np.uint8), numbers, None, (), integral, exact)
    kinds = np.fromiter(map(_KINDS.__getitem__, map(type, cells)), dtype=np.uint8, count=len(cells))
    status = np.where(kinds >= _NUMBER, np.uint8(Status.VALUE), kinds)
    numbers_at, words_at = np.flatnonzero(kinds == _NUMBER), np.flatnonzero(kinds == _WORD)
    some_numbers: FloatArray | None = None
    some_exact: Objects | None = None
    codes: CellArray | None = None
    words: Sequence[str] = ()
    if len(numbers_at):
        numbers, exact = _numbers([cells[i] for i in numbers_at.tolist()], int in types)
        some_numbers = np.full(len(cells), np.nan)
        some_numbers[numbers_at] = numbers
        if exact is not None:
            some_exact = objects([0] * len(cells))
            some_exact[numbers_at] = exact
    if len(words_at):
        codes = np.full(len(cells), -1, dtype=np.int32)
        codes[words_at], words = _coded([cells[i] for i in words_at.tolist()])
    return Values(status, some_numbers, codes, words, integral, some_exact)


_NUMBERS = frozenset((int, float))
_NUMBER, _WORD = 10, 11


class _Kinds(dict[type, int]):
    """By type, what a cell is: a `Status` where it holds no value."""

    def __missing__(self, key: type) -> int:
        return Status.WRONG_TYPE


_KINDS = _Kinds(
    {
        type(None): Status.NULL,
        Absent: Status.ABSENT,
        int: _NUMBER,
        float: _NUMBER,
        str: _WORD,
        bool: _WORD,
    }
)


def _coded(cells: Sequence[str | bool]) -> tuple[CellArray, Sequence[str]]:
    distinct = dict.fromkeys(cells)  # holds no numbers, so True stands for itself only
    index = {word: i for i, word in enumerate(distinct)}
    codes = np.fromiter(map(index.__getitem__, cells), dtype=np.int32, count=len(cells))
    return codes, [category_text(word) for word in distinct]


def _numbers(cells: Sequence[int | float], integers: bool) -> tuple[FloatArray, Objects | None]:
    try:
        found = np.array(cells, dtype=np.float64)
    except OverflowError:  # JSON knows no largest integer
        found = np.array([_float(cell) for cell in cells])
    with np.errstate(invalid="ignore"):
        large = integers and bool((np.abs(found) >= EXACT_INTEGERS).any())
    return found, objects(cells) if large else None


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def objects(cells: Sequence[int | float]) -> Objects:
    """(n,) the same numbers, of any size."""
    found = np.empty(len(cells), dtype=object)
    found[:] = cells
    return found
