"""Counting words in bounded memory.

With more than `FEW_WORDS` distinct words only the rows with an even number, the first half, are
counted: the vocabulary is chosen by them alone, so that what depends on the choice can be counted
fairly on the other half. Of words that only the other half has, it is known that they exist.

Guarantee: exact up to `MAX_WORDS` distinct words. Beyond that the counts are those of a mergeable
Misra-Gries summary (Agarwal, Cormode, Huang, Phillips, Wei and Yi, 2012): no count is too high, and
none is too low by more than n / `SUMMARY_WORDS` of n words.
Memory: about 150 bytes a word, so at most 15 MB a column until it is given up, and 4 MB after.
"""

import heapq
from collections.abc import Mapping, Sequence

import numpy as np

from driftwatch.records import CellArray
from driftwatch.sketch.vocabulary import MAX_VOCABULARY
from driftwatch.stats.events import FEW_WORDS

MAX_WORDS = 100_000
SUMMARY_WORDS = 8_192
RARE = 10_000
"""Where not all words could be counted, a word needs more than one in so many rows for a cell."""
SURE = 30
"""A word that was seen so often is in both halves of the rows."""


class WordCounter:
    """Counts of the words of one column.

    counts: of the first half of the rows; 0 for words that only the other half has.
    second: of the other half, as long as there are few words; None after that.
    total: words counted in `counts`.

    >>> counter = WordCounter()
    >>> counter.add(np.array([0, 1, -1, 0]), ["a", "b"], first_row=0)
    >>> counter.counts, counter.second, counter.total, counter.exact
    ({'a': 1, 'b': 0}, {'a': 1, 'b': 1}, 1, True)
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.second: dict[str, int] | None = {}
        self.total = 0
        self.exact = True

    def add(self, codes: CellArray, words: Sequence[str], first_row: int) -> None:
        """Count a word for each code that is not negative. first_row: number of the first one."""
        first, second = codes[first_row % 2 :: 2], codes[(first_row + 1) % 2 :: 2]
        found = np.bincount(first[first >= 0], minlength=len(words))
        for i in np.flatnonzero(found).tolist():
            self.count(words[i], int(found[i]), 0)
        if not self.exact:
            return
        found = np.bincount(second[second >= 0], minlength=len(words))
        for i in np.flatnonzero(found).tolist():
            self.count(words[i], 0, int(found[i]))

    def count(self, word: str, first: int, second: int) -> None:
        """Count a word, so often in either half."""
        self.counts[word] = self.counts.get(word, 0) + first
        self.total += first
        if self.second is not None:
            if second:
                self.second[word] = self.second.get(word, 0) + second
            if len(self.counts) > FEW_WORDS:
                self.second = None

    def merge(self, other: "WordCounter") -> None:
        """Add what was counted of other rows.

        Where these are too many words together it is exact no longer, and has none: which of them
        are given up depends on the order in which they came.
        """
        if self.exact and other.exact:
            for word, first in other.counts.items():
                self.count(word, first, 0 if other.second is None else other.second.get(word, 0))
        if not (self.exact and other.exact) or len(self.counts) > MAX_WORDS:
            self.counts, self.second, self.exact = {}, None, False

    def settle(self) -> None:
        """Keep within bounds. Whoever calls this at the same rows gets the same counts."""
        if len(self.counts) > (MAX_WORDS if self.exact else SUMMARY_WORDS):
            self.give_up()

    def give_up(self) -> None:
        """Let go of all but the most frequent words; the counts are exact no longer."""
        self.exact = False
        if len(self.counts) > SUMMARY_WORDS:
            cut = heapq.nlargest(SUMMARY_WORDS + 1, self.counts.values())[-1]
            self.counts = {word: n - cut for word, n in self.counts.items() if n > cut}

    def renamed(self, names: Mapping[str, str]) -> "WordCounter":
        """The same counts under other words; those that get one name are added up.

        A word without a new name is left out.
        """
        other = WordCounter()
        other.exact = self.exact
        if self.second is None:
            other.second = None
        for word, name in names.items():
            other.count(
                name, self.counts[word], 0 if self.second is None else self.second.get(word, 0)
            )
        return other

    @property
    def frequencies(self) -> Mapping[str, int]:
        """How often each word was seen: in all rows if there are few words, else in one half."""
        if self.second is None:
            return self.counts
        return {word: count + self.second.get(word, 0) for word, count in self.counts.items()}

    @property
    def needs_half(self) -> bool:
        """Whether some of the column's events must be counted on the second half of the rows."""
        return self.second is None or min(self.frequencies.values(), default=SURE) < SURE

    @property
    def fresh(self) -> list[str]:
        """Words that the first half lacks; none where not all words could be counted."""
        return [word for word, count in self.counts.items() if count == 0] if self.exact else []

    def vocabulary(self) -> tuple[str, ...]:
        """At most 256 words, the most frequent first, those of equal counts by their text.

        Where there are more words than that, one that was seen once is not worth a cell (a column
        of ids or of free text would fill them with whatever came first).
        """
        least = 1
        if not self.exact:
            least = max(2, self.total // RARE + 1)
        elif len(self.counts) > MAX_VOCABULARY:
            least = 2
        counts = self.frequencies.items()
        frequent = ((-count, word) for word, count in counts if count >= least)
        return tuple(word for _, word in heapq.nsmallest(MAX_VOCABULARY, frequent))
