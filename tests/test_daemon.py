"""The loop: whatever fails or moves on the way, each record counts once."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftwatch import daemon
from driftwatch.daemon import Loop, LoopPolicy, Parts
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.errors import SourceError, StateError
from driftwatch.monitor.alignment import AHEAD_PANES
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import Report
from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition, StreamKey
from driftwatch.sources.memory import MemorySource, _Log
from driftwatch.sources.port import Committed, Gap, Start
from driftwatch.state.memory import MemoryStore
from driftwatch.state.port import Checkpoint, Doubt, Retention, Snapshot, Store
from driftwatch.state.sqlite import SqliteStore
from driftwatch.state.stepped import SteppedLedger
from tests.decode.baselines import baseline_of
from tests.decode.records import as_json
from tests.monitor.scenes import BASELINE, KEY, PANE, POLICY, A, B, monitor_of, only

DECODER = RecordPolicy(timestamp="ts", const_model="fraud", const_version="1")
ROOMY = replace(POLICY, fate=replace(POLICY.fate, max_ahead_us=10**9))
"""Nothing is too far ahead: these logs jump."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What the loop complains of is wanted here."""
    with structlog.testing.capture_logs():
        yield


def value(time_s: float, **more: object) -> bytes:
    return as_json({"ts": time_s, "x": 5.0, "w": "a", **more})


TROUBLES = ["save", "commit", "commit_after", "settle", "settle_after"]


class Trouble:
    """Lets the next calls of something fail."""

    def __init__(self) -> None:
        self.save = self.commit = self.commit_after = self.load = 0
        self.settle = self.settle_after = 0

    def strikes(self, what: str) -> bool:
        left = int(getattr(self, what))
        setattr(self, what, max(0, left - 1))
        return left > 0


class FailingStore:
    """A store on a bad disk."""

    def __init__(self, inner: Store, trouble: Trouble) -> None:
        self.inner, self.trouble = inner, trouble

    @property
    def writer(self) -> str:
        return self.inner.writer

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> int:
        if self.trouble.strikes("save"):
            raise StateError("the disk is full")
        return self.inner.save(checkpoint, in_doubt=in_doubt)

    def doubts(self) -> Mapping[Partition, Doubt]:
        return self.inner.doubts()

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        if self.trouble.strikes("settle"):
            raise StateError("the disk is full now")
        written = self.inner.settle(confirmed, undone, retention)
        if self.trouble.strikes("settle_after"):
            raise StateError("was that the disk?")
        return written

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        if self.trouble.strikes("load"):
            raise StateError("the disk can't be read")
        return self.inner.load(partitions)

    def forget(self, streams: Iterable[StreamKey]) -> None:
        self.inner.forget(streams)

    def close(self) -> None:
        self.inner.close()


class FailingSource(MemorySource):
    """A log behind a bad network: a commit fails before it is done, or after."""

    def __init__(self, trouble: Trouble, **options: Any) -> None:
        super().__init__(**options)
        self.trouble = trouble

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        if self.trouble.strikes("commit"):
            raise SourceError("no answer")
        super().commit(frontiers)
        if self.trouble.strikes("commit_after"):
            raise SourceError("no answer either")


@dataclass
class World:
    """A log, a store, and a daemon that may be replaced by another one."""

    store: Store = field(default_factory=MemoryStore)
    trouble: Trouble = field(default_factory=Trouble)
    batch_records: int = 1000
    start: Start = "earliest"
    now: int = 0
    reports: list[Report] = field(default_factory=list)
    truth: dict[Partition, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = FailingSource(self.trouble, batch_records=self.batch_records)
        self.store = FailingStore(self.store, self.trouble)
        self.loop = self.begin()

    def begin(self) -> Loop:
        ledger = SteppedLedger(self.store, self.source)
        parts = Parts(self.source, self.decoder(), monitor_of(ROOMY), ledger)
        policy = LoopPolicy(0.0, 0.0, lambda: self.start)
        return Loop(parts, policy, lambda: self.now, self.publish)

    def decoder(self) -> JsonDecoder:
        return JsonDecoder(DECODER, {BASELINE.route: BASELINE})

    def publish(self, report: Report) -> None:
        self.reports.append(report)

    def append(self, partition: Partition, count: int = 3, time_s: float = 1.0) -> None:
        """Records of one moment; every fourth one can't be read."""
        values = [value(time_s) if i % 4 < 3 else b"{" for i in range(count)]
        self.source.append(partition, values)
        self.truth[partition] = self.truth.get(partition, 0) + count

    def turn(self, times: int = 1) -> Report:
        for _ in range(times):
            self.loop.turn()
        return self.reports[-1]

    def restart(self) -> None:
        """The process dies, and another one takes its place."""
        owned = tuple(self.source.progress())
        self.source.revoke(*owned)
        self.source.poll(0)
        self.reports.append(self.begin_again(owned))

    def begin_again(self, owned: Sequence[Partition]) -> Report:
        self.loop = self.begin()
        self.source.assign(*owned)
        self.loop.turn()
        return self.reports[-1]

    @property
    def committed(self) -> Mapping[Partition, int]:
        """What the group holds."""
        return {p: found.offset for p, found in self.source._committed.items()}

    @property
    def stored(self) -> Mapping[Partition, int]:
        """By partition, the records that the store has: in its tallies, and in its panes."""
        snapshot = self.store.load()
        rows = dict.fromkeys(snapshot.partitions, 0)
        for key, counts in snapshot.panes.items():
            rows[key.partition] += counts.rows
        found = {}
        for partition, state in snapshot.partitions.items():
            assert rows[partition] == state.tallies.get("counted", 0)
            names = ("counted", "late", "rejected", "unrouted")
            found[partition] = sum(state.tallies.get(name, 0) for name in names)
        return found


def seen(report: Report) -> int:
    """All records of this process."""
    return sum(report.outcomes[name] for name in ("counted", "late", "rejected", "unrouted"))


def reading(*partitions: Partition, **options: Any) -> World:
    """A world whose daemon has these partitions."""
    world = World(**options)
    world.source.assign(*partitions)
    world.turn()
    return world


def in_windows(report: Report) -> int:
    return only(report).windows[-1].counts.rows


# Saving and committing


def test_a_turn_counts_saves_commits_and_publishes() -> None:
    world = reading(A)
    world.append(A, 4)
    report = world.turn()
    assert (seen(report), in_windows(report)) == (4, 3)
    assert world.stored == {A: 4}
    assert world.committed == {A: 4}


@pytest.mark.parametrize("what", TROUBLES)
def test_a_failure_costs_no_record_and_doubles_none(what: str) -> None:
    world = reading(A, B)
    for _ in range(3):
        setattr(world.trouble, what, 2)
        for _ in range(4):
            world.append(A, 5)
            world.append(B, 7)
            world.turn()
    report = world.turn(3)
    assert (seen(report), world.stored) == (144, world.truth)
    assert world.committed == {A: 60, B: 84}


def test_while_nothing_can_be_saved_nothing_is_counted_in_public() -> None:
    world = reading(A)
    world.trouble.save = 3
    world.append(A, 4)
    assert [seen(world.turn()) for _ in range(4)] == [0, 0, 0, 4]


def test_a_loop_that_could_save_nothing_for_too_long_ends_and_loses_nothing() -> None:
    world = reading(A)
    world.append(A, 4)
    world.turn()
    world.loop._policy = replace(world.loop._policy, give_up_after_s=0.05)
    world.append(A, 4)
    world.trouble.save = 10**6
    world.turn()
    time.sleep(0.06)
    with pytest.raises(StateError, match=r"nothing could be saved for .* the disk is full") as end:
        world.turn()
    # What is left of the state, the store alone knows: it may be that somebody took it away.
    assert "intact" not in str(end.value)
    world.trouble.save = 0
    world.restart()
    world.turn(2)
    assert world.stored == {A: 8}


def test_a_loop_whose_group_is_away_goes_on_for_as_long_as_it_takes() -> None:
    world = reading(A)
    world.loop._policy = replace(world.loop._policy, give_up_after_s=0.0)
    world.append(A, 4)
    world.trouble.commit = 5
    world.turn(8)
    assert world.stored == {A: 4}


def test_a_checkpoint_says_whether_it_was_saved() -> None:
    world = reading(A)
    world.loop._next_checkpoint = float("inf")
    world.append(A, 4)
    world.turn()
    world.trouble.save = 1
    assert [world.loop.checkpoint() for _ in range(2)] == [False, True]


def test_what_is_saved_is_not_saved_again_when_only_the_commit_failed() -> None:
    world = reading(A)
    world.trouble.commit = 2
    world.append(A, 4)
    world.turn(3)
    assert world.stored == {A: 4}
    assert seen(world.reports[-1]) == 4


def test_bytes_given_to_the_store_are_counted(tmp_path: Path) -> None:
    world = reading(A, store=SqliteStore(tmp_path))
    world.append(A, 4)
    world.turn()
    assert world.loop.parts.ledger.saved_bytes > 0
    world.store.close()


def test_a_partition_with_fewer_records_an_hour_does_not_run_ahead_of_the_others() -> None:
    world = World(batch_records=1, now=10**9)
    world.source.assign(A, B)
    pane_s = ROOMY.fate.pane_us / 1_000_000
    for i in range(1_200):
        world.source.append(B, [value(i * pane_s / 10)])
        if i % 10 == 0:
            world.source.append(A, [value(i * pane_s / 10)])
    apart: list[int] = []
    while len(apart) < 2 or not all(part.caught_up for part in world.turn().partitions):
        world.turn()
        clocks = [part.clock_us for part in world.reports[-1].partitions if part.clock_us]
        apart.append(max(clocks, default=0) - min(clocks, default=0))
    assert max(apart) <= (AHEAD_PANES + 1) * ROOMY.fate.pane_us
    assert seen(world.reports[-1]) == 1_200 + 120


# Where a partition begins


@pytest.mark.parametrize(("start", "expected"), [("earliest", 6), ("latest", 2), (50, 4)])
def test_a_partition_that_nothing_is_known_of_begins_at_the_start(
    start: Start, expected: int
) -> None:
    world = World(start=start)
    world.source.append(A, [value(1.0)] * 4, broker_times_us=[10, 20, 50, 60])
    world.source.assign(A)
    world.turn()
    world.source.append(A, [value(1.0)] * 2, broker_times_us=[70, 80])
    assert seen(world.turn(2)) == expected


def test_a_partition_goes_on_where_the_store_is_though_the_commit_was_lost() -> None:
    world = reading(A)
    world.trouble.commit = 1
    world.append(A, 4)
    world.turn()
    world.restart()
    world.append(A, 2)
    world.turn(2)
    assert world.stored == {A: 6}


def test_a_partition_that_another_member_counted_goes_on_where_that_one_was() -> None:
    world = World()
    world.append(A, 9)
    world.source._committed[A] = Committed(7, Commit(7, "another").text)
    world.source.assign(A)
    assert seen(world.turn(2)) == 2


def test_a_partition_waits_to_be_placed_while_the_log_can_not_be_reached() -> None:
    world = World()
    world.append(A, 4)
    world.source.assign(A)
    world.source.disconnect()
    assert seen(world.turn(2)) == 0
    world.source.reconnect()
    assert seen(world.turn(2)) == 4


def test_a_partition_that_goes_before_it_was_placed_is_forgotten() -> None:
    world = World()
    world.append(A, 4)
    world.source.disconnect()
    world.source.assign(A)
    world.turn()
    world.source.revoke(A)
    world.turn()
    world.source.reconnect()
    report = world.turn(2)
    assert (seen(report), report.partitions) == (0, ())


def test_a_report_says_where_a_partition_begins_before_anything_came() -> None:
    world = World(start="latest")
    world.append(A, 9)
    world.source.assign(A)
    assert [p.frontier for p in world.turn().partitions] == [9]


# Partitions come and go


def test_what_a_partition_brought_before_it_went_is_counted_once_it_is_back() -> None:
    world = reading(A, B)
    for _ in range(3):
        world.append(A, 5)
        world.append(B, 7)
        world.turn()
        world.source.revoke(B)
        world.append(A, 5)
        world.turn()
        world.source.assign(B)
        world.turn(2)
    assert world.stored == world.truth


@pytest.mark.parametrize("what", TROUBLES)
def test_a_partition_that_goes_while_a_checkpoint_is_in_doubt_loses_and_doubles_nothing(
    what: str,
) -> None:
    world = reading(A, B)
    setattr(world.trouble, what, 1)
    world.append(A, 5)
    world.append(B, 7)
    world.turn()
    world.source.revoke(B)
    world.turn()
    world.source.assign(B)
    report = world.turn(3)
    assert (world.stored, in_windows(report)) == (world.truth, 4 + 6)


@pytest.mark.parametrize("what", TROUBLES)
def test_a_checkpoint_in_doubt_when_a_partition_goes_counts_once_for_the_others(what: str) -> None:
    world = reading(A, B)
    setattr(world.trouble, what, 1)
    world.append(A, 5)
    world.append(B, 7)
    world.turn()
    world.source.revoke(B)
    world.append(A, 5)
    assert in_windows(world.turn(2)) == 8
    assert world.stored[A] == 10


@pytest.mark.parametrize("what", TROUBLES)
def test_a_checkpoint_in_doubt_when_a_partition_comes_counts_once(what: str) -> None:
    world = reading(A, B)
    world.append(B, 7)
    world.turn()
    world.source.revoke(B)
    world.turn()
    setattr(world.trouble, what, 1)
    world.append(A, 5)
    world.turn()
    world.source.assign(B)
    assert in_windows(world.turn(3)) == 4 + 6
    world.append(A, 5)
    assert in_windows(world.turn()) == 8 + 6
    assert world.stored == world.truth


def test_alarms_are_taken_up_though_the_partitions_are_new_ones() -> None:
    world = reading(A)
    world.source.append(A, [value(0.001, x=None)] * 60 + [value(0.0013)])
    assert only(world.turn(2)).alarms.level(0) == "page"
    world.loop = world.begin()
    world.source.revoke(A)
    world.source.poll(0)
    world.source.assign(B)
    assert only(world.turn()).alarms.level(0) == "page"


def test_a_new_partition_leaves_the_others_as_they_are() -> None:
    world = reading(A)
    world.append(A, 5)
    world.turn()
    world.source.assign(B)
    world.append(B, 7)
    report = world.turn(2)
    assert (seen(report), in_windows(report)) == (12, 4 + 6)


# The log


def test_a_log_out_of_reach_is_told_since_when() -> None:
    world = reading(A)
    world.source.disconnect()
    for world.now in (100, 200):
        world.turn()
    assert "disconnected" in only(world.reports[-1]).blind
    assert "0 s" in only(world.reports[-1]).blind["disconnected"]
    world.source.reconnect()
    assert "disconnected" not in only(world.turn()).blind


def test_a_clock_that_jumps_changes_no_count_and_no_alarm() -> None:
    steady, jumping = reading(A), reading(A)
    clock = [10**15, 10**15 + 10**12, 10**15 - 10**12, 0, 10**15]
    for i, now in enumerate(clock):
        for world in (steady, jumping):
            world.now = 10**15 if world is steady else now
            world.source.append(A, [value(1.0 + i / 10, x=None)] * 60 + [value(100.0 * i)])
            world.turn()
    left, right = (world.turn(2) for world in (steady, jumping))
    assert dict(left.outcomes) == dict(right.outcomes)
    assert only(left).alarms.to_bytes() == only(right).alarms.to_bytes()
    assert only(left).alarms.active.any()
    assert steady.store.load().panes == jumping.store.load().panes


def test_a_topic_that_was_made_again_is_a_gap_and_is_read_from_its_beginning() -> None:
    world = reading(A)
    world.source.recreate("log", "first")
    world.source.assign(A)
    world.append(A, 9)
    world.turn(2)
    before = dict(world.stored)
    world.source.recreate("log", "second")
    world.source.append(A, [value(1.0)] * 4)
    world.source.assign(A)
    report = world.turn(3)
    assert world.stored[A] == before[A] + 4
    assert "recreated" in only(report).blind["gap"]


def test_a_topic_that_is_made_again_while_it_is_read_is_counted_once() -> None:
    world = World()
    world.source._topic_ids["log"] = "first"
    world.source.assign(A)
    world.append(A, 5)
    world.turn(2)
    world.source._topic_ids["log"] = "second"
    world.source._logs[A] = _Log()
    world.source._positions[A] = 0
    world.source._gaps.append(Gap(A, 5, 0, None, "recreated"))
    world.append(A, 4)
    world.turn(3)
    world.restart()
    world.append(A, 2)
    world.turn(2)
    assert world.stored == {A: 5 + 4 + 2}


def test_a_partition_that_is_new_in_a_known_topic_is_read_from_its_beginning() -> None:
    world = World(start="latest")
    world.source.append(A, [value(1.0)] * 5)
    world.source.assign(A)
    world.turn(2)
    world.source.append(B, [value(1.0)] * 3)
    world.source.assign(B)
    assert seen(world.turn(2)) == 3


def test_records_that_were_lost_are_told() -> None:
    world = reading(A)
    world.append(A, 9)
    world.source.expire(A, before=7)
    report = world.turn(2)
    assert seen(report) == 2
    assert only(report).blind["gap"] == "log/0: 7 offsets from 0 were lost (expired)"


def test_panes_that_fill_up_while_nothing_can_be_saved_stop_the_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driftwatch.monitor.monitor.MAX_PENDING_CELLS", 2000)
    world = reading(A, batch_records=1)
    world.trouble.save = 10**6
    for time_s in range(10):
        world.append(A, 1, time_s=float(time_s))
    world.turn(10)
    waiting = world.source.progress()[A].lag_records
    assert waiting is not None
    assert waiting > 0
    world.trouble.save = 0
    assert seen(world.turn(15)) == 10


def test_what_is_read_and_not_counted_yet_closes_no_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftwatch.monitor.monitor.MAX_PENDING_CELLS", 2000)
    monkeypatch.setattr(daemon, "MOST_RECORDS", 1)
    world = reading(A, B)
    times = [0.001 * i for i in range(10)]
    for partition in (A, B):
        world.source.append(partition, [value(time_s) for time_s in times])
    world.source.end()
    report = world.turn(2)
    assert (report.outcomes["counted"], report.outcomes["unevaluated"]) == (20, 0)


# Reloads


def reload(world: World, **changes: Any) -> bool:
    totals = world.loop.parts.monitor.totals
    return world.loop.replace(world.decoder(), monitor_of(ROOMY, totals=totals, **changes))


def test_a_reload_keeps_counts_and_counters() -> None:
    world = reading(A)
    world.append(A, 4)
    world.turn()
    assert reload(world)
    world.append(A, 4)
    report = world.turn(2)
    assert (seen(report), in_windows(report), world.stored) == (8, 6, {A: 8})


def test_a_reload_loses_nothing_that_an_earlier_failure_has_left_over() -> None:
    world = reading(A)
    world.trouble.save = 1
    world.append(A, 4)
    world.turn()
    world.append(A, 4)
    world.loop._next_checkpoint = float("inf")
    world.turn()
    assert reload(world)
    assert (seen(world.turn(2)), world.stored) == (8, {A: 8})


def test_a_reload_raises_no_alarm_a_second_time() -> None:
    world = reading(A)
    world.loop._next_checkpoint = float("inf")
    world.source.append(A, [value(0.001, x=None)] * 60)
    world.turn()
    world.trouble.save = 1
    world.loop.checkpoint()
    world.loop._next_checkpoint = float("inf")
    world.source.append(A, [value(0.0013)])  # closes the pane of the others
    world.turn()
    assert reload(world)
    world.loop._next_checkpoint = 0.0
    world.source.append(A, [value(0.0014)])
    report = world.turn(2)
    assert only(report).alarms_total[:, 0].tolist() == [1, 1]
    assert len([event for event in report.alarms if event.cleared_us is None]) == 2


@pytest.mark.parametrize("what", ["save", "commit"])
def test_a_reload_that_can_not_save_changes_nothing(what: str) -> None:
    world = reading(A)
    world.append(A, 4)
    setattr(world.trouble, what, 2)
    world.loop._next_checkpoint = float("inf")
    world.turn()
    before = world.loop.parts.monitor
    assert not reload(world)
    assert world.loop.parts.monitor is before
    world.loop._next_checkpoint = 0.0
    assert seen(world.turn(4)) == 4


def test_a_reload_that_can_not_read_the_state_changes_nothing() -> None:
    world = reading(A)
    world.append(A, 4)
    world.turn()
    before = world.loop.parts.monitor
    world.trouble.load = 1
    with pytest.raises(StateError):
        reload(world)
    assert world.loop.parts.monitor is before
    world.append(A, 4)
    assert (seen(world.turn(2)), world.stored) == (8, {A: 8})


def test_a_reload_with_another_baseline_starts_its_stream_anew_and_goes_on_reading() -> None:
    world = reading(A)
    world.append(A, 4)
    world.turn()
    other = baseline_of({"x": [float(i) for i in range(200)], "w": ["a", "b"] * 100})
    assert reload(world, baselines=(other,))
    assert in_windows(world.reports[-1]) == 0
    world.append(A, 4)
    report = world.turn(2)
    assert (seen(report), in_windows(report)) == (8, 3)
    assert world.store.load().partitions[A].frontier == 8


def test_a_reload_before_any_partition_came_is_fine() -> None:
    world = World()
    assert reload(world)
    world.source.assign(A)
    world.append(A, 4)
    assert seen(world.turn(3)) == 4


# Anything at all

Action = tuple[str, int]
actions: st.SearchStrategy[list[Action]] = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("append A", "append B", "turn")), st.integers(1, 6)),
        st.tuples(st.sampled_from(("append A", "append B", "turn")), st.integers(1, 6)),
        st.tuples(
            st.sampled_from(
                (
                    *("save", "commit", "commit_after", "disconnect", "reconnect", "revoke"),
                    *("assign", "reload", "restart", "slow down", "hurry"),
                )
            ),
            st.integers(1, 3),
        ),
    ),
    max_size=40,
)


def act(world: World, action: str, number: int, time_s: float) -> None:
    owned = world.source.progress().keys()
    if action.startswith("append"):
        world.append(A if action.endswith("A") else B, number, time_s=time_s)
    elif action == "turn":
        world.turn(number)
    elif action in ("save", "commit", "commit_after"):
        setattr(world.trouble, action, number)
    elif action in ("disconnect", "reconnect"):
        getattr(world.source, action)()
    elif action == "revoke" and B in owned:
        world.source.revoke(B)
    elif action == "assign" and B not in owned:
        world.source.assign(B)
    elif action == "reload":
        reload(world)
    elif action == "restart":
        world.restart()
    elif action == "slow down":
        world.loop._next_checkpoint = float("inf")
    elif action == "hurry":
        world.loop._next_checkpoint = 0.0


def heal(world: World) -> Report:
    world.trouble.__init__()  # type: ignore[misc]
    world.source.reconnect()
    world.loop._next_checkpoint = 0.0
    if B not in world.source.progress():
        world.source.assign(B)
    world.turn()
    while any(known.lag_records != 0 for known in world.source.progress().values()):
        world.turn()
    return world.turn(3)


@given(actions)
@example([("append B", 1), ("disconnect", 1), ("restart", 1), ("revoke", 1)])
@settings(max_examples=60)
def test_whatever_happens_every_record_counts_once(history: list[Action]) -> None:
    world = World(batch_records=4)
    world.source.assign(A, B)
    world.turn()
    world.truth = {A: 0, B: 0}
    time_s = 1.0
    for action, number in history:
        before = seen(world.reports[-1])
        reports = len(world.reports)
        act(world, action, number, time_s)
        counts = [seen(report) for report in world.reports[reports:]]
        assert all(count <= sum(world.truth.values()) for count in counts)
        if action != "restart":
            assert sorted([before, *counts]) == [before, *counts]
        time_s += 0.00001
    report = heal(world)
    stored = {**dict.fromkeys(world.truth, 0), **world.stored}
    assert stored == world.truth
    readable = sum(s.tallies.get("counted", 0) for s in world.store.load().partitions.values())
    assert in_windows(report) == readable


@pytest.fixture(params=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the store; a lasting one as often as one likes, one after the other."""
    kept = MemoryStore()
    opened: list[Store] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened[:] = [SqliteStore(tmp_path)] if request.param == "sqlite" else []
        return opened[0] if opened else kept

    yield again
    for store in opened:
        store.close()


def test_a_process_that_starts_again_goes_on_from_any_store(
    open_store: Callable[[], Store],
) -> None:
    world = reading(A, B, store=open_store())
    for step in range(5):
        for i in range(4):
            world.append(A, 8, time_s=0.001 * (step + 1) + i * PANE / 1e6)
            world.append(B, 4, time_s=0.001 * (step + 1))
            world.turn()
        world.store = FailingStore(open_store(), world.trouble)
        world.restart()
    report = world.turn()
    assert world.stored == world.truth
    assert only(report).key == KEY


def test_each_step_is_timed() -> None:
    world = reading(A)
    world.append(A, 4)
    world.turn()
    assert all(seconds > 0 for seconds in world.loop.seconds.values())
    assert tuple(world.loop.seconds) == daemon.STEPS


def test_nothing_is_checkpointed_before_it_is_time() -> None:
    world = reading(A)
    world.loop._next_checkpoint = float("inf")
    world.append(A, 4)
    published = len(world.reports)
    world.turn(3)
    assert (len(world.reports), world.stored) == (published, {A: 0})


def test_the_monitor_in_charge_is_the_one_of_the_latest_reload() -> None:
    world = reading(A)
    new: Monitor = monitor_of(ROOMY, totals=world.loop.parts.monitor.totals)
    assert world.loop.replace(world.decoder(), new)
    assert world.loop.parts.monitor is new
