"""Who has to go when there are too many connections."""

import asyncio
import math
from dataclasses import dataclass

import pytest

from driftwatch.web.connections import Connections, Phase
from driftwatch.web.limits import Limits

LIMITS = Limits(connections=6, connections_per_address=3)


@dataclass(eq=False)
class Party:
    """A connection that is what the test says."""

    origin: str = "a"
    phase: Phase = Phase.WAITING
    since: float = 0.0
    overdue_at: float = math.inf
    dropped: bool = False

    def is_overdue(self, now: float) -> bool:
        return now >= self.overdue_at

    def drop(self) -> None:
        self.dropped = True


def admit(*parties: Party) -> tuple[list[bool], Connections]:
    """Let them come one after the other."""

    async def come() -> tuple[list[bool], Connections]:
        connections = Connections(LIMITS)
        return [connections.admit(one) for one in parties], connections

    return asyncio.run(come())


def test_as_many_as_may_be_stay() -> None:
    parties = [Party("a"), Party("a"), Party("a"), Party("b"), Party("b"), Party("b")]
    assert admit(*parties)[0] == [True] * 6
    assert not any(one.dropped for one in parties)


def test_the_oldest_that_has_sent_no_request_goes_first() -> None:
    parties = [
        Party(phase=Phase.IDLE, since=1.0),
        Party(phase=Phase.WAITING, since=3.0),
        Party(phase=Phase.WAITING, since=2.0),
        Party(since=9.0),
    ]
    assert admit(*parties)[0] == [True] * 4
    assert [one.dropped for one in parties] == [False, False, True, False]


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.IDLE, Phase.STUCK])
def test_whoever_does_nothing_goes_before_an_answer_does(phase: Phase) -> None:
    parties = [
        Party(phase=Phase.ANSWERING, since=1.0),
        Party(phase=phase, since=5.0),
        Party(phase=Phase.ANSWERING, since=2.0),
        Party(since=9.0),
    ]
    assert admit(*parties)[0] == [True] * 4
    assert [one.dropped for one in parties] == [False, True, False, False]


def test_one_that_comes_is_refused_only_where_all_are_being_answered() -> None:
    parties = [Party(phase=Phase.ANSWERING) for _ in range(3)]
    admitted, connections = admit(*parties, Party(), Party("b"))
    assert admitted == [True, True, True, False, True]
    assert len(connections) == 4
    assert not any(one.dropped for one in parties)


def test_an_address_with_many_drives_out_its_own_and_no_others() -> None:
    others = [Party("b", since=1.0), Party("b", since=1.0)]
    crowd = [Party("a", since=2.0 + i) for i in range(20)]
    admit(*others, *crowd)
    assert not any(one.dropped for one in others)
    assert [one.dropped for one in crowd] == [True] * 17 + [False] * 3


def test_many_addresses_together_are_held_to_the_limit_of_all() -> None:
    parties = [Party(str(i), since=float(i)) for i in range(20)]
    admitted, connections = admit(*parties)
    assert admitted == [True] * 20
    assert len(connections) == 6
    assert sum(one.dropped for one in parties) == 14


def test_one_that_left_takes_no_place() -> None:
    async def come_and_go() -> int:
        connections = Connections(LIMITS)
        for _ in range(10):
            party = Party(phase=Phase.ANSWERING)
            assert connections.admit(party)
            connections.leave(party)
        return len(connections)

    assert asyncio.run(come_and_go()) == 0


def test_one_that_is_overdue_is_ended_and_the_others_are_not() -> None:
    late, early = Party(overdue_at=0.0), Party()

    async def wait() -> int:
        connections = Connections(LIMITS)
        connections.admit(late)
        connections.admit(early)
        async with asyncio.timeout(10):
            while len(connections) > 1:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.01)
        return len(connections)

    assert asyncio.run(wait()) == 1
    assert (late.dropped, early.dropped) == (True, False)
