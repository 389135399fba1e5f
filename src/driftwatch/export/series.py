"""The series of a report: which there are, with which labels and values.

What a kind of column has not (a KS distance of categories) has no series. What is not known (too
few records in a window, no record yet) is NaN, and never 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from driftwatch.deadletters.port import DELIVERIES
from driftwatch.export.budget import BASELINE, ITSELF, WINDOW, Part, Rank
from driftwatch.export.comparisons import comparison_parts
from driftwatch.export.conditions import ConditionSeries
from driftwatch.export.count_plans import CountPlans
from driftwatch.export.counted import CountedSeries
from driftwatch.export.facts import STEPS, ProcessFacts
from driftwatch.export.metric import Metric, Per
from driftwatch.export.page import Page
from driftwatch.export.table import METRICS
from driftwatch.export.text import escaped, labels
from driftwatch.export.values import DIRECTION
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.report import (
    BLIND_REASONS,
    AlarmEvent,
    Report,
    StreamReport,
    WindowReport,
)
from driftwatch.records import OUTCOMES, REASONS, SECOND_US, FloatArray, StreamKey
from driftwatch.sources.http import ANSWERED

NAN = float("nan")
_WHOLE = "all"


@dataclass(frozen=True, slots=True)
class ExportPolicy:
    """max_series: the most series on a page. p_values, counts: whether these are exported."""

    max_series: int = 20_000
    p_values: bool = False
    counts: bool = False


def parts_of(report: Report, policy: ExportPolicy, plans: CountPlans) -> list[Part]:
    """The series of all streams, in parts of which some may be left out."""
    standing: dict[StreamKey, list[AlarmEvent]] = {}
    for event in report.alarms:
        if event.cleared_us is None:
            standing.setdefault(event.stream, []).append(event)
    parts = [
        part
        for position, stream in enumerate(report.streams)
        if not stream.retired
        for part in _StreamSeries(stream, policy, standing.get(stream.key, ())).parts(
            position, plans
        )
    ]
    for position, comparison in enumerate(report.comparisons, len(report.streams)):
        if not comparison.retired:
            parts += comparison_parts(comparison, position)
    return parts


class _StreamSeries:
    """The series of one stream. The labels of its columns are written once for all of them."""

    def __init__(
        self, stream: StreamReport, policy: ExportPolicy, standing: Sequence[AlarmEvent] = ()
    ) -> None:
        """standing: the stream's alarms that have not ended."""
        self._stream = stream
        self._policy = policy
        self._standing = standing
        model, version, segment = map(escaped, stream.key)
        # In two halves: a few labels come between them in the order of the names.
        self._heads = [f'column="{escaped(column.name)}"' for column in stream.columns]
        self._tails = [
            f'model="{model}",model_version="{version}",role="{column.role}",segment="{segment}"'
            for column in stream.columns
        ]
        self._columns = [
            f"{{{head},{tail}" for head, tail in zip(self._heads, self._tails, strict=True)
        ]
        self._of_kind: dict[str | None, list[int]] = {
            kind: [i for i, c in enumerate(stream.columns) if kind in (None, c.kind)]
            for kind in (None, "numeric", "categorical")
        }

    def parts(self, position: int, plans: CountPlans) -> Iterator[Part]:
        """Everything there is of this stream."""
        stream = self._stream
        segment = stream.key.segment != _WHOLE
        # As if every alarm were raised: an incident must not push other series off the page.
        reserved = len(SEVERITIES) * len(_metrics("column and severity"))
        yield Part(reserved * len(stream.columns), self._write_alarms)
        yield Part(len(BLIND_REASONS), self._write_blind)
        volume = 0 if stream.volume is None else len(DIRECTION) + len(stream.windows)
        of_itself = 3 + 2 * len(stream.windows) + volume
        rank = Rank(False, segment, ITSELF, 0, position) if segment else None
        yield Part(of_itself, self._write_itself, rank)
        conditions = ConditionSeries(stream)
        yield Part(conditions.size, conditions.write, rank)
        rank = Rank(False, segment, BASELINE, 0, position)
        yield Part(self._size("column"), self._write_baseline, rank)
        for window in stream.windows:
            rank = Rank(False, segment, WINDOW, window.length_us, position)
            yield Part(self._size("column and window"), partial(self._write_window, window), rank)
        if self._policy.counts and stream.pictures is not None:
            plan = plans.of(stream.pictures)
            counted = CountedSeries(stream.pictures, plan, self._heads, self._tails)
            yield Part(plan.series, counted.write, Rank(True, segment, 0, 0, position))

    def _size(self, per: Per) -> int:
        return sum(len(self._of_kind[metric.columns]) for metric in self._exported(per))

    def _exported(self, per: Per) -> list[Metric]:
        return [m for m in _metrics(per) if self._policy.p_values or not m.p_value]

    def _write_window(self, window: WindowReport, page: Page) -> None:
        end = f',window="{escaped(window.name)}"}}'
        written = [column + end for column in self._columns]
        for metric in self._exported("column and window"):
            values = window.gauges.by_name[metric.name]  # type: ignore[index]
            self._add(page, metric, written, values)

    def _write_baseline(self, page: Page) -> None:
        written = [column + "}" for column in self._columns]
        for metric in self._exported("column"):
            if metric.name == "min_detectable_shift":
                values = self._stream.min_detectable_shift
            else:
                values = self._stream.baseline[metric.name.removeprefix("baseline_")]
            self._add(page, metric, written, values)

    def _add(self, page: Page, metric: Metric, written: Sequence[str], values: FloatArray) -> None:
        array = values.tolist()
        having = self._of_kind[metric.columns]
        page.add(metric.name, [written[i] for i in having], [array[i] for i in having])

    def _write_alarms(self, page: Page) -> None:
        alarms, total = self._stream.alarms, self._stream.alarms_total
        for s, severity in enumerate(SEVERITIES):
            written = [f'{column},severity="{severity}"}}' for column in self._columns]
            raised = alarms.active[s]
            page.add("drift_alarm", written, raised.astype(np.float64).tolist())
            page.add("drift_evidence", written, self._stream.evidence[s].tolist())
            page.add("drift_alarms_total", written, total[s].astype(np.float64).tolist())
            since = np.flatnonzero(raised).tolist()
            page.add(
                "drift_since_timestamp_seconds",
                [written[i] for i in since],
                [_seconds(int(alarms.onset_us[s, i])) for i in since],
            )
        self._write_explanations(page)

    def _write_explanations(self, page: Page) -> None:
        """What each raised alarm looks like by now, where something is known of it."""
        at = {column.name: i for i, column in enumerate(self._stream.columns)}
        raised = self._stream.alarms.active
        # One a column and severity, the latest: the log of alarms has them in their order.
        kinds = {
            (SEVERITIES.index(event.severity), at[event.column]): event.explanation.kind
            for event in self._standing
            if event.explanation is not None and event.column in at
        }
        written = [
            f'{{{self._heads[i]},kind="{kind}",{self._tails[i]},severity="{SEVERITIES[s]}"}}'
            for (s, i), kind in kinds.items()
            if raised[s, i]
        ]
        page.add("drift_explanation", written, [1.0] * len(written))

    def _write_blind(self, page: Page) -> None:
        found = self._stream.blind
        written = [labels(**self._stream.key._asdict(), reason=name) for name in BLIND_REASONS]
        page.add("blind", written, [float(name in found) for name in BLIND_REASONS])

    def _write_itself(self, page: Page) -> None:
        stream, key = self._stream, self._stream.key._asdict()
        windows = [labels(**key, window=window.name) for window in stream.windows]
        page.add("window_records", windows, [float(w.gauges.rows) for w in stream.windows])
        page.add("window_fill_ratio", windows, [w.fill_ratio for w in stream.windows])
        if stream.volume is not None:
            page.add("volume_ratio", windows, list(stream.volume.ratios))
            page.add(
                "volume_alarm",
                [labels(**key, direction=direction) for direction in DIRECTION],
                [float(stream.volume.alarm == direction) for direction in DIRECTION],
            )
        own = [labels(**key)]
        share = stream.traffic_share
        page.add("watermark_timestamp_seconds", own, [_seconds(stream.watermark_us)])
        first = _seconds(stream.first_seen_us)
        page.add("model_version_first_seen_timestamp_seconds", own, [first])
        page.add("traffic_share_ratio", own, [NAN if share is None else share])


def add_process(page: Page, report: Report, facts: ProcessFacts, lag: float) -> None:
    """The process's own series, but for `series` and `series_dropped_total`."""
    page.add(
        "records_total",
        [labels(outcome=outcome) for outcome in OUTCOMES],
        [float(report.outcomes.get(outcome, 0)) for outcome in OUTCOMES],
    )
    page.add(
        "records_rejected_total",
        [labels(reason=reason) for reason in REASONS],
        [float(report.reasons.get(reason, 0)) for reason in REASONS],
    )
    page.add(
        "dead_letters_total",
        [labels(outcome=delivery) for delivery in DELIVERIES],
        [float(facts.dead_letters.get(delivery, 0)) for delivery in DELIVERIES],
    )
    page.add(
        "event_requests_total",
        [labels(outcome=answer) for answer in ANSWERED],
        [float(facts.answered.get(answer, 0)) for answer in ANSWERED],
    )
    page.add(
        "loop_seconds_total",
        [labels(step=step) for step in STEPS],
        [facts.loop_seconds.get(step, 0.0) for step in STEPS],
    )
    versions = labels(version=facts.version, python_version=facts.python_version)
    page.add("build_info", [versions], [1.0])
    page.add_one("join_pairs_total", report.joins.pairs)
    page.add_one("join_waiting_records", report.joins.waiting)
    page.add_one("unknown_columns_total", len(report.unknown_columns))
    page.add_one("consumer_lag_records", lag)
    page.add_one("watched_columns", report.budget.columns)
    share = report.budget.column_seconds
    page.add_one("column_false_alarm_interval_seconds", NAN if share is None else share)
    page.add_one("last_record_timestamp_seconds", _seconds(report.last_record_us))
    page.add_one("checkpoint_timestamp_seconds", _seconds(report.checkpoint_us))
    page.add_one("checkpoint_bytes_total", facts.checkpoint_bytes)
    page.add_one("config_last_reload_successful", facts.config_last_reload_successful)


def add_stalled(page: Page, report: Report) -> None:
    """That every stream is blind because the loop has stopped."""
    streams = [
        labels(**stream.key._asdict(), reason="stalled")
        for stream in report.streams
        if not stream.retired
    ]
    page.add("blind", streams, [1.0] * len(streams))


def lag_of(report: Report) -> float:
    """Records that wait; unknown where it is unknown of one partition, 0 where none is ours."""
    lags = [partition.lag_records for partition in report.partitions]
    return NAN if None in lags else float(sum(lag for lag in lags if lag is not None))


def _metrics(per: Per) -> list[Metric]:
    return [metric for metric in METRICS if metric.per == per]


def _seconds(time_us: int | None) -> float:
    return NAN if time_us is None else time_us / SECOND_US
