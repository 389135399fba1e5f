"""A report as the real monitor makes it, of a numeric and a categorical column."""

import numpy as np

from driftwatch.baseline.artifact import Baseline, CategoricalBaseline, NumericBaseline
from driftwatch.monitor.blindness import BlindPolicy
from driftwatch.monitor.detector import DetectorPolicy
from driftwatch.monitor.fate import FatePolicy
from driftwatch.monitor.gauges import GaugeName, baseline_gauges
from driftwatch.monitor.monitor import Monitor
from driftwatch.monitor.policy import MonitorPolicy
from driftwatch.monitor.report import Report
from driftwatch.monitor.stream import StreamPolicy
from driftwatch.monitor.thresholds import Bound, threshold_policy
from driftwatch.monitor.windows import window_policies
from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import Placement
from driftwatch.records import SECOND_US, Batch, Partition, Progress, Rows, StreamKey
from driftwatch.stats.reference import make_reference

MINUTE_US = 60 * SECOND_US
START_US = 1_700_000_040 * SECOND_US - 1_700_000_040 * SECOND_US % MINUTE_US
LOG = Partition("clicks", 0)

BASELINE = Baseline(
    model="fraud",
    model_version="3",
    rows=1000,
    data_fingerprint="made by hand",
    columns=(
        NumericBaseline(
            name="amount",
            role="feature",
            edges=(0.0, 1.0, 2.0, 3.0, 4.0),
            low=0,
            high=4,
            bins=(0, 250, 250, 250, 250, 0),
            null=0,
            absent=0,
            wrong_type=0,
            nan=0,
            negative_inf=0,
            positive_inf=0,
            count=1000,
            mean=2.0,
            m2=1250.0,
            minimum=0.0,
            maximum=3.9,
        ),
        CategoricalBaseline(
            name="country",
            role="feature",
            vocabulary=("DE", "FR"),
            counts=(600, 390),
            other=0,
            other_hashes="",
            other_complete=True,
            null=10,
            absent=0,
            wrong_type=0,
        ),
    ),
)


def monitored(minutes: int = 5, rows: int = 100) -> Report:
    """After so many minutes of records whose amounts are far larger than in the baseline."""
    key = StreamKey("fraud", "3")
    layout = BASELINE.layout()
    gauges = baseline_gauges(make_reference(layout, BASELINE.counts()))
    bounds: list[dict[GaugeName, Bound]] = [{"psi": Bound(0.1, 0.25)}, {}]
    policy = StreamPolicy(
        MINUTE_US,
        window_policies([("1h", 60 * MINUTE_US), ("1d", 24 * 60 * MINUTE_US)], MINUTE_US),
        DetectorPolicy(
            np.full(len(bounds), 0.03),
            len(bounds),
            None,
            threshold_policy(bounds, gauges),
            10 * MINUTE_US,
        ),
    )
    monitor = Monitor(
        MonitorPolicy(
            FatePolicy(MINUTE_US, 0, 10 * MINUTE_US),
            MINUTE_US,
            7 * 24 * 60 * MINUTE_US,
            BlindPolicy(5 * MINUTE_US, 5 * MINUTE_US, MINUTE_US, 10 * MINUTE_US),
        ),
        {key.route: BASELINE},
        {key: policy},
        START_US,
    )
    monitor.assign({LOG: Placement(PartitionState(0), Commit(0), is_news=False)}, None)
    reports = []
    for minute in range(minutes):
        now_us = START_US + minute * MINUTE_US
        monitor.add(_batch(minute * rows, rows, now_us))
        monitor.checkpoint()
        monitor.confirm(now_us)
        reports.append(monitor.advance(now_us, {LOG: Progress(0, 0, 0, caught_up=False)}))
    return reports[-1]


def _batch(offset: int, rows: int, time_us: int) -> Batch:
    word, null = 0, 4
    cells = np.full((1, rows), word, dtype=np.int32)
    cells[0, ::10] = null
    amounts = np.full((1, rows), 3.5)
    amounts[0, ::4] = np.nan
    found = Rows(
        StreamKey("fraud", "3").route,
        np.arange(rows),
        np.full(rows, time_us),
        amounts,
        None,
        cells,
    )
    return Batch(LOG, rows, offset + rows, (found,), ())
