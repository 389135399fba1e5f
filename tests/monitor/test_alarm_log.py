"""Alarms as events: each with a beginning, and with its own end."""

from driftwatch.monitor import alarm_log
from driftwatch.monitor.alarm_log import AlarmLog
from driftwatch.monitor.alarms import Change, Severity
from driftwatch.monitor.finding import Finding
from driftwatch.monitor.stream import Noted, Stream
from tests.monitor.scenes import BASELINE, BOUNDS, KEY, stream_policy

STREAM = Stream(KEY, BASELINE, stream_policy())


def change(
    raised: int, cleared: int | None = None, severity: Severity = "page", statistic: str = "psi"
) -> Noted:
    index = STREAM.detector.statistics.index(statistic)
    return Noted(Change(0, severity, raised, raised - 60, cleared, index, 0.5), None)


def test_an_alarm_that_is_cleared_has_an_end() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100)])
    log.record(STREAM, [change(100, 500)])
    assert [(e.raised_us, e.cleared_us) for e in log.events] == [(100, 500)]


def test_an_end_belongs_to_the_alarm_of_its_severity_that_stands() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100), change(100, severity="info"), change(100, 200), change(300)])
    log.record(STREAM, [change(300, 400)])
    found = [(e.severity, e.raised_us, e.cleared_us) for e in log.events]
    assert found == [("page", 100, 200), ("info", 100, None), ("page", 300, 400)]


def test_an_alarm_that_was_raised_before_the_process_began_is_known_by_its_end() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100, 200)])
    assert [(e.raised_us, e.cleared_us) for e in log.events] == [(100, 200)]
    assert log.raised == {}


def test_each_rise_is_counted() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100), change(100, 200), change(300), change(300, severity="info")])
    assert log.raised == {(KEY, "x", "page"): 2, (KEY, "x", "info"): 1}


def test_news_are_everything_since_they_were_asked_for() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100), change(100, 200)])
    assert [(e.raised_us, e.cleared_us) for e in log.take_fresh()] == [(100, None), (100, 200)]
    assert log.take_fresh() == ()


def test_an_event_says_what_was_measured_and_what_the_bound_was() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100), change(100, statistic="missing_ratio", severity="info")])
    psi, missing = log.events
    assert (psi.column, psi.role, psi.bound, psi.baseline) == ("x", "feature", 1.0, None)
    assert (missing.bound, missing.baseline) == (BOUNDS["missing_ratio"].info, 0.0)


def test_only_so_many_alarms_are_remembered() -> None:
    log = AlarmLog()
    for i in range(alarm_log.MAX_EVENTS + 5):
        log.record(STREAM, [change(i)])
        log.take_fresh()
    assert len(log.events) == alarm_log.MAX_EVENTS
    assert log.events[-1].raised_us == alarm_log.MAX_EVENTS + 4


def test_an_alarm_that_ends_says_what_was_known_of_it_by_then() -> None:
    log = AlarmLog()
    log.record(STREAM, [change(100)._replace(finding=Finding("at first", None))])
    log.record(STREAM, [change(100, 500)._replace(finding=Finding("in the end", None))])
    assert [event.words for event in log.events] == ["in the end"]


def test_what_was_said_of_a_column_that_is_sensitive_by_now_is_forgotten() -> None:
    log = AlarmLog()
    known = Finding("values of 12 or more went from 1% to 9%", None)
    log.record(STREAM, [change(100)._replace(finding=known), change(100, 500)])
    before = Stream(KEY, BASELINE, stream_policy())
    log.restore({KEY: before})
    assert [event.words for event in log.events] == [known.words]
    log.restore({KEY: Stream(KEY, BASELINE, stream_policy(sensitive=frozenset({"x"})))})
    assert [event.words for event in log.events] == [None]
