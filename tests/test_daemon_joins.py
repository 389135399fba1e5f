"""The loop with a log of requests and responses: each pair counts once, whatever fails."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from driftwatch import daemon
from driftwatch.daemon import Decoder, Loop, LoopPolicy, Parts
from driftwatch.errors import ConfigError
from driftwatch.monitor.joins import JoinPolicy
from driftwatch.protocol.placement import Doubt, is_committed
from driftwatch.records import Partition
from driftwatch.replay import replay, spaced
from driftwatch.sources.memory import MemorySource
from driftwatch.state import stepped
from driftwatch.state.memory import MemoryStore
from driftwatch.state.placing import Commits
from driftwatch.state.port import Store
from driftwatch.state.sqlite import SqliteStore
from driftwatch.state.stepped import SteppedLedger
from tests.monitor.pairs import Logged, PairDecoder
from tests.monitor.scenes import LATENESS, PANE, A, B, monitor_of
from tests.test_daemon import ROOMY, TROUBLES, World, quiet

__all__ = ["quiet"]  # a fixture: what the loop complains of is wanted here

WITHIN = 30
JOINING = replace(ROOMY, joins=JoinPolicy(WITHIN))


@dataclass
class PairWorld(World):
    """A log of halves, and what it must come to."""

    logs: dict[Partition, list[Logged]] = field(default_factory=dict)
    needs_all: bool = False
    bears_a_part_s: float = 0.0

    def begin(self) -> Loop:
        ledger = SteppedLedger(self.store, self.source)
        parts = Parts(self.source, PairDecoder(), monitor_of(JOINING), ledger)
        policy = LoopPolicy(0.0, 0.0, lambda: self.start, ("log",))
        policy = replace(
            policy, needs_all_partitions=self.needs_all, bears_a_part_s=self.bears_a_part_s
        )
        return Loop(parts, policy, lambda: self.now, self.publish)

    def write(self, partition: Partition, *logged: Logged) -> None:
        self.source.append(partition, [one.value for one in logged])
        self.logs.setdefault(partition, []).extend(logged)

    def tallies(self) -> dict[Partition, Mapping[str, int]]:
        return {p: state.tallies for p, state in self.store.load().partitions.items()}

    def come_to_rest(self) -> None:
        """Read everything, and save what became of it."""
        while not self.source.exhausted:
            self.turn()
        self.turn(3)

    def expected(self) -> dict[Partition, Counter[str]]:
        """What one reader of the whole log counts in each partition."""
        found = {partition: Counter[str]() for partition in self.logs}
        good: list[tuple[Partition, Logged]] = []
        for partition, log in self.logs.items():
            latest = 0
            for one in log:
                if one.time // PANE * PANE + PANE <= latest - LATENESS:
                    found[partition]["late"] += 1
                else:
                    good.append((partition, one))
                    latest = max(one.time, latest)
        asked = {one.key: one for _, one in good if one.side == "request"}
        paired = set[str]()
        for partition, one in good:
            if one.side == "request" or one.key not in asked:
                continue
            if abs(one.time - asked[one.key].time) <= WITHIN:
                found[partition].update({"pairs": 1, "counted": one.instances})
                paired.add(one.key)
        for partition, one in good:
            if one.key not in paired:
                found[partition].update({"rejected": 1, "reason:unmatched": 1})
        return found


def reading(*partitions: Partition, store: Store, needs_all: bool = False) -> PairWorld:
    world = PairWorld(store=store, needs_all=needs_all)
    world.source.assign(*partitions)
    world.turn()
    return world


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path)
    yield made
    made.close()


def test_a_pair_of_two_partitions_counts_once_and_its_halves_leave_the_store(store: Store) -> None:
    world = reading(A, B, store=store)
    world.write(B, Logged("response", "a", 1000, 3))
    report = world.turn()
    assert report.joins == (0, 1)
    world.write(A, Logged("request", "a", 1000, 3))
    report = world.turn()
    assert report.joins == (1, 0)
    assert report.outcomes["counted"] == 3
    assert world.tallies() == {A: {}, B: {"pairs": 1, "counted": 3}}
    assert world.store.load().halves == {}
    assert world.committed == {A: 1, B: 1}


def test_what_waits_is_still_there_after_a_restart(store: Store) -> None:
    world = reading(A, B, store=store)
    world.write(A, Logged("request", "a", 1000))
    world.turn()
    world.restart()
    assert world.reports[-1].joins.waiting == 1
    world.write(B, Logged("response", "a", 1000))
    assert world.turn().joins == (1, 0)


def test_a_pair_whose_commit_was_not_taken_is_joined_anew(store: Store) -> None:
    world = reading(A, B, store=store)
    world.write(B, Logged("response", "a", 1000))
    world.turn()
    world.trouble.commit = 10**6
    world.write(A, Logged("request", "a", 1000))
    world.turn()
    # B has not moved: no offset says that its share of this checkpoint was not committed.
    assert set(world.store.doubts()) == {A, B}
    world.trouble.commit = 0
    world.restart()
    assert world.turn().joins == (1, 0)
    assert world.tallies() == {A: {}, B: {"pairs": 1, "counted": 1}}


def test_a_pair_whose_commit_was_taken_stands_though_nobody_heard_of_it(store: Store) -> None:
    world = reading(A, B, store=store)
    world.write(B, Logged("response", "a", 1000))
    world.turn()
    world.trouble.commit_after = 10**6
    world.write(A, Logged("request", "a", 1000))
    world.turn()
    assert set(world.store.doubts()) == {A, B}
    world.trouble.commit_after = 0
    world.restart()
    assert world.turn().joins == (0, 0)
    assert world.tallies() == {A: {}, B: {"pairs": 1, "counted": 1}}


TELLING = 22
"""A life in which a pair counts in a partition that does not move, and its commit fails."""


def any_life(seed: int, store: Store) -> PairWorld:
    """A log with all kinds of halves, read by daemons that have a hard time."""
    dice = random.Random(seed)
    world = reading(A, B, store=store)
    clock = 1000
    loose: list[Logged] = []
    for number in range(40):
        clock += dice.randrange(12)
        away = dice.choice((0, 0, 5, -5, WITHIN, WITHIN + 1, -400))
        sides: list[Logged] = [
            Logged("request", str(number), clock, 2),
            Logged("response", str(number), max(0, clock + away), 2),
        ]
        loose += dice.sample(sides, dice.choice((1, 2, 2, 2, 2)))
        dice.shuffle(loose)
        while loose and dice.random() < 0.7:
            world.write(dice.choice((A, B)), loose.pop())
        if dice.random() < 0.3:
            setattr(world.trouble, dice.choice(TROUBLES), dice.randrange(1, 4))
        if dice.random() < 0.7:
            world.turn(dice.randrange(1, 3))
        if dice.random() < 0.2:
            if loose and dice.random() < 0.5:  # a death between a save and its commit
                world.write(dice.choice((A, B)), loose.pop())
                world.trouble.commit = 9
                world.turn()
                world.trouble.commit = 0
            world.restart()
    for one in loose:
        world.write(dice.choice((A, B)), one)
    for trouble in TROUBLES:
        setattr(world.trouble, trouble, 0)
    if dice.random() < 0.5:
        world.restart()
    world.source.end()
    world.come_to_rest()
    return world


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_whatever_fails_the_counts_are_those_of_one_reader_of_the_whole_log(
    kind: str, tmp_path: Path
) -> None:
    for seed in (0, TELLING) if kind == "memory" else (TELLING,):
        store = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / str(seed))
        world = any_life(seed, store)
        assert world.tallies() == world.expected(), seed
        assert world.store.load().halves == {}
        assert world.stored.keys() == {A, B}  # and the panes are what the tallies say
        store.close()


def test_without_the_rule_for_partitions_that_did_not_move_the_counts_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def each_for_itself(
        doubts: Mapping[Partition, Doubt], commits: Commits, writer: str
    ) -> frozenset[Partition]:
        return frozenset(p for p, d in doubts.items() if is_committed(d, commits[p], writer))

    monkeypatch.setattr(stepped, "standing", each_for_itself)
    world = any_life(TELLING, MemoryStore())
    assert world.tallies() != world.expected()


def test_a_member_with_a_part_of_the_partitions_says_why_it_ends(store: Store) -> None:
    world = PairWorld(store=store, needs_all=True)
    world.source.append(B, [])
    world.source.assign(A)
    with pytest.raises(ConfigError, match=r"1 of the 2 partitions of log, .*co_partitioned: true"):
        world.turn()


def test_a_member_reads_nothing_until_it_has_the_partitions_of_one_that_was_killed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = PairWorld(store=store, needs_all=True, bears_a_part_s=60.0)
    world.write(A, Logged("request", "a", 1000))
    world.write(B, Logged("response", "a", 1000))
    world.source.assign(A)
    world.turn(3)
    assert world.source.progress()[A].lag_records is None  # it was never sought
    world.source.revoke(A)
    world.source.assign(A, B)
    assert world.turn(2).joins.pairs == 1
    world.source.revoke(B)
    world.source.assign()
    world.turn()
    world.write(A, Logged("request", "b", 1000))
    world.turn(3)
    assert world.source.progress()[A].lag_records == 1
    monkeypatch.setattr(daemon, "NEWCOMER_SECONDS", -60.0)
    with pytest.raises(ConfigError, match="1 of the 2 partitions"):
        world.turn()


def test_a_member_that_had_all_partitions_gives_a_newcomer_the_time_to_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = reading(A, B, store=store, needs_all=True)
    for _ in range(2):
        world.source.revoke(A, B)
        world.source.assign(A)
        world.turn(2)
        world.source.revoke(A)
        world.source.assign(A, B)
        world.turn(2)
    world.source.revoke(B)
    world.turn()
    world.source.assign()
    world.turn()
    monkeypatch.setattr(daemon, "NEWCOMER_SECONDS", 0.0)
    with pytest.raises(ConfigError, match="1 of the 2 partitions"):
        world.turn()


def test_a_member_with_all_partitions_goes_on_when_one_is_added(store: Store) -> None:
    world = reading(A, B, store=store, needs_all=True)
    world.source.append(Partition("log", 2), [])
    world.write(A, Logged("request", "a", 1000), Logged("response", "a", 1000))
    assert world.turn().joins.pairs == 1
    world.source.assign(Partition("log", 2))
    world.turn()


def test_a_member_may_have_a_part_where_halves_are_together(store: Store) -> None:
    world = PairWorld(store=store)
    world.source.append(B, [])
    world.source.assign(A)
    world.write(A, Logged("request", "a", 1000), Logged("response", "a", 1000))
    assert world.turn(2).joins.pairs == 1


@pytest.mark.parametrize("decoder", [PairDecoder(), spaced(PairDecoder(), PANE, 100)])
def test_what_waits_at_the_end_of_an_old_log_is_given_up(decoder: Decoder) -> None:
    source = MemorySource()
    halves = [
        Logged("request", "a", 1000),
        Logged("response", "a", 1000),
        Logged("request", "b", 1000),
    ]
    source.append(A, [half.value for half in halves])
    source.assign(A)
    source.end()
    report = replay(source, decoder, monitor_of(JOINING))
    assert report.joins == (1, 0)
    assert (report.outcomes["counted"], report.reasons["unmatched"]) == (1, 1)
