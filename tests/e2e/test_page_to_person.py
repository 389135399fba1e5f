"""The last steps: a daemon, Prometheus, Alertmanager, and the text that wakes somebody."""

import csv
import json
import re
import time
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.conftest import StartDriftwatch, StartPrometheus
from tests.harness.alertmanager import Alertmanager, Pager
from tests.harness.process import http_get
from tests.harness.tools import ROOT
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.surfaces]

# What a column may be called where nobody thought of addresses.
COLUMN = "temperature (°F)/day"
DRIFT_AFTER_S = 20
RECORDS_PER_SECOND = 50


def drawn(rng: np.random.Generator, celsius: bool = False) -> dict[str, Any]:
    fahrenheit = float(rng.normal(55.0, 12.0))
    value = (fahrenheit - 32.0) / 1.8 if celsius else fahrenheit
    return {COLUMN: round(value, 3), "hour": int(rng.integers(0, 24))}


def score(fahrenheit: float) -> float:
    return round(10.0 + fahrenheit / 10.0, 3)


def write_training_data(path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [drawn(rng) for _ in range(20_000)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [COLUMN, "hour", "minutes"])
        writer.writeheader()
        writer.writerows({**row, "minutes": score(row[COLUMN])} for row in rows)


def write_log(path: Path, begin_s: float, seconds: int) -> None:
    """Records of a while; after `DRIFT_AFTER_S` in Celsius, of which the model knows nothing."""
    rng = np.random.default_rng(2)
    with path.open("a", encoding="utf-8") as file:
        for i in range(seconds * RECORDS_PER_SECOND):
            at = i / RECORDS_PER_SECOND
            features = drawn(rng, celsius=at >= DRIFT_AFTER_S)
            record = {
                "ts": begin_s + at,
                "version": "7",
                "features": features,
                "minutes": score(features[COLUMN]),
            }
            file.write(json.dumps(record) + "\n")


def configuration(port: int) -> dict[str, Any]:
    return {
        "source": {"files": {"path": "log"}},
        "decode": {
            "timestamp": "ts",
            "model": {"const": "ride time"},
            "model_version": "version",
            "features": "features",
            "predictions": {"minutes": "minutes"},
        },
        "models": {"ride time": {"baselines": {"7": "ride-time.baseline.json.gz"}}},
        "pane": "1s",
        "windows": ["20s", "5m"],
        "lateness": "1s",
        "idle_after": "2s",
        "checkpoint_every": "500ms",
        "state": {"path": "state"},
        "http": {"listen": f"127.0.0.1:{port}"},
        "links": {
            "status_page": f"http://127.0.0.1:{port}",
            "dashboards": "https://grafana.example.com",
            "runbooks": "https://wiki.example.com/driftwatch",
        },
    }


def alertmanager_config(pager: Pager) -> dict[str, Any]:
    """The example, with somebody at the other end, who does not wait."""
    text = (ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    for route in (config["route"], *config["route"]["routes"]):
        route["group_wait"], route["group_interval"] = "0s", "1s"
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": pager.address(receiver["name"])}]
    return config


def prepared(driftwatch: StartDriftwatch, folder: Path, port: int) -> tuple[Path, str]:
    """The baseline and the rules, made as people make them. Returns configuration and rules."""
    write_training_data(folder / "training.csv")
    built = driftwatch(
        *("baseline", "build", folder / "training.csv"),
        *("-o", folder / "ride-time.baseline.json.gz"),
        *("--model", "ride time", "--model-version", "7", "--prediction", "minutes"),
    )
    assert built.wait() == 0, built.stderr
    config = folder / "driftwatch.yaml"
    config.write_text(yaml.safe_dump(configuration(port)), encoding="utf-8")
    made = driftwatch("rules", "-c", config, "-o", folder / "rules")
    assert made.wait() == 0, made.stderr
    return config, (folder / "rules" / "driftwatch.rules.yml").read_text(encoding="utf-8")


def test_a_page_names_model_column_what_happened_since_when_and_where_to_look(
    prometheus: StartPrometheus, driftwatch: StartDriftwatch, tmp_path: Path, free_port: int
) -> None:
    config, rules = prepared(driftwatch, tmp_path, free_port)
    (tmp_path / "log").mkdir()
    begin_s = float(int(time.time())) - 60.0
    write_log(tmp_path / "log" / "serving.jsonl", begin_s, seconds=50)
    daemon = driftwatch("run", "-c", config)
    daemon.wait_until_ready(free_port)
    folder = tmp_path / "alertmanager"
    folder.mkdir()
    with Pager() as pager, Alertmanager(folder, alertmanager_config(pager)) as running:
        prometheus(f"127.0.0.1:{free_port}", rules=rules, alertmanagers=[running.address])

        def told() -> list[dict[str, Any]]:
            # An alarm begins with too little to tell what happened; the page is sent again.
            pages = pager.alerts("on-call", "ModelDrift")
            return [page for page in pages if "another unit" in page["annotations"]["description"]]

        page = wait_until(told, what="the page says what happened", timeout=90)[0]
        wait_until(
            lambda: pager.alerts("on-call", "PredictionDrift"), what="the prediction pages too"
        )
        assert not pager.alerts("working-day", "ModelDrift")
    _says_what_happened(page, begin_s + DRIFT_AFTER_S)
    _leads_to_the_column(page["annotations"], free_port)
    assert daemon.terminate(timeout=15) == 0, daemon.stderr


def _says_what_happened(page: dict[str, Any], began_s: float) -> None:
    assert page["status"] == "firing"
    assert page["labels"] == {
        "alertname": "ModelDrift",
        "severity": "page",
        "model": "ride time",
        "model_version": "7",
        "segment": "all",
        "column": COLUMN,
        "role": "feature",
    }
    text = page["annotations"]
    assert text["summary"] == f"{COLUMN} of ride time version 7 has drifted"
    description = text["description"]
    assert f"The feature {COLUMN} of ride time version 7" in description
    assert "What it looks like: values are in another unit." in description
    since = re.search(r"It began at (\S+ \S+) \+0000 UTC\.", description)
    assert since is not None, description
    began = datetime.fromisoformat(since[1]).replace(tzinfo=UTC).timestamp()
    assert began == pytest.approx(began_s, abs=5)
    means = re.search(r"Mean: (\S+) in the last 20s, (\S+) in training\.", description)
    assert means is not None, description
    assert float(means[2]) == pytest.approx(55.0, abs=0.5)
    assert float(means[1]) < 30.0
    assert "Missing: 0% in the last 20s, 0% in training." in description
    assert description.endswith(f"\n{text['status_page_url']}")


def _leads_to_the_column(text: dict[str, str], port: int) -> None:
    assert text["runbook_url"] == "https://wiki.example.com/driftwatch/ModelDrift"
    dashboard = urllib.parse.urlsplit(text["dashboard_url"])
    assert (dashboard.scheme, dashboard.netloc) == ("https", "grafana.example.com")
    assert dashboard.path == "/d/driftwatch-column"
    assert urllib.parse.parse_qs(dashboard.query) == {
        "var-model": ["ride time"],
        "var-model_version": ["7"],
        "var-segment": ["all"],
        "var-column": [COLUMN],
    }
    page = urllib.parse.urlsplit(text["status_page_url"])
    assert (page.scheme, page.netloc) == ("http", f"127.0.0.1:{port}")
    assert urllib.parse.unquote(page.path) == f"/columns/{COLUMN}"
    status, html = http_get(text["status_page_url"])
    assert status == 200
    assert COLUMN in html
