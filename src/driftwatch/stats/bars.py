"""Which cells of a column are drawn as one bar, and what the bar is called.

A numeric column has some 490 cells, far more than an eye can tell apart. Up to 24 bars take them
together: its values one by one where there are few, else equal steps over what lies between the
outer half percents, on a logarithmic scale where the values spread over decades, and steps of equal
mass where neither shows anything. Values outside the training range have bars of their own, and so
has each way of having no value. Which bars there are follows from the baseline's counts alone, so
that they stay where they are while time goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, Layout, NumericLayout
from driftwatch.stats.event_words import number

STEPS = 20
FEW_VALUES = 24
"""A column with at most so many values has a bar for each."""
MOST_WORDS = 24
"""A column with at most so many words has a bar for each."""
WORDS = 16
"""Of more words, so many have a bar each; the rarer ones share one."""
CROWDED = 0.6
"""More than this share in one of many bars shows nothing of the others."""
SKEWED = 20.0
"""The whole range is so many times as wide as its middle half: it takes a logarithmic scale."""

BarKind = Literal[
    "value",
    "below_range",
    "above_range",
    "word",
    "rest",
    "other",
    "new",
    "null",
    "absent",
    "wrong_type",
    "not_finite",
]

_SIDE: tuple[tuple[BarKind, str], ...] = (
    ("null", "null"),
    ("absent", "absent"),
    ("wrong_type", "wrong type"),
)


class Bar(NamedTuple):
    """One bar: the cells [first, last) of its column. low: where its numbers begin, else None."""

    kind: BarKind
    first: int
    last: int
    label: str
    low: float | None = None

    @property
    def has_value(self) -> bool:
        """Whether the records in it have a value: a finite number, or a word."""
        return self.kind not in ("null", "absent", "wrong_type", "not_finite")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """The bars of all columns of a layout, G in all.

    columns: each column's own. starts: (C + 1,) where each column's begin. cells: (G,) the flat
    cell at which each begins. baseline: (G,) what the baseline counted.
    """

    columns: tuple[tuple[Bar, ...], ...]
    starts: IntArray
    cells: IntArray
    baseline: IntArray

    def summed(self, cells: IntArray) -> IntArray:
        """(G,) counts of the bars, from the counts of all cells."""
        if len(self.cells) == 0:
            return np.zeros(0, dtype=np.int64)
        return np.add.reduceat(cells, self.cells, dtype=np.int64)

    def of(self, column: int, counts: IntArray) -> IntArray:
        """One column's part of (..., G) counts."""
        return counts[..., self.starts[column] : self.starts[column + 1]]


def make_bars(layout: Layout, cells: IntArray, sensitive: frozenset[str] = frozenset()) -> Bars:
    """The bars of columns whose baseline has these counts. sensitive: columns without values.

    >>> from driftwatch.sketch.layout import CategoricalLayout, Layout
    >>> column = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, np.uint64))
    >>> found = make_bars(Layout((column,)), np.array([7, 3, 0, 0, 1, 0, 0]))
    >>> [bar.label for bar in found.columns[0]]
    ['a', 'b', 'rare in training', 'never in training', 'null', 'absent', 'wrong type']
    >>> found.baseline.tolist()
    [7, 3, 0, 0, 1, 0, 0]
    """
    columns = tuple(
        tuple(column_bars(column, cells[start : start + column.size], column.name in sensitive))
        for column, start in zip(layout.columns, layout.starts, strict=False)
    )
    starts = np.cumsum([0, *map(len, columns)], dtype=np.int64)
    flat = np.array(
        [
            int(start) + bar.first
            for start, bars in zip(layout.starts, columns, strict=False)
            for bar in bars
        ],
        dtype=np.int64,
    )
    empty = Bars(columns, starts, flat, np.zeros(len(flat), dtype=np.int64))
    return Bars(columns, starts, flat, empty.summed(cells))


def column_bars(layout: ColumnLayout, cells: IntArray, sensitive: bool = False) -> Iterator[Bar]:
    """The bars of one column, which cover its cells without a gap."""
    if isinstance(layout, NumericLayout):
        yield from _numeric(layout, cells, sensitive)
    else:
        yield from _categorical(layout, sensitive)
    first = layout.cell("null")
    for i, (kind, label) in enumerate(_SIDE):
        yield Bar(kind, first + i, first + i + 1, label)
    if isinstance(layout, NumericLayout):
        yield Bar("not_finite", first + len(_SIDE), layout.size, "NaN or infinity")


def _categorical(layout: CategoricalLayout, sensitive: bool) -> Iterator[Bar]:
    words = len(layout.vocabulary)
    shown = words if words <= MOST_WORDS else WORDS
    for i, word in enumerate(layout.vocabulary[:shown]):
        yield Bar("word", i, i + 1, f"word {i + 1}" if sensitive else word)
    if words > shown:
        yield Bar("rest", shown, words, f"{words - shown} more words")
    yield Bar("other", words, words + 1, "rare in training")
    yield Bar("new", words + 1, words + 2, "never in training")


def _numeric(layout: NumericLayout, cells: IntArray, sensitive: bool) -> Iterator[Bar]:
    first, last = layout.low + 1, layout.high + 1
    yield Bar("below_range", 0, first, "below training")
    if last > first:
        inside = cells[first:last]
        held = np.flatnonzero(inside)
        few = 0 < len(held) <= FEW_VALUES and bool(layout.single[first:last][held].all())
        cuts = [0, *held[1:].tolist(), last - first] if few else _cuts(layout, inside, first)
        for i, (begin, end) in enumerate(pairwise(first + cut for cut in cuts)):
            low = float(layout.edges[begin - 1])
            label = f"range {i + 1}" if sensitive else _label(layout, begin, end, few)
            yield Bar("value", begin, end, label, None if sensitive else low)
    yield Bar("above_range", last, layout.bins, "above training")


def _label(layout: NumericLayout, begin: int, end: int, few: bool) -> str:
    """few: the bar is that of one value, and of what might lie between it and the next."""
    low = float(layout.edges[begin - 1])
    if few or (end == begin + 1 and layout.single[begin]):
        return number(low, 4)
    return f"{number(low, 4)} to {number(float(layout.edges[end - 1]), 4)}"


def _cuts(layout: NumericLayout, inside: IntArray, first: int) -> list[int]:
    """Where bars begin, and where the last one ends, among the cells of the training range.

    inside: the baseline's counts of these cells, of which the first is the column's cell `first`.
    """
    starts = layout.edges[first - 1 : first - 1 + len(inside)]  # where each of them begins
    low, quarter, half, high = _quantiles(starts, inside, (0.005, 0.25, 0.75, 0.995))
    steps = []
    if high - low <= SKEWED * (half - quarter):
        steps.append(np.linspace(low, high, STEPS + 1))
    if low > 0.0:
        steps.append(np.geomspace(low, high, STEPS + 1))
    for each in steps:
        at = np.searchsorted(starts, each[1:])
        cuts = np.unique([0, *at.tolist(), len(inside)])
        shares = np.add.reduceat(inside, cuts[:-1]) / max(1, inside.sum())
        if len(cuts) > STEPS // 2 and shares.max() <= CROWDED:
            return [int(cut) for cut in cuts]
    mass = np.searchsorted(starts, _quantiles(starts, inside, _EVEN))
    return [int(cut) for cut in np.unique([0, *mass.tolist(), len(inside)])]


_EVEN = tuple(i / STEPS for i in range(1, STEPS))


def _quantiles(starts: FloatArray, inside: IntArray, ranks: tuple[float, ...]) -> tuple[float, ...]:
    """Where the cells begin that hold these quantiles."""
    running = np.cumsum(inside)
    at = np.searchsorted(running, np.array(ranks) * running[-1])
    return tuple(starts[np.minimum(at, len(starts) - 1)].tolist())
