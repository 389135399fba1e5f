"""KServe's logger, as it posts to a sidecar: two events a request, in CloudEvents' binary mode."""

import gzip
import http.client
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.ports import PortLease
from tests.harness.process import http_get
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.surfaces

CONFIGURATION = """
source: {{http: {{spool: spool}}}}
decode: {{format: kserve, feature_names: [amount, tenure], prediction_names: [score]}}
models: {{fraud: {{baselines: {{"1": m.baseline.json}}}}}}
windows: [1h]
checkpoint_every: 200ms
state: {{path: state}}
http: {{listen: "127.0.0.1:{port}"}}
"""
KIND = "org.kubeflow.serving.inference"


class Agent:
    """What stands beside the model in the pod. pairs: requests that were answered."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def post(self, number: int, side: str, body: Mapping[str, object], **headers: str) -> None:
        packed = gzip.compress(json.dumps(body).encode()) if headers else json.dumps(body).encode()
        event = {
            "Ce-Id": f"request-{number}",
            "Ce-Specversion": "1.0",
            "Ce-Source": "http://localhost:9081/",
            "Ce-Type": f"{KIND}.{side}",
            "Ce-Time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "Ce-Inferenceservicename": "fraud",
            "Ce-Namespace": "ml",
            "Ce-Component": "predictor",
            "Ce-Endpoint": "default",
            "Content-Type": "application/json",
        }
        self._connection.request("POST", "/v1/events", packed, event | headers)
        answer = self._connection.getresponse()
        assert (answer.status, answer.read()) == (202, b"")

    def close(self) -> None:
        self._connection.close()


def test_what_kserve_posts_is_joined_and_counted_once(
    tmp_path: Path, driftwatch: StartDriftwatch
) -> None:
    training = [{"amount": i, "tenure": 2 * i, "score": i / 1000} for i in range(1_000)]
    options = BuildOptions("fraud", "1", predictions=("score",))
    build(lambda: iter([Chunk.from_records(training)]), options).save(tmp_path / "m.baseline.json")
    with PortLease() as lease:
        config = tmp_path / "driftwatch.yaml"
        config.write_text(CONFIGURATION.format(port=lease.port))
        daemon = driftwatch("run", "-c", config)
        daemon.wait_until_ready(lease.port)
        agent = Agent(lease.port)
        for number in range(40):
            # Answers may come before their requests, and either may be packed.
            request = {"instances": [[number, 1.5], [number, 2.5]]}
            response = {"predictions": [0.25, 0.75]}
            if number % 2:
                agent.post(number, "request", request, **{"Content-Encoding": "gzip"})
                agent.post(number, "response", response)
            else:
                agent.post(number, "response", response)
                agent.post(number, "request", request)
            if number == 20:
                daemon.kill()
                agent.close()
                daemon = driftwatch("run", "-c", config)
                daemon.wait_until_ready(lease.port)
        agent.close()

        def rows() -> float:
            page = http_get(f"http://127.0.0.1:{lease.port}/metrics")[1]
            found = re.search(
                r'^driftwatch_window_records\{.*segment="all".*\} (\S+)$', page, re.MULTILINE
            )
            assert found is not None
            return float(found[1])

        wait_until(lambda: rows() >= 80, what="40 pairs of two instances are counted", timeout=20)
        assert rows() == 80
        assert daemon.terminate() == 0
