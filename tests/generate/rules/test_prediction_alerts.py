"""Alerts about predictions by their own names: when they fire, and what they say."""

import re
from pathlib import Path

import pytest

from driftwatch.export.values import EXPLANATION
from driftwatch.generate.rules.policy import ANY
from driftwatch.generate.rules.predictions import prediction_alerts
from tests.generate.rules.columns import INFO, PAGE, SCORE, alarm, known, numbers
from tests.generate.rules.promtool import REPLICA, Labels, Series, Trial, named

pytestmark = pytest.mark.integration

NAMES = {
    "one_value": "ModelPredictsOneValue",
    "all_zero": "ModelPredictsOneValue",
    "new_value": "ModelPredictsNewClass",
    "concentrated": "ModelPredictionsConcentrated",
}
FIRES = {**SCORE, **PAGE}


def explained(kind: str, values: str, severity: Labels = PAGE) -> Series:
    return {named("driftwatch_drift_explanation", SCORE, REPLICA, severity, kind=kind): values}


def test_the_kinds_are_those_of_explanations() -> None:
    asked = re.findall(r'kind=~"([^"]+)"', "".join(a.expr for a in prediction_alerts(ANY)))
    assert {kind for kinds in asked for kind in kinds.split("|")} == NAMES.keys()
    assert NAMES.keys() <= EXPLANATION.keys()


@pytest.mark.parametrize("kind", NAMES)
def test_a_kind_has_its_name_beside_that_of_the_drift(kind: str, tmp_path: Path) -> None:
    series = alarm("0 0 0 1x20 0x20", SCORE) | explained(kind, "_ _ _ 1x20 stale")
    with Trial(tmp_path, series) as trial:
        for name in set(NAMES.values()):
            trial.is_quiet(name, at="2m")
            trial.fires(name, "5m", *[FIRES] * (name == NAMES[kind]))
            trial.is_quiet(name, at="25m")
        trial.fires("PredictionDrift", "5m", FIRES)


def test_what_only_moves_shares_has_no_name_of_its_own(tmp_path: Path) -> None:
    with Trial(tmp_path, alarm("1x30", SCORE) | explained("shares", "1x30")) as trial:
        for name in set(NAMES.values()):
            trial.is_quiet(name, at="10m")


def test_nobody_is_paged_for_what_is_worth_an_info(tmp_path: Path) -> None:
    series = alarm("1x30", SCORE, INFO) | explained("one_value", "1x30", INFO)
    with Trial(tmp_path, series) as trial:
        trial.is_quiet("ModelPredictsOneValue", at="10m")


def test_the_name_changes_with_what_is_known(tmp_path: Path) -> None:
    series = alarm("1x60", SCORE) | explained("concentrated", "1x10 stale")
    series |= explained("one_value", "_x10 1x50")
    with Trial(tmp_path, series) as trial:
        trial.fires("ModelPredictionsConcentrated", "8m", FIRES)
        trial.is_quiet("ModelPredictionsConcentrated", at="15m")
        trial.fires("ModelPredictsOneValue", "15m", FIRES)


def test_it_outlasts_a_target_that_does_not_answer(tmp_path: Path) -> None:
    series = alarm("1x10 stale _x60", SCORE) | explained("new_value", "1x10 stale _x60")
    with Trial(tmp_path, series) as trial:
        trial.fires("ModelPredictsNewClass", "25m", FIRES)
        trial.is_quiet("ModelPredictsNewClass", at="45m")


def test_it_says_how_much_one_class_has(tmp_path: Path) -> None:
    page = "http://localhost:8710/columns/score?model=fraud&model_version=3&segment=all"
    series = alarm("1x60", SCORE) | known(SCORE, "concentrated", PAGE)
    series |= numbers(SCORE, {"top_class_ratio": 0.9}, {"window": "1h"})
    series |= numbers(SCORE, {"baseline_top_class_ratio": 0.4})
    text = {
        "summary": "score of fraud version 3 gives most records one and the same class",
        "description": f"""\
The prediction score of fraud version 3 gives one class far more often than in training, and the \
others together less than half as often.
What it looks like: {EXPLANATION["concentrated"]}.
It began at 2023-11-14 22:13:20 +0000 UTC.
Mean: 13.18 in the shortest window, 55.5 in training.
Missing: 0.13% in the shortest window, 0% in training.
The most frequent class: 90% in the shortest window, 40% in training.
Look first at the status page; it shows which values moved:
{page}""",
        "runbook_url": "http://localhost:8000/runbook/ModelPredictionsConcentrated",
        "dashboard_url": "http://localhost:3000/d/driftwatch-column?var-model=fraud"
        "&var-model_version=3&var-segment=all&var-column=score",
        "status_page_url": page,
    }
    with Trial(tmp_path, series) as trial:
        trial.says("ModelPredictionsConcentrated", "30m", (FIRES, text))
