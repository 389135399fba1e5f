"""Where a row stands in an order of all rows, told by its own time and number alone.

An order of all rows is an array of them; what rows that are counted elsewhere need of it is
where its parts begin and end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from driftwatch.records import BoolArray, IntArray

HOUR_US = 3_600_000_000
MONDAY_US = 4 * 24 * HOUR_US  # the epoch was a Thursday
WEEK_HOURS = 168

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Some rows, one at least, in their order: by time, those of one time by number. (n,) each.

    >>> keys = Keys(np.array([10, 20, 20]), np.array([7, 1, 5]))
    >>> times, rows = np.array([10, 20, 20, 30]), np.array([6, 1, 2, 0])
    >>> keys.up_to(times, rows).tolist(), keys.up_to(times, rows - 1).tolist()
    ([0, 2, 2, 3], [0, 1, 2, 3])
    """

    times_us: IntArray
    rows: IntArray

    def up_to(self, times_us: IntArray, rows: IntArray) -> IntArray:
        """How many of these stand no later than each row of this time and number."""
        found: IntArray = np.searchsorted(self.times_us, times_us, side="left").astype(np.int64)
        at = np.minimum(found, len(self.times_us) - 1)
        tied = np.flatnonzero(self.times_us[at] == times_us)
        for first in np.unique(at[tied]).tolist():
            same = self.rows[self.times_us == self.times_us[first]]
            asked = np.flatnonzero(times_us == self.times_us[first])
            found[asked] += np.searchsorted(same, rows[asked], side="right")
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What tells the place of a row.

    timed: whether rows stand in the order of their times; else all of these are taken to be 0.
    tail: the first row of the tail. starts, lasts: of each stretch that is kept.
    weeks: (w,) those that have rows, ascending; groups, hours: see `RowOrder`.
    """

    timed: bool
    tail: Keys
    starts: Keys
    lasts: Keys
    weeks: IntArray
    groups: int
    hours: int

    def slots(self, times_us: IntArray, rows: IntArray) -> Array:
        """(n,) the row of the table of counts that each row is counted in (see `RowOrder`)."""
        of_head = self.groups * self.hours
        slot = of_head * self.tail.up_to(times_us, rows)
        if self.hours > 1:
            hour = (times_us - MONDAY_US) // HOUR_US
            group = np.searchsorted(self.weeks, hour // WEEK_HOURS) * self.groups // len(self.weeks)
            slot += group * self.hours + hour % self.hours
        return np.where(times_us < 0, 2 * of_head, slot).astype(np.uint16)

    def kept(self, times_us: IntArray, rows: IntArray) -> BoolArray:
        """(n,) which rows are among those that are kept."""
        ended = self.lasts.up_to(times_us, rows - 1)  # before them, that is
        inside: BoolArray = (times_us >= 0) & (self.starts.up_to(times_us, rows) > ended)
        return inside
