"""The alert that silence can't be believed, by reason."""

from pathlib import Path

import pytest

from driftwatch.config import Duration
from driftwatch.export.values import BLIND
from driftwatch.generate.rules.policy import RulesPolicy
from tests.generate.rules.promtool import (
    OF_STREAM,
    OTHER_REPLICA,
    REPLICA,
    WARNING,
    Labels,
    Series,
    Trial,
    named,
)

pytestmark = pytest.mark.integration

OF_ITSELF = ("warming_up", "under_filled")
URGENT = [reason for reason in BLIND if reason not in OF_ITSELF]
WITHOUT_RECORDS = ("no_records", *OF_ITSELF)
SHORT = RulesPolicy(window=Duration.parse("5m"), window_is_known=True)


def blind(reason: str, values: str, replica: Labels = REPLICA) -> Series:
    return {named("driftwatch_blind", OF_STREAM, replica, reason=reason): values}


def test_every_reason_but_those_that_end_by_themselves_is_told_after_ten_minutes(
    tmp_path: Path,
) -> None:
    series = {k: v for reason in BLIND for k, v in blind(reason, "0x4 1x60").items()}
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchBlind", at="14m")
        expected = [{**OF_STREAM, "reason": reason, **WARNING} for reason in URGENT]
        trial.fires("DriftwatchBlind", "16m", *expected)


def test_it_ends_with_its_reason_a_little_later(tmp_path: Path) -> None:
    with Trial(tmp_path, blind("lagging", "1x20 0x40")) as trial:
        trial.fires("DriftwatchBlind", "22m", {**OF_STREAM, "reason": "lagging", **WARNING})
        trial.is_quiet("DriftwatchBlind", at="30m")


def test_a_target_that_misses_a_scrape_does_not_begin_it_anew(tmp_path: Path) -> None:
    reasons = ("unparsed", "no_records")
    series = {k: v for reason in reasons for k, v in blind(reason, "1x5 stale _x3 1x20").items()}
    with Trial(tmp_path, series) as trial:
        expected = [{**OF_STREAM, "reason": reason, **WARNING} for reason in reasons]
        trial.fires("DriftwatchBlind", "12m", *expected)


def test_a_stream_that_warms_up_is_left_alone(tmp_path: Path) -> None:
    with Trial(tmp_path, blind("warming_up", "1x120"), SHORT) as trial:
        trial.is_quiet("DriftwatchBlind", at="2h")


def test_too_few_records_are_told_when_six_windows_had_too_few(tmp_path: Path) -> None:
    with Trial(tmp_path, blind("under_filled", "1x60"), SHORT) as trial:
        trial.is_quiet("DriftwatchBlind", at="29m")
        expected = {**OF_STREAM, "reason": "under_filled", "severity": "info"}
        trial.fires("DriftwatchBlind", "31m", expected)


def test_a_replica_on_standby_that_reads_nothing_makes_nobody_blind(tmp_path: Path) -> None:
    series: Series = {}
    for reason in WITHOUT_RECORDS:
        series |= blind(reason, "1x60") | blind(reason, "0x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("DriftwatchBlind", at="50m")


def test_one_replica_that_can_not_see_its_part_is_enough(tmp_path: Path) -> None:
    series: Series = {}
    for reason in URGENT:
        series |= blind(reason, "1x60") | blind(reason, "0x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        told = [reason for reason in URGENT if reason not in WITHOUT_RECORDS]
        expected = [{**OF_STREAM, "reason": reason, **WARNING} for reason in told]
        trial.fires("DriftwatchBlind", "30m", *expected)


def test_replicas_that_all_have_no_records_are_one_alert(tmp_path: Path) -> None:
    series = blind("no_records", "1x60") | blind("no_records", "1x60", OTHER_REPLICA)
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchBlind", "30m", {**OF_STREAM, "reason": "no_records", **WARNING})


def test_a_loop_that_has_stopped_is_told_though_nothing_else_is_left(tmp_path: Path) -> None:
    series = blind("stalled", "0x5 1x60") | blind("late", "0x5 stale")
    with Trial(tmp_path, series) as trial:
        trial.fires("DriftwatchBlind", "20m", {**OF_STREAM, "reason": "stalled", **WARNING})


def test_it_says_why_in_words_and_what_that_means(tmp_path: Path) -> None:
    stream = "model=fraud&model_version=3&segment=all"
    expected = []
    for reason in URGENT:
        text = {
            "summary": f"Driftwatch is blind for fraud version 3: {reason}",
            "description": f"""\
The silence of fraud version 3 can't be believed: {BLIND[reason]}.
Drift that begins now is seen late or not at all. Alarms that stand stay as they are.
Look first at the status page; it says since when, and how much:
http://localhost:8710/?{stream}""",
            "runbook_url": "http://localhost:8000/runbook/DriftwatchBlind",
            "dashboard_url": "http://localhost:3000/d/driftwatch-overview"
            "?var-model=fraud&var-model_version=3&var-segment=all",
            "status_page_url": f"http://localhost:8710/?{stream}",
        }
        expected.append(({**OF_STREAM, "reason": reason, **WARNING}, text))
    series = {k: v for reason in URGENT for k, v in blind(reason, "1x60").items()}
    with Trial(tmp_path, series) as trial:
        trial.says("DriftwatchBlind", "30m", *expected)


def test_a_model_without_a_baseline_has_no_version_to_name(tmp_path: Path) -> None:
    name = named("driftwatch_blind", {"model": "spam"}, segment="all", reason="no_baseline")
    labels = {"model": "spam", "segment": "all", "reason": "no_baseline", **WARNING}
    text = {
        "summary": "Driftwatch is blind for spam: no_baseline",
        "description": """\
The silence of spam can't be believed: the model has no baseline.
Drift that begins now is seen late or not at all. Alarms that stand stay as they are.
Look first at the status page; it says since when, and how much:
http://localhost:8710/?model=spam&model_version=&segment=all""",
        "runbook_url": "http://localhost:8000/runbook/DriftwatchBlind",
        "dashboard_url": "http://localhost:3000/d/driftwatch-overview"
        "?var-model=spam&var-model_version=&var-segment=all",
        "status_page_url": "http://localhost:8710/?model=spam&model_version=&segment=all",
    }
    with Trial(tmp_path, {name: "1x60"}) as trial:
        trial.says("DriftwatchBlind", "30m", (labels, text))
