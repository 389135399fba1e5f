"""A small world for monitors: one model, two columns, time in plain numbers.

A pane lasts 60, the windows 600 and 7200 (in blocks of 120), lateness is 120.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.monitor.blindness import BlindPolicy
from driftwatch.monitor.detector import DetectorPolicy
from driftwatch.monitor.fate import FatePolicy
from driftwatch.monitor.gauges import GaugeName, baseline_gauges
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.report import Report, StreamReport
from driftwatch.monitor.stream import StreamPolicy
from driftwatch.monitor.thresholds import Bound, threshold_policy
from driftwatch.monitor.totals import Totals
from driftwatch.monitor.windows import window_policies
from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import (
    Batch,
    ModelVersion,
    Partition,
    Progress,
    Reason,
    Rows,
    Status,
    StreamKey,
)
from driftwatch.stats.reference import make_reference
from tests.decode.baselines import baseline_of

PANE, LATENESS, AHEAD, IDLE_AFTER = 60, 120, 600, 300
SHORT, LONG = 600, 7200
LENGTHS: tuple[tuple[str, int], ...] = (("short", SHORT), ("long", LONG))

A, B = Partition("log", 0), Partition("log", 1)
ROUTE = ModelVersion("fraud", "1")
KEY = StreamKey(*ROUTE)
X, W = 0, 1
"""The columns: numbers from 0 to 99, and the words `a` and `b`."""

BASELINE = baseline_of({"x": [float(i) for i in range(100)], "w": ["a", "b"] * 50})
WORD = BASELINE.layout().columns[W]
BOUNDS: Mapping[GaugeName, Bound] = {
    "psi": Bound(0.3, 1.0),
    "missing_ratio": Bound(0.1, 0.4),
}
"""Of the column x."""
POLICY = MonitorPolicy(
    FatePolicy(PANE, LATENESS, AHEAD),
    IDLE_AFTER,
    history_us=0,
    blind=BlindPolicy(
        no_records_after_us=500, lagging_after_us=400, stale_after_us=200, recent_us=SHORT
    ),
)


class Record(NamedTuple):
    """A readable record; x is None where it is null."""

    time: int
    x: float | None = 5.0
    w: str = "a"


def many(count: int, time: int, **values: Any) -> list[Record]:
    """Records of one moment, by default with numbers like those of the baseline."""
    return [Record(time, **{"x": float(37 * i % 100), **values}) for i in range(count)]


def stream_policy(
    baseline: Baseline = BASELINE,
    bounds: Mapping[GaugeName, Bound] = BOUNDS,
    lengths: Sequence[tuple[str, int]] = LENGTHS,
    budget_panes: float | None = None,
    **changes: Any,
) -> StreamPolicy:
    """Alarms by thresholds only, but where there is a budget for others."""
    own = baseline_gauges(make_reference(baseline.layout(), baseline.counts()))
    columns = [bounds if column.name == "x" else {} for column in baseline.columns]
    policy = StreamPolicy(
        PANE,
        window_policies(lengths, PANE),
        DetectorPolicy(
            tolerance=np.full(len(columns), 0.03),
            watched=len(columns),
            budget_panes=budget_panes,
            thresholds=threshold_policy(columns, own),
            hold_us=180,
        ),
    )
    return replace(policy, **changes)


def monitor_of(
    policy: MonitorPolicy = POLICY,
    baselines: Iterable[Baseline] = (BASELINE,),
    totals: Totals | None = None,
    started: int = 0,
    without: Sequence[str] = (),
    **changes: Any,
) -> Monitor:
    """A monitor without partitions. changes: of the policy of every stream."""
    routes = {baseline.route: baseline for baseline in baselines}
    streams = {StreamKey(*r): stream_policy(b, **changes) for r, b in routes.items()}
    return Monitor(policy, routes, streams, started, without, totals)


def placed(states: Mapping[Partition, PartitionState | None]) -> dict[Partition, Placement]:
    """Partitions that go on at these states; at the beginning where there is none."""
    return {
        partition: Placement(known or PartitionState(0), Commit(0), is_news=False)
        for partition, known in states.items()
    }


def monitoring(*partitions: Partition, **changes: Any) -> Monitor:
    """A monitor that reads these partitions from their beginning."""
    monitor = monitor_of(**changes)
    monitor.assign(placed(dict.fromkeys(partitions)), None)
    return monitor


def batch_of(
    records: Sequence[Record | Reason],
    partition: Partition = A,
    next_offset: int = 0,
    broker: Sequence[int] | None = None,
    route: ModelVersion = ROUTE,
    **more: Any,
) -> Batch:
    """A decoded batch; a reason stands for a record that was rejected for it."""
    good = [(i, r) for i, r in enumerate(records) if isinstance(r, Record)]
    bad = tuple((i, r) for i, r in enumerate(records) if not isinstance(r, Record))
    values = np.array([[np.nan if r.x is None else r.x for _, r in good]], dtype=np.float64)
    status = np.array([[Status.NULL if r.x is None else 0 for _, r in good]], dtype=np.uint8)
    words = {"a": 0, "b": 1}
    assert WORD.kind == "categorical"
    cells = [words.get(r.w, WORD.cell("new")) for _, r in good]
    new = {W: {r.w: 1 for _, r in good if r.w not in words}}
    rows = Rows(
        route,
        np.array([i for i, _ in good], dtype=np.int64),
        np.array([r.time for _, r in good], dtype=np.int64),
        values.reshape(1, len(good)),
        status.reshape(1, len(good)),
        np.array([cells], dtype=np.int32).reshape(1, len(good)),
        {column: found for column, found in new.items() if found},
    )
    times = None if broker is None else np.array(broker, dtype=np.int64)
    return Batch(partition, len(records), next_offset, (rows,) if good else (), bad, times, **more)


def at(position: int = 0, *, caught_up: bool = False, ended: bool = False) -> Progress:
    return Progress(position, None, None, caught_up=caught_up, ended=ended)


READING: Mapping[Partition, Progress] = {A: at(), B: at()}
ENDED: Mapping[Partition, Progress] = {
    A: at(caught_up=True, ended=True),
    B: at(caught_up=True, ended=True),
}


def confirm(monitor: Monitor, now: int = 0) -> None:
    """A checkpoint that goes well, as if a store had taken it."""
    monitor.checkpoint()
    monitor.confirm(now)


def feed(
    monitor: Monitor,
    *records: Record,
    now: int = 0,
    progress: Mapping[Partition, Progress] = READING,
    partition: Partition = A,
) -> Report:
    """Count records, confirm them, and say what stands."""
    monitor.add(batch_of(records, partition))
    confirm(monitor, now)
    return monitor.advance(now, progress)


def only(report: Report) -> StreamReport:
    """The one stream of a report."""
    (stream,) = report.streams
    return stream


def rows(report: Report, window: int = 0) -> int:
    return only(report).windows[window].counts.rows


@dataclass(frozen=True)
class Seen:
    """What is promised to be the same, whatever happens on the way."""

    watermark: int | None
    windows: tuple[tuple[int, int, tuple[int, ...]], ...]
    alarms: bytes


def seen(report: Report) -> Seen:
    stream = only(report)
    return Seen(
        stream.watermark_us,
        tuple((w.end_us, w.counts.rows, tuple(w.counts.cells.tolist())) for w in stream.windows),
        stream.alarms.to_bytes(),
    )
