"""The report: one frozen object that holds all that any surface shows.

Exporter, JSON API, status page, `replay` and tests read this and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from driftwatch.explain import Explanation
from driftwatch.monitor.alarms import AlarmState, Severity
from driftwatch.monitor.comparison import ComparisonReport
from driftwatch.monitor.gauges import Gauges
from driftwatch.monitor.trail import NO_TRAIL, TrailReport
from driftwatch.records import FloatArray, IntArray, Outcome, Partition, Reason, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Kind, Layout, Role
from driftwatch.stats.bars import Bars

BlindReason = Literal[
    "no_records",
    "disconnected",
    "stalled",
    "lagging",
    "unparsed",
    "late",
    "unrouted",
    "warming_up",
    "under_filled",
    "gap",
    "stale_checkpoint",
    "no_baseline",
]
BLIND_REASONS: tuple[BlindReason, ...] = get_args(BlindReason)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is called and what it is."""

    name: str
    role: Role
    kind: Kind


@dataclass(frozen=True, slots=True)
class WindowReport:
    """One window of a stream.

    end_us: the event time at which it ends. fill_ratio: the share of its length that the stream's
    records cover.
    """

    name: str
    length_us: int
    end_us: int
    fill_ratio: float
    counts: Counts
    gauges: Gauges


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """An alarm from its rise to its end.

    statistic: `evidence`, or the gauge that passed its threshold. value: what it was when it last
    passed; bound: what it passed, with the baseline's own share (`baseline`) taken off for ratios.
    words: which rows became more or fewer, from where to where; None for a threshold.
    explanation: what it looks like by now.
    """

    stream: StreamKey
    column: str
    role: Role
    severity: Severity
    raised_us: int
    onset_us: int
    cleared_us: int | None
    statistic: str
    value: float
    baseline: float | None
    bound: float
    words: str | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How the budget of false alarms is shared out.

    columns: how many share it. column_seconds: the time in which one column may raise one false
    alarm of each severity; None where only thresholds raise alarms.
    """

    columns: int
    column_seconds: float | None

    def shared(self, share: float) -> "Budget":
        """That of a member which has this share of the partitions."""
        if self.column_seconds is None:
            return self
        return Budget(self.columns, self.column_seconds / share)


NO_BUDGET = Budget(0, None)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What plots of a stream are made of, beside its windows.

    layout: what its cells mean. bars: which of them are drawn together, and the baseline's counts
    of these. baseline: its counts. counted: (cells,) confirmed by this process since it began.
    sensitive: columns of which no value is shown. tolerance: (C,) see `stats.slack.h`.
    """

    layout: Layout
    bars: Bars
    baseline: Counts
    counted: IntArray
    sensitive: frozenset[str]
    tolerance: FloatArray
    trail: TrailReport = NO_TRAIL


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """Records of a model beside the same hours of the week in training.

    ratios: by window, over the usual number; NaN where that is not known. alarm: whether far fewer
    or far more came in the window that is judged. words: how many came in it.
    """

    ratios: tuple[float, ...]
    alarm: Literal["low", "high"] | None
    words: str | None


@dataclass(frozen=True, slots=True)
class StreamReport:
    """One stream.

    records: counted by this stream since the process began, or since its state did.
    blind: the reasons that hold now, each with a sentence for people.
    baseline: (C,) the baseline's own gauges by name (mean, stddev, missing_ratio, ...).
    evidence: (severities, C) 0 for none, 1 at the alarm; NaN before the first pane has closed.
    min_detectable_shift: (C,) the smallest change of a share of one half that can raise a page,
        however long it lasts; NaN where only thresholds raise alarms.
    alarms_total: (severities, C) how often each was raised since the process began.
    new_values: by column, words that the baseline has never seen and that may be named, the most
        frequent first, with how often they were seen at least.
    retired: no record for the longest window while other versions of the model have some.
    pictures: what plots are made of; None where there is no baseline.
    conditions: by column that says of one whether it holds, its text.
    """

    key: StreamKey
    columns: tuple[Column, ...]
    records: int
    watermark_us: int | None
    first_seen_us: int | None
    blind: Mapping[BlindReason, str]
    windows: tuple[WindowReport, ...]
    baseline: Mapping[str, FloatArray]
    alarms: AlarmState
    evidence: FloatArray
    min_detectable_shift: FloatArray
    alarms_total: FloatArray
    traffic_share: float | None
    new_values: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    retired: bool = False
    pictures: Pictures | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    volume: VolumeReport | None = None


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """How far a partition has been read."""

    partition: Partition
    name: str
    frontier: int
    lag_records: int | None
    caught_up: bool
    clock_us: int | None


class JoinReport(NamedTuple):
    """Requests and responses that are logged apart.

    pairs: joined since the process began. waiting: records that are half of a pair so far.
    """

    pairs: int = 0
    waiting: int = 0


NO_JOINS = JoinReport()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, at one moment.

    now_us: the moment, as it was handed in. outcomes, reasons: records since the process began.
    unknown_columns: names that no baseline has, in the order of their first sight.
    alarms: the latest alarm events, oldest first. fresh: what was raised or cleared since the last
    report. explained: alarms that look like something else by now than they did in the last one.
    comparisons: versions against each other; their alarms are among `alarms`, with the name of the
    comparison for a segment.
    """

    now_us: int
    streams: tuple[StreamReport, ...]
    outcomes: Mapping[Outcome, int]
    reasons: Mapping[Reason, int]
    unknown_columns: tuple[str, ...]
    partitions: tuple[PartitionReport, ...]
    last_record_us: int | None
    checkpoint_us: int | None
    alarms: tuple[AlarmEvent, ...] = ()
    fresh: tuple[AlarmEvent, ...] = ()
    explained: tuple[AlarmEvent, ...] = ()
    budget: Budget = NO_BUDGET
    joins: JoinReport = NO_JOINS
    comparisons: tuple[ComparisonReport, ...] = ()
