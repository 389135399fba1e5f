"""What the page of a column says decides over its alarms."""

from pathlib import Path
from typing import Any, get_args

from driftwatch.config import parse
from driftwatch.generate.rules.rule import AlertName
from driftwatch.governing import alert_of, governing
from driftwatch.web.pages.column import Governing
from tests.export.reports import stream


def rules(column: int = 0, **changes: Any) -> dict[str, Governing]:
    settings: dict[str, Any] = {
        "source": {"files": {"path": "log"}},
        "decode": {"model": {"const": "fraud"}, "model_version": "v", "timestamp": "ts"},
        "models": {"fraud": {"baselines": {"3": "b.json.gz"}}},
        "state": {"memory": True},
        **changes,
    }
    found = governing(parse(settings, Path("driftwatch.yaml")), stream(), column)
    return {rule.setting: rule for rule in found}


def test_the_budget_the_tolerance_and_the_least_change_are_said() -> None:
    found = rules()
    assert found["alarms.false_alarms"].value == "1 per 30d"
    assert found["alarms.tolerance"].value == "0.03"
    assert "1.5 points where a share is one half" in found["alarms.tolerance"].meaning
    assert found["the baseline's size"].value == "5.0%"


def test_a_setting_of_the_column_stands_for_that_of_all() -> None:
    own = {"columns": {"amount": {"tolerance": 0.1, "thresholds": {"psi": 0.2}}}}
    models = {"fraud": {"baselines": {"3": "b.json.gz"}, **own}}
    alarms = {"thresholds": {"ks": {"info": 0.1, "page": 0.3}}}
    found = rules(models=models, alarms=alarms)
    assert found["models.fraud.columns.amount.tolerance"].value == "0.1"
    assert found["models.fraud.columns.amount.thresholds.psi"].value == "page above 0.2"
    assert found["alarms.thresholds.ks_statistic"].value == "info above 0.1, page above 0.3"
    assert "alarms.tolerance" in rules(1, models=models)


def test_alarms_that_are_off_are_said_to_be() -> None:
    found = rules(alarms={"enabled": False})
    assert found["alarms.enabled"].value == "false"
    assert "alarms.tolerance" not in found


def test_links_are_given_where_the_configuration_knows_them() -> None:
    assert rules()["alert"].href is None
    assert "dashboard" not in rules()
    found = rules(links={"dashboards": "https://g.example", "runbooks": "https://r.example/book"})
    assert found["alert"].href == "https://r.example/book/ModelDrift"
    assert found["dashboard"].href == (
        "https://g.example/d/driftwatch-column?"
        "var-model=fraud&var-model_version=3&var-segment=all&var-column=amount"
    )


def test_the_alert_that_is_named_is_one_that_there_is() -> None:
    assert {alert_of("feature"), alert_of("prediction")} <= set(get_args(AlertName))
