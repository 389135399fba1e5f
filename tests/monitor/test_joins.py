"""Requests and responses find each other once, wherever and in whatever order they are read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.joins import OVERHEAD_BYTES, JoinBuffer, JoinPolicy, Waiting
from driftwatch.monitor.monitor import Monitor
from driftwatch.records import Half, HalfKey, Partition, Progress, RawBatch
from driftwatch.state.memory import MemoryStore
from tests.monitor.pairs import Logged, PairDecoder, raw_of
from tests.monitor.scenes import (
    ENDED,
    LATENESS,
    PANE,
    POLICY,
    READING,
    A,
    B,
    at,
    monitor_of,
    placed,
)

WITHIN = 30
JOINING = replace(POLICY, joins=JoinPolicy(WITHIN), idle_after_us=50)


def request(key: str, time: int = 1000, instances: int = 1) -> Logged:
    return Logged("request", key, time, instances)


def response(key: str, time: int = 1000, instances: int = 1) -> Logged:
    return Logged("response", key, time, instances)


# The buffer


def waiting(offset: int, logged: Logged, size: int = 0, partition: Partition = A) -> Waiting:
    half = Half(0, logged.side, logged.key.encode(), logged.time, b"x" * size)
    return Waiting(HalfKey(partition, offset), half)


class NaiveBuffer:
    """A list, searched from its beginning."""

    def __init__(self, policy: JoinPolicy) -> None:
        self.policy, self.all = policy, list[Waiting]()

    def partner_of(self, half: Half) -> Waiting | None:
        for other in self.all:
            far = abs(other.half.time_us - half.time_us) > self.policy.within_us
            if other.half.join_key == half.join_key and other.half.side != half.side and not far:
                self.all.remove(other)
                return other
        return None

    def put(self, new: Waiting) -> bool:
        same = (new.half.side, new.half.join_key)
        if same in [(w.half.side, w.half.join_key) for w in self.all]:
            return False
        if new.size > self.policy.max_bytes:
            return False
        self.all.append(new)
        return True

    def take_overflow(self) -> list[Waiting]:
        gone = []
        policy = self.policy
        while (
            len(self.all) > policy.max_records or sum(w.size for w in self.all) > policy.max_bytes
        ):
            gone.append(self._oldest())
            self.all.remove(gone[-1])
        return gone

    def take_before(self, time_us: int) -> list[Waiting]:
        gone = []
        while self.all and self._oldest().half.time_us < time_us:
            gone.append(self._oldest())
            self.all.remove(gone[-1])
        return gone

    def drop(self, partition: Partition) -> None:
        self.all = [w for w in self.all if w.key.partition != partition]

    def _oldest(self) -> Waiting:
        return min(self.all, key=lambda w: (w.half.time_us, w.key))


halves = st.builds(
    Logged,
    st.sampled_from(["request", "response"]),
    st.sampled_from("abcdef"),
    st.integers(0, 200),
    st.integers(0, 900),
)
steps = st.tuples(halves, st.sampled_from([A, B])) | st.integers(0, 200) | st.sampled_from([A, B])


@given(st.lists(steps, max_size=40), st.integers(1, 6))
def test_a_buffer_is_a_list_that_is_searched_from_its_beginning(
    run: list[tuple[Logged, Partition] | int | Partition], max_records: int
) -> None:
    policy = JoinPolicy(WITHIN, max_records, 4 * OVERHEAD_BYTES)
    buffer, naive = JoinBuffer(policy), NaiveBuffer(policy)
    for offset, step in enumerate(run):
        if isinstance(step, int):
            assert buffer.take_before(step) == naive.take_before(step)
        elif isinstance(step, Partition):
            buffer.drop(step)
            naive.drop(step)
        else:
            logged, partition = step
            new = waiting(offset, logged, logged.instances, partition)
            partner = buffer.partner_of(new.half)
            assert partner == naive.partner_of(new.half)
            if partner is None:
                assert buffer.put(new) == naive.put(new)
                assert buffer.take_overflow() == naive.take_overflow()
        assert sorted(buffer) == sorted(naive.all)
        assert buffer.size == sum(w.size for w in naive.all)
    assert len(buffer.take_all()) == len(naive.all)
    assert (len(buffer), buffer.size) == (0, 0)


def test_what_is_larger_than_all_room_does_not_push_the_others_out() -> None:
    buffer = JoinBuffer(JoinPolicy(WITHIN, max_bytes=5_000))
    assert buffer.put(waiting(0, request("a")))
    assert not buffer.put(waiting(1, request("b"), size=5_000))
    assert buffer.take_overflow() == []


def test_what_has_left_takes_no_memory_for_long() -> None:
    buffer = JoinBuffer(JoinPolicy(WITHIN))
    buffer.put(waiting(0, request("the oldest", 0)))
    for n in range(10_000):
        buffer.put(waiting(n, request("a", n)))
        buffer.partner_of(Half(0, "response", b"a", n, b""))
    assert len(buffer._ages) < 2_000


# The monitor


class Joining:
    """A monitor with a store, which may be replaced by another one at any time."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.decoder = PairDecoder()
        self.read: Counter[Partition] = Counter()
        self.monitor = self.begin()

    def begin(self, *partitions: Partition) -> Monitor:
        monitor = monitor_of(JOINING)
        snapshot = self.store.load()
        states = {p: snapshot.partitions.get(p) for p in partitions or (A, B)}
        monitor.assign(placed(states), snapshot)
        self.read = Counter({p: s.frontier if s else 0 for p, s in states.items()})
        return monitor

    def feed(self, partition: Partition, *logged: Logged) -> None:
        raw = raw_of(partition, logged, self.read[partition])
        self.read[partition] = raw.next_offset
        self.add(raw)

    def add(self, raw: RawBatch) -> None:
        self.monitor.add(self.decoder.decode(raw), self.decoder.join)

    def confirm(self) -> None:
        saved = self.monitor.checkpoint()
        if saved is not None:
            self.store.save(saved)
        self.monitor.confirm(0)

    def advance(self, progress: dict[Partition, Progress] | None = None, now_us: int = 0) -> None:
        self.monitor.close_panes(now_us, progress or READING)

    def crash(self) -> None:
        self.monitor = self.begin()

    def tallies(self, partition: Partition) -> dict[str, int]:
        return dict(self.monitor._pending.partitions[partition].tallies)

    @property
    def waits(self) -> set[tuple[Partition, int]]:
        return {(w.key.partition, w.key.offset) for w in self.monitor._waiting}


UNMATCHED = {"rejected": 1, "reason:unmatched": 1}


@pytest.mark.parametrize("first", ["request", "response"])
def test_a_pair_counts_once_where_its_response_is(first: str) -> None:
    world = Joining()
    steps = [(A, request("a", 1010)), (B, response("a", 1000))]
    for partition, logged in steps if first == "request" else reversed(steps):
        world.feed(partition, logged)
    assert world.tallies(A) == {}
    assert world.tallies(B) == {"counted": 1, "pairs": 1}
    (pane,) = world.monitor._pending.panes
    # The time is the response's: the pane before the request's.
    assert (pane.partition, pane.start_us) == (B, 960)
    assert world.waits == set()


def test_a_pair_counts_as_many_records_as_it_has_instances() -> None:
    world = Joining()
    world.feed(A, request("a", instances=7), response("a", instances=7))
    assert world.tallies(A) == {"counted": 7, "pairs": 1}


def test_a_pair_that_makes_no_records_is_rejected_once() -> None:
    world = Joining()
    world.feed(A, request("a", instances=2))
    world.feed(B, response("a", instances=3))
    assert world.tallies(A) == {}
    assert world.tallies(B) == {"pairs": 1, "rejected": 1, "reason:shape_mismatch": 1}


@pytest.mark.parametrize(("apart", "paired"), [(WITHIN, True), (WITHIN + 1, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_halves_that_are_too_far_apart_are_no_pair(apart: int, paired: bool, sign: int) -> None:
    world = Joining()
    world.feed(A, request("a", 1000), response("a", 1000 + sign * apart))
    assert (world.tallies(A).get("pairs", 0) == 1) is paired
    assert len(world.waits) == (0 if paired else 2)


def test_the_second_of_two_requests_is_given_up_and_the_first_still_waits() -> None:
    world = Joining()
    world.feed(A, request("a", 1000), request("a", 1001))
    assert world.tallies(A) == UNMATCHED
    assert world.waits == {(A, 0)}


def test_late_and_future_halves_do_not_wait() -> None:
    world = Joining()
    raw = raw_of(A, [request("a", 1000), request("b", 1000 - LATENESS - PANE - 40)])
    world.add(raw)
    far = raw_of(A, [request("c", 10_000)], 2)
    world.add(replace(far, broker_times_us=far.offsets + 1000))
    assert world.tallies(A) == {"late": 1, "rejected": 1, "reason:future": 1}
    assert world.waits == {(A, 0)}


def test_a_half_waits_until_what_it_waits_for_would_be_late() -> None:
    world = Joining()
    world.feed(A, request("a", 989))  # its response may be of 1019, in the pane that ends at 1020
    for clock, expected in ((1020 + LATENESS - 1, {(A, 0)}), (1020 + LATENESS, set())):
        world.feed(A, request(str(clock), clock), response(str(clock), clock))
        world.feed(B, request(f"{clock}b", clock), response(f"{clock}b", clock))
        world.confirm()
        world.advance()
        assert world.waits == expected
    assert world.tallies(A)["reason:unmatched"] == 1
    # And what comes now is late indeed.
    world.feed(B, response("a", 1019))
    assert world.tallies(B)["late"] == 1


@pytest.mark.parametrize("silent_for", [WITHIN + LATENESS - 1, WITHIN + LATENESS])
def test_a_half_waits_for_a_partition_that_pauses_but_not_for_ever(silent_for: int) -> None:
    world = Joining()
    world.feed(A, request("a", 1000))
    world.feed(B, request("b", 1000))
    world.confirm()
    pausing = {A: at(), B: at(caught_up=True)}
    world.advance(pausing)
    world.feed(A, request("c", 1400))
    world.confirm()
    world.advance(pausing, now_us=silent_for)
    world.feed(B, response("a", 1000))  # not late in its own partition
    waited = silent_for < WITHIN + LATENESS
    assert world.tallies(B).get("pairs", 0) == waited
    assert world.tallies(A).get("reason:unmatched", 0) == (not waited)


def test_where_all_is_read_nothing_waits_any_more() -> None:
    world = Joining()
    world.feed(A, request("a"))
    world.confirm()
    world.advance()
    assert world.waits == {(A, 0)}
    world.advance(dict(ENDED))
    assert (world.waits, world.tallies(A)) == (set(), UNMATCHED)


def test_what_has_no_room_leaves_the_oldest_first_and_is_given_up_in_its_own_partition() -> None:
    world = Joining()
    world.monitor._waiting.policy = JoinPolicy(WITHIN, max_records=2)
    world.feed(A, request("a", 1001))
    world.feed(B, request("b", 1000), request("c", 1002))
    assert world.waits == {(A, 0), (B, 1)}
    assert (world.tallies(A), world.tallies(B)) == ({}, UNMATCHED)


def test_what_waits_comes_back_after_a_crash_and_what_was_not_saved_does_not() -> None:
    world = Joining()
    world.feed(A, request("a"), request("b"))
    world.confirm()
    before = sorted(world.monitor._waiting)
    world.feed(A, request("c"))
    world.feed(B, response("a"))
    world.crash()
    assert sorted(world.monitor._waiting) == before
    world.feed(B, response("a"))
    assert world.tallies(B) == {"counted": 1, "pairs": 1}


def test_a_half_that_found_its_other_one_before_it_was_saved_is_never_written() -> None:
    world = Joining()
    world.feed(A, request("a"))
    world.feed(B, response("a"))
    saved = world.monitor.checkpoint()
    assert saved is not None
    assert (saved.halves, saved.freed) == ({}, {})


def test_a_pair_is_saved_though_the_partition_where_it_counts_has_not_moved() -> None:
    world = Joining()
    world.feed(B, response("a"))
    world.confirm()
    world.feed(A, request("a"))
    saved = world.monitor.checkpoint()
    assert saved is not None
    assert saved.partitions[B].frontier == 1
    assert saved.partitions[B].tallies == {"counted": 1, "pairs": 1}
    assert saved.freed == {HalfKey(B, 0): B}
    world.confirm()
    assert world.monitor.totals.tallies["pairs"] == 1
    assert world.store.load().halves == {}


@pytest.mark.parametrize("saved", [False, True])
def test_what_a_pair_used_waits_again_when_the_pair_goes_with_its_partition(saved: bool) -> None:
    world = Joining()
    world.feed(A, request("a"))
    if saved:
        world.confirm()
    world.feed(B, response("a"))
    world.monitor.revoke([B])
    assert world.waits == {(A, 0)}
    world.confirm()
    assert set(world.store.load().halves) == {HalfKey(A, 0)}
    assert world.tallies(A) == {}


def test_what_waits_of_a_partition_that_goes_leaves_with_it() -> None:
    world = Joining()
    world.feed(A, request("a"))
    world.feed(B, request("b"))
    world.monitor.revoke([A])
    assert world.waits == {(B, 0)}


def test_a_half_that_comes_back_finds_what_was_read_meanwhile() -> None:
    world = Joining()
    world.feed(A, request("a"))
    world.confirm()
    world.monitor.revoke([A])
    world.feed(B, response("a"))
    snapshot = world.store.load()
    states = placed({A: snapshot.partitions[A]})
    world.monitor.assign(states, snapshot, join=world.decoder.join)
    assert world.waits == set()
    assert world.tallies(B) == {"counted": 1, "pairs": 1}
    world.confirm()
    assert world.store.load().halves == {}


def test_halves_of_an_earlier_topic_are_given_up() -> None:
    world = Joining()
    world.feed(A, request("a"), request("b"))
    world.confirm()
    snapshot = world.store.load()
    monitor = monitor_of(JOINING)
    monitor.assign(placed({A: replace(snapshot.partitions[A], frontier=1)}), snapshot)
    world.monitor = monitor
    assert (world.waits, world.tallies(A)) == ({(A, 0)}, UNMATCHED)
    world.confirm()
    assert set(world.store.load().halves) == {HalfKey(A, 0)}


def test_where_nothing_is_joined_any_more_what_waited_is_given_up_in_time() -> None:
    world = Joining()
    world.feed(A, request("a"))
    world.confirm()
    world.crash()
    world.advance({A: at(caught_up=True, ended=True), B: at(caught_up=True, ended=True)})
    world.confirm()
    assert world.store.load().partitions[A].tallies == UNMATCHED


# Any run of it


class Step(NamedTuple):
    """read: so many records of a partition. do: otherwise, one of these."""

    do: str
    partition: Partition = A
    records: int = 0


logs = st.lists(
    st.builds(
        Logged,
        st.sampled_from(["request", "response"]),
        st.sampled_from("abcdefghij"),
        st.integers(0, 20).map(lambda t: t * 25),
        st.integers(1, 3),
    ),
    max_size=25,
)
runs = st.lists(
    st.builds(Step, st.just("read"), st.sampled_from([A, B]), st.integers(1, 5))
    | st.builds(Step, st.sampled_from(["confirm", "confirm", "advance", "crash", "lose"])),
    max_size=40,
)


def accepted(log: Sequence[Logged]) -> list[Logged]:
    """Those that are not late, by the rule as it is written."""
    found, latest = [], None
    for logged in log:
        end_of_pane = logged.time - logged.time % PANE + PANE
        if latest is None or end_of_pane > latest - LATENESS:
            found.append(logged)
            latest = max(latest or 0, logged.time)
    return found


def distinct(one: list[Logged], other: list[Logged]) -> tuple[list[Logged], list[Logged]]:
    """Each side of each key once in both logs together: which of two comes first is no matter."""
    first: dict[tuple[str, str], int] = {}
    both = [*one, *other]
    for number, logged in enumerate(both):
        first.setdefault((logged.side, logged.key), number)
    kept = set(first.values())
    return (
        [logged for number, logged in enumerate(one) if number in kept],
        [logged for number, logged in enumerate(other, len(one)) if number in kept],
    )


@given(logs, logs, runs)
@settings(max_examples=60)
def test_any_run_gives_what_a_reader_of_both_whole_logs_would_count(
    one: list[Logged], other: list[Logged], run: list[Step]
) -> None:
    world = Joining()
    texts = dict(zip((A, B), distinct(one, other), strict=True))
    for step in [*run, Step("read", A, 99), Step("read", B, 99), Step("confirm")]:
        if step.do == "read":
            begin = world.read[step.partition]
            world.feed(step.partition, *texts[step.partition][begin : begin + step.records])
        elif step.do == "confirm":
            world.confirm()
        elif step.do == "advance":
            world.advance()
        elif step.do == "lose":  # saved, and the process has not heard of it
            if (saved := world.monitor.checkpoint()) is not None:
                world.store.save(saved)
            world.crash()
        else:
            world.crash()
    world.advance(dict(ENDED))
    world.confirm()

    good = {p: accepted(text) for p, text in texts.items()}
    asked = {x.key: x for text in good.values() for x in text if x.side == "request"}
    stored = world.store.load()
    assert stored.halves == {}
    halves = pairs = unmatched = 0
    for partition, text in texts.items():
        answered = [x for x in good[partition] if x.side == "response"]
        found = [
            (asked[x.key], x)
            for x in answered
            if x.key in asked and abs(asked[x.key].time - x.time) <= WITHIN
        ]
        records = [r for q, r in found for _ in range(r.instances) if q.instances == r.instances]
        state = stored.partitions.get(partition)
        tallies = Counter(state.tallies if state else {})
        assert tallies["pairs"] == len(found)
        assert tallies["counted"] == len(records)
        assert tallies["late"] == len(text) - len(good[partition])
        assert tallies["reason:shape_mismatch"] == sum(q[3] != r[3] for q, r in found)
        panes = Counter({k.start_us: c.rows for k, c in stored.panes.items() if k[1] == partition})
        assert panes == Counter(r.time - r.time % PANE for r in records)
        halves += len(good[partition])
        pairs += len(found)
        unmatched += tallies["reason:unmatched"]
    assert halves == 2 * pairs + unmatched
