"""The report as a JSON document: for the HTTP interface and for `replay --json`.

Times are RFC 3339 in UTC. A number that is not known, or not finite, is null; what a kind of column
has not (the mean of categories) has no key.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from driftwatch.explain import Explanation
from driftwatch.export.comparison_document import comparison_document
from driftwatch.export.table import BY_NAME
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.gauges import GAUGES, GaugeName
from driftwatch.monitor.report import (
    AlarmEvent,
    Column,
    PartitionReport,
    Report,
    StreamReport,
    WindowReport,
)
from driftwatch.records import REASONS, SECOND_US, UNROUTED_REASONS, FloatArray, StreamKey
from driftwatch.sketch.layout import Kind

Document = dict[str, Any]
"""A JSON object: what is in it is plain all the way down."""

_GAUGES: Mapping[Kind, tuple[GaugeName, ...]] = {
    "numeric": tuple(name for name in GAUGES if BY_NAME[name].columns != "categorical"),
    "categorical": tuple(name for name in GAUGES if BY_NAME[name].columns != "numeric"),
}
_SIDE: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "numeric": {
        "missing": ("null", "absent", "wrong_type", "nan"),
        "out_of_range": ("below", "above", "negative_inf", "positive_inf"),
    },
    "categorical": {
        "missing": ("null", "absent", "wrong_type"),
        "out_of_vocabulary": ("other", "new"),
    },
}
_BASELINE: Mapping[Kind, tuple[str, ...]] = {
    "numeric": ("mean", "stddev", "missing_ratio"),
    "categorical": ("missing_ratio", "top_class_ratio"),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which streams, columns and alarms are in a document; None takes all."""

    model: str | None = None
    model_version: str | None = None
    segment: str | None = None
    column: str | None = None

    def has_stream(self, key: StreamKey) -> bool:
        """Whether a stream is meant."""
        wanted = (self.model, self.model_version, self.segment)
        return all(want in (None, value) for want, value in zip(wanted, key, strict=True))

    def has_column(self, name: str) -> bool:
        """Whether a column of a stream that is meant is meant."""
        return self.column in (None, name)

    def among(self, columns: Sequence[Column]) -> bool:
        """Whether these columns, of a stream that is meant, have one that is meant."""
        return self.column is None or any(column.name == self.column for column in columns)


EVERYTHING = Selection()


def document(report: Report, selection: Selection = EVERYTHING) -> Document:
    """The report, or what is selected of it, as a JSON object.

    Streams without a selected column are left out where a column is selected.
    """
    return {
        "now": rfc3339(report.now_us),
        "last_record": rfc3339(report.last_record_us),
        "checkpoint": rfc3339(report.checkpoint_us),
        "records": {
            "counted": report.outcomes.get("counted", 0),
            "late": report.outcomes.get("late", 0),
            "rejected": {
                reason: report.reasons.get(reason, 0)
                for reason in REASONS
                if reason not in UNROUTED_REASONS
            },
            "unrouted": report.outcomes.get("unrouted", 0),
            "unevaluated": report.outcomes.get("unevaluated", 0),
        },
        "streams": [
            _stream(stream, selection)
            for stream in report.streams
            if selection.has_stream(stream.key) and selection.among(stream.columns)
        ],
        "alarms": [
            _alarm(event)
            for event in report.alarms
            if selection.has_stream(event.stream) and selection.has_column(event.column)
        ],
        "comparisons": [
            comparison_document(comparison)
            for comparison in report.comparisons
            if selection.model in (None, comparison.key.model)
            and selection.model_version in (None, comparison.key.model_version)
        ],
        "budget": {
            "columns": report.budget.columns,
            "column_false_alarm_interval_seconds": report.budget.column_seconds,
        },
        "unknown_columns": list(report.unknown_columns),
        "partitions": [_partition(partition) for partition in report.partitions],
    }


def to_json(found: Document) -> bytes:
    """Strict JSON in UTF-8, on one line."""
    text = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Half a character can only be in a text, where this is how JSON writes it.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def rfc3339(time_us: int | None) -> str | None:
    """A time of microseconds since the epoch, in UTC.

    >>> rfc3339(1_700_000_000_500_000), rfc3339(1_700_000_000_000_000)
    ('2023-11-14T22:13:20.500000Z', '2023-11-14T22:13:20Z')
    """
    if time_us is None:
        return None
    try:
        moment = _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:  # the last pane of the year 9999 ends beyond what a date can say
        moment = datetime.max.replace(tzinfo=UTC)
    return moment.isoformat().removesuffix("+00:00") + "Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _stream(stream: StreamReport, selection: Selection) -> Document:
    model, version, segment = stream.key
    windows = [_window(window, stream.columns) for window in stream.windows]
    baseline = {name: _finite(array) for name, array in stream.baseline.items()}
    return {
        "model": model,
        "model_version": version,
        "segment": segment,
        "records": stream.records,
        "watermark": rfc3339(stream.watermark_us),
        "first_seen": rfc3339(stream.first_seen_us),
        "traffic_share": stream.traffic_share,
        "conditions": dict(stream.conditions),
        "volume": _volume(stream),
        "retired": stream.retired,
        "blind": dict(stream.blind),
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "kind": column.kind,
                "state": stream.alarms.level(i),
                "evidence": {
                    severity: _or_null(float(stream.evidence[s, i]))
                    for s, severity in enumerate(SEVERITIES)
                },
                "min_detectable_shift": _or_null(float(stream.min_detectable_shift[i])),
                "baseline": {name: baseline[name][i] for name in _BASELINE[column.kind]},
                "new_values": [word for word, _ in stream.new_values.get(column.name, ())],
                "windows": [window[i] for window in windows],
            }
            for i, column in enumerate(stream.columns)
            if selection.has_column(column.name)
        ],
    }


def _volume(stream: StreamReport) -> Document | None:
    found = stream.volume
    if found is None:
        return None
    names = [window.name for window in stream.windows]
    ratios = dict(zip(names, map(_or_null, found.ratios), strict=True))
    return {"ratios": ratios, "alarm": found.alarm, "words": found.words}


def _window(window: WindowReport, columns: Sequence[Column]) -> list[Document]:
    """What a window says of each column."""
    gauges = {name: _finite(array) for name, array in window.gauges.by_name.items()}
    side = {name: array.tolist() for name, array in window.gauges.side.items()}
    values = window.gauges.values.tolist()
    head = {
        "name": window.name,
        "length_seconds": window.length_us / SECOND_US,
        "end": rfc3339(window.end_us),
        "fill_ratio": window.fill_ratio,
        "records": window.gauges.rows,
    }
    return [
        {
            **head,
            "values": int(values[i]),
            **{name: gauges[name][i] for name in _GAUGES[column.kind]},
            **{
                group: {name: int(side[name][i]) for name in names}
                for group, names in _SIDE[column.kind].items()
            },
        }
        for i, column in enumerate(columns)
    ]


def _alarm(event: AlarmEvent) -> Document:
    model, version, segment = event.stream
    return {
        "model": model,
        "model_version": version,
        "segment": segment,
        "column": event.column,
        "role": event.role,
        "severity": event.severity,
        "raised_at": rfc3339(event.raised_us),
        "onset": rfc3339(event.onset_us),
        "cleared_at": rfc3339(event.cleared_us),
        "statistic": event.statistic,
        "value": _or_null(event.value),
        "bound": _or_null(event.bound),
        "baseline": None if event.baseline is None else _or_null(event.baseline),
        "words": event.words,
        "explanation": None if event.explanation is None else _explanation(event.explanation),
    }


def _explanation(found: Explanation) -> Document:
    return {
        "kind": found.kind,
        "words": found.words,
        "score_nats": _or_null(found.score),
        "ties": [
            {"kind": tie.kind, "words": tie.words, "score_nats": _or_null(tie.score)}
            for tie in found.ties
        ],
    }


def _partition(found: PartitionReport) -> Document:
    return {
        "name": found.name,
        "topic": found.partition.topic,
        "partition": found.partition.number,
        "frontier": found.frontier,
        "lag_records": found.lag_records,
        "caught_up": found.caught_up,
        "clock": rfc3339(found.clock_us),
    }


def _finite(array: FloatArray) -> list[float | None]:
    return [_or_null(value) for value in array.tolist()]


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None
