"""In which order the rows of the training data came, and which of them are looked at in it.

Counts by hour and by part are kept of all rows. What goes by the rows' sequence (blocks, the
self-test) needs the cells of each row: they are kept of all rows as long as these are few, else of
stretches of consecutive rows.

Memory: 8 bytes a row at first, some 28 while the order is found, 6 after that.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from driftwatch.baseline.marks import HOUR_US, MONDAY_US, WEEK_HOURS, Keys, Marks
from driftwatch.baseline.stretches import Stretches
from driftwatch.records import IntArray
from driftwatch.stats.dependence import block_sizes
from driftwatch.stats.evidence import POOL_ROWS
from driftwatch.stats.strata import Strata

KEPT_CELLS = 40_000_000
KEPT_ROWS = 2_000_000
TABLE_CELLS = 40_000_000
"""Counts by hour and part, over all columns."""
HEAD_RATIO = 0.8
"""The share of the rows that the rest are tested against."""
WEEKS = 4
"""A stratum has rows of at least so many weeks, which are put together to so many groups."""
STRATUM_ROWS = 2_000
_SLICE = 1 << 20

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All rows, or those before the self-test.

    slots: the first so many rows of the table of counts. runs: see `Stretches.runs`.
    fits: which strata have rows enough.
    """

    slots: int
    runs: IntArray
    fits: tuple[Strata, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RowOrder:
    """Where each row of the data stands. N rows of the data, K kept ones.

    untimed: rows without a readable time. pane_rows: rows of a usual pane.
    position: (N,) a row's place among the kept ones, which are in the order of time; -1: not kept.
    slot: (N,) the row of the table of counts that it is counted in: by group of weeks, then hour;
        first the head's, then those of the tail, and the last one is for rows without a time.
    groups, hours: 1 and 1, or `WEEKS` and the hours of the day or of the week.
    kept_us, kept_hours: (K,) times of the kept rows and their hours of the week; 0 if not known.
    marks: tell `slot` and whether a row is kept, elsewhere.
    """

    untimed: int
    pane_rows: int
    block_sizes: tuple[int, ...]
    position: Array
    slot: Array
    groups: int
    hours: int
    kept_us: IntArray
    kept_hours: Array
    whole: View
    head: View
    tail_runs: IntArray
    marks: Marks

    @property
    def slots(self) -> int:
        """Rows of the table of counts."""
        return 2 * self.groups * self.hours + 1

    @property
    def kept(self) -> int:
        """K."""
        return len(self.kept_us)

    def part(self, rows: int = 0, kept: int = 0) -> "RowOrder":
        """The same without its rows, and with room for some others, so many of which are kept."""
        return replace(
            self,
            position=np.full(rows, -1, dtype=np.int32),
            slot=np.zeros(rows, dtype=np.uint16),
            kept_us=np.zeros(kept, dtype=np.int64),
            kept_hours=np.zeros(kept, dtype=np.uint8),
        )


def order_of_rows(rows: int, pane_rows: int, columns: int, parts: int = 1) -> RowOrder:
    """The order of rows that stand in it already, without times; parts: see `order_by_time`."""
    return _order(np.arange(rows), None, rows, pane_rows, columns * parts, 0)


def order_by_time(
    take_times: Callable[[], IntArray], pane_us: int, columns: int, cells: int, parts: int = 1
) -> RowOrder | None:
    """The order of rows by their times; None if no row has one.

    take_times: gives the times, -1 for none, and keeps none of them. cells: of all columns.
    parts: among how many the memory is shared.
    """
    times_us = take_times()
    all_rows = len(times_us)
    order = np.argsort(times_us, kind="stable").astype(np.int32)
    order = order[np.count_nonzero(times_us < 0) :]
    if len(order) == 0:
        return None
    ordered = times_us[order]
    del times_us  # a large part of the memory
    pane_rows = _usual_pane(ordered, pane_us)
    return _order(order, ordered, all_rows, pane_rows, columns * parts, cells * parts)


def _order(
    order: Array,
    ordered_us: IntArray | None,
    all_rows: int,
    pane_rows: int,
    columns: int,
    cells: int,
) -> RowOrder:
    """order: the rows that have a place, in it; ordered_us: their times, if known."""
    rows, head_rows = len(order), int(HEAD_RATIO * len(order))
    most = min(KEPT_ROWS, KEPT_CELLS // columns)
    sizes = block_sizes(pane_rows, min(rows, most))
    stretches = Stretches.spread(rows, most, sizes[-1] if sizes else rows)
    fits: tuple[tuple[Strata, ...], tuple[Strata, ...]] = ((), ())
    if ordered_us is not None:
        fits = _fits(ordered_us), _fits(ordered_us[:head_rows])
    hours = _hours(fits[0], cells)
    groups = WEEKS if hours > 1 else 1
    position = np.full(all_rows, -1, dtype=np.int32)
    slot = np.full(all_rows, 2 * groups * hours, dtype=np.uint16)
    weeks = None if ordered_us is None or hours == 1 else _weeks(ordered_us)
    for start in range(0, rows, _SLICE):  # in slices, because each step makes an array
        ranks = np.arange(start, min(rows, start + _SLICE))
        at = order[ranks]
        position[at] = stretches.positions(ranks)
        slot[at] = groups * hours * (ranks >= head_rows)
        if ordered_us is not None and weeks is not None:
            hour = (ordered_us[ranks] - MONDAY_US) // HOUR_US
            group = np.searchsorted(weeks, hour // WEEK_HOURS) * groups // len(weeks)
            slot[at] += (group * hours + hour % hours).astype(np.uint16)

    def keys(ranks: IntArray) -> Keys:
        times = np.zeros(len(ranks), dtype=np.int64) if ordered_us is None else ordered_us[ranks]
        return Keys(times, order[ranks].astype(np.int64))

    unknown = np.zeros(stretches.kept, dtype=np.int64)
    kept_us = unknown if ordered_us is None else ordered_us[stretches.ranks()]
    return RowOrder(
        untimed=all_rows - rows,
        pane_rows=pane_rows,
        block_sizes=sizes,
        position=position,
        slot=slot,
        groups=groups,
        hours=hours,
        kept_us=kept_us,
        kept_hours=((kept_us - MONDAY_US) // HOUR_US % WEEK_HOURS).astype(np.uint8),
        whole=View(2 * groups * hours, stretches.runs(0, rows), fits[0]),
        head=View(groups * hours, stretches.runs(0, head_rows), fits[1]),
        tail_runs=stretches.runs(head_rows, rows),
        marks=Marks(
            timed=ordered_us is not None,
            tail=keys(np.array([head_rows])),
            starts=keys(stretches.starts),
            lasts=keys(stretches.starts + stretches.lengths - 1),
            weeks=np.empty(0, dtype=np.int64) if weeks is None else weeks,
            groups=groups,
            hours=hours,
        ),
    )


def _usual_pane(ordered_us: IntArray, pane_us: int) -> int:
    """Rows of a usual pane: the median of those that have any, pooled as panes are."""
    return max(POOL_ROWS, int(np.median(_spans(ordered_us, pane_us)[1])))


def _fits(ordered_us: IntArray) -> tuple[Strata, ...]:
    """The strata of which each has rows enough, from weeks enough.

    Hours that never have any, a night on which nobody works, don't count: nothing is said of rows
    that come then after all.
    """
    if len(ordered_us) == 0:
        return ()
    hours, counts = _spans(ordered_us, HOUR_US)
    hours = hours - MONDAY_US // HOUR_US
    found: list[Strata] = []
    kinds: tuple[tuple[Strata, int], ...] = (("hour_of_day", 24), ("hour_of_week", 168))
    for kind, size in kinds:
        rows = np.bincount(hours % size, weights=counts, minlength=size)
        pairs = np.unique(hours // WEEK_HOURS * size + hours % size)
        weeks = np.bincount(pairs % size, minlength=size)
        awake = rows > 0
        if rows[awake].min() >= STRATUM_ROWS and weeks[awake].min() >= WEEKS:
            found.append(kind)
    return tuple(found)


def _weeks(ordered_us: IntArray) -> IntArray:
    """Weeks that have rows; the others don't count, or one wrong year would fill all groups."""
    hours, _ = _spans(ordered_us, HOUR_US)
    return np.unique((hours - MONDAY_US // HOUR_US) // WEEK_HOURS)


def _spans(ordered_us: IntArray, unit_us: int) -> tuple[IntArray, IntArray]:
    """Which units of time have rows, and how many."""
    found = [np.zeros(1, dtype=np.int64)]
    for start in range(1, len(ordered_us), _SLICE):
        units = ordered_us[start - 1 : start + _SLICE] // unit_us
        found.append(start + np.flatnonzero(units[1:] != units[:-1]))
    starts = np.concatenate(found)
    return ordered_us[starts] // unit_us, np.diff(starts, append=len(ordered_us))


def _hours(fits: tuple[Strata, ...], cells: int) -> int:
    """The finest strata that fit, and whose counts take not too much memory."""
    if "hour_of_week" in fits and 2 * WEEKS * 168 * cells <= TABLE_CELLS:
        return 168
    return 24 if fits else 1
