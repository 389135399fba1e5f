"""Counting words in bounded memory.

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

MAX_WORDS = 100_000
SUMMARY_WORDS = 8_192
RARE = 10_000
"""Where not all words could be counted, a word needs more than one in so many rows for a cell."""


class WordCounter:
    """Counts of the words of one column.

    >>> counter = WordCounter()
    >>> counter.add(np.array([0, 1, -1, 0]), ["a", "b"])
    >>> counter.counts, counter.total, counter.exact
    ({'a': 2, 'b': 1}, 3, True)
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.total = 0
        self.exact = True

    def add(self, codes: CellArray, words: Sequence[str]) -> None:
        """Count a word for each code that is not negative."""
        found = np.bincount(codes[codes >= 0], minlength=len(words))
        counts = self.counts
        for i in np.flatnonzero(found).tolist():
            word = words[i]
            counts[word] = counts.get(word, 0) + int(found[i])
        self.total += int(found.sum())

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
        for word, name in names.items():
            count = self.counts[word]
            other.counts[name] = other.counts.get(name, 0) + count
            other.total += count
        return other

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
        frequent = ((-count, word) for word, count in self.counts.items() if count >= least)
        return tuple(word for _, word in heapq.nsmallest(MAX_VOCABULARY, frequent))
