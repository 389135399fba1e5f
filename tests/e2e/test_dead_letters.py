"""The daemon on a real broker: what can't be read goes to another topic as it came."""

import json
import time
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster
from tests.test_service import Running

CONFIGURATION = """
source:
  kafka: {{bootstrap_servers: "{kafka}", topics: [{topic}], group_id: {topic}, start: earliest}}
decode: {{timestamp: ts, model: {{const: m}}, model_version: version}}
models: {{m: {{baselines: {{"1": m.json}}}}}}
pane: 2s
windows: [1m]
checkpoint_every: 200ms
dead_letters:
  kafka: {{topic: {dead}}}
  include: [rejected, unrouted]
state: {{path: state}}
http: {{listen: "127.0.0.1:0"}}
"""


def letters(kafka: KafkaCluster, topic: str) -> list[tuple[object, ...]]:
    """Key, value, reason, and where it was, of all there are."""
    where = TopicPartition(topic, 0)
    end = kafka.end_offsets(topic)[0]
    consumer = KafkaConsumer(bootstrap_servers=[kafka.bootstrap], enable_auto_commit=False)
    found = []
    try:
        consumer.assign([where])
        consumer.seek(where, 0)
        while consumer.position(where) < end:
            found += consumer.poll(200).get(where, [])
    finally:
        consumer.close()
    return [
        (record.key, record.value, *(value.decode() for _, value in record.headers))
        for record in found
    ]


def test_what_was_not_counted_is_in_the_other_topic_with_its_key_and_once(
    kafka: KafkaCluster, driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    topic, dead = kafka.create_topic(), kafka.create_topic()
    training = Chunk.from_records([{"x": i} for i in range(1_000)])
    build(lambda: iter([training]), BuildOptions("m", "1")).save(tmp_path / "m.json")
    (tmp_path / "driftwatch.yaml").write_text(
        CONFIGURATION.format(kafka=kafka.bootstrap, topic=topic, dead=dead), encoding="utf-8"
    )
    good = json.dumps({"ts": time.time(), "version": "1", "x": 5}).encode()
    other = json.dumps({"ts": time.time(), "version": "2", "x": 5}).encode()
    kafka.produce(topic, [good, b"{oops", b"\xff", other], keys=[b"a", b"b", None, b"d"])
    first = Running(driftwatch, tmp_path)
    first.counted(1)
    assert first.metric('driftwatch_dead_letters_total{outcome="written"}') == 3
    assert first.process.terminate(timeout=10) == 0
    kafka.produce(topic, [good, b"late to the party"], keys=[b"e", b"f"])
    second = Running(driftwatch, tmp_path)
    second.counted(1)
    assert second.process.terminate(timeout=10) == 0
    assert letters(kafka, dead) == [
        (b"b", b"{oops", "unparsable", topic, "0", "1"),
        (None, b"\xff", "not_utf8", topic, "0", "2"),
        (b"d", other, "unknown_version", topic, "0", "3"),
        (b"f", b"late to the party", "unparsable", topic, "0", "5"),
    ]
    assert "oops" not in first.process.stderr + second.process.stderr
