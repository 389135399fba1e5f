"""The whole way: a topic, the daemon as a process, a real Prometheus, a rule that fires."""

import csv
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.conftest import StartDriftwatch, StartPrometheus
from tests.harness.broker import KafkaCluster
from tests.harness.prometheus import Prometheus
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.integration

NUMERIC = ("amount", "age", "score")
WEATHER = ("clear", "rain", "snow")
RULES = """
groups:
  - name: drift
    rules:
      - alert: FeatureDrift
        expr: >-
          max by (model, model_version, segment, column)
          (driftwatch_drift_alarm{severity="page"}) == 1
        labels: {severity: page}
"""


def rows(seed: int, count: int, shift: float = 0.0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(3.0, 0.8, count).round(4)
    age = rng.integers(18, 90, count)
    score = np.clip(rng.beta(2, 5, count), 0, 1).round(6)
    weather = rng.choice(WEATHER, count, p=(0.6, 0.3, 0.1))
    return [
        {
            "amount": float(a) + shift,
            "age": None if rng.random() < 0.02 else int(g),
            "weather": str(w),
            "score": float(s),
        }
        for a, g, w, s in zip(amount, age, weather, score, strict=True)
    ]


def write_training_data(path: Path, data: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(data[0]))
        writer.writeheader()
        writer.writerows(data)


def record(row: dict[str, Any], time_s: float) -> bytes:
    features = {name: value for name, value in row.items() if name != "score"}
    return json.dumps(
        {
            "ts": time_s,
            "meta": {"version": "3"},
            "features": features,
            "prediction": row["score"],
        }
    ).encode()


class Log:
    """A serving log whose event time goes on with each batch."""

    def __init__(self, kafka: KafkaCluster, topic: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self.now_s = float(int(time.time())) - 30.0

    def write(self, data: list[dict[str, Any]], per_second: float) -> None:
        times = [self.now_s + i / per_second for i in range(len(data))]
        self.now_s = times[-1] + 1 / per_second
        for partition in (0, 1):
            part = slice(partition, None, 2)
            values = [record(row, t) for row, t in zip(data[part], times[part], strict=True)]
            stamps = [int(t * 1000) for t in times[part]]
            self._kafka.produce(self._topic, values, partition=partition, timestamps=stamps)


def configuration(kafka: KafkaCluster, topic: str) -> str:
    return f"""
source:
  kafka:
    bootstrap_servers: {kafka.bootstrap}
    topics: [{topic}]
    group_id: {topic}
    start: earliest
decode:
  timestamp: ts
  model: {{const: fraud}}
  model_version: meta.version
  features: features
  predictions: {{score: prediction}}
models:
  fraud: {{baselines: {{"3": fraud.baseline.json.gz}}}}
pane: 2s
windows: [1m, 10m]
lateness: 2s
idle_after: 5s
checkpoint_every: 1s
alarms: {{hold: 4s}}
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


def gauge(prometheus: Prometheus, name: str, column: str) -> float:
    found = prometheus.query(f'driftwatch_{name}{{column="{column}", window="1m"}}')
    assert len(found) == 1, found
    return found[0].value


def direct_psi(training: Any, live: Any) -> float:
    edges = np.quantile(training, np.arange(1, 10) / 10)
    p = np.bincount(np.searchsorted(edges, training, side="right"), minlength=10) + 0.5
    q = np.bincount(np.searchsorted(edges, live, side="right"), minlength=10) + 0.5
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def values_of(data: list[dict[str, Any]], name: str) -> Any:
    return np.array([row[name] for row in data if row[name] is not None], dtype=np.float64)


def test_drift_in_a_topic_fires_a_rule_in_prometheus_and_resolves_it_again(
    kafka: KafkaCluster,
    prometheus: StartPrometheus,
    driftwatch: StartDriftwatch,
    tmp_path: Path,
) -> None:
    training = rows(1, 20_000)
    write_training_data(tmp_path / "training.csv", training)
    built = driftwatch(
        *("baseline", "build", str(tmp_path / "training.csv")),
        *("-o", str(tmp_path / "fraud.baseline.json.gz")),
        *("--model", "fraud", "--model-version", "3", "--prediction", "score"),
    )
    assert built.wait() == 0, built.stderr
    topic = kafka.create_topic(partitions=2)
    log = Log(kafka, topic)
    (tmp_path / "driftwatch.yaml").write_text(configuration(kafka, topic))
    live = rows(2, 3_000)
    log.write(live, per_second=100)

    daemon = driftwatch("run", "-c", str(tmp_path / "driftwatch.yaml"))
    daemon.wait_until_said("started")
    port = _port(daemon.stderr)
    daemon.wait_until_ready(port)
    server = prometheus(f"127.0.0.1:{port}", rules=RULES)

    def counted() -> bool:
        found = server.query('driftwatch_window_records{window="1m"}')
        return [sample.value for sample in found] == [3_000.0]

    wait_until(counted, what="all records in the window", timeout=30)
    for name in NUMERIC:
        expected = stats.ks_2samp(values_of(live, name), values_of(training, name)).statistic
        lower, upper = gauge(server, "ks_statistic", name), gauge(server, "ks_upper_bound", name)
        assert lower - 1e-12 <= expected <= upper + 1e-12, name
        psi = direct_psi(values_of(training, name), values_of(live, name))
        assert gauge(server, "psi", name) == pytest.approx(psi, abs=0.01), name
        assert gauge(server, "column_mean", name) == pytest.approx(values_of(live, name).mean())
        assert gauge(server, "column_stddev", name) == pytest.approx(values_of(live, name).std())
    missing = sum(row["age"] is None for row in live) / len(live)
    assert gauge(server, "missing_ratio", "age") == pytest.approx(missing)
    assert server.query("driftwatch_records_total{outcome='counted'}")[0].value == 3_000
    assert [alert.name for alert in server.alerts()] == []

    log.write(rows(3, 6_000, shift=15.0), per_second=100)
    alert = server.wait_for_alert("FeatureDrift", timeout=30)
    assert alert.labels["column"] == "amount"
    assert "amount" in daemon.stderr

    # What was collected has to be lost again before the alarm ends.
    log.write(rows(4, 25_000), per_second=100)
    wait_until(lambda: server.alerts() == [], what="the alert to resolve", timeout=60)
    raised = server.query('driftwatch_drift_alarms_total{column="amount", severity="page"}')
    assert [sample.value for sample in raised] == [1.0]
    assert daemon.terminate(timeout=10) == 0, daemon.stderr


def _port(log: str) -> int:
    found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', log)
    assert found is not None, log
    return int(found[1])
