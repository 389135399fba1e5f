"""What it takes to use kafka-python well."""

import time

import pytest
from kafka import TopicPartition

from driftwatch.records import Assigned, Partition, RawBatch, Revoked
from driftwatch.sources.kafka_python import KafkaPythonMember
from driftwatch.sources.port import Committed
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.kafka_log import Open, add_partitions, policy
from tests.sources.test_kafka_group import Worker, polled, turn_until


@pytest.fixture
def client() -> str:
    """This one only."""
    return "kafka-python"


def test_a_commit_outlasts_a_rebalance_that_leaves_us_the_partition(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic(partitions=2)
    settings = policy(kafka.bootstrap, topic, assignment="cooperative-sticky")
    ours, slow, new = (Worker(open_source(settings)) for _ in range(3))
    turn_until([ours, slow], lambda: len(ours.partitions) == len(slow.partitions) == 1)
    (partition,) = ours.partitions

    with polled(new):
        # The group waits for the slow one, which does not poll.
        wait_until(lambda: ours.turn() or is_rebalancing(ours), what="a rebalance has begun")
        began = time.monotonic()
        with polled(slow, after_seconds=1.0):
            ours.source.commit({partition: Committed(0, "word")})
        assert time.monotonic() - began > 0.5
    assert dict(ours.source.committed([partition])) == {partition: Committed(0, "word")}
    assert ours.partitions == {partition}


def is_rebalancing(worker: Worker) -> bool:
    member = worker.source._connection.member
    assert isinstance(member, KafkaPythonMember)
    return bool(member._consumer._coordinator.rejoining)


def test_a_rebalance_for_new_partitions_is_not_forgotten_half_way(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic(partitions=2)
    settings = policy(kafka.bootstrap, topic, metadata_max_age_seconds=0.3)
    leader, slow = Worker(open_source(settings)), Worker(open_source(settings))
    turn_until([leader], lambda: len(leader.partitions) == 2)
    turn_until([leader, slow], lambda: len(leader.partitions) == len(slow.partitions) == 1)
    add_partitions(kafka, topic, 4)
    wait_until(lambda: leader.turn() or is_rebalancing(leader), what="a rebalance has begun")
    for _ in range(5):
        leader.turn()  # and waits for the slow one, which does not poll
    turn_until([leader, slow], lambda: len(leader.partitions) == len(slow.partitions) == 2)


def test_a_member_that_is_forgotten_while_it_is_about_to_rejoin_takes_its_partitions_anew(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic(partitions=2)
    settings = policy(kafka.bootstrap, topic, assignment="cooperative-sticky")
    worker = Worker(open_source(settings))
    turn_until([worker], lambda: len(worker.partitions) == 2)
    member = worker.source._connection.member
    assert isinstance(member, KafkaPythonMember)
    coordinator = member._consumer._coordinator
    coordinator.rejoining = True
    coordinator.reset_generation()
    told: list[Assigned | Revoked] = []

    def taken() -> bool:
        events = worker.source.poll(0.1)
        told.extend(event for event in events if not isinstance(event, RawBatch))
        return any(isinstance(event, Assigned) for event in told)

    wait_until(taken, what="they are assigned", timeout=20)
    both = (Partition(topic, 0), Partition(topic, 1))
    assert told == [Revoked(both), Assigned(both)]


def test_what_is_committed_ends_as_the_other_library_needs_it(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    worker = Worker(open_source(policy(kafka.bootstrap, topic)))
    partition = Partition(topic, 0)
    turn_until([worker], lambda: worker.partitions == {partition})
    worker.source.commit({partition: Committed(0, "word")})
    member = worker.source._connection.member
    assert isinstance(member, KafkaPythonMember)
    found = member._consumer.committed(TopicPartition(topic, 0), metadata=True)
    assert found is not None
    assert found.metadata == "word\0"
    assert worker.source.committed([partition]) == {partition: Committed(0, "word")}
