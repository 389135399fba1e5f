"""Which slices moved in another way than all other records did.

A log is split in an earlier and a later part. Within a slice, and outside of it, each event of each
column has a share before and a share after. What is compared is how far its log odds moved, with a
half added to every count: a slice stands out that moved further than the rest. For one that moved
as the rest did, the difference of the two distances over its standard error is no larger than a
normal variable, records being independent. All slices, columns and events that were looked at share
one false-alarm rate (Bonferroni).

Why distances, and not the two moves themselves: their difference, the three-way interaction of a
log-linear model, is the same for sunny days on which amounts rose and for large amounts that came
to be on sunny days; but only of the former is it true that nothing moved elsewhere.

What is found first is the slice with the smallest p-value. Its records are left out, and the search
begins anew: a slice that only shares records with a worse one is not listed.

Slices of two columns are made of the `pairs` columns that stand out most as slices of their own.
Cost: records times pairs times parts times events; a few seconds for 200,000 records of 20 columns.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftwatch.records import BoolArray, FloatArray, IntArray
from driftwatch.slices.parts import Choice
from driftwatch.slices.table import Table

_BLOCK_ROWS = 16_384
_LEAST_EVENTS = 10
"""Of either sort within a slice, or the normal distribution says little."""

Hot = NDArray[np.float32]
"""Noughts and ones, of which a block's sum is exact."""


@dataclass(frozen=True, slots=True)
class SearchPolicy:
    """What counts as found.

    false_alarm_rate: the probability that anything is found where no slice moved. top: slices that
    are listed at most. least_rows: a slice has so many records in either part. pairs: columns of
    which slices of two are made.
    """

    false_alarm_rate: float = 0.01
    top: int = 10
    least_rows: int = 100
    pairs: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A slice that stands out.

    condition: SQL. rows: its records, in the earlier and the later part. column: what moved; event:
    the condition whose share did. shares: of the slice, before and after; others: of all other
    records. p_value: times everything that was looked at, at most 1.
    """

    condition: str
    rows: tuple[int, int]
    column: str
    event: str
    shares: tuple[float, float]
    others: tuple[float, float]
    p_value: float


class _Slice(NamedTuple):
    """columns, choices: one or two of them. rows: earlier and later."""

    columns: tuple[int, ...]
    choices: tuple[Choice, ...]
    rows: tuple[int, int]
    event: int
    log_p: float


class _Events(NamedTuple):
    """What may move. columns: (E,) of which column each is."""

    columns: IntArray
    choices: tuple[Choice, ...]


def search(table: Table, split_us: int, policy: SearchPolicy) -> list[Found]:
    """Slices whose drift stands out, what is most certain first.

    split_us: where the later part begins.
    """
    left = np.ones(len(table.times_us), dtype=np.bool_)
    late = table.times_us >= split_us
    found: list[Found] = []
    while len(found) < policy.top:
        counted = _Counted(table, left & ~late, left & late)
        best, tried = _best(counted, policy)
        if best is None or best.log_p + np.log(tried) >= np.log(policy.false_alarm_rate):
            break
        inside = counted.inside(best) & left
        found.append(_described(counted, best, inside, left & ~inside, late, tried))
        left &= ~inside
    return found


def _described(
    counted: "_Counted",
    best: _Slice,
    inside: BoolArray,
    outside: BoolArray,
    late: BoolArray,
    tried: int,
) -> Found:
    event = counted.events.choices[best.event]
    column = int(counted.events.columns[best.event])
    happened = event.parts[counted.table.codes[column]]

    def shares(some: BoolArray) -> tuple[float, float]:
        return float(happened[some & ~late].mean()), float(happened[some & late].mean())

    return Found(
        " AND ".join(choice.condition for choice in best.choices),
        best.rows,
        counted.table.columns[column].name,
        event.condition,
        shares(inside),
        shares(outside),
        float(np.exp(best.log_p + np.log(tried))),
    )


def _best(counted: "_Counted", policy: SearchPolicy) -> tuple[_Slice | None, int]:
    """The slice that stands out most, and how many comparisons there were."""
    columns = list(range(len(counted.table.columns)))
    singles = _scored(counted, None, columns, counted.singles(), policy)
    tried, best = singles.tried, singles.best
    strongest = sorted(columns, key=lambda column: singles.by_column[column])
    paired = sorted(strongest[: policy.pairs])
    pairs = 0
    for at, counts in enumerate(counted.crossed(paired)):
        scored = _scored(counted, paired[at], paired, counts, policy)
        pairs += scored.tried
        if scored.best is not None and (best is None or scored.best.log_p < best.log_p):
            best = scored.best
    if len(paired) > 1:  # those of the other columns would have been looked at, too
        pairs = round(pairs * math.comb(len(columns), 2) / math.comb(len(paired), 2))
    return best, max(1, tried + pairs)


class _Counts(NamedTuple):
    """Of p parts of one column crossed with P parts of others.

    rows: (2, p, P) earlier and later records. events: (2, p, P, E) of these in each event.
    """

    rows: FloatArray
    events: FloatArray


class _Scored(NamedTuple):
    """best: None where there is none. by_column: the smallest log p of slices of each column."""

    best: _Slice | None
    tried: int
    by_column: dict[int, float]


def _scored(
    counted: "_Counted",
    first: int | None,
    others: Sequence[int],
    counts: _Counts,
    policy: SearchPolicy,
) -> _Scored:
    """Slices of choices of the first column, if any, with those of each of the others after it."""
    columns = counted.table.columns
    one = columns[first].choices if first is not None else ()
    firsts = np.array([c.parts for c in one]) if first is not None else np.ones((1, 1))
    best: _Slice | None = None
    tried, by_column, begin = 0, {}, 0
    for other in others:
        end = begin + columns[other].count
        if first is None or other > first:
            seconds = np.array([choice.parts for choice in columns[other].choices], dtype=float)
            rows = np.einsum("ap,hpq,kq->hak", firsts, counts.rows[:, :, begin:end], seconds)
            part = counts.events[:, :, begin:end]
            events = np.einsum("ap,hpqe,kq->hake", firsts, part, seconds, optimize=True)
            own = (counted.events.columns == other) | (counted.events.columns == first)
            log_p = _log_p(rows, events, counted, own, policy.least_rows)
            tried += int(np.isfinite(log_p).sum())
            by_column[other] = float(np.nanmin(log_p, initial=0.0))
            if by_column[other] < (0.0 if best is None else best.log_p):
                a, k, e = np.unravel_index(int(np.nanargmin(log_p)), log_p.shape)
                chosen = (columns[other].choices[k],)
                best = _Slice(
                    (other,) if first is None else (first, other),
                    chosen if first is None else (one[a], *chosen),
                    (int(rows[0, a, k]), int(rows[1, a, k])),
                    int(e),
                    by_column[other],
                )
        begin = end
    return _Scored(best, tried, by_column)


def _log_p(
    rows: FloatArray, events: FloatArray, counted: "_Counted", own: BoolArray, least_rows: int
) -> FloatArray:
    """(A, K, E) the logarithm of the p-value of each comparison; NaN where there is none.

    rows: (2, A, K). events: (2, A, K, E). own: (E,) events of the slices' own columns.
    """
    from scipy.special import log_ndtr

    inside, within = rows[..., None], events
    outside = counted.rows[:, None, None, None] - inside
    beyond = counted.happened[:, None, None, :] - within
    enough = (np.minimum(inside, outside) >= least_rows).all(axis=0)
    happened, not_happened = within.sum(axis=0), (inside - within).sum(axis=0)
    told = enough & (np.minimum(happened, not_happened) >= _LEAST_EVENTS) & ~own
    inner, inner_variance = _moved(within, inside)
    outer, outer_variance = _moved(beyond, outside)
    more = (np.abs(inner) - np.abs(outer)) / np.sqrt(inner_variance + outer_variance)
    log_p: FloatArray = np.minimum(np.log(2.0) + log_ndtr(-more), 0.0)
    return np.where(told, log_p, np.nan)


def _moved(count: FloatArray, total: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far the log odds moved from the earlier to the later part, and the variance of that."""
    yes, no = count + 0.5, np.maximum(total - count, 0.0) + 0.5
    odds = np.log(yes / no)
    return odds[1] - odds[0], (1.0 / yes + 1.0 / no).sum(axis=0)


class _Counted:
    """What there is to count in some records.

    rows: (2,) earlier and later ones. happened: (2, E) of them in each event.
    """

    def __init__(self, table: Table, early: BoolArray, late: BoolArray) -> None:
        self.table = table
        pairs = [
            (i, choice)
            for i, parts in enumerate(table.columns)
            for choice in parts.choices
            if choice.event
        ]
        self.events = _Events(np.array([i for i, _ in pairs]), tuple(c for _, c in pairs))
        self._halves = [np.flatnonzero(early), np.flatnonzero(late)]
        self.rows = np.array([len(half) for half in self._halves], dtype=np.float64)
        self.happened = np.zeros((2, len(pairs)))
        for half, _, happened in self._blocks():
            self.happened[half] += happened.sum(axis=0, dtype=np.float64)

    def inside(self, chosen: _Slice) -> BoolArray:
        """(n,) which records of the table are in a slice."""
        found = np.ones(len(self.table.times_us), dtype=np.bool_)
        for column, choice in zip(chosen.columns, chosen.choices, strict=True):
            found &= choice.parts[self.table.codes[column]]
        return found

    def singles(self) -> _Counts:
        """Of all records, by the parts of each column."""
        columns = range(len(self.table.columns))
        counts = self._empty(1, columns)
        for half, at, happened in self._blocks():
            hot = self._one_hot(at, columns)
            counts.rows[half, 0] += hot.sum(axis=0, dtype=np.float64)
            counts.events[half, 0] += hot.T @ happened
        return counts

    def crossed(self, columns: Sequence[int]) -> list[_Counts]:
        """Of the records in each part of a column, by the parts of all of the columns."""
        counts = [self._empty(self.table.columns[column].count, columns) for column in columns]
        for half, at, happened in self._blocks():
            hot = self._one_hot(at, columns)
            for column, found in zip(columns, counts, strict=True):
                codes = self.table.codes[column][at]
                for part in np.unique(codes).tolist():
                    inside = codes == part
                    found.rows[half, part] += hot[inside].sum(axis=0, dtype=np.float64)
                    found.events[half, part] += hot[inside].T @ happened[inside]
        return counts

    def _empty(self, count: int, columns: Sequence[int]) -> _Counts:
        parts = sum(self.table.columns[column].count for column in columns)
        return _Counts(
            np.zeros((2, count, parts)), np.zeros((2, count, parts, len(self.events.choices)))
        )

    def _blocks(self) -> Iterator[tuple[int, IntArray, Hot]]:
        """Some records at a time: of which half, which, and (rows, E) what happened in each."""
        for half, chosen in enumerate(self._halves):
            for start in range(0, len(chosen), _BLOCK_ROWS):
                at = chosen[start : start + _BLOCK_ROWS]
                happened = np.empty((len(at), len(self.events.choices)), dtype=np.float32)
                for i, choice in enumerate(self.events.choices):
                    happened[:, i] = choice.parts[self.table.codes[self.events.columns[i]][at]]
                yield half, at, happened

    def _one_hot(self, at: IntArray, columns: Sequence[int]) -> Hot:
        """(rows, parts of the columns) 1 in the part that each record is in."""
        parts = [self.table.columns[column].count for column in columns]
        hot = np.zeros((len(at), sum(parts)), dtype=np.float32)
        row, begin = np.arange(len(at)), 0
        for column, count in zip(columns, parts, strict=True):
            hot[row, begin + self.table.codes[column][at].astype(np.int64)] = 1.0
            begin += count
        return hot
