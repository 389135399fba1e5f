"""Alerts about columns: when they fire, when they don't, and what the paged person reads."""

from pathlib import Path

import pytest

from driftwatch.config import Duration
from driftwatch.export.values import EXPLANATION
from driftwatch.generate.links import Links
from driftwatch.generate.rules.policy import RulesPolicy
from tests.generate.rules.columns import INFO, PAGE, SCORE, alarm, known
from tests.generate.rules.promtool import (
    OF_AMOUNT,
    OF_STREAM,
    OTHER_REPLICA,
    REPLICA,
    WARNING,
    Series,
    Trial,
    named,
)

pytestmark = pytest.mark.integration

LOCAL_LINKS = {
    "runbook_url": "http://localhost:8000/runbook/ModelDrift",
    "dashboard_url": "http://localhost:3000/d/driftwatch-column?var-model=fraud"
    "&var-model_version=3&var-segment=all&var-column=amount",
    "status_page_url": "http://localhost:8710/columns/amount"
    "?model=fraud&model_version=3&segment=all",
}


def test_an_alarm_pages_at_once_and_ends_with_it(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("0 0 0 1x20 0x20")) as trial:
        trial.is_quiet("ModelDrift", at="2m")
        trial.fires("ModelDrift", "3m", {**OF_AMOUNT, **PAGE})
        trial.fires("ModelDrift", "23m", {**OF_AMOUNT, **PAGE})
        trial.is_quiet("ModelDrift", at="24m")


def test_two_replicas_that_find_the_same_page_once(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x20") | alarm("1x20", OTHER_REPLICA)) as trial:
        trial.fires("ModelDrift", "5m", {**OF_AMOUNT, **PAGE})


def test_it_takes_one_replica_that_finds_something(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("0x20") | alarm("1x20", OTHER_REPLICA)) as trial:
        trial.fires("ModelDrift", "5m", {**OF_AMOUNT, **PAGE})


def test_a_page_outlasts_a_target_that_does_not_answer(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x10 stale _x60")) as trial:
        trial.fires("ModelDrift", "25m", {**OF_AMOUNT, **PAGE})
        trial.is_quiet("ModelDrift", at="45m")


def test_a_page_outlasts_a_restart_and_ends_with_what_is_said_after_it(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x10 stale _x4 1x5 0x20")) as trial:
        trial.fires("ModelDrift", "13m", {**OF_AMOUNT, **PAGE})
        trial.fires("ModelDrift", "18m", {**OF_AMOUNT, **PAGE})
        trial.is_quiet("ModelDrift", at="22m")


def test_what_a_replica_says_now_comes_before_what_one_said_that_is_gone(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x10 stale _x20") | alarm("_x12 0x20", OTHER_REPLICA)) as trial:
        trial.fires("ModelDrift", "11m", {**OF_AMOUNT, **PAGE})
        trial.is_quiet("ModelDrift", at="13m")


def test_a_page_stays_while_its_stream_is_blind(tmp_path: Path) -> None:
    blind = named("driftwatch_blind", OF_STREAM, REPLICA, reason="no_records")
    with Trial(tmp_path, alarm("1x40") | {blind: "0x10 1x30"}) as trial:
        trial.fires("DriftwatchBlind", "30m", {**OF_STREAM, "reason": "no_records", **WARNING})
        trial.fires("ModelDrift", "30m", {**OF_AMOUNT, **PAGE})


def test_nothing_fires_where_there_is_nothing(tmp_path: Path) -> None:
    with Trial(tmp_path, {named("up", job="other"): "1x30"}) as trial:
        for alert in ("ModelDrift", "PredictionDrift", "ModelDriftInfo", "ColumnMissingValues"):
            trial.is_quiet(alert, at="20m")


def test_a_page_says_what_happened_since_when_and_where_to_look(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x120") | known(OF_AMOUNT, "units", PAGE)) as trial:
        trial.says(
            "ModelDrift",
            "30m",
            (
                {**OF_AMOUNT, **PAGE},
                {
                    "summary": "amount of fraud version 3 has drifted",
                    "description": """\
The feature amount of fraud version 3 no longer looks like the data that the model was trained on.
What it looks like: values are in another unit.
It began at 2023-11-14 22:13:20 +0000 UTC.
Mean: 13.18 in the shortest window, 55.5 in training.
Missing: 0.13% in the shortest window, 0% in training.
Look first at the status page; it shows which values moved:
http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all""",
                    **LOCAL_LINKS,
                },
            ),
        )


def test_a_page_is_complete_without_what_is_not_known(tmp_path: Path) -> None:
    mean = named("driftwatch_column_mean", OF_AMOUNT, REPLICA, window="1h")
    with Trial(tmp_path, alarm("1x20") | {mean: " ".join(["NaN"] * 20)}) as trial:
        trial.says(
            "ModelDrift",
            "10m",
            (
                {**OF_AMOUNT, **PAGE},
                {
                    "summary": "amount of fraud version 3 has drifted",
                    "description": """\
The feature amount of fraud version 3 no longer looks like the data that the model was trained on.
Look first at the status page; it shows which values moved:
http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all""",
                    **LOCAL_LINKS,
                },
            ),
        )


def test_names_of_any_kind_are_told_and_escaped_in_addresses(tmp_path: Path) -> None:
    odd = {**OF_AMOUNT, "column": 'a/b "ü" +1?', "segment": "new & old", "model": "fraud v2"}
    links = Links("https://dw.example.com/x", "https://g.example.com", "https://w.example.com/r")
    series = {named("driftwatch_drift_alarm", odd, REPLICA, PAGE): "1x120"}
    with Trial(tmp_path, series | known(odd, "stuck", PAGE), RulesPolicy(links)) as trial:
        stream = "model=fraud+v2&model_version=3&segment=new+%26+old"
        page = f"https://dw.example.com/x/columns/a%2Fb%20%22%C3%BC%22%20%2B1%3F?{stream}"
        trial.says(
            "ModelDrift",
            "30m",
            (
                {**odd, **PAGE},
                {
                    "summary": 'a/b "ü" +1? of fraud v2 version 3 (segment new & old) has drifted',
                    "description": f"""\
The feature a/b "ü" +1? of fraud v2 version 3 (segment new & old) no longer looks like the data \
that the model was trained on.
What it looks like: nearly all values are one and the same.
It began at 2023-11-14 22:13:20 +0000 UTC.
Mean: 13.18 in the shortest window, 55.5 in training.
Missing: 0.13% in the shortest window, 0% in training.
Look first at the status page; it shows which values moved:
{page}""",
                    "runbook_url": "https://w.example.com/r/ModelDrift",
                    "dashboard_url": "https://g.example.com/d/driftwatch-column?var-model=fraud+v2"
                    "&var-model_version=3&var-segment=new+%26+old&var-column=a%2Fb+%22%C3%BC%22+%2B1%3F",
                    "status_page_url": page,
                },
            ),
        )


def test_every_kind_of_change_is_told_in_its_words(tmp_path: Path) -> None:
    series: Series = {}
    expected = []
    for kind, words in EXPLANATION.items():
        column = {**OF_AMOUNT, "column": kind}
        series |= alarm("1x20", column)
        series[named("driftwatch_drift_explanation", column, REPLICA, PAGE, kind=kind)] = "1x20"
        links = {name: link.replace("amount", kind) for name, link in LOCAL_LINKS.items()}
        text = f"""\
The feature {kind} of fraud version 3 no longer looks like the data that the model was trained on.
What it looks like: {words}.
Look first at the status page; it shows which values moved:
{links["status_page_url"]}"""
        summary = f"{kind} of fraud version 3 has drifted"
        expected.append(({**column, **PAGE}, {"summary": summary, "description": text, **links}))
    with Trial(tmp_path, series) as trial:
        trial.says("ModelDrift", "10m", *expected)


def test_the_mean_is_that_of_the_shortest_window_of_the_configuration(tmp_path: Path) -> None:
    means = {
        named("driftwatch_column_mean", OF_AMOUNT, REPLICA, window="10m"): "7x20",
        named("driftwatch_column_mean", OF_AMOUNT, REPLICA, window="1h"): "9x20",
    }
    policy = RulesPolicy(window=Duration.parse("10m"), window_is_known=True)
    with Trial(tmp_path, alarm("1x20") | means, policy) as trial:
        trial.says(
            "ModelDrift",
            "10m",
            (
                {**OF_AMOUNT, **PAGE},
                {
                    "summary": "amount of fraud version 3 has drifted",
                    "description": """\
The feature amount of fraud version 3 no longer looks like the data that the model was trained on.
Mean: 7 in the last 10m.
Look first at the status page; it shows which values moved:
http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all""",
                    **LOCAL_LINKS,
                },
            ),
        )


def test_the_prediction_has_an_alert_of_its_own(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("0x5 1x20 0x20", SCORE)) as trial:
        trial.is_quiet("ModelDrift", at="10m")
        trial.is_quiet("PredictionDrift", at="4m")
        trial.fires("PredictionDrift", "10m", {**SCORE, **PAGE})
        trial.is_quiet("PredictionDrift", at="30m")


def test_a_prediction_that_drifts_with_features_says_which(tmp_path: Path) -> None:
    series = {**alarm("1x120"), **alarm("1x120", SCORE), **known(SCORE, "scale", PAGE)}
    for name in ("b", "c", "d", "e", "f"):
        series |= alarm("1x120", {"column": name})
    with Trial(tmp_path, series) as trial:
        page = "http://localhost:8710/columns/score?model=fraud&model_version=3&segment=all"
        trial.says(
            "PredictionDrift",
            "30m",
            (
                {**SCORE, **PAGE},
                {
                    "summary": "The prediction score of fraud version 3 has drifted",
                    "description": f"""\
The prediction score of fraud version 3 no longer looks like the model's answers for its training \
data.
What it looks like: values are multiplied by a factor.
It began at 2023-11-14 22:13:20 +0000 UTC.
Mean: 13.18 in the shortest window, 55.5 in training.
Missing: 0.13% in the shortest window, 0% in training.
Features drift at the same time: amount, b, c, d, e and others, 6 in all. The answers may only \
follow them; look at these first.
Look first at the status page; it shows which values moved:
{page}""",
                    "runbook_url": "http://localhost:8000/runbook/PredictionDrift",
                    "dashboard_url": "http://localhost:3000/d/driftwatch-column?var-model=fraud"
                    "&var-model_version=3&var-segment=all&var-column=score",
                    "status_page_url": page,
                },
            ),
        )


def test_a_feature_that_moves_the_prediction_says_so(tmp_path: Path) -> None:
    with Trial(tmp_path, {**alarm("1x20"), **alarm("1x20", SCORE)}) as trial:
        trial.says(
            "ModelDrift",
            "10m",
            (
                {**OF_AMOUNT, **PAGE},
                {
                    "summary": "amount of fraud version 3 has drifted",
                    "description": """\
The feature amount of fraud version 3 no longer looks like the data that the model was trained on.
The model's answers drift as well: score.
Look first at the status page; it shows which values moved:
http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all""",
                    **LOCAL_LINKS,
                },
            ),
        )


def test_a_change_worth_knowing_is_info_of_features_and_predictions(tmp_path: Path) -> None:
    with Trial(tmp_path, {**alarm("1x20 0x20", INFO), **alarm("1x20", INFO, SCORE)}) as trial:
        trial.is_quiet("ModelDrift", at="10m")
        trial.is_quiet("PredictionDrift", at="10m")
        trial.fires("ModelDriftInfo", "10m", {**OF_AMOUNT, **INFO}, {**SCORE, **INFO})
        trial.fires("ModelDriftInfo", "30m", {**SCORE, **INFO})


def test_info_says_what_happened(tmp_path: Path) -> None:
    with Trial(tmp_path, {**alarm("1x120", INFO), **known(OF_AMOUNT, "shares", INFO)}) as trial:
        trial.says(
            "ModelDriftInfo",
            "30m",
            (
                {**OF_AMOUNT, **INFO},
                {
                    "summary": "amount of fraud version 3 moves away from its training data",
                    "description": """\
The feature amount of fraud version 3 has changed, less than what a page takes.
What it looks like: known values have become more or less frequent.
It began at 2023-11-14 22:13:20 +0000 UTC.
Mean: 13.18 in the shortest window, 55.5 in training.
Missing: 0.13% in the shortest window, 0% in training.
Look first at the status page; it shows which values moved:
http://localhost:8710/columns/amount?model=fraud&model_version=3&segment=all""",
                    **LOCAL_LINKS,
                    "runbook_url": "http://localhost:8000/runbook/ModelDriftInfo",
                },
            ),
        )
