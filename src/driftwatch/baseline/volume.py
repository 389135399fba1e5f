"""How many records came in training, by the hour of the week (UTC, Monday first).

A week in which nothing came at all says nothing of how many come in one: only weeks with records
count, from the first record to the last.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from driftwatch.derive.derivation import Part
from driftwatch.records import FloatArray, IntArray

HOUR_US = 3_600_000_000
WEEK_HOURS = 168
_MONDAY_US = 4 * 24 * HOUR_US  # the epoch was a Thursday
_SLICE = 1 << 20

_Week = Field(min_length=WEEK_HOURS, max_length=WEEK_HOURS)


class Volume(Part):
    """Records by hour of the week, (168,) each.

    records: in all weeks together. covered_hours: how many of this hour the training data covers;
        the first and the last one in part. deviations: standard deviation of the records of this
        hour between weeks; 0 where fewer than two weeks cover it wholly.

    >>> one_a_minute = np.arange(0, 3 * 168 * HOUR_US, 60_000_000)
    >>> volume = measure_volume(one_a_minute)
    >>> round(volume.expected(0, HOUR_US // 2), 1), volume.spread_ratio
    (30.0, 0.0)
    """

    records: Annotated[tuple[int, ...], _Week]
    covered_hours: Annotated[tuple[float, ...], _Week]
    deviations: Annotated[tuple[float, ...], _Week]

    def expected(self, start_us: int, end_us: int) -> float:
        """Records that would have come in training between two times.

        An hour of the week that training did not cover goes by this hour of all days, and failing
        that by all hours.
        """
        return sum(
            float(self._hourly[hour]) * part for hour, part in _hours_between(start_us, end_us)
        )

    @property
    def spread_ratio(self) -> float:
        """By how much the records of an hour differ from week to week, of their mean.

        0 where training does not cover two weeks.
        """
        squares = float(np.sum(self._hourly**2, where=np.array(self.covered_hours) >= 2.0))
        return float(np.sqrt(np.sum(np.square(self.deviations)) / squares)) if squares else 0.0

    @cached_property
    def _hourly(self) -> FloatArray:
        """(168,) records an hour."""
        records = np.array(self.records, dtype=np.float64)
        covered = np.array(self.covered_hours)
        whole = np.full(WEEK_HOURS, records.sum() / covered.sum())
        by_day = np.tile(_ratio(_daily(records), _daily(covered), whole[:24]), 7)
        return _ratio(records, covered, by_day)


def measure_volume(times_us: IntArray) -> Volume | None:
    """The volume of rows with these times, -1 for none; None where they span less than an hour."""
    hours, counts = _by_hour(times_us)
    if len(hours) == 0:
        return None
    first = int(times_us.min(where=times_us >= 0, initial=np.iinfo(np.int64).max))
    last = int(times_us.max())
    if last - first < HOUR_US:
        return None
    weeks, at = np.unique(hours // WEEK_HOURS, return_inverse=True)
    records = np.zeros((len(weeks), WEEK_HOURS), dtype=np.int64)
    records[at, hours % WEEK_HOURS] = counts
    begins = (weeks[:, None] * WEEK_HOURS + np.arange(WEEK_HOURS)) * HOUR_US + _MONDAY_US
    covered = np.clip(np.minimum(begins + HOUR_US, last) - np.maximum(begins, first), 0, None)
    return Volume(
        records=tuple(records.sum(axis=0).tolist()),
        covered_hours=tuple((covered.sum(axis=0) / HOUR_US).tolist()),
        deviations=tuple(_deviations(records, covered == HOUR_US).tolist()),
    )


def _by_hour(times_us: IntArray) -> tuple[IntArray, IntArray]:
    """Hours since the first Monday that have rows, ascending, and how many."""
    found: dict[int, int] = {}
    for start in range(0, len(times_us), _SLICE):  # in slices, because each step makes an array
        times = times_us[start : start + _SLICE]
        hours, counts = np.unique((times[times >= 0] - _MONDAY_US) // HOUR_US, return_counts=True)
        for hour, count in zip(hours.tolist(), counts.tolist(), strict=True):
            found[hour] = found.get(hour, 0) + count
    ordered = sorted(found)
    counted = [found[hour] for hour in ordered]
    return np.array(ordered, dtype=np.int64), np.array(counted, dtype=np.int64)


def _deviations(records: IntArray, whole: "np.ndarray[Any, np.dtype[np.bool_]]") -> FloatArray:
    """(168,) between the weeks that cover an hour wholly."""
    weeks = whole.sum(axis=0)
    enough = weeks > 1
    mean = np.divide((records * whole).sum(axis=0), weeks, where=enough, out=np.zeros(WEEK_HOURS))
    squares = np.where(whole, (records - mean) ** 2, 0.0).sum(axis=0)
    variance = np.divide(squares, weeks - 1, where=enough, out=np.zeros(WEEK_HOURS))
    deviations: FloatArray = np.sqrt(variance)
    return deviations


def _daily(weekly: FloatArray) -> FloatArray:
    """(24,) of (168,)."""
    summed: FloatArray = weekly.reshape(7, 24).sum(axis=0)
    return summed


def _ratio(records: FloatArray, covered: FloatArray, default: FloatArray) -> FloatArray:
    """Records an hour, where at least half an hour says so."""
    return np.divide(records, covered, where=covered >= 0.5, out=default.copy())


def _hours_between(start_us: int, end_us: int) -> Iterator[tuple[int, float]]:
    """Hours of the week, and how much of each lies between two times."""
    at = start_us
    while at < end_us:
        hour = (at - _MONDAY_US) // HOUR_US
        until = min(end_us, (hour + 1) * HOUR_US + _MONDAY_US)
        yield hour % WEEK_HOURS, (until - at) / HOUR_US
        at = until
