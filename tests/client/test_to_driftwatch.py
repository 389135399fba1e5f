"""What `ServingLog` writes, Driftwatch reads: through a file, and through a broker."""

import json
import math
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.client import ServingLog
from driftwatch.sources.kafka_policy import KafkaPolicy
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.conftest import SOURCES
from tests.sources.contract import begin

CONFIGURATION = """
source: {files: {path: served}}
decode:
  timestamp: ts
  model: model
  model_version: version
  features: features
  predictions: {score: predictions.score}
models: {fraud: {baselines: {"3": fraud.baseline.json}}}
state: {memory: true}
"""


def test_a_replay_reads_every_record_with_its_gaps(
    tmp_path: Path, driftwatch: StartDriftwatch
) -> None:
    training = [{"amount": i, "country": "DE", "score": i / 1000} for i in range(1_000)]
    options = BuildOptions("fraud", "3", predictions=("score",))
    built = build(lambda: iter([Chunk.from_records(training)]), options)
    built.save(tmp_path / "fraud.baseline.json")
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION)
    with ServingLog(path=tmp_path / "served" / "log.jsonl", model="fraud", version="3") as log:
        for n in range(200):
            amount = math.nan if n % 4 == 0 else n
            features = {"amount": amount, "country": "DE"}
            log.log(features=features, predictions={"score": n / 200}, timestamp=1.77e9 + n)
    process = driftwatch("replay", "-c", config, "--json", tmp_path / "served")
    assert process.wait() == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["records"]["counted"] == 200


@pytest.mark.brokers
@pytest.mark.parametrize("library", ["kafka-python", "confluent"])
def test_a_broker_acknowledges_every_record(kafka: KafkaCluster, library: str) -> None:
    topic = kafka.create_topic(partitions=1)
    to = {"bootstrap_servers": [kafka.bootstrap], "topic": topic, "client": library}
    with ServingLog(kafka=to, model="fraud", version="3") as log:
        for n in range(1_000):
            log.log(features={"n": n})
        assert log.flush(30)
        wait_until(lambda: log.written == 1_000, what="all are acknowledged")
        assert (log.dropped, log.failed) == (0, 0)
    source = SOURCES[library](KafkaPolicy((kafka.bootstrap,), (topic,), f"of-{topic}"))
    try:
        values = [value for _, value in begin(source).read(1_000)]
    finally:
        source.close()
    assert [json.loads(value or b"")["features"]["n"] for value in values] == list(range(1_000))
