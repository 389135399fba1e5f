"""The alert that two versions differ."""

from pathlib import Path

import pytest

from tests.generate.rules.promtool import REPLICA, Series, Trial, named

pytestmark = pytest.mark.integration

PAIR = {"model": "fraud", "model_version": "8", "against": "7"}
FIRES = {**PAIR, "severity": "page"}


def differs(column: str, role: str, values: str, severity: str = "page") -> Series:
    own = {"column": column, "role": role, "severity": severity}
    return {named("driftwatch_comparison_alarm", PAIR, REPLICA, own): values}


def test_a_pair_is_one_alert_however_many_columns_differ(tmp_path: Path) -> None:
    series = differs("score", "prediction", "0x2 1x20 0x30") | differs(
        "label", "prediction", "1x20 0x32"
    )
    with Trial(tmp_path, series) as trial:
        trial.fires("ModelVersionsDiffer", "10m", FIRES)
        trial.is_quiet("ModelVersionsDiffer", at="30m")


def test_an_info_pages_nobody(tmp_path: Path) -> None:
    with Trial(tmp_path, differs("score", "prediction", "1x30", "info")) as trial:
        trial.is_quiet("ModelVersionsDiffer", at="10m")


def test_it_outlasts_a_target_that_does_not_answer(tmp_path: Path) -> None:
    with Trial(tmp_path, differs("score", "prediction", "1x10 stale _x60")) as trial:
        trial.fires("ModelVersionsDiffer", "25m", FIRES)
        trial.is_quiet("ModelVersionsDiffer", at="45m")


def test_it_says_what_differs_and_how_often_a_rate_holds(tmp_path: Path) -> None:
    series = differs("score", "prediction", "1x60") | differs("amount", "feature", "0x60")
    rate = {"condition": "high_score", "window": "1h"}
    series |= {named("driftwatch_comparison_rate_ratio", PAIR, REPLICA, rate): "2.04x60"}
    page = "http://localhost:8710/#comparisons"
    text = {
        "summary": "fraud version 8 does not behave like version 7",
        "description": f"""\
Versions 8 and 7 of fraud are live at the same time, and differ.
Their answers do: score.
high_score holds 2.04 times as often.
Look first at the status page; it shows which values:
{page}""",
        "runbook_url": "http://localhost:8000/runbook/ModelVersionsDiffer",
        "dashboard_url": "http://localhost:3000/d/driftwatch-overview"
        "?var-model=fraud&var-model_version=8",
        "status_page_url": page,
    }
    with Trial(tmp_path, series) as trial:
        trial.says("ModelVersionsDiffer", "30m", (FIRES, text))
