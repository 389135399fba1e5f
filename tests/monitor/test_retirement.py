"""Versions that nobody asks any more."""

import numpy as np

from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import Report, StreamReport
from driftwatch.records import ModelVersion, StreamKey
from tests.decode.baselines import baseline_of
from tests.monitor.scenes import (
    BASELINE,
    LENGTHS,
    READING,
    A,
    batch_of,
    confirm,
    many,
    monitor_of,
    placed,
)

OLD, NEW = StreamKey("fraud", "1"), StreamKey("fraud", "2")
SECOND = baseline_of({"x": [float(i) for i in range(100)], "w": ["a"] * 100}, version="2")
LONGEST = max(length for _, length in LENGTHS)


def two_versions() -> Monitor:
    monitor = monitor_of(baselines=(BASELINE, SECOND))
    monitor.assign(placed({A: None}), None)
    return monitor


def report_after(monitor: Monitor, time: int, *keys: StreamKey) -> Report:
    """What is reported once these streams have had records at this time."""
    for key in keys:
        monitor.add(batch_of(many(100, time, x=None), route=ModelVersion(*key[:2])))
    confirm(monitor)
    return monitor.advance(0, READING)


def stream(report: Report, key: StreamKey) -> StreamReport:
    return next(stream for stream in report.streams if stream.key == key)


def test_a_version_without_records_for_the_longest_window_is_retired() -> None:
    monitor = two_versions()
    report_after(monitor, 1000, OLD, NEW)
    assert not stream(report_after(monitor, 1000 + LONGEST // 2, NEW), OLD).retired
    report = report_after(monitor, 1000 + 2 * LONGEST, NEW)
    assert [s.retired for s in report.streams] == [True, False]


def test_a_retired_version_is_not_blind_and_its_alarms_end() -> None:
    monitor = two_versions()
    report_after(monitor, 1000, OLD, NEW)
    before = report_after(monitor, 1300, OLD, NEW)
    assert stream(before, OLD).alarms.active.any()
    report = report_after(monitor, 1000 + 3 * LONGEST, NEW)
    old = stream(report, OLD)
    assert (dict(old.blind), old.alarms.active.any()) == ({}, np.False_)
    assert {e.stream for e in report.alarms if e.cleared_us is None} <= {NEW}
    assert OLD in {event.stream for event in report.fresh}


def test_a_version_that_comes_back_is_watched_again() -> None:
    monitor = two_versions()
    report_after(monitor, 1000, OLD, NEW)
    report_after(monitor, 1000 + 3 * LONGEST, NEW)
    report = report_after(monitor, 1000 + 3 * LONGEST + 60, OLD, NEW)
    assert not stream(report, OLD).retired
    assert stream(report, OLD).windows[0].counts.rows > 0


def test_a_model_that_is_silent_as_a_whole_is_blind_and_not_retired() -> None:
    monitor = two_versions()
    report_after(monitor, 1000, OLD, NEW)
    report = monitor.advance(10**9, READING)
    assert not any(s.retired for s in report.streams)
    assert all("no_records" in s.blind for s in report.streams)


def test_a_version_that_is_not_there_yet_is_waited_for_a_longest_window() -> None:
    monitor = two_versions()
    assert not stream(report_after(monitor, 1000, OLD), NEW).retired
    assert stream(report_after(monitor, 1000 + LONGEST + 60, OLD), NEW).retired
