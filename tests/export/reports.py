"""Reports made by hand: small, complete, and with values that a reader can follow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from driftwatch.monitor.alarms import SEVERITIES, AlarmState, Severity
from driftwatch.monitor.gauges import GAUGES, GaugeName, Gauges
from driftwatch.monitor.report import (
    AlarmEvent,
    BlindReason,
    Column,
    PartitionReport,
    Pictures,
    Report,
    StreamReport,
    WindowReport,
)
from driftwatch.records import OUTCOMES, REASONS, SECOND_US, FloatArray, Partition, StreamKey
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from driftwatch.stats.bars import make_bars

NOW_US = 1_700_000_000 * SECOND_US
HOUR_US, DAY_US = 3_600 * SECOND_US, 86_400 * SECOND_US

FRAUD = StreamKey("fraud", "3")
AMOUNT = Column("amount", "feature", "numeric")
COUNTRY = Column("country", "feature", "categorical")
SCORE = Column("score", "prediction", "numeric")

NUMERIC_ONLY = {
    "ks_statistic",
    "ks_upper_bound",
    "ks_p_value",
    "wasserstein_normalized",
    "out_of_range_ratio",
    "column_mean",
    "column_stddev",
}
CATEGORICAL_ONLY = {"jensen_shannon", "new_category_ratio", "top_class_ratio"}
SIDE = (
    *("null", "absent", "wrong_type", "nan", "negative_inf", "positive_inf"),
    *("below", "above", "other", "new"),
)


def applies(gauge: str, column: Column) -> bool:
    """Whether a kind of column has a gauge."""
    return gauge not in (CATEGORICAL_ONLY if column.kind == "numeric" else NUMERIC_ONLY)


def gauge_value(gauge: GaugeName, column: int, length_us: int) -> float:
    """What `window` says of a gauge: different for every series."""
    return GAUGES.index(gauge) + column / 1000 + (0.5 if length_us == DAY_US else 0.0)


def window(columns: Sequence[Column], name: str = "1h", rows: int = 1000) -> WindowReport:
    """A window with `gauge_value` everywhere; under 50 rows with NaN, as the monitor has it."""
    length_us = DAY_US if name == "1d" else HOUR_US
    by_name = {
        gauge: np.array(
            [
                gauge_value(gauge, i, length_us) if applies(gauge, c) and rows >= 50 else np.nan
                for i, c in enumerate(columns)
            ]
        )
        for gauge in GAUGES
    }
    return WindowReport(
        name=name,
        length_us=length_us,
        end_us=NOW_US,
        fill_ratio=0.75,
        counts=Counts.empty(0, 0),
        gauges=Gauges(
            rows,
            np.full(len(columns), rows - 10.0),
            by_name,
            {name: np.full(len(columns), i) for i, name in enumerate(SIDE)},
        ),
    )


def pictures(
    columns: Sequence[Column],
    counted: Sequence[int] = (),
    sensitive: frozenset[str] = frozenset(),
) -> Pictures:
    """What is counted of columns whose numbers lie in [0, 1) or [1, 2), 30 and 10 in the baseline.

    Of a categorical one 30 are DE, and 10 are FR. counted: of all their cells, 0 by default.
    """
    edges = np.array([0.0, 1.0, 2.0])
    numbers = [0, 30, 10, 0, 2, 0, 0, 0, 0, 0]
    words = [30, 10, 0, 0, 2, 0, 0]
    layout = Layout(
        tuple(
            NumericLayout(c.name, c.role, edges, 0, 2)
            if c.kind == "numeric"
            else CategoricalLayout(c.name, c.role, ("DE", "FR"), np.empty(0, np.uint64))
            for c in columns
        )
    )
    cells = np.concatenate([numbers if c.kind == "numeric" else words for c in columns])
    count = sum(c.kind == "numeric" for c in columns)
    return Pictures(
        layout,
        make_bars(layout, cells, sensitive),
        Counts(42, cells, Moments.empty(count)),
        np.array(counted, np.int64) if len(counted) else np.zeros_like(cells),
        sensitive,
        np.full(len(columns), 0.03),
    )


def alarms(columns: int, raised: Mapping[tuple[Severity, int], int]) -> AlarmState:
    """raised: (severity, column) with the onset, in microseconds."""
    state = AlarmState.quiet(columns)
    for (severity, column), onset_us in raised.items():
        state.raised_us[SEVERITIES.index(severity), column] = onset_us + 60 * SECOND_US
        state.onset_us[SEVERITIES.index(severity), column] = onset_us
    return state


def stream(
    key: StreamKey = FRAUD,
    columns: Sequence[Column] = (AMOUNT, COUNTRY),
    windows: Sequence[str] = ("1h", "1d"),
    rows: int = 1000,
    raised: Mapping[tuple[Severity, int], int] | None = None,
    blind: Mapping[BlindReason, str] | None = None,
    **changes: Any,
) -> StreamReport:
    """A stream that is well unless something else is asked for."""
    count = len(columns)
    numeric = np.array([c.kind == "numeric" for c in columns])
    baseline: dict[str, FloatArray] = {
        "mean": np.where(numeric, 10.0, np.nan),
        "stddev": np.where(numeric, 2.0, np.nan),
        "missing_ratio": np.full(count, 0.01),
        "out_of_range_ratio": np.where(numeric, 0.0, np.nan),
        "new_category_ratio": np.where(numeric, np.nan, 0.0),
        "top_class_ratio": np.where(numeric, np.nan, 0.75),
    }
    made = StreamReport(
        key=key,
        columns=tuple(columns),
        records=5000,
        watermark_us=NOW_US - 120 * SECOND_US,
        first_seen_us=NOW_US - DAY_US,
        blind=blind or {},
        windows=tuple(window(columns, name, rows) for name in windows),
        baseline=baseline,
        alarms=alarms(count, raised or {}),
        evidence=np.zeros((len(SEVERITIES), count)),
        min_detectable_shift=np.full(count, 0.05),
        alarms_total=np.zeros((len(SEVERITIES), count)),
        traffic_share=1.0,
    )
    return replace(made, **changes)


def report(*streams: StreamReport, **changes: Any) -> Report:
    """A report of these streams, by default of one."""
    made = Report(
        now_us=NOW_US,
        streams=streams or (stream(),),
        outcomes=dict.fromkeys(OUTCOMES, 0) | {"counted": 5000, "late": 3},
        reasons=dict.fromkeys(REASONS, 0),
        unknown_columns=(),
        partitions=(
            PartitionReport(Partition("clicks", 0), "clicks/0", 5003, 7, False, NOW_US),
            PartitionReport(Partition("clicks", 1), "clicks/1", 0, 5, False, None),
        ),
        last_record_us=NOW_US - 2 * SECOND_US,
        checkpoint_us=NOW_US - SECOND_US,
    )
    return replace(made, **changes)


def alarm_event(**changes: Any) -> AlarmEvent:
    """An alarm of `amount` that stands."""
    made = AlarmEvent(
        stream=FRAUD,
        column="amount",
        role="feature",
        severity="page",
        raised_us=NOW_US - 60 * SECOND_US,
        onset_us=NOW_US - 180 * SECOND_US,
        cleared_us=None,
        statistic="psi",
        value=0.4,
        baseline=None,
        bound=0.25,
    )
    return replace(made, **changes)
