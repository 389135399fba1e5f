"""What confluent-kafka does otherwise than kafka-python, and what both have to agree on."""

import sys
import uuid
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition

from driftwatch.assembly import make_decoder, make_source
from driftwatch.config import parse
from driftwatch.errors import ConfigError
from driftwatch.records import Partition, Revoked
from driftwatch.sources.confluent import ConfluentSource
from driftwatch.sources.kafka import KafkaSource
from driftwatch.sources.port import Committed
from tests.harness.broker import KafkaCluster
from tests.sources.contract import VALUES, Reader, begin
from tests.sources.kafka_log import Open, policy


@pytest.fixture
def client() -> str:
    """This one only."""
    return "confluent"


def test_both_libraries_call_a_topic_by_the_same_id(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic()
    other = KafkaSource(policy(kafka.bootstrap, topic))
    try:
        ids = set()
        for source in (open_source(policy(kafka.bootstrap, topic)), other):
            (partition,) = Reader(source).take()
            ids.add(source.topic_id(partition))
    finally:
        other.close()
    assert len(ids) == 1
    assert None not in ids


def test_each_library_reads_what_the_other_has_committed(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES, partition=0)
    settings = policy(kafka.bootstrap, topic)
    partition, committed = Partition(topic, 0), Committed(100, '{"writer":"one"}')
    first = open_source(settings)
    begin(first)
    first.commit({partition: committed})
    first.close()
    second = KafkaSource(settings)
    try:
        Reader(second).take()
        assert dict(second.committed([partition])) == {partition: committed}
    finally:
        second.close()


def in_a_transaction(producer: Producer, source: ConfluentSource, offset: TopicPartition) -> None:
    producer.begin_transaction()
    producer.send_offsets_to_transaction([offset], source.group_metadata(), 10.0)
    producer.commit_transaction(10.0)


def test_a_transaction_may_commit_for_a_member_and_for_none_that_is_gone(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES, partition=0)
    settings = policy(kafka.bootstrap, topic)
    source = open_source(settings)
    assert isinstance(source, ConfluentSource)
    assert source.group_metadata() is None
    begin(source).read(len(VALUES))
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap, "transactional.id": uuid.uuid4().hex}
    )
    producer.init_transactions(10.0)
    in_a_transaction(producer, source, TopicPartition(topic, 0, 7))
    partition = Partition(topic, 0)
    assert dict(source.committed([partition])) == {partition: Committed(7)}

    stale = source.group_metadata()
    heir = Reader(open_source(settings))
    reader = Reader(source)

    def has_changed() -> bool:
        heir.events += heir.source.poll(0.0)
        return Revoked((partition,)) in reader.events and bool(heir.assigned + reader.assigned)

    reader.poll_until(has_changed)
    producer.begin_transaction()
    with pytest.raises(KafkaException):
        producer.send_offsets_to_transaction([TopicPartition(topic, 0, 9)], stale, 10.0)
    producer.abort_transaction(10.0)
    assert dict(heir.source.committed([partition])) == {partition: Committed(7)}


def test_without_the_library_it_is_said_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("driftwatch.sources.confluent")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    log = {"bootstrap_servers": ["localhost:9092"], "topics": ["log"], "client": "confluent"}
    settings = parse(
        {
            "source": {"kafka": log},
            "decode": {"model": {"const": "fraud"}},
            "models": {"fraud": {"baselines": {"3": "fraud.json"}}},
            "state": {"memory": True},
        },
        tmp_path / "driftwatch.yaml",
    )
    with pytest.raises(ConfigError, match=r"pip install 'driftwatch-daemon\[fast\]'") as error:
        make_source(settings, make_decoder(settings, {}))
    assert "source.kafka.client" in str(error.value)
