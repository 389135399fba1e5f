"""From a value to its category: one text for each value, one cell for each text.

Categories are texts. A number or a boolean that stands where a category does becomes the text that
JSON would write, so that `3`, `3.0` and `"3"` are one category whether a baseline came from CSV or
from JSON; `true` is not `1`. Texts are cut at 256 bytes of UTF-8 before anything else.
"""

import hashlib
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from driftwatch.records import BoolArray, CellArray
from driftwatch.sketch.layout import CategoricalLayout

MAX_TEXT_BYTES = 256
MAX_VOCABULARY = 256

_LARGEST = sys.float_info.max


def category_text(value: object) -> str:
    """The category of a JSON scalar.

    Whole numbers are written out below 10^21, as ECMAScript does. An integer of more than 19 digits
    is read as a float, as most that write JSON do.

    >>> [category_text(v) for v in (3, 3.0, 2.5, True, "3", 1e300)]
    ['3', '3', '2.5', 'true', '3', '1e+300']
    >>> [category_text(v) for v in (10**20, 1e20, float("nan"), float("-inf"))]
    ['100000000000000000000', '100000000000000000000', 'NaN', '-Infinity']
    """
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT_BYTES and value.isascii() else cut(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 10**19:
        value = float(value) if abs(value) <= _LARGEST else math.inf if value > 0 else -math.inf
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
    return cut(repr(value))


def cut(text: str) -> str:
    """The text within 256 bytes of UTF-8, whole characters only; lone surrogates become `?`."""
    if len(text) <= MAX_TEXT_BYTES and text.isascii():
        return text
    encoded = text.encode("utf-8", "replace")
    return encoded[:MAX_TEXT_BYTES].decode("utf-8", "ignore")


def text_hash(text: str) -> int:
    """64 bits that stand for a text outside the vocabulary (BLAKE2b)."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class VocabularyIndex:
    """Finds the cell of a category by one dictionary look-up.

    Raw numbers and booleans are looked up as they are, without being made a text first. `True` and
    `1` are the same key in Python, so a vocabulary has either number keys or boolean keys: whoever
    hands in raw values keeps to `takes_numbers` and `takes_booleans`, and hands in texts otherwise.
    """

    def __init__(self, layout: CategoricalLayout, sentinels: dict[Any, str]) -> None:
        """sentinels: objects that stand for a side counter (`null`, `absent`, `wrong_type`)."""
        words = layout.vocabulary
        self.takes_booleans = bool({"true", "false"} & set(words))
        self.takes_numbers = not self.takes_booleans
        self._cells: dict[Any, int] = {word: i for i, word in enumerate(words)}
        if self.takes_booleans:
            self._cells |= {
                flag: self._cells[word]
                for flag, word in ((True, "true"), (False, "false"))
                if word in self._cells
            }
        else:
            self._cells |= _number_keys(words)
        self._cells |= {key: layout.cell(name) for key, name in sentinels.items()}
        self._other = layout.other
        self._other_complete = layout.other_complete
        self._other_cell = layout.cell("other")
        self._new_cell = layout.cell("new")

    def cells(self, values: Sequence[Any], new_values: dict[str, int], limit: int) -> CellArray:
        """(n,) int32 cell of each value.

        new_values: gets how often each new text was met, for up to `limit` texts.
        """
        try:
            return np.fromiter(
                map(self._cells.__getitem__, values), dtype=np.int32, count=len(values)
            )
        except KeyError:  # some value is outside the vocabulary
            return self._with_outside(values, new_values, limit)

    def coded_cells(
        self, values: Sequence[Any], codes: CellArray, new_values: dict[str, int], limit: int
    ) -> CellArray:
        """The same of n records, each of which has one of `values`; codes: (n,) which one."""
        try:
            cells = np.fromiter(
                map(self._cells.__getitem__, values), dtype=np.int32, count=len(values)
            )
        except KeyError:  # which of them are new, and in which order they came
            return self._with_outside([values[i] for i in codes.tolist()], new_values, limit)
        return cells[codes]

    def _with_outside(
        self, values: Sequence[Any], new_values: dict[str, int], limit: int
    ) -> CellArray:
        """The same, where some values were not found as they are."""
        found = list(map(self._cells.get, values))
        outside: dict[int, str] = {}
        for i, cell in enumerate(found):
            if cell is None:
                text = category_text(values[i])
                found[i] = self._cells.get(text)  # a long text may be known in its cut form
                if found[i] is None:
                    found[i], outside[i] = self._other_cell, text
        cells = np.fromiter(found, dtype=np.int32, count=len(found))
        if outside and self._other_complete:
            positions = np.fromiter(outside, dtype=np.int64, count=len(outside))
            new = positions[~self._in_other(outside.values())]
            cells[new] = self._new_cell
            for i in new.tolist():
                text = outside[i]
                if text in new_values or len(new_values) < limit:
                    new_values[text] = new_values.get(text, 0) + 1
        return cells

    def _in_other(self, texts: Collection[str]) -> BoolArray:
        """Which texts were seen in the baseline.

        By binary search among the sorted hashes: a set of them would take ten times the memory.
        """
        found = np.zeros(len(texts), dtype=np.bool_)
        if len(self._other):
            hashes = np.fromiter(map(text_hash, texts), dtype=np.uint64, count=len(texts))
            at = np.searchsorted(self._other, hashes)
            found[:] = self._other[np.minimum(at, len(self._other) - 1)] == hashes
        return found


def _number_keys(words: Iterable[str]) -> dict[Any, int]:
    keys: dict[Any, int] = {}
    for i, word in enumerate(words):
        try:
            number = float(word)
        except ValueError:
            continue
        if category_text(number) == word:
            keys[number] = i  # finds the integer as well: 3 and 3.0 are one key
    return keys
