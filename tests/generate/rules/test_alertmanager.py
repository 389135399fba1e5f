"""The example for Alertmanager: who is told what, and what is held back."""

import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from driftwatch.generate.rules.rule import AlertName
from tests.generate.rules.promtool import OF_AMOUNT, OF_STREAM
from tests.harness.alertmanager import Alertmanager
from tests.harness.tools import ROOT, program

pytestmark = pytest.mark.integration

EXAMPLE = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
JOB = {"namespace": "models", "job": "driftwatch"}


def config() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("severity", "receiver"),
    [("page", "on-call"), ("warning", "working-day"), ("info", "channel")],
)
def test_a_severity_has_its_receiver(severity: str, receiver: str) -> None:
    done = subprocess.run(
        [
            program("amtool"),
            *("config", "routes", "test", f"--config.file={EXAMPLE}"),
            *(f"--verify.receivers={receiver}", f"severity={severity}"),
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_names_only_alerts_that_there_are() -> None:
    named = {
        name
        for rule in config()["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
        if matcher.startswith("alertname")
        for name in matcher.split('"')[1].split("|")
    }
    assert named <= set(get_args(AlertName))


def test_what_is_said_already_is_held_back_and_drift_never(tmp_path: Path) -> None:
    def blind(reason: str) -> dict[str, str]:
        return {"alertname": "DriftwatchBlind", **OF_STREAM, "reason": reason}

    def of(name: str, column: str = "amount") -> dict[str, str]:
        return {"alertname": name, **OF_AMOUNT, "column": column}

    alerts = [
        *(of("ModelDrift"), of("ModelDriftInfo"), of("ColumnMissingValues")),
        *(of("PredictionDrift", "score"), of("ModelDriftInfo", "score")),
        *(of("ModelDriftInfo", "age"), of("ColumnMissingValues", "age")),
        *(blind("disconnected"), blind("no_records"), blind("lagging"), blind("gap")),
        {"alertname": "DriftwatchDown", **JOB},
        {"alertname": "DriftwatchLagging", **JOB},
        {"alertname": "DriftwatchCheckpointStale", **JOB},
        {"alertname": "DriftwatchReloadFailed", **JOB, "job": "another"},
    ]
    with Alertmanager(tmp_path, config()) as running:
        running.send(alerts)
        held_back = running.held_back(len(alerts))
    assert held_back == {
        ("ModelDriftInfo", "amount", ""),
        ("ColumnMissingValues", "amount", ""),
        ("ModelDriftInfo", "score", ""),
        ("DriftwatchBlind", "", "no_records"),
        ("DriftwatchBlind", "", "lagging"),
        ("DriftwatchLagging", "", ""),
        ("DriftwatchCheckpointStale", "", ""),
    }
