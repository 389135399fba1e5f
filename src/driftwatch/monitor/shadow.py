"""Two versions that answer the same request: how often they disagree.

A record waits in memory for the other version's with the same key; when that comes, their
predictions are compared one by one. What waits is bounded: the oldest make room, and are counted as
no pair. Nothing of it is kept over a restart, and pairs are counted as they are read, so these
numbers are for people to look at; no alarm rests on them.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from driftwatch.records import Rows
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.stats.event_words import number

MOST_WAITING = 100_000
"""Records of each version that wait for the other's, some 20 MB with a few predictions."""
EXAMPLES = 10
"""The latest disagreements of each column that are shown."""
MOST_KEY_SIGNS = 64

Side = Literal["here", "there"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A request that both versions answered, and not alike. here, there: their answers in words."""

    key: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class ShadowColumn:
    """How often a prediction differed. Two words that training never saw count as one."""

    name: str
    disagreements: int
    examples: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What pairs say since the process began.

    pairs: requests that both versions answered. waiting: records whose other half has not come.
    """

    pairs: int
    waiting: int
    columns: tuple[ShadowColumn, ...]


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """tolerance: by how much numbers may differ, as a part of the larger one and of 1 at least.

    sensitive: columns of which no example is shown.
    """

    tolerance: float
    sensitive: frozenset[str] = frozenset()
    most_waiting: int = MOST_WAITING


class Shadow:
    """The records of two versions on one layout, joined on their keys."""

    def __init__(self, policy: ShadowPolicy, layout: Layout, places: Sequence[int]) -> None:
        """places: the columns that both versions have; of these the predictions are compared."""
        self._policy = policy
        self._layout = layout
        self._columns = [i for i in places if layout.columns[i].role == "prediction"]
        numeric, words = (kind.tolist() for kind in (layout.numeric, layout.categorical))
        self._numeric = [numeric.index(i) for i in self._columns if i in numeric]
        self._words = [words.index(i) for i in self._columns if i in words]
        # Rows have the numbers first; the answers are kept in that order.
        self._order = [numeric[i] for i in self._numeric] + [words[i] for i in self._words]
        self._waiting: dict[Side, dict[str, tuple[float, ...]]] = {"here": {}, "there": {}}
        self.pairs = 0
        self._disagreements = dict.fromkeys(self._order, 0)
        self._examples: dict[int, deque[Disagreement]] = {
            i: deque(maxlen=EXAMPLES) for i in self._order
        }

    def add(self, side: Side, rows: Rows) -> None:
        """Take in the records of one version; those without a key are passed over."""
        if rows.keys is None or not self._order:
            return
        mine = self._waiting[side]
        others = self._waiting["there" if side == "here" else "here"]
        for key, answer in zip(rows.keys, self._answers(rows), strict=True):
            name = _named(key)
            if name is None:
                continue
            other = others.pop(name, None)
            if other is None:
                mine.pop(name, None)  # asked again: the latest answer counts, and waits from now
                mine[name] = answer
                if len(mine) > self._policy.most_waiting:
                    del mine[next(iter(mine))]
                continue
            self._pair(name, *((answer, other) if side == "here" else (other, answer)))

    def _answers(self, rows: Rows) -> Iterator[tuple[float, ...]]:
        numbers = rows.numeric[self._numeric]
        words = rows.cells[self._words].astype(np.float64)
        return zip(*np.concatenate((numbers, words)).tolist(), strict=True)

    def _pair(self, key: str, here: tuple[float, ...], there: tuple[float, ...]) -> None:
        self.pairs += 1
        for place, a, b in zip(self._order, here, there, strict=True):
            if not self._differ(place, a, b):
                continue
            self._disagreements[place] += 1
            if self._layout.columns[place].name not in self._policy.sensitive:
                said = Disagreement(key, self._value(place, a), self._value(place, b))
                self._examples[place].append(said)

    def _differ(self, place: int, a: float, b: float) -> bool:
        if self._layout.columns[place].kind == "categorical":
            return a != b
        if np.isnan(a) or np.isnan(b):
            return bool(np.isnan(a) != np.isnan(b))
        return a != b and abs(a - b) > self._policy.tolerance * max(1.0, abs(a), abs(b))

    def _value(self, place: int, answer: float) -> str:
        column = self._layout.columns[place]
        if not isinstance(column, CategoricalLayout):
            return "no number" if np.isnan(answer) else number(answer)
        cell = int(answer)
        if cell < len(column.vocabulary):
            return column.vocabulary[cell]
        return _BESIDE[cell - len(column.vocabulary)]

    def report(self) -> ShadowReport:
        """What the pairs say so far."""
        return ShadowReport(
            self.pairs,
            sum(len(waiting) for waiting in self._waiting.values()),
            tuple(
                ShadowColumn(
                    self._layout.columns[place].name,
                    self._disagreements[place],
                    tuple(self._examples[place]),
                )
                for place in sorted(self._order)
            ),
        )


_BESIDE = ("a rare word", "a word never seen in training", "null", "absent", "of the wrong type")
"""The cells after a column's words, in their order (`sketch.layout`)."""


def _named(key: Any) -> str | None:
    """A key as text; None for what can be none."""
    if isinstance(key, str):
        return key[:MOST_KEY_SIGNS] or None
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    return None
