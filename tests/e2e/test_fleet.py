"""Two daemons that each see a half of the truth, and a Prometheus that sees the whole."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.conftest import StartDriftwatch, StartPrometheus
from tests.harness.ports import PortLease
from tests.harness.prometheus import Prometheus
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.surfaces]

ROWS = 4_000
CHUNKS = 4


def training(path: Path) -> None:
    amounts = np.random.default_rng(1).lognormal(3.0, 0.8, 20_000)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["amount", "country"])
        writer.writerows((round(float(a), 3), "DE" if a < 20.0 else "FR") for a in amounts)


def configuration(port: int) -> dict[str, Any]:
    return {
        "source": {"files": {"path": "log"}},
        "decode": {"timestamp": "ts", "model": {"const": "fraud"}, "features": "."},
        "models": {"fraud": {"baselines": {"3": "../fraud.baseline.json.gz"}}},
        "pane": "1s",
        "windows": ["1m"],
        "lateness": "1s",
        "checkpoint_every": "500ms",
        "state": {"memory": True},
        "metrics": {"counts": True},
        "http": {"listen": f"127.0.0.1:{port}"},
    }


def write(logs: dict[bool, Path], chunk: int) -> None:
    """As many records as in training there are of each size: small ones here, large ones there."""
    rng = np.random.default_rng(100 + chunk)
    lines: dict[bool, list[str]] = {True: [], False: []}
    for amount in rng.lognormal(3.0, 0.8, ROWS // CHUNKS):
        country = "DE" if amount < 20.0 else "FR"
        record = {"ts": time.time(), "amount": round(float(amount), 3), "country": country}
        lines[bool(amount < 20.0)].append(json.dumps(record) + "\n")
    for small, path in logs.items():
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines[small])


def highest(server: Prometheus, expression: str) -> float:
    return max((sample.value for sample in server.query(expression)), default=float("nan"))


def test_what_each_takes_for_drift_is_none_of_the_fleet(
    prometheus: StartPrometheus, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    training(tmp_path / "training.csv")
    built = driftwatch(
        *("baseline", "build", tmp_path / "training.csv"),
        *("-o", tmp_path / "fraud.baseline.json.gz", "--model", "fraud", "--model-version", "3"),
    )
    assert built.wait() == 0, built.stderr
    logs: dict[bool, Path] = {}
    configs: list[Path] = []
    targets: list[str] = []
    with PortLease() as one, PortLease() as other:
        for small, lease in ((True, one), (False, other)):
            folder = tmp_path / f"of-{small}"
            (folder / "log").mkdir(parents=True)
            logs[small] = folder / "log" / "serving.jsonl"
            config = folder / "driftwatch.yaml"
            config.write_text(yaml.safe_dump(configuration(lease.port)), encoding="utf-8")
            configs.append(config)
            driftwatch("run", "-c", config).wait_until_ready(lease.port)
            targets.append(f"127.0.0.1:{lease.port}")
        made = driftwatch("rules", "-c", configs[0], "-o", tmp_path / "rules")
        assert made.wait() == 0, made.stderr
        rules = (tmp_path / "rules" / "driftwatch-fleet.rules.yml").read_text(encoding="utf-8")
        server = prometheus(*targets, rules=rules.replace("interval: 1m", "interval: 1s"))
        server.wait_for("count(driftwatch_column_values_bucket) > 40")
        for chunk in range(CHUNKS):
            write(logs, chunk)
            time.sleep(3.0)

        counted = 'column:driftwatch_column_values:increase1m{column="amount"}'
        wait_until(
            lambda: highest(server, counted) == pytest.approx(ROWS, rel=0.1),
            what="the fleet has counted everything",
            timeout=30,
        )
        own = {s.labels["column"]: s.value for s in server.query("driftwatch_psi{window='1m'}")}
        assert min(own.values()) > 1.0
        assert min(s.value for s in server.query("driftwatch_ks_statistic{window='1m'}")) > 0.4
        assert highest(server, "column:driftwatch_psi:fleet1m") < 0.02
        assert highest(server, "column:driftwatch_ks_statistic:fleet1m") < 0.03
