"""From batches to a report: everything that is confirmed, once, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.gauges import MIN_ROWS
from driftwatch.monitor.monitor import MAX_PENDING_CELLS, MAX_UNKNOWN_COLUMNS, Monitor
from driftwatch.monitor.report import Budget, Report
from driftwatch.protocol.checkpoint import PartitionState, Snapshot
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import ModelVersion, Partition, Progress, Reason, StreamKey
from driftwatch.state.memory import MemoryStore
from tests.decode.baselines import baseline_of
from tests.monitor.scenes import (
    BASELINE,
    ENDED,
    IDLE_AFTER,
    KEY,
    LATENESS,
    PANE,
    POLICY,
    READING,
    SHORT,
    A,
    B,
    Record,
    at,
    batch_of,
    confirm,
    feed,
    many,
    monitor_of,
    monitoring,
    only,
    placed,
    rows,
    stream_policy,
)
from tests.monitor.test_fate import Slow

NOTHING = Snapshot({}, {}, {}, {})


# Counting

times = st.integers(0, 3000)
records = st.builds(
    Record,
    times,
    st.none() | st.sampled_from((0.0, 5.0, 50.0, 99.0, 1e9)),
    st.sampled_from(("a", "b", "zz")),
)
reasons: st.SearchStrategy[Reason] = st.sampled_from(("unparsable", "too_large", "unknown_version"))
batches = st.lists(
    st.tuples(st.sampled_from((A, B)), st.lists(records | records | reasons, max_size=8)),
    max_size=8,
)


@given(batches, st.data())
@settings(max_examples=150)
def test_a_report_counts_what_the_rule_of_fates_counts(
    log: list[tuple[Partition, list[Record | Reason]]], data: st.DataObject
) -> None:
    monitor = monitoring(A, B)
    judges = {A: Slow(POLICY.fate), B: Slow(POLICY.fate)}
    outcomes = dict.fromkeys(("counted", "late", "rejected", "unrouted"), 0)
    counted: list[Record] = []
    for partition, batch in log:
        for record in batch:
            if isinstance(record, Record):
                fate = judges[partition].fate(record.time, None)
                outcomes["rejected" if fate == "future" else fate] += 1
                counted += [record] if fate == "counted" else []
            else:
                outcomes["unrouted" if record == "unknown_version" else "rejected"] += 1
        monitor.add(batch_of(batch, partition))
        if data.draw(st.booleans()):
            confirm(monitor)
            monitor.advance(0, READING)
    confirm(monitor)
    report = monitor.advance(0, ENDED)
    found = {name: report.outcomes[name] for name in outcomes}  # type: ignore[index]
    assert found == outcomes
    stream = only(report)
    assert stream.records == len(counted)
    if counted:
        check_window(report, counted)


def check_window(report: Report, counted: Sequence[Record]) -> None:
    window = only(report).windows[0]
    start = window.end_us - SHORT
    inside = [r for r in counted if r.time >= start - start % PANE and r.time < window.end_us]
    assert window.end_us == (max(r.time for r in counted) // PANE + 1) * PANE
    assert window.counts.rows == len(inside)
    side = window.gauges.side
    assert side["null"].tolist() == [sum(r.x is None for r in inside), 0]
    assert side["above"][0] == sum(r.x == 1e9 for r in inside)
    assert side["new"][1] == sum(r.w == "zz" for r in inside)


def test_nothing_that_is_not_confirmed_is_in_a_report() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(100, 1000)))
    monitor.checkpoint()
    report = monitor.advance(0, READING)
    assert (rows(report), report.outcomes["counted"], report.last_record_us) == (0, 0, None)


def test_what_comes_between_checkpoint_and_confirmation_waits_for_the_next() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(3, 1000), next_offset=3))
    first = monitor.checkpoint()
    monitor.add(batch_of(many(4, 1010), next_offset=7))
    monitor.confirm(0)
    assert monitor.advance(0, READING).outcomes["counted"] == 3
    second = monitor.checkpoint()
    monitor.confirm(0)
    assert monitor.advance(0, READING).outcomes["counted"] == 7
    assert first is not None
    assert second is not None
    assert [sum(c.rows for c in each.panes.values()) for each in (first, second)] == [3, 4]
    assert [each.partitions[A].frontier for each in (first, second)] == [3, 7]


def test_a_checkpoint_is_the_same_until_it_is_confirmed() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(3, 1000)))
    first = monitor.checkpoint()
    monitor.add(batch_of(many(4, 1010)))
    assert monitor.checkpoint() == first


def test_where_nothing_has_moved_there_is_nothing_to_save() -> None:
    monitor = monitoring(A)
    assert monitor.checkpoint() is None
    feed(monitor, Record(1000))
    confirm(monitor)  # the panes that have closed since
    assert monitor.checkpoint() is None


def test_a_batch_without_records_moves_the_frontier() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of([], next_offset=9))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    assert checkpoint.partitions[A].frontier == 9


def test_panes_that_closed_without_a_record_are_saved_as_well() -> None:
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(100, 1000, x=None)))
    monitor.add(batch_of(many(1, 500), B))
    confirm(monitor)
    idle = {A: at(caught_up=True), B: at(caught_up=True)}
    for now in (0, IDLE_AFTER):
        monitor.advance(now, {A: at(), B: idle[B]})
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    assert (dict(checkpoint.panes), dict(checkpoint.partitions)) == ({}, {})
    assert checkpoint.detector[KEY] == monitor.streams[KEY].detector_bytes()
    monitor.confirm(0)
    assert monitor.checkpoint() is None


def test_alarms_are_saved_again_only_where_they_have_moved() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(100, 1000, x=None), next_offset=100))
    confirm(monitor)
    monitor.add(batch_of(many(1, 1000), next_offset=101))
    confirm(monitor)  # with the time of the first record
    monitor.add(batch_of(many(1, 1000), next_offset=102))
    unmoved = monitor.checkpoint()
    assert unmoved is not None
    assert unmoved.detector == {}
    monitor.confirm(0)
    monitor.advance(0, ENDED)  # a pane closes
    moved = monitor.checkpoint()
    assert moved is not None
    assert moved.detector == {KEY: monitor.streams[KEY].detector_bytes()}


def test_batches_of_partitions_that_are_not_ours_are_left_alone() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(3, 1000), B))
    assert monitor.checkpoint() is None


def test_what_is_pending_is_large_when_a_few_records_lie_in_many_panes() -> None:
    monitor = monitoring(A)
    size = monitor.streams[KEY].layout.size
    panes = MAX_PENDING_CELLS // size + 1
    monitor.add(batch_of([Record(PANE * i) for i in range(panes - 1)]))
    found = [monitor.pending_is_large]
    monitor.add(batch_of([Record(PANE * panes)]))
    found.append(monitor.pending_is_large)
    confirm(monitor)
    assert [*found, monitor.pending_is_large] == [False, True, False]


def test_counters_of_reasons_stand_beside_those_of_outcomes() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(["not_utf8", "not_utf8", "unknown_model", Record(0)]))
    monitor.add(batch_of([Record(9000), Record(0)], broker=[0, 0]))
    confirm(monitor)
    found = monitor.advance(0, READING).reasons
    expected = {"not_utf8": 2, "unknown_model": 1, "future": 1}
    assert {name: n for name, n in found.items() if n} == expected


# Event time, by partition


def test_a_silent_partition_holds_panes_open_until_it_is_idle() -> None:
    monitor = monitoring(A, B)
    progress = {A: at(), B: at(caught_up=True)}
    feed(monitor, Record(100), partition=B, progress=progress)
    watermarks = [
        only(feed(monitor, Record(1000 + now), now=now, progress=progress)).watermark_us
        for now in (0, IDLE_AFTER - 1, IDLE_AFTER)
    ]
    assert watermarks == [100 - LATENESS, 100 - LATENESS, 1000 + IDLE_AFTER - LATENESS]


def test_what_comes_for_a_closed_pane_is_counted_and_not_evaluated() -> None:
    monitor = monitoring(A, B)
    progress = {A: at(), B: at(caught_up=True)}
    feed(monitor, Record(100), partition=B, progress=progress)
    for now in (0, IDLE_AFTER):
        feed(monitor, Record(1000), now=now, progress=progress)
    report = feed(monitor, *many(7, 500), partition=B, progress=progress)
    assert (report.outcomes["counted"], report.outcomes["unevaluated"]) == (10, 7)
    assert rows(report) == 9  # the one at 100 has left the window


def test_lateness_is_decided_within_a_partition() -> None:
    monitor = monitoring(A, B)
    feed(monitor, Record(5000))
    report = feed(monitor, Record(100), partition=B)
    assert report.outcomes["late"] == 0


def test_records_out_of_order_close_no_pane_early() -> None:
    monitor = monitoring(A)
    for time in (1000, 1100, 1050, 990):
        feed(monitor, Record(time))
    report = feed(monitor, Record(1105))
    assert (report.outcomes["counted"], report.outcomes["unevaluated"]) == (5, 0)


def test_a_log_that_has_ended_everywhere_is_judged_to_its_end() -> None:
    monitor = monitoring(A, B)
    feed(monitor, *many(100, 1000, x=None))
    assert only(monitor.advance(0, READING)).alarms.level(0) == "ok"
    assert only(monitor.advance(0, ENDED)).alarms.level(0) == "page"


def test_what_was_read_and_is_not_saved_makes_no_partition_idle_or_ended() -> None:
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(1, 100), B))
    monitor.add(batch_of(many(1, 1000)))
    confirm(monitor)
    monitor.add(batch_of(many(60, 200), B))
    done = {A: at(), B: at(caught_up=True, ended=True)}
    for now in (0, IDLE_AFTER):
        monitor.advance(now, done)
    confirm(monitor)
    report = monitor.advance(IDLE_AFTER, done)
    assert report.outcomes["unevaluated"] == 0


def test_windows_end_with_the_newest_pane_while_something_is_read() -> None:
    monitor = monitoring(A)
    report = feed(monitor, Record(1000), now=99_999)
    assert only(report).windows[0].end_us == 1020


def test_windows_go_on_with_the_clock_once_nothing_comes() -> None:
    monitor = monitoring(A)
    progress = {A: at(caught_up=True)}
    feed(monitor, *many(100, 1000), now=1000, progress=progress)
    report = monitor.advance(1000 + IDLE_AFTER + SHORT + PANE, progress)
    assert rows(report) == 0


# Partitions come and go


def test_what_a_partition_brought_goes_with_it() -> None:
    store = MemoryStore()
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(3, 1000)))
    monitor.add(batch_of(many(4, 1000), B))
    save(monitor, store)
    monitor.revoke([B])
    monitor.restore(store.load([A]))
    report = monitor.advance(0, READING)
    assert (rows(report), only(report).records) == (3, 3)
    assert [p.partition for p in report.partitions] == [A]


def test_what_was_pending_of_a_partition_that_went_is_never_saved() -> None:
    store = MemoryStore()
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(3, 1000)))
    monitor.add(batch_of(many(4, 1000), B))
    monitor.checkpoint()  # and it could not be saved
    monitor.add(batch_of(many(5, 1000), B))
    monitor.revoke([B])
    monitor.restore(store.load([A]))
    save(monitor, store)
    assert monitor.advance(0, READING).outcomes["counted"] == 3
    assert store.load().partitions.keys() == {A}


def test_a_partition_that_comes_back_goes_on_where_it_was_saved() -> None:
    store = MemoryStore()
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(4, 1000), B, next_offset=4))
    save(monitor, store)
    monitor.revoke([B])
    monitor.restore(store.load([A]))
    monitor.assign(placed(store.load([B]).partitions), store.load([A, B]))
    assert monitor.states()[B].frontier == 4
    assert rows(monitor.advance(0, READING)) == 4


def test_a_partition_that_is_assigned_twice_is_counted_once() -> None:
    monitor = monitoring(A)
    monitor.add(batch_of(many(4, 1000)))
    monitor.assign(placed({A: None}), None)
    monitor.add(batch_of(many(4, 1000)))
    confirm(monitor)
    assert rows(monitor.advance(0, READING)) == 4


def test_counters_keep_what_was_counted_before_a_partition_went() -> None:
    store = MemoryStore()
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(4, 1000), B))
    save(monitor, store)
    monitor.revoke([B])
    monitor.restore(store.load([A]))
    assert monitor.advance(0, READING).outcomes["counted"] == 4


def test_alarms_stay_as_they_are_when_a_partition_comes_or_goes() -> None:
    store = MemoryStore()
    monitor = monitoring(A)
    monitor.add(batch_of([*many(100, 1000, x=None), Record(1300)]))
    save(monitor, store)
    before = only(monitor.advance(0, READING))
    monitor.assign(placed({B: None}), store.load([A, B]))
    monitor.revoke([B])
    monitor.restore(store.load([A]))
    monitor.add(batch_of(many(1, 1400)))
    save(monitor, store)
    report = monitor.advance(0, READING)
    assert before.alarms.level(0) == "page"
    assert only(report).alarms.to_bytes() == before.alarms.to_bytes()
    assert only(report).alarms_total[:, 0].tolist() == [1, 1]
    assert len(report.alarms) == 2


def test_what_another_member_has_counted_makes_the_shortest_window_under_filled() -> None:
    monitor = monitor_of()
    start = PartitionState(7, clock_us=5000)
    taken = Placement(start, Commit(7), taken_over=True)
    monitor.assign({A: taken, **placed({B: None})}, None)
    monitor.add(batch_of(many(1, 5000 - SHORT), B))
    later = feed(monitor, *many(MIN_ROWS, 5000 + SHORT // 2))
    assert "1 of the partitions" in only(later).blind.get("under_filled", "")
    much_later = feed(monitor, *many(MIN_ROWS, 5000 + SHORT * 3 // 2))
    assert "under_filled" not in only(much_later).blind


def test_records_that_are_read_again_after_a_loss_advance_no_counter_twice() -> None:
    monitor = monitor_of()
    monitor.assign({A: Placement(PartitionState(0), Commit(0), counted_until=30)}, None)
    for offset in (20, 40, 50):
        monitor.add(batch_of(many(10, 1000), next_offset=offset))
        confirm(monitor)
    report = monitor.advance(0, READING)
    # Of the second batch some are new; rather too few than too many.
    assert (rows(report), report.outcomes["counted"]) == (30, 10)


def test_a_member_with_a_part_of_the_partitions_spends_a_part_of_the_budget() -> None:
    monitor = monitor_of(
        replace(POLICY, budget=Budget(2, 3600.0)), alarms=stream_policy(budget_panes=1e3).alarms
    )
    bank = monitor.streams[KEY].detector.bank
    assert bank is not None
    whole = bank.log_threshold
    monitor.take_share(0.25)
    assert bank.log_threshold == pytest.approx(whole + np.log(4))
    assert monitor.advance(0, READING).budget == Budget(2, 4 * 3600.0)


def save(monitor: Monitor, store: MemoryStore) -> None:
    checkpoint = monitor.checkpoint()
    if checkpoint is not None:
        store.save(checkpoint)
    monitor.confirm(0)


# Blindness


def full(monitor: Monitor, now: int = 1000, **options: Any) -> Report:
    """Fill the shortest window, so that nothing is amiss."""
    filling = [Record(now - SHORT - PANE + 10 * i) for i in range(SHORT // 10 + PANE // 10)]
    return feed(monitor, *filling, Record(now), now=now, **options)


def blind(report: Report) -> set[str]:
    return set(only(report).blind)


def test_a_stream_with_a_full_window_sees() -> None:
    assert blind(full(monitoring(A))) == set()


def test_a_stream_is_warming_up_until_its_shortest_window_is_full() -> None:
    monitor = monitoring(A)
    reports = [feed(monitor, *many(60, time), now=time) for time in (1000, 1499, 1500)]
    assert ["warming_up" in blind(report) for report in reports] == [True, True, False]


def test_a_window_with_few_records_is_under_filled_until_there_are_more() -> None:
    monitor = monitoring(A)
    feed(monitor, Record(420))
    few = feed(monitor, *many(MIN_ROWS - 2, 1000), now=1000)
    enough = feed(monitor, *many(2, 1000), now=1000)
    assert (blind(few), blind(enough)) == ({"under_filled"}, set())


def test_silence_is_told_until_the_next_record() -> None:
    monitor = monitoring(A)
    full(monitor)
    silent = monitor.advance(1501, READING)
    assert "no_records" in blind(silent)
    assert "no_records" not in blind(feed(monitor, Record(1001), now=1501))


def test_a_stream_that_never_had_a_record_is_silent_after_a_while() -> None:
    monitor = monitor_of(started=1000)
    monitor.assign(placed({A: None}), None)
    assert "no_records" not in blind(monitor.advance(1500, READING))
    assert "no_records" in blind(monitor.advance(1501, READING))


def test_a_log_that_can_not_be_reached_is_told_while_it_lasts() -> None:
    monitor = monitoring(A)
    full(monitor)
    assert blind(monitor.advance(1000, READING, disconnected_since_us=900)) == {"disconnected"}
    assert blind(monitor.advance(1000, READING)) == set()


@pytest.mark.parametrize(
    ("progress", "lagging"), [(READING, True), ({A: at(caught_up=True)}, False)]
)
def test_reading_far_behind_is_told_while_records_wait(
    progress: Mapping[Partition, Progress], lagging: bool
) -> None:
    monitor = monitoring(A)
    full(monitor)
    report = feed(monitor, Record(1001), now=1402, progress=progress)
    assert ("lagging" in blind(report)) is lagging


def test_one_partition_far_behind_is_enough() -> None:
    monitor = monitoring(A, B)
    full(monitor)
    feed(monitor, Record(100), partition=B)
    report = feed(monitor, Record(1001), now=1001, progress={A: at(caught_up=True), B: at()})
    assert blind(report) == {"lagging"}


def test_a_checkpoint_that_can_not_be_confirmed_is_told_until_it_is() -> None:
    monitor = monitoring(A)
    full(monitor)
    monitor.add(batch_of(many(1, 1001)))
    monitor.checkpoint()
    assert "stale_checkpoint" not in blind(monitor.advance(1200, READING))
    assert "stale_checkpoint" in blind(monitor.advance(1201, READING))
    monitor.confirm(1201)
    assert "stale_checkpoint" not in blind(monitor.advance(1201, READING))


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (batch_of(["unparsable"] * 9), "unparsed"),
        (batch_of([Record(0)] * 9), "late"),
        (batch_of(["unknown_version"], unrouted={"fraud": 1}), "unrouted"),
    ],
    ids=["unparsed", "late", "unrouted"],
)
def test_losing_records_to_one_cause_is_told_for_a_while(batch: Any, reason: str) -> None:
    monitor = monitoring(A)
    full(monitor)
    monitor.add(batch)
    confirm(monitor, 1000)
    assert blind(monitor.advance(1000, READING)) == {reason}
    later = 1000 + SHORT + SHORT // 30
    assert reason not in blind(full(monitor, later))


def test_records_of_another_models_unknown_version_are_its_own_concern() -> None:
    monitor = monitoring(A)
    full(monitor)
    monitor.add(batch_of(["unknown_version"], unrouted={"churn": 1}))
    confirm(monitor, 1000)
    assert blind(monitor.advance(1000, READING)) == set()


def test_a_gap_is_told_until_the_longest_window_has_passed_it() -> None:
    monitor = monitoring(A, lengths=(("short", SHORT), ("long", 1200)))
    full(monitor)
    monitor.note_gap(A, 1000, "log/0: 7 offsets were lost")
    report = monitor.advance(1000, READING)
    assert only(report).blind == {"gap": "log/0: 7 offsets were lost"}
    assert "gap" in blind(full(monitor, 2199))
    assert "gap" not in blind(full(monitor, 2200))


def test_a_model_without_a_baseline_is_blind_for_it() -> None:
    monitor = monitor_of(without=["churn"])
    _, churn = monitor.advance(0, READING).streams
    assert churn.key.model == "churn"
    assert churn.blind.keys() == {"no_baseline"}


# The report


def test_a_report_says_where_each_partition_stands() -> None:
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(4, 1000), next_offset=4))
    confirm(monitor)
    progress = {A: Progress(4, 9, 5, caught_up=False), B: Progress(0, 0, 0, caught_up=True)}
    report = monitor.advance(0, progress, names={A: "clicks.jsonl"})
    found = [
        (p.partition, p.name, p.frontier, p.lag_records, p.caught_up, p.clock_us)
        for p in report.partitions
    ]
    assert found == [(A, "clicks.jsonl", 4, 5, False, 1000), (B, "log/1", 0, 0, True, None)]


def test_a_report_says_when_the_last_record_and_the_last_checkpoint_were() -> None:
    monitor = monitoring(A)
    report = feed(monitor, Record(500), now=777)
    assert (report.now_us, report.last_record_us, report.checkpoint_us) == (777, 777, 777)


def test_unknown_columns_are_reported_once_in_the_order_of_their_first_sight() -> None:
    monitor = monitoring(A)
    for names in (("b",), ("a", "b"), ("c",)):
        monitor.add(batch_of([], unknown_columns=names))
    assert monitor.advance(0, READING).unknown_columns == ("b", "a", "c")


def test_no_more_unknown_columns_are_kept_than_are_of_use() -> None:
    monitor = monitoring(A)
    for reload in range(3):
        monitor.add(batch_of([], unknown_columns=[f"{reload}:{i}" for i in range(150)]))
    assert len(monitor.advance(0, READING).unknown_columns) == MAX_UNKNOWN_COLUMNS


def test_a_partition_that_stays_in_the_past_makes_the_others_blind_as_lagging() -> None:
    monitor = monitoring(A, B)
    monitor.add(batch_of(many(MIN_ROWS, 10**6), A))
    monitor.add(batch_of(many(MIN_ROWS, 1000), B))
    confirm(monitor)
    read = {p: Progress(50, 50, 0, caught_up=True) for p in (A, B)}
    assert "held back by a partition" in only(monitor.advance(10**6, read)).blind["lagging"]
    monitor.revoke([B])
    assert "lagging" not in only(monitor.advance(10**6, read)).blind


def test_a_stream_says_what_its_columns_and_its_baseline_are() -> None:
    stream = only(monitoring(A).advance(0, READING))
    assert [(c.name, c.role, c.kind) for c in stream.columns] == [
        *(("x", "feature", "numeric"), ("w", "feature", "categorical"))
    ]
    assert stream.baseline["mean"][0] == pytest.approx(49.5)
    assert stream.baseline["missing_ratio"].tolist() == [0.0, 0.0]
    assert [w.name for w in stream.windows] == ["short", "long"]


def test_the_share_of_a_versions_traffic_is_that_of_the_shortest_window() -> None:
    second = baseline_of({"x": [float(i) for i in range(100)], "w": ["a"] * 100}, version="2")
    other = baseline_of({"x": [float(i) for i in range(100)], "w": ["a"] * 100}, model="churn")
    monitor = monitor_of(baselines=(BASELINE, second, other))
    monitor.assign(placed({A: None}), None)
    monitor.add(batch_of(many(30, 1000)))
    monitor.add(batch_of(many(10, 1000), route=ModelVersion("fraud", "2")))
    confirm(monitor)
    shares = [stream.traffic_share for stream in monitor.advance(0, READING).streams]
    assert shares == [0.75, 0.25, None]


def test_words_that_training_never_saw_are_shown_most_frequent_first() -> None:
    monitor = monitoring(A)
    for word in ("snow", "hail", "snow") * 20:
        feed(monitor, Record(1000, w=word))
    found = only(monitor.advance(0, READING)).new_values
    assert found == {"w": (("snow", 40), ("hail", 20))}


@pytest.mark.parametrize(
    ("show_values", "shown"), [(False, {"w": ()}), (True, {"w": (("snow", 19),)})]
)
def test_words_that_few_records_had_are_shown_on_request_only(
    show_values: bool, shown: object
) -> None:
    monitor = monitoring(A, show_values=show_values)
    for _ in range(19):
        feed(monitor, Record(1000, w="snow"))
    assert only(monitor.advance(0, READING)).new_values == shown


def test_words_of_a_sensitive_column_are_never_shown() -> None:
    monitor = monitoring(A, sensitive=frozenset({"w"}))
    report = feed(monitor, Record(1000, w="secret"))
    assert only(report).new_values == {}


def test_gauges_of_a_window_with_few_rows_are_not_there() -> None:
    monitor = monitoring(A)
    few = feed(monitor, *many(MIN_ROWS - 1, 1000))
    enough = feed(monitor, *many(1, 1000))
    for report, known in ((few, False), (enough, True)):
        by_name = only(report).windows[0].gauges.by_name
        assert bool(np.isfinite(by_name["psi"]).all()) is known
        assert bool(np.isfinite(by_name["missing_ratio"]).all()) is known


def test_gauges_include_the_open_panes() -> None:
    report = feed(monitoring(A), *many(60, 1000, x=None))
    assert only(report).windows[0].gauges.by_name["missing_ratio"][0] == 1.0
    assert only(report).alarms.level(0) == "ok"


def test_an_alarm_is_an_event_of_the_report_until_it_is_cleared() -> None:
    monitor = monitoring(A)
    feed(monitor, *many(60, 1000, x=None))
    raised = feed(monitor, Record(1000 + PANE + LATENESS))
    assert [(e.severity, e.column, e.cleared_us) for e in raised.fresh] == [
        *(("info", "x", None), ("page", "x", None))
    ]
    assert raised.alarms == raised.fresh
    for time in range(1300, 3000, PANE):
        feed(monitor, *many(60, time))
    report = monitor.advance(0, READING)
    assert report.alarms[0].cleared_us is not None
    assert only(report).alarms.level(0) == "ok"
    assert only(report).alarms_total[:, 0].tolist() == [1, 1]


def test_news_are_told_once() -> None:
    monitor = monitoring(A)
    feed(monitor, *many(60, 1000, x=None))
    assert feed(monitor, Record(1300)).fresh
    assert not monitor.advance(0, READING).fresh


def test_a_window_too_small_for_its_policy_raises_nothing() -> None:
    monitor = monitoring(A, min_rows=100)
    feed(monitor, *many(99, 1000, x=None))
    assert only(feed(monitor, Record(1300))).alarms.level(0) == "ok"


def test_streams_of_several_versions_are_counted_each_for_itself() -> None:
    second = BASELINE.model_copy(update={"model_version": "2"})
    monitor = monitor_of(baselines=(BASELINE, second))
    monitor.assign(placed({A: None}), None)
    monitor.add(batch_of(many(3, 1000)))
    monitor.add(batch_of(many(4, 1000), route=second.route))
    confirm(monitor)
    report = monitor.advance(0, READING)
    assert {s.key: s.records for s in report.streams} == {KEY: 3, StreamKey("fraud", "2"): 4}
    assert report.outcomes["counted"] == 7


def test_history_that_is_longer_than_the_windows_is_kept() -> None:
    policy = replace(POLICY, history_us=50_000)
    monitor = monitoring(A, policy=policy)
    feed(monitor, Record(100_000))
    monitor.add(batch_of([Record(100_100)]))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    assert checkpoint.retention is not None
    assert 40_000 < checkpoint.retention.drop_before_us <= 50_000


def test_before_the_first_pane_has_closed_nothing_is_dropped() -> None:
    monitor = monitoring(A, B)
    feed(monitor, Record(100_000))  # and nothing of B yet
    monitor.add(batch_of([Record(100_100)]))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    assert checkpoint.retention is None


def test_a_report_names_an_unknown_version_and_where_an_unreadable_record_stands() -> None:
    monitor = monitoring(A)
    batch = batch_of(
        ["unparsable", "unparsable", *many(2, 30)],
        unrouted={"fraud": 3},
        strangers={ModelVersion("fraud", "8"): 20, ModelVersion("fraud", "of few"): 19},
        offsets=np.array([40, 41, 42, 43]),
    )
    monitor.add(batch)
    confirm(monitor)

    blind = only(monitor.advance(0, READING, names={A: "log/0"})).blind

    assert blind["unparsed"].endswith("(most: unparsable, as at offset 41 of log/0)")
    assert blind["unrouted"].endswith(": 8")
