"""A column of texts as what is distinct in it, so that a text is looked at once."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftwatch.records import BoolArray, FloatArray, IntArray


class Words(NamedTuple):
    """Texts by number. codes: (n,), or () for one that is everywhere; words: None is NULL."""

    codes: IntArray
    words: Sequence[str | None]

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "Words":
        """Each distinct text once."""
        numbers: dict[str | None, int] = {}
        codes = [numbers.setdefault(value, len(numbers)) for value in values]
        return cls(np.array(codes, dtype=np.int64), list(numbers))

    @classmethod
    def constant(cls, value: str | None) -> "Words":
        """One text everywhere."""
        return cls(np.zeros((), dtype=np.int64), (value,))

    def null(self) -> BoolArray:
        """Where there is none."""
        return self.where(lambda word: word is None)

    def where(self, test: Callable[[str | None], bool]) -> BoolArray:
        """Where the test holds of the text."""
        found: BoolArray = np.array([test(word) for word in self.words], dtype=np.bool_)[self.codes]
        return found

    def numbers(self, of: Callable[[str], float | None]) -> FloatArray:
        """A number for each text; NaN where there is none."""
        found = [None if word is None else of(word) for word in self.words]
        made: FloatArray = np.array(found, dtype=np.float64)[self.codes]
        return made

    def mapped(self, to: Callable[[str], str | None]) -> "Words":
        """Other texts for these."""
        return Words(self.codes, [None if word is None else to(word) for word in self.words])

    def listed(self, count: int) -> list[str | None]:
        """One text each."""
        return [self.words[code] for code in np.broadcast_to(self.codes, count).tolist()]


def ranks(left: Words, right: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers that are in the order of the texts, by code point; -1 for NULL."""
    distinct = sorted({word for word in (*left.words, *right.words) if word is not None})
    rank: dict[str | None, int] = {word: i for i, word in enumerate(distinct)}
    made = [
        np.array([rank.get(word, -1) for word in each.words], dtype=np.int64)[each.codes]
        for each in (left, right)
    ]
    return made[0], made[1]


def chosen(mask: BoolArray, one: Words, other: Words) -> Words:
    """The one where the mask is true, else the other."""
    return Words(
        np.where(mask, one.codes, other.codes + len(one.words)), [*one.words, *other.words]
    )
