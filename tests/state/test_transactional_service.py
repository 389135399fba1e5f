"""The real program with its state in a topic."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.brokers

CONFIGURATION = """
source:
  kafka:
    bootstrap_servers: {bootstrap}
    topics: [{log}]
    group_id: {log}
    client: {client}
    start: earliest
    session_timeout: 6s
decode: {{timestamp: ts, model: {{const: m}}}}
models: {{m: {{baselines: {{"1": m.baseline.json}}}}}}
pane: 2s
windows: [10m]
checkpoint_every: 500ms
state: {{kafka: {{topic: {log}-state, replica: "${{REPLICA}}"}}}}
http: {{listen: "127.0.0.1:0"}}
"""


def configure(folder: Path, kafka: KafkaCluster, client: str = "confluent") -> str:
    """Returns the log's topic, of two partitions."""
    log = kafka.create_topic(partitions=2)
    chunk = Chunk.from_records([{"x": i} for i in range(1_000)])
    built = build(lambda: iter([chunk]), BuildOptions("m", "1"))
    built.save(folder / "m.baseline.json")
    settings = CONFIGURATION.format(bootstrap=kafka.bootstrap, log=log, client=client)
    (folder / "driftwatch.yaml").write_text(settings)
    return log


def write(kafka: KafkaCluster, log: str, count: int) -> None:
    for number in (0, 1):
        values = [json.dumps({"ts": time.time(), "x": i}).encode() for i in range(count // 2)]
        kafka.produce(log, values, partition=number)


def rows(daemon: Driftwatch) -> int:
    """The rows in the window, by the metrics of a daemon that has found its port."""
    found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', daemon.stderr)
    if found is None:
        return -1
    try:
        status, body = http_get(f"http://127.0.0.1:{found[1]}/metrics")
    except OSError:
        return -1
    counts = re.findall(r"^driftwatch_window_records\{.*\} (\S+)$", body, re.MULTILINE)
    return int(float(counts[0])) if status == 200 and counts else -1


def named(name: str) -> Mapping[str, str]:
    return {"REPLICA": name}


@pytest.mark.timeout(180)
def test_windows_outlive_a_process_and_its_disk(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    log = configure(tmp_path, kafka)
    file = tmp_path / "driftwatch.yaml"
    first = driftwatch("run", "-c", file, env=named("r0"))
    write(kafka, log, 600)
    wait_until(lambda: rows(first) == 600, what="all is counted", timeout=60)
    first.kill()
    write(kafka, log, 100)

    again = driftwatch("run", "-c", file, env=named("r0"))
    wait_until(lambda: rows(again) == 700, what="the windows are full again", timeout=60)
    assert again.terminate(timeout=20) == 0, again.stderr

    other = driftwatch("run", "-c", file, env=named("r1"))
    wait_until(lambda: rows(other) == 700, what="another has them as well", timeout=60)


def test_a_client_without_such_transactions_is_refused(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    configure(tmp_path, kafka, "kafka-python")
    daemon = driftwatch("run", "-c", tmp_path / "driftwatch.yaml", env=named("r0"))
    assert daemon.wait(30) == 2
    assert "needs source.kafka.client: confluent" in daemon.stderr


def test_a_topic_that_can_not_be_used_ends_the_program(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    log = configure(tmp_path, kafka)
    kafka.create_topic(f"{log}-state", partitions=2)
    daemon = driftwatch("run", "-c", tmp_path / "driftwatch.yaml", env=named("r0"))
    assert daemon.wait(60) == 4
    assert "cleanup.policy=delete" in daemon.stderr
