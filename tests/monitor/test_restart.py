"""A restart changes nothing: what a store gives back goes on as if there had been none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.errors import StateError
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.report import AlarmEvent, Report
from driftwatch.protocol.checkpoint import Snapshot
from driftwatch.records import Partition
from driftwatch.state.memory import MemoryStore
from tests.decode.baselines import baseline_of
from tests.monitor.scenes import (
    BOUNDS,
    ENDED,
    KEY,
    LENGTHS,
    POLICY,
    READING,
    A,
    B,
    Record,
    batch_of,
    many,
    monitor_of,
    only,
    placed,
    rows,
    seen,
)

Lengths = Sequence[tuple[str, int]]


@dataclass
class World:
    """A monitor, its store, and the loop between them."""

    lengths: Lengths = LENGTHS
    policy: MonitorPolicy = POLICY
    store: MemoryStore = field(default_factory=MemoryStore)
    offsets: dict[Partition, int] = field(default_factory=dict)
    events: dict[tuple[object, ...], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.monitor = self.begin()

    def begin(self) -> Monitor:
        monitor = monitor_of(self.policy, lengths=self.lengths)
        snapshot = self.store.load()
        monitor.assign(placed({p: snapshot.partitions.get(p) for p in (A, B)}), snapshot)
        return monitor

    def restart(self) -> None:
        """The process dies; a new one closes what is complete before it reads on."""
        self.monitor = self.begin()
        self.advance()

    def add(self, partition: Partition, records: Sequence[Record]) -> None:
        offset = self.offsets.get(partition, 0) + len(records)
        self.offsets[partition] = offset
        self.monitor.add(batch_of(records, partition, next_offset=offset))

    def save(self) -> None:
        checkpoint = self.monitor.checkpoint()
        if checkpoint is not None:
            self.store.save(checkpoint)

    def advance(self, *, ended: bool = False) -> Report:
        report = self.monitor.advance(0, ENDED if ended else READING)
        for e in report.fresh:
            self.events[(e.column, e.severity, e.raised_us, e.onset_us, e.cleared_us)] = None
        return report


records = st.lists(
    st.tuples(st.integers(-300, 60), st.integers(0, 60), st.sampled_from((None, 5.0, 50.0))),
    max_size=4,
)
rounds = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.lists(st.tuples(st.sampled_from((A, B)), records), max_size=3),
        st.sampled_from(("go on",) * 3 + ("die saved", "die confirmed", "die advanced")),
    ),
    min_size=1,
    max_size=15,
)
Round = tuple[int, list[tuple[Partition, list[tuple[int, int, float | None]]]], str]

THREE: Lengths = (("short", 600), ("long", 7200), ("longest", 14_400))
LONGER: Lengths = (("short", 600), ("long", 7200), ("longest", 57_600))


def live(world: World, history: Sequence[Round], *, restarts: bool) -> Report:
    now = 10_000
    for step, batches, death in history:
        now += step
        for partition, batch in batches:
            spread = [r for t, n, x in batch for r in many(n, max(0, now + t), x=x)]
            world.add(partition, spread)
        world.save()
        if restarts and death == "die saved":
            world.restart()
            continue
        world.monitor.confirm(0)
        if restarts and death == "die confirmed":
            world.restart()
            continue
        world.advance()
        if restarts and death == "die advanced":
            world.restart()
    world.save()
    world.monitor.confirm(0)
    return world.advance(ended=True)


@pytest.mark.parametrize("lengths", [LENGTHS[:1], LENGTHS, THREE], ids=["one", "two", "three"])
@given(history=rounds)
@settings(max_examples=25)
def test_wherever_it_dies_the_same_counts_and_the_same_alarms_come_out(
    lengths: Lengths, history: list[Round]
) -> None:
    one, other = World(lengths), World(lengths)
    expected = live(one, history, restarts=False)
    found = live(other, history, restarts=True)
    assert seen(found) == seen(expected)
    assert other.events == one.events


@pytest.mark.parametrize("lengths", [LENGTHS, LONGER], ids=["two", "three"])
def test_what_is_rolled_up_and_dropped_leaves_every_window_as_it_was(lengths: Lengths) -> None:
    world = World(lengths)
    end = 100_000 + lengths[-1][1] + 3000
    for now in range(100_000, end, 120):
        world.add(A, many(1, now))
        world.add(B, many(1, now - 30))
        world.save()
        world.monitor.confirm(0)
        if now > end - 1000:  # long enough for every place within a block
            again = world.begin().advance(0, READING)
            assert seen(again) == seen(world.advance())
        else:
            world.monitor.close_panes(0, READING)


def test_blocks_are_made_whole() -> None:
    world = World()
    for now in range(100_000, 102_000, 70):
        world.add(A, many(1, now))
        world.add(B, many(1, now))
        checkpoint = world.monitor.checkpoint()
        assert checkpoint is not None
        if checkpoint.retention is not None:
            assert checkpoint.retention.roll_up_before_us % checkpoint.retention.block_us == 0
        world.monitor.confirm(0)
        world.monitor.close_panes(0, READING)


def test_rolling_up_keeps_the_store_small() -> None:
    world = World()
    for now in range(100_000, 112_000, 60):
        world.add(A, many(1, now))
        world.add(B, many(1, now))
        world.save()
        world.monitor.confirm(0)
        world.monitor.close_panes(0, READING)
    assert len(world.store.load().panes) < 2 * (600 / 60 + 7200 / 120 + 10)


def alarmed() -> World:
    """A world in which x has been missing for a while."""
    world = World()
    for now in range(1000, 2200, 60):
        world.add(A, many(60, now, x=None))
        world.add(B, many(1, now))
        world.save()
        world.monitor.confirm(0)
        world.advance()
    return world


def test_an_alarm_that_stood_stands_after_a_restart() -> None:
    world = alarmed()
    world.restart()
    report = world.advance()
    assert only(report).alarms.level(0) == "page"
    assert {e.severity for e in report.alarms if e.cleared_us is None} == {"info", "page"}


def test_an_alarm_that_stood_is_not_raised_again_by_a_restart() -> None:
    world = alarmed()
    world.monitor = world.begin()
    assert only(world.monitor.advance(0, READING)).alarms_total.tolist() == [[0, 0], [0, 0]]


def test_a_detector_that_can_not_be_read_is_an_error_of_the_state() -> None:
    world = alarmed()
    snapshot = world.store.load()
    damaged = Snapshot(snapshot.panes, snapshot.partitions, {KEY: b"junk"}, snapshot.fingerprints)
    with pytest.raises(StateError, match="fraud"):
        monitor_of().assign({}, damaged)


# Other settings after the restart


def after(world: World, **changes: Any) -> Monitor:
    """A monitor with other settings that takes over what is stored."""
    monitor = monitor_of(**changes)
    snapshot = world.store.load()
    monitor.assign(placed(snapshot.partitions), snapshot)
    return monitor


def test_alarms_go_on_when_another_statistic_is_watched_as_well() -> None:
    more = {**BOUNDS, "ks_statistic": BOUNDS["psi"]}
    monitor = after(alarmed(), bounds=more)
    stream = only(monitor.advance(0, READING))
    assert stream.alarms.level(0) == "page"
    assert {event.statistic for event in monitor.totals.alarms.events} == {"missing_ratio"}


def test_alarms_by_a_statistic_that_is_no_longer_watched_are_dropped() -> None:
    monitor = after(alarmed(), bounds={"psi": BOUNDS["psi"]})
    assert only(monitor.advance(0, READING)).alarms.level(0) == "ok"


@pytest.mark.parametrize(
    "bounds", [{}, {"psi": BOUNDS["psi"]}], ids=["no bounds", "other statistics"]
)
def test_an_alarm_that_is_no_longer_watched_ends_in_the_report(
    bounds: Any,
) -> None:
    world = alarmed()
    before = world.monitor
    monitor = monitor_of(totals=before.totals, bounds=bounds)
    snapshot = world.store.load()
    monitor.adopt(before, snapshot)
    report = monitor.advance(0, READING)
    assert [event for event in report.alarms if event.cleared_us is None] == []
    assert {event.severity for event in report.fresh} == {"info", "page"}


def test_an_alarm_of_a_stream_that_is_gone_ends_in_the_report() -> None:
    world = alarmed()
    before = world.monitor
    other = baseline_of({"x": [float(i) for i in range(100)], "w": ["a"] * 100}, version="2")
    monitor = monitor_of(totals=before.totals, baselines=(other,))
    snapshot = world.store.load()
    monitor.adopt(before, snapshot)
    report = monitor.advance(0, READING)
    assert [event for event in report.alarms if event.cleared_us is None] == []


def standing(events: Sequence[AlarmEvent]) -> list[AlarmEvent]:
    return [event for event in events if event.cleared_us is None]


def test_a_monitor_that_takes_over_raises_no_alarm_a_second_time() -> None:
    world = alarmed()
    before = world.monitor
    old = only(before.advance(0, READING))
    monitor = monitor_of(totals=before.totals)
    snapshot = world.store.load()
    monitor.adopt(before, snapshot)
    report = monitor.advance(0, READING)
    stream = only(report)
    assert stream.alarms.to_bytes() == old.alarms.to_bytes()
    assert stream.alarms_total.tolist() == old.alarms_total.tolist()
    assert len(standing(report.alarms)) == 2


def test_a_stream_whose_baseline_changed_starts_anew() -> None:
    world = alarmed()
    other = baseline_of({"x": [float(i) for i in range(200)], "w": ["a", "b"] * 100})
    monitor = after(world, baselines=(other,))
    assert monitor.starting_anew(world.store.load()) == {KEY}
    report = monitor.advance(0, READING)
    assert (rows(report), only(report).alarms.level(0)) == (0, "ok")
    assert monitor.states()[A].frontier == world.offsets[A]


def test_a_stream_that_starts_anew_takes_the_place_of_the_old_one_in_the_store() -> None:
    world = alarmed()
    other = baseline_of({"x": [float(i) for i in range(200)], "w": ["a", "b"] * 100})
    monitor = after(world, baselines=(other,))
    monitor.add(batch_of(many(3, 2200)))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    world.store.save(checkpoint)
    again = after(world, baselines=(other,))
    assert again.starting_anew(world.store.load()) == set()
    assert rows(again.advance(0, READING)) == 3


def test_with_longer_windows_what_is_stored_is_used() -> None:
    world = World(policy=replace(POLICY, history_us=50_000))
    for now in range(100_000, 120_000, 600):
        world.add(A, many(1, now))
        world.save()
        world.monitor.confirm(0)
        world.advance()
    monitor = after(world, lengths=(*LENGTHS, ("longest", 18_000)))
    assert rows(monitor.advance(0, READING), 2) == 18_000 / 600 + 1  # a block reaches out of it
