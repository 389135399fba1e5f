"""MLServer serves a scikit-learn model, and Driftwatch reads what it writes to Kafka."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaBroker
from tests.harness.process import http_get
from tests.harness.waiting import wait_until
from tests.servers.conftest import ModelServer

pytestmark = pytest.mark.servers

PER_REQUEST = 25

CONFIGURATION = """
source:
  kafka:
    bootstrap_servers: ["{bootstrap}"]
    topics: [mlserver-input, mlserver-output]
    group_id: driftwatch
    start: earliest
decode:
  format: mlserver
  predictions: {{score: predict_proba.1}}
models:
  fraud: {{baselines: {{"3": fraud.baseline.json.gz}}}}
pane: 2s
windows: [1m]
lateness: 2s
idle_after: 3s
checkpoint_every: 1s
alarms: {{hold: 4s}}
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


def request(rng: np.random.Generator, factor: float = 1.0) -> bytes:
    """What a client asks: a table of some customers, each column a tensor."""
    columns = {
        "amount": rng.lognormal(3.0, 0.8, PER_REQUEST) * factor,
        "age": rng.uniform(18.0, 90.0, PER_REQUEST),
        "tenure": rng.exponential(4.0, PER_REQUEST),
    }
    inputs = [
        {"name": name, "shape": [PER_REQUEST, 1], "datatype": "FP64", "data": values.tolist()}
        for name, values in columns.items()
    ]
    body = {"inputs": inputs, "outputs": [{"name": "predict_proba"}]}
    return json.dumps({**body, "parameters": {"content_type": "pd"}}).encode()


class Clients:
    """Ask the server through its topic."""

    def __init__(self, kafka: KafkaBroker) -> None:
        self._kafka = kafka
        self._rng = np.random.default_rng(3)
        self.asked = 0

    def ask(self, requests: int, factor: float = 1.0) -> None:
        """Ask so many times, and wait until all have been answered."""
        keys = [f"request-{self.asked + i}".encode() for i in range(requests)]
        self.asked += requests
        self._kafka.produce(
            "mlserver-input",
            [request(self._rng, factor) for _ in keys],
            keys=keys,
            headers=[[("mlserver-model", b"fraud"), ("mlserver-version", b"3")] for _ in keys],
        )
        wait_until(
            lambda: self._kafka.end_offsets("mlserver-output")[0] == self.asked,
            what=f"there are {self.asked} answers",
            timeout=30,
        )


def metric(url: str, name: str) -> float:
    """The value of a series, NaN where it is not there."""
    text = http_get(f"{url}/metrics")[1]
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else float("nan")


def document(url: str) -> Any:
    """The status, as JSON."""
    return json.loads(http_get(f"{url}/api/v1/status")[1])


def states(url: str) -> dict[str, str]:
    """What the alarm of each column says."""
    streams = document(url)["streams"]
    return {column["name"]: column["state"] for each in streams for column in each["columns"]}


def test_the_log_of_a_model_server_is_read_and_a_shifted_feature_is_told(
    tmp_path: Path, own_kafka: KafkaBroker, mlserver: ModelServer, driftwatch: StartDriftwatch
) -> None:
    built = driftwatch(
        *("baseline", "build", mlserver.folder / "training.csv", "--prediction", "score"),
        *("--model", "fraud", "--model-version", "3"),
        *("-o", tmp_path / "fraud.baseline.json.gz"),
    )
    assert built.wait() == 0, built.stderr
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION.format(bootstrap=own_kafka.bootstrap))
    clients = Clients(own_kafka)
    clients.ask(80)

    daemon = driftwatch("run", "-c", config)
    daemon.wait_until_said('"listen": "')
    port = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', daemon.stderr)
    assert port is not None
    url = f"http://127.0.0.1:{port[1]}"
    counted = 'driftwatch_records_total{outcome="counted"}'
    wait_until(lambda: metric(url, counted) == 80 * PER_REQUEST, what="all counted", timeout=30)
    assert metric(url, 'driftwatch_records_total{outcome="rejected"}') == 0.0

    expected = {"amount": "page", "age": "ok", "tenure": "ok", "score": "page"}

    def is_told() -> bool:
        clients.ask(40, factor=1.4)  # panes close by the times of those that come after them
        return states(url) == expected

    wait_until(is_told, what="a page on it and on the prediction", timeout=60, every=0.5)
    asked = clients.asked * PER_REQUEST
    wait_until(lambda: metric(url, counted) == asked, what="all counted", timeout=30)
    alarm = next(a for a in document(url)["alarms"] if a["column"] == "amount")
    assert "multiplied by 1." in alarm["explanation"]["words"]
    assert daemon.terminate() == 0
