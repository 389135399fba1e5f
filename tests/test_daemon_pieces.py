"""What follows a checkpoint is done in pieces, and the loop reads on between two of them."""

from dataclasses import dataclass

import pytest

from driftwatch import daemon
from driftwatch.daemon import Loop, LoopPolicy, Parts
from driftwatch.state.stepped import SteppedLedger
from tests.monitor.scenes import A, B, monitor_of
from tests.test_daemon import ROOMY, World, seen

MOST_TURNS = 50
A_PIECE = 10


@dataclass
class Unhurried(World):
    """A world whose daemon does one piece a turn."""

    def begin(self) -> Loop:
        ledger = SteppedLedger(self.store, self.source)
        parts = Parts(self.source, self.decoder(), monitor_of(ROOMY), ledger)
        policy = LoopPolicy(0.0, 0.0, lambda: self.start, at_a_time_s=0.0)
        return Loop(parts, policy, lambda: self.now, self.publish)

    def turn_until_published(self) -> None:
        """At most so many turns, the last of which publishes."""
        known = len(self.reports)
        for _ in range(MOST_TURNS):
            self.loop.turn()
            if len(self.reports) > known:
                return
        raise AssertionError(f"nothing was published in {MOST_TURNS} turns")


def reading() -> Unhurried:
    world = Unhurried()
    world.source.assign(A, B)
    world.turn_until_published()
    return world


def test_records_are_read_between_a_save_and_its_report() -> None:
    world = reading()
    known = len(world.reports)
    world.append(A, 4, time_s=1.0)
    world.loop.turn()  # saved, and one piece of what follows
    assert world.stored[A] == 4
    world.append(A, 4, time_s=2.0)
    world.loop.turn()
    assert len(world.reports) == known
    assert world.loop.parts.monitor.head_us == 2_000_000
    world.turn_until_published()
    assert seen(world.reports[-1]) == 4
    assert world.stored[A] == 4
    world.turn_until_published()
    assert seen(world.reports[-1]) == 8


def test_partitions_go_only_when_what_follows_a_save_is_done() -> None:
    world = reading()
    known = len(world.reports)
    world.append(A, 12)
    world.loop.turn()
    assert len(world.reports) == known
    world.source.revoke(B)
    world.loop.turn()
    assert len(world.reports) == known + 1
    assert seen(world.reports[-1]) == 12
    assert {state.partition for state in world.reports[-1].partitions} == {A, B}
    world.turn_until_published()
    assert {state.partition for state in world.reports[-1].partitions} == {A}


def test_a_checkpoint_that_is_asked_for_does_what_was_left_first() -> None:
    world = reading()
    known = len(world.reports)
    world.append(A, 4)
    world.loop.turn()
    world.append(A, 4)
    world.loop.turn()
    assert world.loop.checkpoint()
    assert [seen(report) for report in world.reports[known:]] == [4, 8]
    assert world.stored[A] == 8


def test_what_a_poll_brings_is_counted_over_several_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daemon, "MOST_RECORDS", A_PIECE)
    world = reading()
    world.append(A, A_PIECE + 1)
    world.append(B, 1)
    world.loop.turn()
    assert world.stored[A] == A_PIECE  # saved as far as it was counted, and no further
    world.turn_until_published()
    assert seen(world.reports[-1]) >= A_PIECE
    for _ in range(MOST_TURNS):
        world.loop.turn()
    assert seen(world.reports[-1]) == A_PIECE + 2
    assert world.stored == {A: A_PIECE + 1, B: 1}
