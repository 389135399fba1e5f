"""What the log says of alarms, and that it says it once."""

from dataclasses import replace

from structlog.testing import capture_logs

from driftwatch.deadletters.port import Delivery
from driftwatch.explain import Explanation
from driftwatch.journal import Journal
from driftwatch.monitor.alarm_words import alarm_words
from driftwatch.monitor.report import Budget, Report
from driftwatch.records import SECOND_US
from tests.export.reports import alarm_event, report

CELSIUS = Explanation("units", "looks like Fahrenheit turned into Celsius", 40.0)
RAISED = alarm_event(
    statistic="evidence",
    value=1.0,
    bound=1.0,
    words="values below 12.4 went from 5.0% to 41.2%",
    explanation=CELSIUS,
)


def said(*reports: Report) -> list[tuple[str, str]]:
    """Level and event of every line."""
    journal = Journal()
    with capture_logs() as lines:
        for each in reports:
            journal.write(each)
    return [(line["log_level"], line["event"]) for line in lines]


def test_an_alarm_is_said_in_words_that_name_what_moved_and_what_it_looks_like() -> None:
    assert alarm_words(RAISED) == (
        "amount: values below 12.4 went from 5.0% to 41.2%: "
        "looks like Fahrenheit turned into Celsius"
    )


def test_a_threshold_is_said_with_its_bound() -> None:
    assert alarm_words(alarm_event()) == (
        "amount: population stability index at 0.40 (page from 0.25)"
    )


def test_a_page_is_an_error_and_an_info_a_warning() -> None:
    info = replace(RAISED, severity="info")
    assert said(report(fresh=(RAISED, info))) == [
        ("error", "alarm raised"),
        ("warning", "alarm raised"),
    ]


def test_what_it_looks_like_by_now_is_no_alarm_of_its_own() -> None:
    assert said(report(explained=(RAISED,))) == [("info", "what changed")]


def test_the_shares_of_the_budget_are_said_when_they_change() -> None:
    first, second = Budget(10, 864_000.0), Budget(20, 1_728_000.0)
    lines = said(report(budget=first), report(budget=first), report(budget=second))
    assert lines == [("info", "budget of false alarms")] * 2


def test_where_thresholds_alone_raise_alarms_no_share_is_claimed() -> None:
    journal = Journal()
    with capture_logs() as lines:
        journal.write(report(budget=Budget(3, None)))
    assert (lines[0]["columns"], lines[0]["each"]) == (3, "thresholds only")


def test_dead_letters_that_are_dropped_are_said_once_a_minute_with_all_since() -> None:
    journal = Journal()
    with capture_logs() as lines:
        for second in range(121):
            deliveries: dict[Delivery, int] = {"dropped": 10 * second}
            journal.dead_letters(deliveries, "the disk is full", second * SECOND_US)
    assert [(line["log_level"], line["dropped"], line["total"]) for line in lines] == [
        ("warning", 0, 0),
        ("warning", 600, 600),
        ("warning", 600, 1200),
    ]
    assert {line["problem"] for line in lines} == {"the disk is full"}


def test_dead_letters_that_are_written_are_not_worth_a_line() -> None:
    journal = Journal()
    with capture_logs() as lines:
        journal.dead_letters({"written": 5, "cut": 1, "dropped": 0, "removed": 7}, None, 0)
    assert lines == []
