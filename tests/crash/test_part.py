"""Where pairs may be anywhere, a member that is given a part of the partitions says so and ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.settings import Scene
from tests.crash.world import World
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def world(kafka: KafkaCluster, tmp_path: Path) -> Iterator[World]:
    world = World(kafka, tmp_path / "world", Scene(pairs="anywhere"), "a part")
    yield world
    world.close()


def test_a_second_member_ends_and_the_first_goes_on(world: World) -> None:
    first, second, *_ = world.slots
    world.begin()
    world.tend(4.0)
    world.start(second)
    wait_until(lambda: not second.is_alive, what="the second one has ended", timeout=60.0)
    assert "of the 6 partitions" in (second.collapsed() or "")
    time.sleep(1.0)
    assert first.is_alive
    world.rest(second)
    world.check()
