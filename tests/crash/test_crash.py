"""Whatever dies, freezes, comes or goes: all writers together count each record once."""

import sys
from pathlib import Path

import pytest

from tests.crash.conductor import Conductor
from tests.crash.settings import Scene

# Three worlds run at once, and a short run gets no further than the first three.
SCENES = [
    Scene("kafka-python", "range", pairs="anywhere"),
    Scene("confluent", "cooperative-sticky"),
    Scene("confluent", "range", "kafka", pairs="together"),
    Scene("kafka-python", "cooperative-sticky"),
    Scene("confluent", "range"),
    Scene("confluent", "cooperative-sticky", "kafka"),
    Scene("kafka-python", "range"),
    Scene("confluent", "range", "kafka"),
]


@pytest.mark.timeout(0)  # as long as the rounds take; each wait in them has an end
def test_killed_members_count_every_record_once(
    tmp_path: Path, rounds: int, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        figures = Conductor(tmp_path, seed, SCENES, sys.stdout).run(rounds)
    assert figures.failures == []
    assert figures.rounds >= rounds
    assert figures.tally["checks"] > 0
