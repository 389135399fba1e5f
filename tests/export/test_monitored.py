"""What the real monitor reports can be exported whole."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftwatch.export.document import document, to_json
from driftwatch.export.exposition import render
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.metric import PREFIX
from driftwatch.export.series import ExportPolicy
from driftwatch.export.table import METRICS
from tests.canary import canary_report
from tests.export.monitored import monitored


def values(**labels: str) -> dict[str, float]:
    """By name, of the series that have these labels among theirs."""
    policy = ExportPolicy(p_values=True, counts=True)
    page = render(monitored(), ProcessFacts(), policy).text(False, b"")
    return {
        sample.name.removeprefix("driftwatch_"): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
        if labels.items() <= sample.labels.items()
    }


def test_every_metric_of_the_table_is_exported_of_a_report_of_the_monitor() -> None:
    page = render(canary_report(), ProcessFacts(), ExportPolicy()).text(False, b"").decode()
    of_versions = {
        s.name for family in text_string_to_metric_families(page) for s in family.samples
    }
    found = {f"{PREFIX}{name}" for name in values()} | of_versions
    assert found == {metric.series_name for metric in METRICS}


def test_the_gauges_are_those_of_the_column() -> None:
    amount = values(column="amount", window="1h")
    assert amount["ks_statistic"] == 0.75
    assert amount["column_mean"] == pytest.approx(3.5)
    assert amount["missing_ratio"] == 0.25
    country = values(column="country", window="1d")
    assert country["missing_ratio"] == 0.1
    assert country["new_category_ratio"] == 0.0


def test_every_record_is_among_the_counts_once() -> None:
    assert values(column="amount", le="+Inf")["column_values_bucket"] == 375.0
    assert values(column="amount", cell="(missing)")["column_records_total"] == 125.0
    assert values(column="country", cell="DE")["column_records_total"] == 450.0
    assert values(column="country", cell="(missing)")["column_records_total"] == 50.0
    assert values(column="country", cell="FR")["baseline_records"] == 390.0


def test_the_alarm_is_raised_in_both_forms() -> None:
    assert values(column="amount", severity="page")["drift_alarm"] == 1.0
    (alarm,) = [alarm for alarm in document(monitored())["alarms"] if alarm["severity"] == "page"]
    assert (alarm["column"], alarm["statistic"], alarm["bound"]) == ("amount", "psi", 0.25)


def test_the_document_counts_what_is_missing() -> None:
    (stream,) = json.loads(to_json(document(monitored())))["streams"]
    amount, country = (column["windows"][0] for column in stream["columns"])
    assert amount["missing"] == {"null": 0, "absent": 0, "wrong_type": 0, "nan": 125}
    assert country["missing"] == {"null": 50, "absent": 0, "wrong_type": 0}
