"""The first line of the page: each state, and what it says."""

from collections.abc import Mapping

import pytest

from driftwatch.explain import Explanation
from driftwatch.monitor.alarms import Severity
from driftwatch.monitor.report import Report
from driftwatch.records import StreamKey
from driftwatch.web.pages.verdict import verdict
from tests.export.reports import FRAUD, NOW_US, alarm_event, report, stream

SPAM = StreamKey("spam", "1")
PAGING: Mapping[tuple[Severity, int], int] = {("page", 0): NOW_US, ("info", 0): NOW_US}


def test_before_the_first_report_it_is_too_early_to_tell() -> None:
    found = verdict(None)
    assert (found.state, found.sentence.split(":")[0]) == ("starting", "Too early to tell")


@pytest.mark.parametrize(
    ("found", "state", "sentence"),
    [
        (report(), "ok", "No: all 2 columns of fraud 3 look like the training data."),
        (
            report(stream(), stream(SPAM)),
            "ok",
            "No: all 4 columns of fraud 3 and spam 1 look like the training data.",
        ),
        (
            report(stream(raised=PAGING)),
            "drifting",
            "Yes: 1 column of fraud does not look like the training data any more: amount.",
        ),
        (
            report(stream(raised={("info", 1): NOW_US})),
            "drifting",
            "Perhaps: 1 column of fraud moves a little, too little to page anybody: country.",
        ),
        (
            report(stream(blind={"no_records": "no record for 12 min"})),
            "blind",
            "Can't tell: Driftwatch is blind to fraud 3: no record for 12 min.",
        ),
        (
            report(stream(blind={"warming_up": "the shortest window is 40% full"})),
            "warming_up",
            (
                "Too early to be sure: nothing found so far in fraud 3, and the shortest window is "
                "40% full."
            ),
        ),
        (
            report(stream(raised=PAGING), stream(SPAM, blind={"late": "30% came too late"})),
            "drifting",
            (
                "Yes: 1 column of fraud does not look like the training data any more: amount. And "
                "what is silent can't be believed: Driftwatch is blind to spam 1."
            ),
        ),
        (
            report(stream(retired=True)),
            "ok",
            "Nothing is watched: every version of every model is retired.",
        ),
    ],
)
def test_the_sentence_is_that_of_the_state(found: Report, state: str, sentence: str) -> None:
    said = verdict(found)
    assert (said.state, said.sentence) == (state, sentence)


def test_the_alarm_of_a_retired_version_is_no_news() -> None:
    assert verdict(report(stream(raised=PAGING, retired=True), stream(SPAM))).state == "ok"


def test_a_cause_says_since_when_and_what_it_looks_like() -> None:
    event = alarm_event(
        words="values above 9 went from 1% to 40%",
        explanation=Explanation("shift", "shifted by 3", 12.0),
    )
    (cause,) = verdict(report(stream(raised=PAGING), alarms=(event,))).causes
    assert cause.severity == "page"
    assert cause.subject == "amount"
    assert cause.words == (
        "since 2023-11-14 22:13:20 UTC: values above 9 went from 1% to 40%: shifted by 3"
    )
    assert cause.href == "/columns/amount?model=fraud&model_version=3&segment=all"


def test_an_alarm_that_has_ended_is_no_cause() -> None:
    ended = alarm_event(cleared_us=NOW_US)
    assert verdict(report(stream(), alarms=(ended,))).causes == ()


def test_pages_come_before_infos_and_the_latest_first() -> None:
    raised: Mapping[tuple[Severity, int], int] = {
        ("info", 0): NOW_US,
        ("page", 1): NOW_US - 9_000_000,
        ("info", 1): NOW_US,
    }
    other = stream(SPAM, raised={("page", 0): NOW_US - 1_000_000})
    causes = verdict(report(stream(FRAUD, raised=raised), other)).causes
    assert [(c.severity, c.subject) for c in causes] == [
        ("page", "amount"),
        ("page", "country"),
        ("info", "amount"),
    ]
