"""The oracle has to notice what breaks the protocol: each scene fails with its mutation alone."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tests.crash.settings import Scene
from tests.crash.world import PARTITIONS, SETTLE_SECONDS, DifferenceError, World
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.kafka_log import write_transaction

pytestmark = pytest.mark.timeout(400)

Stage = Callable[[str | None], World]


@pytest.fixture
def stage(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Stage]:
    """Makes a world whose members are broken in this way."""
    worlds: list[World] = []

    def make(mutation: str | None) -> World:
        worlds.append(World(kafka, tmp_path / "world", Scene(mutation=mutation), "mutations"))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


def noticed(mutation: str | None, words: str) -> AbstractContextManager[object]:
    """What has to come of a scene: an error where the members are broken, nothing where not."""
    return nullcontext() if mutation is None else pytest.raises(DifferenceError, match=words)


@pytest.mark.parametrize("mutation", [None, "no undo"])
def test_what_the_group_did_not_take_is_undone(stage: Stage, mutation: str | None) -> None:
    world = stage(mutation)
    first, second, *_ = world.slots
    world.traffic.resume()
    # The first saves only say where it begins.
    world.start(first, at={"after save": 4})
    wait_until(lambda: not first.is_alive, what="it died in doubt", timeout=60.0)
    assert first.steps() == ["after save"]
    world.rest(first)
    world.start(second)
    world.settle()
    world.rest(second)
    before = world.writers()
    world.start(first)
    wait_until(lambda: not before & world.writers(), what="it has taken over", timeout=60.0)
    with noticed(mutation, "rows written"):
        world.check()


@pytest.mark.parametrize("mutation", [None, "no clock"])
def test_a_late_record_is_late_for_the_next_member_as_well(
    stage: Stage, mutation: str | None
) -> None:
    world = stage(mutation)
    first, second, *_ = world.slots
    world.begin(members=1)
    world.tend(2.0)
    world.settle()
    world.rest(first)
    for partition in range(PARTITIONS):
        world.kafka.produce(world.topic, [a_record(behind_seconds=200.0)], partition=partition)
    world.start(second)
    with noticed(mutation, "late: "):
        world.check()


@pytest.mark.parametrize("mutation", [None, "last offset"])
def test_a_frontier_lies_behind_what_was_aborted(stage: Stage, mutation: str | None) -> None:
    """It makes no difference to the counts: nothing that could be read lies between.

    It does to all who compare the group's offset with the end of the log, for whom this group never
    comes to the end; and once retention has deleted the aborted records, they are told as lost.
    """
    world = stage(mutation)
    world.begin(members=1)
    world.tend(2.0)
    world.traffic.pause(SETTLE_SECONDS)
    write_transaction(world.kafka, world.topic, [b"never seen"], commit=False)
    with noticed(mutation, "not read to its end"):
        world.settle(patience_seconds=90.0 if mutation is None else 20.0)


def a_record(behind_seconds: float) -> bytes:
    record = {
        "ts": time.time() - behind_seconds,
        "model": "fraud",
        "version": "1",
        "features": {"x": 50.0, "w": "a"},
    }
    return json.dumps(record).encode()
