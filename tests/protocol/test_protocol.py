"""Whatever happens to a group, each record counts once; and each rule is needed for it."""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from driftwatch.protocol import placement
from driftwatch.protocol.checkpoint import PartitionState, Retention
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Doubt, Placement
from driftwatch.records import Partition
from driftwatch.sources.port import Committed
from driftwatch.state import placing, stepped
from driftwatch.state.memory import MemoryStore
from driftwatch.state.stepped import SteppedLedger
from tests.protocol.group import Group, Topic
from tests.protocol.process import DiedError, Disk, Process
from tests.protocol.simulation import run, written

Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("part", range(10))
def test_two_thousand_faults_lose_no_record_and_double_none(part: int) -> None:
    words, injected = run(worlds=10, faults=20, seed=f"part {part}")
    assert words == []
    assert injected.total() == 200


def _stand_by_what_is_in_doubt(patch: Patch) -> None:
    settle = MemoryStore.settle

    def settled(
        store: MemoryStore,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        return settle(store, {*confirmed, *undone}, (), retention)

    patch.setattr(MemoryStore, "settle", settled)


def _undo_whatever_is_in_doubt(patch: Patch) -> None:
    patch.setattr(stepped, "standing", lambda *_: frozenset())


def _tell_of_no_cuts(patch: Patch) -> None:
    committed = SteppedLedger._committed

    def without_cuts(ledger: SteppedLedger, partition: Partition) -> Committed:
        found = Commit.parse(*committed(ledger, partition))
        return Committed(found.offset, replace(found, cuts={}).text)

    patch.setattr(SteppedLedger, "_committed", without_cuts)


def _tell_of_no_clock(patch: Patch) -> None:
    committed = SteppedLedger._committed

    def without_clock(ledger: SteppedLedger, partition: Partition) -> Committed:
        found = Commit.parse(*committed(ledger, partition))
        return Committed(found.offset, replace(found, clock_us=None).text)

    patch.setattr(SteppedLedger, "_committed", without_clock)


def _go_on_at_our_own_frontier(patch: Patch) -> None:
    def placed(held: PartitionState | None, *rest: Any) -> Placement:
        found = placement.place(held, *rest)
        return found if held is None else replace(found, state=held)

    patch.setattr(placing, "place", placed)


def _take_offsets_of_any_topic(patch: Patch) -> None:
    def is_committed(doubt: Doubt, commit: Commit | None, writer: str) -> bool:
        cut = None if commit is None else commit.cut_of(writer)
        return cut is not None and cut >= doubt.after.frontier

    patch.setattr(placement, "is_committed", is_committed)


def _take_commits_of_any_generation(patch: Patch) -> None:
    patch.setattr(Group, "is_fenced", False)


@pytest.mark.parametrize(
    "mutate",
    [
        _stand_by_what_is_in_doubt,
        _undo_whatever_is_in_doubt,
        _tell_of_no_cuts,
        _tell_of_no_clock,
        _go_on_at_our_own_frontier,
        _take_commits_of_any_generation,
    ],
)
def test_without_one_of_its_rules_the_counts_are_wrong(
    mutate: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    mutate(monkeypatch)
    words, _ = run(worlds=100, faults=20, seed="mutations")
    assert words != []


class Luck(random.Random):
    """Nothing fails, and as much is read at once as can be."""

    def random(self) -> float:
        return 0.99

    def randrange(self, stop: int) -> int:  # type: ignore[override]
        return stop - 1


def live(group: Group, disk: Disk, *, commits: bool = True) -> None:
    """One life from its first turn to its end, which is its first commit where it makes none."""

    def die(*_: object) -> None:
        raise DiedError

    with pytest.MonkeyPatch.context() as patch, suppress(DiedError):
        process = Process(group, disk, Luck())
        if not commits:
            patch.setattr(group, "send", die)
        process.turn()
        assert process.is_done
    group.expel(process)


def test_what_nobody_has_committed_may_not_stand() -> None:
    group, disk, other = Group(Topic(0, [[10, 20, 30]])), Disk(), Disk()
    live(group, disk, commits=False)
    live(group, disk, commits=False)
    live(group, other)
    assert set(written(group, [disk, other])[0].values()) == {1}


@pytest.mark.parametrize("mutate", [None, _take_offsets_of_any_topic])
def test_an_offset_of_an_older_topic_says_nothing_of_a_newer_one(
    mutate: Callable[[Patch], None] | None, monkeypatch: Patch
) -> None:
    if mutate is not None:
        mutate(monkeypatch)
    group, disk = Group(Topic(0, [[10, 20, 30]])), Disk()
    live(group, disk)
    group.topic = Topic(1, [[10, 20]])
    live(group, disk, commits=False)
    live(group, disk)
    counted = set(written(group, [disk])[0].values())
    assert counted == ({1} if mutate is None else {1, 2})


def test_a_cut_of_an_older_topic_says_nothing_of_a_newer_one() -> None:
    group, disk, other = Group(Topic(0, [[10, 20, 30]])), Disk(), Disk()
    live(group, disk)
    group.topic = Topic(1, [[10, 20]])
    live(group, other)
    group.topic.logs[0].append(30)
    live(group, disk, commits=False)
    live(group, other)
    assert set(written(group, [disk, other])[0].values()) == {1}
