"""Records by hour of the week."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline.volume import HOUR_US, Volume, measure_volume
from driftwatch.records import IntArray
from driftwatch.stats.strata import hour_of_week
from tests.baseline.data import built_of_arrays

MONDAY_US = 4 * 24 * HOUR_US
WEEK_US = 168 * HOUR_US


def measured(times_us: IntArray) -> Volume:
    volume = measure_volume(times_us)
    assert volume is not None
    return volume


def every(seconds: float, first_us: int, weeks: float) -> IntArray:
    return np.arange(first_us, first_us + int(weeks * WEEK_US), int(seconds * 1e6))


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * WEEK_US), min_size=2, max_size=50))
def test_every_row_with_a_time_is_in_the_hour_that_strata_call_its_own(times: list[int]) -> None:
    volume = measure_volume(np.array([*times, -1], dtype=np.int64))
    if volume is None:
        assert max(times) - min(times) < HOUR_US
        return
    expected = np.bincount([hour_of_week(time) for time in times], minlength=168)
    assert list(volume.records) == expected.tolist()
    assert sum(volume.covered_hours) <= (max(times) - min(times)) / HOUR_US + 1e-9


def test_the_expected_records_of_training_itself_are_those_it_had() -> None:
    times = np.concatenate((every(60, MONDAY_US, 3), every(7, MONDAY_US + 9 * HOUR_US, 0.05)))
    volume = measured(np.sort(times))
    assert volume.expected(int(times.min()), int(times.max())) == pytest.approx(
        len(times), rel=1e-3
    )


def test_a_part_of_an_hour_takes_its_part() -> None:
    volume = measured(every(10, MONDAY_US, 2))
    assert volume.expected(MONDAY_US + HOUR_US // 4, MONDAY_US + HOUR_US // 2) == pytest.approx(90)
    assert volume.expected(MONDAY_US, MONDAY_US) == 0.0


def test_a_week_without_records_is_not_one_of_silence() -> None:
    volume = measured(
        np.concatenate((every(10, MONDAY_US, 1), every(10, MONDAY_US + 2 * WEEK_US, 1)))
    )
    assert volume.expected(MONDAY_US, MONDAY_US + WEEK_US) == pytest.approx(60_480, rel=1e-3)


def test_an_hour_that_training_did_not_cover_goes_by_the_same_hour_of_other_days() -> None:
    nights = [every(2, MONDAY_US + day * 24 * HOUR_US, 1 / 168) for day in range(2)]
    days = [every(20, MONDAY_US + (24 * day + 1) * HOUR_US, 23 / 168) for day in range(2)]
    volume = measured(np.sort(np.concatenate((*nights, *days))))
    friday = MONDAY_US + 4 * 24 * HOUR_US
    assert volume.expected(friday, friday + HOUR_US) == pytest.approx(1_800, rel=0.01)
    assert volume.expected(friday + HOUR_US, friday + 2 * HOUR_US) == pytest.approx(180, rel=0.01)


def test_weeks_that_differ_have_a_spread_of_their_own() -> None:
    steady = measured(every(10, MONDAY_US, 4))
    doubled = measured(
        np.concatenate((every(10, MONDAY_US, 2), every(5, MONDAY_US + 2 * WEEK_US, 2)))
    )
    assert steady.spread_ratio < 0.01
    # 360, 360, 720, 720 records: a deviation of 208 around 540.
    assert doubled.spread_ratio == pytest.approx(208 / 540, rel=0.01)


def test_less_than_an_hour_says_nothing() -> None:
    assert measure_volume(np.array([5, 6, 7])) is None
    assert measure_volume(np.array([-1, -1])) is None


def test_a_baseline_has_the_volume_of_its_times_and_none_without() -> None:
    times = every(60, MONDAY_US, 0.1)
    values = np.random.default_rng(0).normal(size=len(times))
    assert built_of_arrays({"x": values}, times).volume == measured(times)
    assert built_of_arrays({"x": values}).volume is None
