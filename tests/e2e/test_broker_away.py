"""A broker that is down at the start, or goes away: the daemon says so, and goes on later."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaBroker
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def configuration(bootstrap: str) -> str:
    return f"""
source:
  kafka:
    bootstrap_servers: {bootstrap}
    topics: [log]
    start: earliest
    session_timeout: 6s
decode: {{timestamp: ts, model: {{const: m}}}}
models: {{m: {{baselines: {{"1": m.baseline.json}}}}}}
pane: 2s
windows: [1m]
checkpoint_every: 1s
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


def write_baseline(folder: Path) -> None:
    training = Chunk.from_records([{"x": i} for i in range(1_000)])
    built = build(lambda: iter([training]), BuildOptions("m", "1"))
    built.save(folder / "m.baseline.json")


def records(first: int, count: int) -> list[bytes]:
    now = time.time()
    return [json.dumps({"ts": now, "x": first + i}).encode() for i in range(count)]


class Seen:
    """What the daemon's status says."""

    def __init__(self, daemon: Driftwatch) -> None:
        daemon.wait_until_said("started")
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', daemon.stderr)
        assert found is not None
        self.port = int(found[1])

    def status(self) -> Any:
        code, body = http_get(f"http://127.0.0.1:{self.port}/api/v1/status")
        return json.loads(body) if code == 200 else {}

    def counted(self) -> int:
        status = self.status()
        return int(status["records"]["counted"]) if status else -1

    def blind(self) -> list[str]:
        status = self.status()
        return list(status["streams"][0]["blind"]) if status else []


def test_a_broker_that_is_down_is_said_and_survived_and_every_record_counts_once(
    own_kafka: KafkaBroker, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    write_baseline(tmp_path)
    (tmp_path / "driftwatch.yaml").write_text(configuration(own_kafka.bootstrap))
    own_kafka.create_topic("log", partitions=2)
    own_kafka.stop()

    daemon = driftwatch("run", "-c", str(tmp_path / "driftwatch.yaml"))
    seen = Seen(daemon)
    wait_until(lambda: "disconnected" in seen.blind(), what="blind while down", timeout=20)
    # A monitor that can't see must not take its model server out of service.
    daemon.wait_until_ready(seen.port)

    own_kafka.restart()
    own_kafka.produce("log", records(0, 300))
    wait_until(lambda: seen.counted() == 300, what="the first records", timeout=40)
    wait_until(lambda: "disconnected" not in seen.blind(), what="seeing again", timeout=20)

    own_kafka.kill()
    wait_until(lambda: "disconnected" in seen.blind(), what="blind again", timeout=30)
    own_kafka.restart()
    own_kafka.produce("log", records(300, 200))
    wait_until(lambda: seen.counted() == 500, what="the later records", timeout=60)
    wait_until(lambda: "disconnected" not in seen.blind(), what="seeing again", timeout=20)
    assert daemon.terminate(timeout=10) == 0, daemon.stderr

    again = driftwatch("run", "-c", str(tmp_path / "driftwatch.yaml"))
    seen = Seen(again)
    own_kafka.produce("log", records(500, 100))
    wait_until(lambda: seen.counted() == 100, what="only what is new", timeout=40)
    assert again.terminate(timeout=10) == 0, again.stderr


def test_a_stop_does_not_wait_for_a_broker_that_is_away(
    own_kafka: KafkaBroker, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    write_baseline(tmp_path)
    (tmp_path / "driftwatch.yaml").write_text(configuration(own_kafka.bootstrap))
    own_kafka.create_topic("log", partitions=2)
    daemon = driftwatch("run", "-c", str(tmp_path / "driftwatch.yaml"))
    seen = Seen(daemon)
    own_kafka.produce("log", records(0, 100))
    wait_until(lambda: seen.counted() == 100, what="the first records", timeout=40)
    own_kafka.produce("log", records(100, 100))
    own_kafka.kill()
    begin = time.monotonic()
    assert daemon.terminate(timeout=10) == 0, daemon.stderr
    assert time.monotonic() - begin < 10
