"""Day and week: which part of its baseline a pane is compared with.

A column that moves with the hour has counts of its own for each hour of the day, or of the week, in
UTC. Each is compared on its own: shrinking the hours towards the whole would take one hour's habit
for drift.
"""

from typing import Literal, get_args

Strata = Literal["none", "hour_of_day", "hour_of_week"]
STRATA: tuple[Strata, ...] = get_args(Strata)
SIZES = {"none": 1, "hour_of_day": 24, "hour_of_week": 168}

_HOUR_US = 3_600_000_000
_MONDAY_US = 4 * 24 * _HOUR_US  # the epoch was a Thursday


def hour_of_week(time_us: int) -> int:
    """0 is the first hour of Monday, UTC.

    >>> hour_of_week(0), hour_of_week(1_700_000_000_000_000)  # a Tuesday, 22:13
    (72, 46)
    """
    return (time_us - _MONDAY_US) // _HOUR_US % 168


def stratum(kind: Strata, hour: int) -> int:
    """The stratum of an hour of the week."""
    if kind == "none":
        return 0
    return hour if kind == "hour_of_week" else hour % 24
