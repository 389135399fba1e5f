"""The metric table: it agrees with the code, and its names with Prometheus's rules for names."""

import re
from collections.abc import Sequence
from typing import get_args

import pytest

from driftwatch.explain.explanation import ExplanationKind
from driftwatch.export.facts import STEPS
from driftwatch.export.metric import Metric
from driftwatch.export.table import BY_NAME, METRICS
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.gauges import GAUGES
from driftwatch.monitor.report import BLIND_REASONS
from driftwatch.records import OUTCOMES, REASONS
from tests.export.reports import CATEGORICAL_ONLY, NUMERIC_ONLY

BASE_UNITS = ("seconds", "bytes", "ratio", "records", "series")

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def test_no_name_stands_in_the_table_twice() -> None:
    assert len(BY_NAME) == len(METRICS)


def test_the_gauges_of_a_window_are_those_that_the_monitor_computes() -> None:
    in_window = {m.name: m.columns for m in METRICS if m.per == "column and window"}
    assert tuple(in_window) == GAUGES
    assert {n for n, columns in in_window.items() if columns == "numeric"} == NUMERIC_ONLY
    assert {n for n, columns in in_window.items() if columns == "categorical"} == CATEGORICAL_ONLY


@pytest.mark.parametrize(
    ("name", "label", "values"),
    [
        ("drift_alarm", "severity", SEVERITIES),
        ("drift_explanation", "kind", get_args(ExplanationKind)),
        ("blind", "reason", BLIND_REASONS),
        ("records_total", "outcome", OUTCOMES),
        ("records_rejected_total", "reason", REASONS),
        ("loop_seconds_total", "step", STEPS),
    ],
)
def test_a_fixed_list_of_a_label_is_the_one_of_the_code(
    name: str, label: str, values: Sequence[str]
) -> None:
    assert tuple(BY_NAME[name].values[label]) == tuple(values)


@each_metric
def test_a_base_unit_ends_the_name(metric: Metric) -> None:
    found = [unit for unit in BASE_UNITS if metric.name.removesuffix("_total").endswith(unit)]
    if metric.unit in BASE_UNITS:
        assert found == [metric.unit] or metric.name in (
            "records_rejected_total",
            "series_dropped_total",
            "contract_violations_total",
            "shadow_pairs_total",
            "shadow_disagreements_total",
        )
    else:
        assert found == []


@each_metric
def test_a_help_text_is_a_sentence_on_one_line_that_needs_no_escapes(metric: Metric) -> None:
    assert re.fullmatch(r"[A-Z0-9][^\n\\\"]*\.", metric.help)
    assert len(metric.help) <= 100


@each_metric
def test_a_label_with_a_fixed_list_is_one_of_the_metric(metric: Metric) -> None:
    assert set(metric.values) <= set(metric.labels)
