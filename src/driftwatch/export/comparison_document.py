"""One version against another, as a JSON object of the report."""

import math
from typing import Any

from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.comparison import ComparedWindow, ComparisonReport, rate_words
from driftwatch.monitor.shadow import ShadowReport
from driftwatch.records import SECOND_US

Document = dict[str, Any]


def comparison_document(report: ComparisonReport) -> Document:
    """What is known of two versions. A number that is not known is null."""
    version = report.key.model_version
    return {
        "model": report.key.model,
        "model_version": version,
        "against": report.against,
        "sentence": report.sentence,
        "retired": report.retired,
        "windows": [
            {
                "name": window.name,
                "length_seconds": window.length_us / SECOND_US,
                "records": window.rows,
                "against_records": window.against_rows,
                "rates": [
                    {
                        "role": rate.role,
                        "condition": rate.name,
                        "share": _or_null(rate.share),
                        "against_share": _or_null(rate.against_share),
                        "ratio": _or_null(rate.ratio),
                        "low": _or_null(rate.low),
                        "high": _or_null(rate.high),
                        "words": rate_words(rate, version, report.against),
                    }
                    for rate in window.rates
                ],
            }
            for window in report.windows
        ],
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "kind": column.kind,
                "state": report.alarms.level(i),
                "evidence": {
                    severity: _or_null(float(report.evidence[s, i]))
                    for s, severity in enumerate(SEVERITIES)
                },
                "words": report.words.get(column.name),
                "windows": [_gauges(window, i) for window in report.windows],
            }
            for i, column in enumerate(report.columns)
        ],
        "shadow": None if report.shadow is None else _shadow(report.shadow),
    }


def _gauges(window: ComparedWindow, column: int) -> Document:
    found: Document = {
        name: _or_null(float(values[column])) for name, values in window.gauges.items()
    }
    return {"name": window.name, **found}


def _shadow(report: ShadowReport) -> Document:
    return {
        "pairs": report.pairs,
        "waiting": report.waiting,
        "columns": [
            {
                "name": column.name,
                "disagreements": column.disagreements,
                "examples": [
                    {"key": each.key, "here": each.here, "there": each.there}
                    for each in column.examples
                ],
            }
            for column in report.columns
        ],
    }


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None
