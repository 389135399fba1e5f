"""More processes for a log that is too much for one: together they count what one counts."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from driftwatch.records import Partition
from tests.crash.truth import Counted, Truth
from tests.crash.written import differences
from tests.decode.baselines import baseline_of
from tests.e2e.group import Client, Group, Store
from tests.harness.broker import KafkaCluster

pytestmark = [pytest.mark.integration, pytest.mark.brokers]

PARTITIONS = 8
RECORDS = 600
"""Of each partition."""
WORDS = ("a", "b", "c", "never seen in training")
BEGAN_S = int(time.time()) - 3_600
BROKEN, LATE = 31, 17
"""Every such record can't be read, or comes ten minutes late."""


def records(partition: int) -> list[bytes]:
    """The log of a partition, the same whenever it is asked for."""
    rng = np.random.default_rng(partition)
    numbers, words = rng.normal(50.0, 30.0, RECORDS), rng.choice(WORDS, RECORDS)
    return [
        b"{"
        if i % BROKEN == 5
        else json.dumps(
            {
                "ts": BEGAN_S + i - 600 * (i % LATE == 16),
                "features": {"x": None if i % 7 == 3 else float(x), "w": str(w)},
            }
        ).encode()
        for i, (x, w) in enumerate(zip(numbers, words, strict=True))
    ]


def write(kafka: KafkaCluster, topic: str, part: slice) -> None:
    """Write a part of each partition's log."""
    for number in range(PARTITIONS):
        kafka.produce(topic, records(number)[part], partition=number)


def counted_by(
    kafka: KafkaCluster,
    folder: Path,
    joining: Sequence[int],
    client: Client = "confluent",
    store: Store = "sqlite",
) -> tuple[Counted, Counted]:
    """What a group has counted of the log, and what is in it.

    joining: how many members come at each time: after the first of them a half of the log is
    written, after the last the rest.
    """
    topic = kafka.create_topic(partitions=PARTITIONS)
    baseline_of({"x": [*range(100)], "w": ["a", "b"] * 50}).save(folder / "fraud.json.gz")
    settings = {
        "decode": {"timestamp": "ts", "model": {"const": "fraud"}, "features": "features"},
        "models": {"fraud": {"baselines": {"1": str(folder / "fraud.json.gz")}}},
        "pane": "10s",
        "windows": ["10m"],
        "lateness": "20s",
        "checkpoint_every": "200ms",
    }
    with Group(kafka, topic, folder, settings, client, store) as group:
        half = RECORDS // 2
        group.start(joining[0])
        group.wait_until_shared()
        write(kafka, topic, slice(half))
        for more in joining[1:]:
            group.start(more)
            group.wait_until_shared()
        write(kafka, topic, slice(half, None))
        group.wait_until_read()
        group.stop()
        truth = Truth(group.members[0].config, kafka.bootstrap, topic)
        return group.counted(), truth.read_to(kafka.end_offsets(topic))


def under_one_name(counted: Counted) -> Counted:
    """The same as of a topic with the name that all have."""

    def named(partition: Partition) -> Partition:
        return partition._replace(topic="the log")

    return Counted(
        {key._replace(partition=named(key.partition)): v for key, v in counted.panes.items()},
        {named(partition): tallies for partition, tallies in counted.tallies.items()},
    )


@pytest.fixture(scope="module")
def alone(kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Counted:
    """What one member counts, which is every record once."""
    found, truth = counted_by(kafka, tmp_path_factory.mktemp("alone"), [1])
    assert differences(found, truth) == []
    outcomes = found.outcomes()
    broken = PARTITIONS * len(range(5, RECORDS, BROKEN))
    assert outcomes["rejected"] == broken
    assert outcomes["late"] > PARTITIONS
    assert outcomes["counted"] == PARTITIONS * RECORDS - broken - outcomes["late"]
    return under_one_name(found)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("joining", "client", "store"),
    [
        ([2], "confluent", "sqlite"),
        ([4], "kafka-python", "sqlite"),
        ([1, 1, 2], "confluent", "kafka"),
    ],
)
def test_members_count_together_what_one_counts(
    kafka: KafkaCluster,
    tmp_path: Path,
    alone: Counted,
    joining: list[int],
    client: Client,
    store: Store,
) -> None:
    found, truth = counted_by(kafka, tmp_path, joining, client, store)
    assert differences(under_one_name(found), alone) == []
    assert differences(found, truth) == []
