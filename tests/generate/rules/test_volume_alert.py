"""The alert for a volume that is far from the usual."""

from pathlib import Path

import pytest

from tests.generate.rules.promtool import OF_STREAM, REPLICA, WARNING, Series, Trial, named

pytestmark = pytest.mark.integration

FIRES = {**OF_STREAM, "direction": "high", **WARNING}


def volume(high: str, low: str = "0x120") -> Series:
    return {
        named("driftwatch_volume_alarm", OF_STREAM, REPLICA, direction="high"): high,
        named("driftwatch_volume_alarm", OF_STREAM, REPLICA, direction="low"): low,
        named("driftwatch_volume_ratio", OF_STREAM, REPLICA, window="1h"): "2.04x120",
    }


def test_it_is_told_after_five_minutes_and_stays_a_while(tmp_path: Path) -> None:
    with Trial(tmp_path, volume("0x4 1x30 0x60")) as trial:
        trial.is_quiet("ModelVolume", at="8m")
        trial.fires("ModelVolume", "15m", FIRES)
        trial.fires("ModelVolume", "45m", FIRES)
        trial.is_quiet("ModelVolume", at="60m")


def test_it_says_how_many_times_as_many_come(tmp_path: Path) -> None:
    page = "http://localhost:8710/?model=fraud&model_version=3&segment=all"
    text = {
        "summary": "far more records than usual come for fraud version 3",
        "description": f"""\
far more records than usual come for fraud version 3 and the other versions of its model.
In the last 1h: 2.04 times as many as in these hours in training.
Drift is looked for all the same. Look first at the status page:
{page}""",
        "runbook_url": "http://localhost:8000/runbook/ModelVolume",
        "dashboard_url": "http://localhost:3000/d/driftwatch-overview"
        "?var-model=fraud&var-model_version=3&var-segment=all",
        "status_page_url": page,
    }
    with Trial(tmp_path, volume("1x60")) as trial:
        trial.says("ModelVolume", "30m", (FIRES, text))
