"""A column cut into parts: what slices are made of, and what they are compared by.

A number is cut at its quartiles, or between all of its values where there are few; words are the
most frequent ones and all others; what has no value is a part of its own. A slice takes one part,
or all parts on one side of a cut. The share of the records on one side of a cut, or of one word, is
what may move within a slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline
from driftwatch.baseline.summary import quantiles
from driftwatch.conditions import kind_of_words
from driftwatch.conditions.kinds import numeral
from driftwatch.conditions.writing import column_sql, number_sql, text_sql
from driftwatch.records import BoolArray, FloatArray

MOST_WORDS = 8
_QUARTILES = (0.25, 0.5, 0.75)
_DIGITS = 3

CodeArray = np.ndarray[tuple[int], np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Some parts of a column, and the condition that says so.

    parts: (P,) which of them. event: it is also something that may move.
    """

    condition: str
    parts: BoolArray
    event: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """How a column is cut. count: its parts; the last one is what has no value."""

    name: str
    count: int
    choices: tuple[Choice, ...]
    cuts: FloatArray | None
    words: Sequence[str]

    def codes(self, values: Values) -> CodeArray:
        """(n,) the part that each cell is in."""
        if self.cuts is not None:
            numbers = _numbers(values) if self.words else values.as_numeric()[0]
            codes = np.searchsorted(self.cuts, numbers, side="right")
            return np.where(np.isnan(numbers), self.count - 1, codes).astype(np.uint8)
        found, words, _ = values.as_categorical()
        index = {word: i for i, word in enumerate(self.words)}
        rest = len(self.words)
        part = [*(index.get(word, rest) for word in words), self.count - 1]
        return np.array(part, dtype=np.uint8)[found]


def parts_of(column: ColumnBaseline) -> Parts | None:
    """How to cut a column; None where it is all the same."""
    if isinstance(column, CategoricalBaseline):
        kind = kind_of_words(column.vocabulary)
        numbers = sorted(n for word in column.vocabulary if (n := numeral(word)) is not None)
        if kind == "numerals" and len(numbers) > 2:
            return _by_cuts(column, _some(numbers[1:]), column.vocabulary)
        return _by_words(column)
    return _by_cuts(column, [_rounded(cut) for cut in quantiles(column, _QUARTILES)], ())


def _by_cuts(column: ColumnBaseline, cuts: Sequence[float], words: Sequence[str]) -> Parts | None:
    cuts = sorted(set(cuts))
    if not cuts:
        return None
    kind = kind_of_words(words) if words else "numeric"
    name, count = column_sql(column.name, kind), len(cuts) + 2
    at = np.arange(count)
    there = at < count - 1
    choices = [Choice(f"{name} IS NULL", ~there, True)]
    for i, cut in enumerate(cuts, start=1):
        written = number_sql(cut)
        choices.append(Choice(f"{name} < {written}", at < i, True))
        choices.append(Choice(f"{name} >= {written}", (at >= i) & there, False))
        if i < len(cuts):
            within = f"{name} >= {written} AND {name} < {number_sql(cuts[i])}"
            choices.append(Choice(within, at == i, False))
    return Parts(column.name, count, tuple(choices), np.array(cuts), words)


def _by_words(column: CategoricalBaseline) -> Parts | None:
    words = column.vocabulary[:MOST_WORDS]
    if not words:
        return None
    name, count = column_sql(column.name, "text"), len(words) + 2
    at = np.arange(count)
    choices = [Choice(f"{name} IS NULL", at == count - 1, True)]
    for i, word in enumerate(words):
        choices.append(Choice(f"{name} = {text_sql(word)}", at == i, True))
    return Parts(column.name, count, tuple(choices), None, words)


def _some(numbers: Sequence[float]) -> list[float]:
    """At most as many cuts as words are told apart."""
    step = -(-len(numbers) // MOST_WORDS)
    return list(numbers[::step])


def _rounded(value: float) -> float:
    """Three digits are enough for people, and the cut is as good as the one beside it."""
    return float(f"{value:.{_DIGITS}g}")


def _numbers(values: Values) -> FloatArray:
    """The words of a column of numerals as numbers."""
    codes, words, _ = values.as_categorical()
    found = [*(numeral(word) for word in words), None]
    numbers: FloatArray = np.array(found, dtype=np.float64)[codes]
    return numbers
