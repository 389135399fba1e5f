"""The loop and its dead letters: none is lost, and none holds it up."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog

from driftwatch.deadletters.folder import FolderDeadLetters, FolderPolicy
from driftwatch.deadletters.port import REJECTED
from driftwatch.records import Cause, RawBatch
from tests.monitor.scenes import A
from tests.test_daemon import World, value


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What the loop complains of is wanted here."""
    with structlog.testing.capture_logs():
        yield


class UntilFlushed(FolderDeadLetters):
    """Keeps letters to itself until they are to be kept for good, as a producer may."""

    def __init__(self, policy: FolderPolicy) -> None:
        super().__init__(policy)
        self.held: list[tuple[RawBatch, Sequence[tuple[int, Cause]]]] = []

    def send(self, raw: RawBatch, rejected: Sequence[tuple[int, Cause]]) -> None:
        self.held.append((raw, rejected))

    def flush(self, timeout: float) -> bool:
        for held in self.held:
            super().send(*held)
        self.held.clear()
        return super().flush(timeout)


def world(folder: Path, causes: frozenset[Cause] = REJECTED) -> World:
    """A log with one partition, and a loop whose dead letters go to a folder."""
    world = World()
    world.loop.parts.dead_letters = UntilFlushed(FolderPolicy(folder, causes=causes))
    world.source.assign(A)
    return world


def offsets(folder: Path) -> list[int]:
    """Of all letters there are, in their order."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line)["offset"] for file in files for line in file.read_text().splitlines()]


def test_records_that_were_rejected_are_letters_and_the_others_are_counted(tmp_path: Path) -> None:
    log = world(tmp_path)
    log.source.append(A, [value(1.0), b"{", value(1.0), b"\xff"])
    report = log.turn(2)
    assert offsets(tmp_path) == [1, 3]
    assert (report.outcomes["counted"], report.outcomes["rejected"]) == (2, 2)


def test_late_records_are_letters_where_they_are_asked_for(tmp_path: Path) -> None:
    for causes, expected in ((REJECTED, [2]), (frozenset[Cause](("late",)), [1])):
        folder = tmp_path / str(len(causes))
        log = world(folder, causes)
        log.source.append(A, [value(9_000.0), value(1.0), b"{"])
        log.turn(2)
        assert offsets(folder) == expected


def test_letters_are_kept_before_the_frontier_moves_past_their_records(tmp_path: Path) -> None:
    log = world(tmp_path)
    log.source.append(A, [value(1.0), b"{"])
    log.trouble.save = 10
    log.turn(2)
    assert log.stored == {}
    assert offsets(tmp_path) == [1]
    log.trouble.save = 0
    log.turn(2)  # what was left over, then what came since
    assert log.stored == {A: 2}


def test_a_crash_before_the_checkpoint_makes_letters_twice_and_loses_none(tmp_path: Path) -> None:
    log = world(tmp_path)
    log.source.append(A, [value(1.0), b"{", b"}"])
    log.trouble.save = 10
    log.turn(2)
    assert set(offsets(tmp_path)) == {1, 2}
    dead = log.loop.parts.dead_letters
    log.trouble.save = 0
    log.restart()
    log.loop.parts.dead_letters = dead
    log.turn(2)
    assert sorted(offsets(tmp_path)) == [1, 1, 2, 2]
    assert log.stored == {A: 3}


def test_a_place_that_takes_nothing_does_not_stop_the_counting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    log = world(tmp_path / "file")
    log.source.append(A, [value(1.0), b"{"] * 10)
    report = log.turn(2)
    assert log.stored == {A: 20}
    assert report.outcomes["rejected"] == 10
    assert log.loop.parts.dead_letters is not None
    assert log.loop.parts.dead_letters.deliveries["dropped"] == 10
