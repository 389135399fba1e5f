"""An hour is the one that a calendar shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.stats.strata import SIZES, STRATA, Strata, hour_of_week, stratum

times = st.datetimes(timezones=st.just(UTC))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(times)
def test_the_hour_of_the_week_is_that_of_the_calendar(time: datetime) -> None:
    time_us = (time - EPOCH) // timedelta(microseconds=1)
    assert hour_of_week(time_us) == 24 * time.weekday() + time.hour


@given(times)
def test_the_stratum_of_a_day_is_its_hour(time: datetime) -> None:
    time_us = (time - EPOCH) // timedelta(microseconds=1)
    assert stratum("hour_of_day", hour_of_week(time_us)) == time.hour


def test_before_the_epoch_the_week_has_hours_as_well() -> None:
    assert hour_of_week(-1) == 24 * 2 + 23  # a Wednesday


@pytest.mark.parametrize("kind", STRATA)
def test_every_stratum_has_its_hours_and_no_other_is_named(kind: Strata) -> None:
    assert {stratum(kind, hour) for hour in range(168)} == set(range(SIZES[kind]))
