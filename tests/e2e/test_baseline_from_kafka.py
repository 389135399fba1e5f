"""A baseline of the log itself, for models whose training data nobody has."""

import json
import time
from pathlib import Path

import pytest

from driftwatch.baseline.artifact import load_baseline
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster

pytestmark = pytest.mark.integration


def test_a_baseline_of_the_log_holds_each_record_of_its_model_version_once(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    topic = kafka.create_topic(partitions=3)
    now = time.time()
    values = [
        json.dumps(
            {
                "ts": now,
                "meta": {"version": str(3 + i % 2)},
                "features": {"age": i, "city": {"name": "Rome" if i % 3 else "Oslo"}},
                "prediction": i / 1000,
            }
        ).encode()
        for i in range(1_000)
    ]
    for partition in range(3):
        kafka.produce(topic, [*values[partition::3], b"{not json"], partition=partition)
    (tmp_path / "driftwatch.yaml").write_text(f"""
source: {{kafka: {{bootstrap_servers: {kafka.bootstrap}, topics: [{topic}]}}}}
decode:
  timestamp: ts
  model: {{const: fraud}}
  model_version: meta.version
  features: features
  predictions: {{score: prediction}}
models: {{fraud: {{baselines: "fraud-*.baseline.json.gz"}}}}
state: {{memory: true}}
""")
    built = driftwatch(
        *("baseline", "build", "--from-kafka", "-c", str(tmp_path / "driftwatch.yaml")),
        *("--since", "1h", "--model", "fraud", "--model-version", "3"),
        *("-o", str(tmp_path / "fraud-3.baseline.json.gz")),
    )
    assert built.wait() == 0, built.stderr
    baseline = load_baseline(tmp_path / "fraud-3.baseline.json.gz")
    assert baseline.rows == 500
    assert {c.name: (c.role, c.kind) for c in baseline.columns} == {
        "age": ("feature", "numeric"),
        "city.name": ("feature", "categorical"),
        "score": ("prediction", "numeric"),
    }
    assert "3 records could not be read" in built.stderr


def test_the_log_needs_a_configuration_and_the_data_do_not(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    out = ("-o", str(tmp_path / "x.json"), "--model", "m", "--model-version", "1")
    for arguments in (("--from-kafka",), (), ("data.csv", "-c", "driftwatch.yaml")):
        refused = driftwatch("baseline", "build", *arguments, *out)
        assert refused.wait() == 2
        assert "-c FILE" in refused.stderr
