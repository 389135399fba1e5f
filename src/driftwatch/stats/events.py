"""What the alarm asks of every row of a column: events, each a yes or no, and scores.

An event is a set of a column's cells (see `sketch.layout`): the values below the baseline's 5%
quantile, one word, the nulls. Which events there are follows from the baseline's counts alone, so
that every process with this baseline asks the same questions in the same order.

The cells that no event tells apart are summed to groups first, some 60 of a numeric column's 490
cells: all that is looked at in a pane is then one sum over its groups.

Numeric columns also have two scores: the normal score of a value's rank, which sees a shift, and
its square, which sees a changed spread.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtri

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, NumericLayout

QUANTILES = tuple(q / 1000 for q in (1, 5, 10, 20, *range(50, 1000, 50), 980, 990, 995, 999))
"""The values below each of these are an event."""
TAILS = tuple(q / 1000 for q in (1, 5, 10, 20, 50, 100, 150, 200, 250, 300, 350))
"""The values in either of two tails of this size are an event."""
VIGINTILES = 20
MAX_ATOMS = 10
MAX_WORDS = 50
"""Words that are events of their own; those that follow in the vocabulary are one together."""
FEW_WORDS = 50
"""With more distinct words than this, the vocabulary is chosen on one half of the rows and the
events that depend on the choice are counted on the other."""
WINSOR = 2.33
"""Normal scores are cut here: the tails have events of their own."""
MAX_Z = 5.0

EventKind = Literal[
    "below",
    "bin",
    "outside",
    "atom",
    "below_range",
    "above_range",
    "word",
    "rest",
    "outside_vocabulary",
    "new",
    "null",
    "absent",
    "wrong_type",
    "not_finite",
]


class Event(NamedTuple):
    """A set of a column's cells.

    first, last: the cells [first, last) of the column; `complement`: all other cells that hold a
    value. of_values: it is asked of the rows with a value; else of all rows. up_only: only more of
    it is news.
    """

    kind: EventKind
    first: int
    last: int
    complement: bool = False
    of_values: bool = True
    up_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ColumnEvents:
    """The events and scores of one column. E events, G groups.

    events: in cells of the column.
    bounds: (G + 1,) cells at which groups begin, and the end of the column.
    values: the first so many groups hold values.
    first, last: (E,) each event's groups.
    """

    events: tuple[Event, ...]
    bounds: IntArray
    values: int
    first: IntArray
    last: IntArray
    complement: BoolArray
    of_values: BoolArray
    up_only: BoolArray

    @property
    def groups(self) -> int:
        """G."""
        return len(self.bounds) - 1

    def grouped(self, cells: IntArray) -> IntArray:
        """(..., G) counts of the groups, from (..., cells) counts of the column's cells."""
        return np.add.reduceat(cells, self.bounds[:-1], axis=-1)

    def counts(self, groups: IntArray) -> tuple[IntArray, IntArray]:
        """(..., E) rows of each event, and rows it was asked of, from (..., G) group counts."""
        before = np.zeros((*groups.shape[:-1], self.groups + 1), dtype=np.int64)
        np.cumsum(groups, axis=-1, out=before[..., 1:])
        inside = before[..., self.last] - before[..., self.first]
        values = before[..., self.values, None]
        rows = before[..., -1, None]
        return (
            np.where(self.complement, values - inside, inside),
            np.where(self.of_values, values, rows),
        )


def column_events(layout: ColumnLayout, cells: IntArray) -> ColumnEvents:
    """The events of a column whose baseline has these counts.

    >>> from driftwatch.sketch.layout import CategoricalLayout
    >>> column = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, np.uint64))
    >>> events = column_events(column, np.array([7, 3, 0, 0, 1, 0, 0]))
    >>> [event.kind for event in events.events]
    ['word', 'word', 'new', 'null', 'absent', 'wrong_type']
    """
    if isinstance(layout, NumericLayout):
        found = _numeric(layout, cells)
    else:
        found = _categorical(layout, cells)
    events = tuple(_distinct(found, layout.bins))
    side = range(layout.bins, layout.size + 1)
    bounds = np.unique([0, *side, *(e.first for e in events), *(e.last for e in events)])
    return ColumnEvents(
        events,
        bounds,
        int(np.searchsorted(bounds, layout.bins)),
        np.searchsorted(bounds, [e.first for e in events]),
        np.searchsorted(bounds, [e.last for e in events]),
        np.array([e.complement for e in events], dtype=np.bool_),
        np.array([e.of_values for e in events], dtype=np.bool_),
        np.array([e.up_only for e in events], dtype=np.bool_),
    )


def _numeric(layout: NumericLayout, cells: IntArray) -> Iterator[Event]:
    bins = cells[: layout.bins]
    total = int(bins.sum())
    if total:
        middle = (np.cumsum(bins) - bins / 2) / total

        def below(rank: float) -> int:
            return int(np.searchsorted(middle, rank))

        for q in QUANTILES:
            yield Event("below", 0, below(q))
        for v in range(VIGINTILES):
            yield Event("bin", below(v / VIGINTILES), below((v + 1) / VIGINTILES))
        for a in TAILS:
            high = int(np.searchsorted(middle, 1 - a, side="right"))
            yield Event("outside", below(a), high, complement=True)
        heavy = np.flatnonzero(layout.single & (bins > 0))
        for i in sorted(heavy[np.argsort(-bins[heavy], kind="stable")][:MAX_ATOMS].tolist()):
            yield Event("atom", i, i + 1)
    if len(layout.edges):
        yield Event("below_range", 0, layout.low + 1)
        yield Event("above_range", layout.high + 1, layout.bins)
    yield from _missing(layout)
    yield Event("not_finite", layout.cell("nan"), layout.cell("nan") + 3, of_values=False)


def _categorical(layout: CategoricalLayout, cells: IntArray) -> Iterator[Event]:
    words, other, new = len(layout.vocabulary), layout.cell("other"), layout.cell("new")
    for i in range(min(words, MAX_WORDS)):
        yield Event("word", i, i + 1)
    if words > MAX_WORDS:
        yield Event("rest", MAX_WORDS, words)
    if len(layout.other) or cells[other] or not layout.other_complete:
        yield Event("outside_vocabulary", other, new + 1)
    if layout.other_complete:
        yield Event("new", new, new + 1, up_only=True)
    yield from _missing(layout)


def _missing(layout: ColumnLayout) -> Iterator[Event]:
    kinds: tuple[EventKind, ...] = ("null", "absent", "wrong_type")
    for kind in kinds:
        cell = layout.cell(kind)
        yield Event(kind, cell, cell + 1, of_values=False)


def _distinct(events: Iterable[Event], bins: int) -> Iterator[Event]:
    """Each event once, a set and its complement being one, and none that is always so or never."""
    seen = set()
    for event in events:
        key = (event.first, event.last)
        if event.of_values and event.last <= event.first:
            continue
        if event.of_values and (event.first <= 0 or event.last >= bins):
            # One cut parts the values in two, whichever side is named.
            cut = event.last if event.first <= 0 else event.first
            if cut <= 0 or cut >= bins:
                continue
            key = (0, cut)
        if event.up_only or key not in seen:
            seen.add(key)
            yield event


def scores(values: IntArray) -> FloatArray:
    """(2, V) normal score of each group's mid-rank, and its square; V groups with these counts."""
    total = values.sum()
    if not total:
        return np.zeros((2, len(values)))
    middle = (np.cumsum(values) - values / 2) / total
    normal = np.clip(ndtri(middle), -WINSOR, WINSOR)
    return np.stack((normal, normal**2))


def standardized(score: FloatArray, values: IntArray) -> FloatArray | None:
    """(V,) the score as z over rows with these counts; None where it says nothing."""
    total = values.sum()
    if not total:
        return None
    shares = values / total
    mean = float(shares @ score)
    deviation = float(np.sqrt(shares @ (score - mean) ** 2))
    if deviation < 1e-9:
        return None
    z: FloatArray = (score - mean) / deviation
    return None if (np.abs(z[values > 0]) > MAX_Z).any() else z


class HalfCounts(NamedTuple):
    """What the second half of the rows says of a categorical column, (S,) each by stratum.

    values: rows of that half with a value. rest, outside, new: with the events of these names, of
    which `new` are those whose word the first half lacks. words: (S, W) with each word that is an
    event of its own, where the first half has chosen them; empty where there was no choice.
    """

    values: Sequence[int]
    rest: Sequence[int]
    outside: Sequence[int]
    new: Sequence[int]
    words: Sequence[Sequence[int]] = ()

    def of(self, event: Event) -> Sequence[int] | None:
        """(S,) the counts of an event; None where it is counted on all rows."""
        if event.kind == "word":
            return [counts[event.first] for counts in self.words] or None
        parts = {"rest": self.rest, "outside_vocabulary": self.outside, "new": self.new}
        return parts.get(event.kind)


def is_chosen(layout: CategoricalLayout) -> bool:
    """Whether there were too many words for all of them to be events of their own."""
    words = len(layout.vocabulary) + len(layout.other)
    return words > FEW_WORDS or not layout.other_complete
