"""A text, by what can be counted of it: free text has no vocabulary to compare."""

from collections.abc import Sequence
from typing import Any, Literal

from driftwatch.derive.derivation import Derivation, blank
from driftwatch.records import IntArray
from driftwatch.sketch.layout import Kind


class Text(Derivation):
    """Length in characters, words between white space, share of non-ASCII characters, emptiness.

    `review.empty` is `true` for a text of white space only. The share is 0 where there are no
    characters.

    >>> import numpy as np
    >>> text = Text(source="review")
    >>> text.columns
    ('review.length', 'review.words', 'review.non_ascii', 'review.empty')
    >>> text.compute(["très bon", " ", None], np.zeros(3, dtype=np.int64))
    [[8.0, 1.0, None], [2.0, 0.0, None], [0.125, 0.0, None], ['false', 'true', None]]
    """

    kind: Literal["text"] = "text"

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Derivation.columns`."""
        return tuple(f"{self.source}.{part}" for part in ("length", "words", "non_ascii", "empty"))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """See `Derivation.kinds`."""
        return ("numeric", "numeric", "numeric", "categorical")

    def compute(
        self,
        values: Sequence[Any],
        event_times_us: IntArray,  # noqa: ARG002 (every kind's signature)
    ) -> Sequence[Sequence[Any]]:
        """See `Derivation.compute`."""
        rows = [_measured(value) if type(value) is str else (blank(value),) * 4 for value in values]
        return [[row[i] for row in rows] for i in range(4)]


def _measured(text: str) -> tuple[float, float, float, str]:
    length, words = len(text), len(text.split())
    others = 0 if text.isascii() else length - len(text.encode("ascii", "ignore"))
    share = others / length if length else 0.0
    return float(length), float(words), share, "false" if words else "true"
