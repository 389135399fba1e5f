"""The cells of a column whose types are not known, as CSV gives them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from driftwatch.baseline.cells import EXACT_INTEGERS, Values, objects
from driftwatch.records import Status
from driftwatch.sketch.vocabulary import category_text

Reading = Literal["number", "boolean", "text"]
"""What all the cells of a column are read as."""

_LEADING_ZERO = re.compile(r"\n[ \t]*[+-]?0\d")


@dataclass(frozen=True, slots=True)
class Texts:
    """Cells of unknown type; an empty one is null."""

    cells: Sequence[str]

    def __len__(self) -> int:
        return len(self.cells)

    def rows(self, start: int, stop: int) -> "Texts":
        """Some of the cells."""
        return Texts(self.cells[start:stop])

    def numbers(self) -> Values | None:
        """The cells as numbers, or None if one that is not empty is none.

        >>> Texts(["1", "", "2"]).numbers().numbers.tolist()
        [1.0, nan, 2.0]
        >>> Texts(["1", "x"]).numbers() is None, Texts(["007"]).numbers() is None
        (True, True)
        """
        filled = list(filter(None, self.cells)) if "" in self.cells else self.cells
        try:
            found = np.fromiter(map(float, filled), dtype=np.float64, count=len(filled))
        except ValueError:
            return None
        joined = "\n" + "\n".join(filled)
        # What float() takes for a number and nobody else: 1_000, digits of other scripts. With a
        # zero in front it is a code (a postcode, say), of which the zero is a part.
        if not joined.isascii() or "_" in joined or _LEADING_ZERO.search(joined):
            return None
        integral = not any(sign in joined for sign in ".eEnN")
        exact = None
        with np.errstate(invalid="ignore"):
            large = bool((np.abs(found) >= EXACT_INTEGERS).any())
        if large:
            exact = objects([text_number(cell) or 0 for cell in self.cells])
        status = np.zeros(len(self), dtype=np.uint8)
        if len(filled) == len(self):
            return Values(status, found, integral=integral, exact=exact)
        empty = np.fromiter(map("".__eq__, self.cells), dtype=np.bool_, count=len(self))
        numbers = np.full(len(self), np.nan)
        numbers[~empty] = found
        status[empty] = Status.NULL
        return Values(status, numbers, integral=integral, exact=exact)

    def numbers_among(self) -> Values:
        """The cells as numbers, where one that is none is of the wrong type."""
        whole = self.numbers()
        if whole is not None:
            return whole
        status = np.zeros(len(self), dtype=np.uint8)
        numbers = np.full(len(self), np.nan)
        for i, cell in enumerate(self.cells):
            number = text_number(cell)
            if number is None:
                status[i] = Status.WRONG_TYPE if cell else Status.NULL
            else:
                numbers[i] = number
        return Values(status, numbers)

    def read(self, reading: Reading) -> Values:
        """The cells as words of a column that is known to be all numbers, booleans or texts."""
        if reading == "number":
            return self.numbers_among()
        values = self.words()
        if reading == "boolean":
            return replace(values, words=[word.lower() for word in values.words])
        return values

    def words(self) -> Values:
        """The cells as words, as they are written."""
        distinct = dict.fromkeys(self.cells)
        index = {word: i for i, word in enumerate(distinct)}
        codes = np.fromiter(map(index.__getitem__, self.cells), dtype=np.int32, count=len(self))
        status = np.zeros(len(self), dtype=np.uint8)
        if "" in index:
            empty = codes == index[""]
            status[empty] = Status.NULL
            codes[empty] = -1
        return Values(status, codes=codes, words=[category_text(word) for word in distinct])


def reading_of(words: Collection[str]) -> Reading:
    """What texts are to be read as, given all of them or the vocabulary made of them.

    >>> [reading_of(words) for words in (["3", "4.0"], ["True", "false"], ["3", "x"], [])]
    ['number', 'boolean', 'text', 'text']
    """
    if not words:
        return "text"
    if {word.lower() for word in words} <= {"true", "false"}:
        return "boolean"
    return "text" if any(text_number(word) is None for word in words) else "number"


def text_number(cell: str) -> int | float | None:
    """The number that a text stands for, or None.

    >>> [text_number(cell) for cell in ("3", "3.0", "-1e3", "NaN", "007", "1_0", "x", "")]
    [3, 3.0, -1000.0, nan, None, None, None, None]
    """
    try:
        number = float(cell)
    except ValueError:
        return None
    if not cell.isascii() or "_" in cell or _LEADING_ZERO.match("\n" + cell):
        return None
    return number if any(sign in cell for sign in ".eEnN") else int(cell)
