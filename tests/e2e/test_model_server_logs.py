"""The daemon on a real broker, reading what model servers log there."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.decode.events.message import Message
from tests.conftest import StartDriftwatch
from tests.decode.events.writers import WRITERS, Row
from tests.decode.test_avro_records import SCHEMA_TEXT, wire
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.registry import running_registry
from tests.test_service import Running

pytestmark = pytest.mark.brokers

CONFIGURATION = """
source:
  kafka:
    bootstrap_servers: "{kafka}"
    topics: {topics}
    group_id: {group}
    start: earliest
    client: {client}
decode: {decode}
models: {{fraud: {{baselines: {{"1": fraud.json}}}}}}
pane: 2s
windows: [1m]
checkpoint_every: 200ms
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


def write_world(
    folder: Path, kafka: KafkaCluster, topics: Sequence[str], decode: object, client: str
) -> None:
    rows = [{"amount": float(i), "country": "DE", "score": i / 999} for i in range(1_000)]
    training = Chunk.from_records(rows)
    options = BuildOptions("fraud", "1", predictions=("score",))
    build(lambda: iter([training]), options).save(folder / "fraud.json")
    text = CONFIGURATION.format(
        kafka=kafka.bootstrap,
        topics=json.dumps(list(topics)),
        group=topics[0],
        client=client,
        decode=json.dumps(decode),
    )
    (folder / "driftwatch.yaml").write_text(text, encoding="utf-8")


def send(kafka: KafkaCluster, topic: str, messages: Sequence[Message]) -> None:
    kafka.produce(
        topic,
        [message.value for message in messages],
        keys=[message.key for message in messages],
        headers=[[(n, v.encode()) for n, v in message.headers.items()] for message in messages],
    )


def rejected(daemon: Running, reason: str, count: int) -> None:
    line = f'driftwatch_records_rejected_total{{reason="{reason}"}}'
    wait_until(lambda: daemon.metric(line) == count, what=f"{count} records rejected as {reason}")


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
@pytest.mark.parametrize("name", ["kserve v1", "kserve v2", "seldon", "mlserver"])
def test_pairs_are_counted_over_a_restart_between_their_halves(
    name: str,
    client: str,
    kafka: KafkaCluster,
    driftwatch: StartDriftwatch,
    tmp_path: Path,
) -> None:
    format_name, write = WRITERS[name]
    asked, answered = kafka.create_topic(), kafka.create_topic()
    decode = {"format": format_name, "model": {"const": "fraud"}, "prediction_names": ["score"]}
    if format_name == "mlserver":
        decode |= {"topics": {"requests": asked, "responses": answered}}
    write_world(tmp_path, kafka, [asked, answered], decode, client)
    features: list[Row] = [{"amount": 5.0, "country": "DE"}, {"amount": 7.0, "country": "FR"}]
    predictions: list[Row] = [{"score": 0.5}, {"score": 0.25}]
    pairs = [write(i, int(time.time() * 1e6), features, predictions) for i in range(3)]
    send(kafka, asked, [pair[0] for pair in pairs])
    send(kafka, answered, [pairs[0][1]])
    first = Running(driftwatch, tmp_path)
    first.counted(2)
    assert first.process.terminate(timeout=10) == 0
    send(kafka, answered, [pairs[1][1], pairs[2][1]._replace(value=b"busy")])
    second = Running(driftwatch, tmp_path)
    second.counted(2)
    rejected(second, "unparsable", 1)
    assert second.process.terminate(timeout=10) == 0


def test_avro_records_are_counted_once_their_schema_is_there(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    topic = kafka.create_topic()
    with running_registry() as registry:
        decode = {
            "format": "avro",
            "model": {"const": "fraud"},
            "timestamp": "ts",
            "features": "features",
            "predictions": {"score": "score"},
            "schemas": {"registry": {"url": registry.url}},
        }
        write_world(tmp_path, kafka, [topic], decode, "kafka-python")
        features = {"amount": 5.0, "country": "DE", "flag": True, "v": []}
        value = wire({"ts": int(time.time() * 1_000), "features": features, "score": 0.5})
        registry.answers["/schemas/ids/7"] = (503, {})
        kafka.produce(topic, [value])
        daemon = Running(driftwatch, tmp_path)
        rejected(daemon, "schema_unavailable", 1)
        registry.answers["/schemas/ids/7"] = (200, {"schema": SCHEMA_TEXT})
        time.sleep(1.2)  # until it is asked again
        kafka.produce(topic, [value])
        daemon.counted(1)
        assert daemon.process.terminate(timeout=10) == 0
