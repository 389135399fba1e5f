"""A model with hundreds of columns, monitored for hours.

The monitor is the real one; the records never were text, which would take minutes.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from driftwatch.assembly import make_monitor
from driftwatch.baseline.artifact import Baseline, NumericBaseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.config import parse
from driftwatch.monitor.report import Report
from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import SECOND_US, Batch, Partition, Progress, Rows, StreamKey

MODEL, VERSION = "wide", "2026-11"
COLUMNS, DRIFTING = 500, 12
MINUTES, LOOK_MINUTES, ROWS = 180, 20, 40
START_US = 1_800_000_000 * SECOND_US
MINUTE_US = 60 * SECOND_US
WORDS = ("north", "south", "east", "west")
SHIFT = 1.5
LOG = Partition("wide", 0)


def name_of(column: int) -> str:
    """The name of a column; every fifth holds words."""
    return f"{'region' if column % 5 == 4 else 'measure'}_{column:03}"


def wide_baseline(columns: int = COLUMNS, rows: int = 2_000) -> Baseline:
    """Four columns in five are normal, the others one of four words."""
    rng = np.random.default_rng(5)
    numbers, words = rng.normal(size=(columns, rows)), rng.choice(WORDS, (columns, rows))
    each = [(words if i % 5 == 4 else numbers)[i].tolist() for i in range(columns)]
    names = [name_of(i) for i in range(columns)]
    chunk = Chunk.from_records(
        [dict(zip(names, row, strict=True)) for row in zip(*each, strict=True)]
    )
    return build(lambda: iter([chunk]), BuildOptions(MODEL, VERSION))


def wide_report(columns: int = COLUMNS, minutes: int = MINUTES, drifting: int = DRIFTING) -> Report:
    """What is known after so many minutes, half-way through which some columns moved."""
    baseline = wide_baseline(columns)
    settings = parse(
        {
            "source": {"stdin": {}},
            "decode": {"model": {"const": MODEL}, "timestamp": "never-read"},
            "models": {MODEL: {"baselines": {VERSION: "never-read.json"}}},
            "state": {"memory": True},
            "windows": ["1h", "2h"],
        },
        Path("driftwatch.yaml"),
    )
    key = StreamKey(MODEL, VERSION)
    monitor = make_monitor(settings, {key.route: baseline}, START_US)
    monitor.assign({LOG: Placement(PartitionState(0), Commit(0), is_news=False)}, None)
    rng = np.random.default_rng(6)
    progress = Progress(0, 0, 0, caught_up=True)
    for minute in range(minutes):
        now_us = START_US + minute * MINUTE_US
        moved = drifting if minute > minutes // 2 else 0
        monitor.add(_batch(rng, baseline, minute, now_us, moved))
        monitor.checkpoint()
        monitor.confirm(now_us)
        offset = (minute + 1) * ROWS
        progress = Progress(offset, offset, 0, caught_up=True)
        if minute % LOOK_MINUTES == 0:  # windows are evaluated at each look
            monitor.advance(now_us, {LOG: progress})
    return monitor.advance(START_US + minutes * MINUTE_US, {LOG: progress})


def _batch(
    rng: np.random.Generator, baseline: Baseline, minute: int, now_us: int, moved: int
) -> Batch:
    numbers = sum(isinstance(column, NumericBaseline) for column in baseline.columns)
    numeric = rng.normal(size=(numbers, ROWS))
    numeric[:moved] += SHIFT
    cells = rng.integers(0, len(WORDS), (len(baseline.columns) - numbers, ROWS), dtype=np.int32)
    route = StreamKey(MODEL, VERSION).route
    rows = Rows(route, np.arange(ROWS), np.full(ROWS, now_us), numeric, None, cells)
    return Batch(LOG, ROWS, (minute + 1) * ROWS, (rows,), ())


def in_segments(report: Report, *segments: str) -> Report:
    """The same with more segments beside the whole, each a copy of it."""
    (whole,) = report.streams
    more = [replace(whole, key=whole.key._replace(segment=segment)) for segment in segments]
    return replace(report, streams=(whole, *more))
