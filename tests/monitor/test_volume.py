"""How many records came, beside the same hours of the week in training."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from driftwatch.baseline.volume import HOUR_US, Volume, measure_volume
from driftwatch.monitor.report import StreamReport, VolumeReport
from driftwatch.monitor.volume import VolumePolicy, volume_words, with_volumes
from driftwatch.records import StreamKey
from driftwatch.sketch.counts import Counts, Moments
from tests.export.reports import stream

MONDAY_US = 4 * 24 * HOUR_US
STABLE, CANARY = StreamKey("fraud", "7"), StreamKey("fraud", "8")


def usual() -> Volume:
    """Three weeks with 3,600 records in each hour of the day, and 360 in each of the night."""
    hours = [
        np.arange(i * HOUR_US, (i + 1) * HOUR_US, HOUR_US // (3_600 if 8 <= i % 24 < 20 else 360))
        for i in range(3 * 168)
    ]
    found = measure_volume(MONDAY_US + np.concatenate(hours))
    assert found is not None
    return found


VOLUME = usual()


def shown(
    rows: Mapping[StreamKey, int], hour: int, fill: float = 1.0, **policy: float
) -> dict[StreamKey, VolumeReport | None]:
    """What is said of an hour of the week with so many records of each version."""

    def made(key: StreamKey) -> StreamReport:
        found = stream(key=key, windows=("1h",))
        counts = Counts(rows[key], np.zeros(0, np.int64), Moments.empty(0))
        end_us = MONDAY_US + (hour + 1) * HOUR_US
        (window,) = found.windows
        one = replace(window, counts=counts, end_us=end_us, length_us=HOUR_US, fill_ratio=fill)
        return replace(found, windows=(one,))

    policies = dict.fromkeys(rows, VolumePolicy(VOLUME, 0, **policy))
    return {report.key: report.volume for report in with_volumes([made(k) for k in rows], policies)}


def test_it_is_told_by_the_hour_of_the_week() -> None:
    by_day, by_night = (shown({STABLE: 3_600}, hour)[STABLE] for hour in (24 + 14, 24 + 3))
    assert by_day is not None
    assert by_night is not None
    assert by_day.ratios[0] == pytest.approx(1.0)
    assert by_night.ratios[0] == pytest.approx(10.0)
    assert by_night.words == "10 times the records of a usual Tuesday 03:00 (UTC)"


def test_versions_share_the_records_of_their_model() -> None:
    found = shown({STABLE: 3_240, CANARY: 360}, 14, low=0.5, high=2.0)
    for report in found.values():
        assert report is not None
        assert report.ratios[0] == pytest.approx(1.0)
        assert report.alarm is None


@pytest.mark.parametrize(
    ("rows", "alarm"), [(1_700, "low"), (1_900, None), (7_100, None), (7_300, "high"), (0, "low")]
)
def test_the_alarm_is_raised_beyond_what_is_allowed(rows: int, alarm: str | None) -> None:
    found = shown({STABLE: rows}, 14, low=0.5, high=2.0)[STABLE]
    assert found is not None
    assert found.alarm == alarm


def test_nothing_is_raised_that_nobody_asked_for() -> None:
    found = shown({STABLE: 100_000}, 14)[STABLE]
    assert found is not None
    assert found.alarm is None


def test_a_window_that_is_not_full_says_nothing() -> None:
    found = shown({STABLE: 100}, 14, fill=0.5, low=0.5, high=2.0)[STABLE]
    assert found is not None
    assert (found.alarm, found.words) == (None, None)
    assert np.isnan(found.ratios[0])


def test_a_baseline_without_times_has_no_volume() -> None:
    (found,) = with_volumes([stream(key=STABLE, windows=("1h",))], {})
    assert found.volume is None


def test_it_is_said_in_words() -> None:
    assert volume_words(float("nan"), 0) is None
    assert volume_words(0.5, MONDAY_US) == "50.0% of the records of a usual Monday 00:00 (UTC)"
