"""Segments: the same records, counted once more for a stream of their own."""

from dataclasses import replace
from typing import Any

import numpy as np

from driftwatch.baseline.artifact import Segment
from driftwatch.derive.derivation import NamedCondition
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.report import Report, StreamReport
from driftwatch.monitor.totals import Totals
from driftwatch.records import WHOLE, Batch, StreamKey
from driftwatch.state.memory import MemoryStore
from tests.monitor.scenes import (
    BASELINE,
    ENDED,
    KEY,
    LATENESS,
    LONG,
    PANE,
    POLICY,
    READING,
    ROUTE,
    A,
    Record,
    batch_of,
    confirm,
    many,
    placed,
    stream_policy,
)

SMALL = StreamKey(*ROUTE, "small")
SEGMENTED = BASELINE.model_copy(update={"segments": (Segment(name="small", baseline=BASELINE),)})


def monitor_of_segments(meaning: str = "", totals: Totals | None = None) -> Monitor:
    streams = {key: stream_policy(meaning=meaning) for key in (KEY, SMALL)}
    monitor = Monitor(POLICY, {ROUTE: SEGMENTED}, streams, 0, totals=totals)
    monitor.assign(placed({A: None}), None)
    return monitor


def segmented(records: list[Record], next_offset: int = 0, **more: Any) -> Batch:
    """The records, those with x below 10 in the segment `small`."""
    batch = batch_of(records, next_offset=next_offset, **more)
    (rows,) = batch.rows
    return replace(batch, rows=(replace(rows, masks={"small": rows.numeric[0] < 10}),))


def report_of(monitor: Monitor, *batches: Batch) -> Report:
    for batch in batches:
        monitor.add(batch)
    confirm(monitor)
    return monitor.advance(0, READING)


def stream(report: Report, key: StreamKey) -> StreamReport:
    (found,) = (stream for stream in report.streams if stream.key == key)
    return found


def test_a_segment_counts_its_records_alone() -> None:
    report = report_of(monitor_of_segments(), segmented(many(200, 30)))

    rows = {s.key.segment: s.windows[0].counts.rows for s in report.streams}
    assert rows == {WHOLE: 200, "small": 20}
    of_x = stream(report, SMALL).windows[0].counts.moments
    assert (of_x.minimum[0], of_x.maximum[0]) == (0, 9)


def test_every_record_has_one_outcome_however_many_streams_see_it() -> None:
    monitor = monitor_of_segments()
    late = Record(30)
    in_time = late._replace(time=10 * PANE - LATENESS)

    report = report_of(monitor, segmented([*many(100, 10 * PANE), late, in_time]))

    assert (report.outcomes["counted"], report.outcomes["late"]) == (101, 1)
    assert report_of(monitor, segmented(many(10, 15 * PANE), 200)).outcomes["counted"] == 111


def test_what_comes_after_its_pane_is_closed_is_unevaluated_once() -> None:
    monitor = monitor_of_segments()
    report_of(monitor, segmented(many(100, 10 * PANE)))
    monitor.close_panes(0, ENDED)

    report = report_of(monitor, segmented(many(3, 10 * PANE), 200))

    assert (report.outcomes["counted"], report.outcomes["unevaluated"]) == (103, 3)


def test_shares_are_of_the_version_for_a_segment_and_of_the_model_for_a_version() -> None:
    report = report_of(monitor_of_segments(), segmented(many(200, 30)))

    assert stream(report, KEY).traffic_share == 1.0
    assert stream(report, SMALL).traffic_share == 0.1


def test_only_the_whole_names_new_words() -> None:
    monitor = monitor_of_segments()
    report_of(monitor, segmented([Record(30, 5.0, "zz"), Record(30, 50.0, "yy")] * 30))

    assert monitor.streams[KEY].new_values.keys() == {"w"}
    assert monitor.streams[SMALL].new_values == {}


def test_a_silent_segment_is_not_retired_while_its_version_lives() -> None:
    monitor = monitor_of_segments()
    report = report_of(monitor, segmented(many(100, 30)))
    for pane in range(1, 2 * LONG // PANE):
        record = Record(30 + pane * PANE, 50.0)
        report = report_of(monitor, segmented([record], 100 + pane))

    assert not stream(report, SMALL).retired
    assert stream(report, SMALL).windows[-1].counts.rows == 0
    assert "no_records" not in stream(report, SMALL).blind


def test_a_restart_finds_the_segments_counts() -> None:
    monitor, store = monitor_of_segments("b"), MemoryStore()
    monitor.add(segmented(many(200, 30)))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    store.save(checkpoint)

    again = monitor_of_segments("b")
    snapshot = store.load()
    again.assign(placed({A: snapshot.partitions[A]}), snapshot)

    assert stream(again.advance(0, READING), SMALL).windows[0].counts.rows == 20


def test_a_segment_of_another_condition_starts_anew() -> None:
    monitor, store = monitor_of_segments("b"), MemoryStore()
    monitor.add(segmented(many(200, 30)))
    checkpoint = monitor.checkpoint()
    assert checkpoint is not None
    store.save(checkpoint)

    changed = monitor_of_segments("c")

    assert changed.starting_anew(store.load()) == {KEY, SMALL}


def test_the_meaning_of_a_stream_changes_with_what_it_is_asked() -> None:
    def meaning(*texts: str, segment: str = "small") -> str:
        conditions = tuple(NamedCondition(name="small", role="segment", text=t) for t in texts)
        return BASELINE.model_copy(update={"conditions": conditions}).meaning(segment)

    found = [meaning(), meaning("x < 10"), meaning("x < 11"), meaning("x < 10", segment=WHOLE)]
    assert found[0] == ""
    assert len(set(found)) == len(found)
    assert meaning("x < 10") == meaning("x < 10")


def test_a_segment_is_judged_on_its_own_records() -> None:
    monitor = monitor_of_segments()
    lost = [Record(30, 5.0, "a")] * 40 + [Record(30, None, "a")] * 60
    batch = batch_of(lost)
    (rows,) = batch.rows
    missing = replace(rows, masks={"small": np.isnan(rows.numeric[0])})
    report = report_of(monitor, replace(batch, rows=(missing,)))

    ratio = {
        s.key.segment: float(s.windows[0].gauges.by_name["missing_ratio"][0])
        for s in report.streams
    }
    assert ratio == {WHOLE: 0.6, "small": 1.0}
