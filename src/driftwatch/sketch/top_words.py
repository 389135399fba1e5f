"""The most frequent of the words that a baseline has never seen.

A frequent-items sketch (Misra and Gries, 1982, as Apache DataSketches keeps it): of fixed size
however many words there are, and every word that makes up more than about a hundredth of them is in
it. It serves people who ask which word is new; what is counted exactly is the `new` cell.
"""

from collections.abc import Mapping
from typing import Any

_LOG2_SIZE = 7
MAX_SHOWN = 20


class TopWords:
    """Frequent words of a stream. sketch: DataSketches' own.

    >>> words = TopWords()
    >>> words.add({"hail": 3, "fog": 1})
    >>> words.top()
    (('hail', 3), ('fog', 1))
    """

    def __init__(self) -> None:
        # Most processes never meet a new word; the library is loaded when one does.
        from datasketches import frequent_items_error_type, frequent_strings_sketch

        self.sketch: Any = frequent_strings_sketch(_LOG2_SIZE)
        self._no_false_negatives = frequent_items_error_type.NO_FALSE_NEGATIVES

    def add(self, words: Mapping[str, int]) -> None:
        """Count words."""
        for word, count in words.items():
            self.sketch.update(word, count)

    def merge(self, other: "TopWords") -> None:
        """Count what another has counted."""
        self.sketch.merge(other.sketch)

    def top(self) -> tuple[tuple[str, int], ...]:
        """The most frequent words, first, with how often each was seen at least."""
        items = self.sketch.get_frequent_items(self._no_false_negatives)
        ranked = sorted(((word, lower) for word, _, lower, _ in items), key=lambda i: (-i[1], i[0]))
        return tuple(ranked[:MAX_SHOWN])
