"""The rule files: that Prometheus takes them, what is in them, and that they are current."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from driftwatch.config import parse
from driftwatch.export.metric import PREFIX
from driftwatch.export.table import BY_NAME, METRICS
from driftwatch.generate.links import LOCAL, links_of
from driftwatch.generate.rules.files import FLEET, RESOURCE, RULES, rule_files
from driftwatch.generate.rules.policy import ANY, RulesPolicy, policy_of
from tests.harness.tools import ROOT, program

FILES = rule_files(ANY)
COMMITTED = ROOT / "deploy" / "prometheus"
RUNBOOK = ROOT / "docs" / "runbook"
OTHERS = {"up", "process_start_time_seconds"}
"""Metrics that Prometheus and the client library bring."""
SETTINGS: dict[str, Any] = {
    "source": {"stdin": {}},
    "decode": {"timestamp": "ts", "model": {"const": "fraud"}},
    "models": {"fraud": {"baselines": "fraud.json"}},
    "state": {"path": "state"},
}


def policy(**changes: Any) -> RulesPolicy:
    return policy_of(parse({**SETTINGS, **changes}, Path("driftwatch.yaml")))


def rules(text: str) -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(text)["groups"]:
        yield from group["rules"]


def alerts(files: RulesPolicy = ANY) -> dict[str, list[dict[str, Any]]]:
    """By name; an alert may have several rules."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules(rule_files(files)[RULES]):
        if "alert" in rule:
            found.setdefault(rule["alert"], []).append(rule)
    return found


ALL_RULES = [rule for name in (RULES, FLEET) for rule in rules(FILES[name])]
RECORDED = {rule["record"] for rule in ALL_RULES if "record" in rule}


@pytest.mark.parametrize("name", FILES)
def test_the_committed_file_is_the_one_that_the_command_writes(name: str) -> None:
    written = (COMMITTED / name).read_text(encoding="utf-8")
    assert written == FILES[name], "driftwatch rules -o deploy/prometheus"


@pytest.mark.integration
@pytest.mark.parametrize(
    "made", [ANY, policy(), policy(windows=["10m", "1h30m"], lateness="1h")], ids=str
)
def test_promtool_finds_nothing_to_complain_of(made: RulesPolicy, tmp_path: Path) -> None:
    files = {name: text for name, text in rule_files(made).items() if name != RESOURCE}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command: list[str | Path] = [program("promtool"), "check", "rules", "--lint-fatal", *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_resource_for_kubernetes_has_the_same_rules() -> None:
    resource = yaml.safe_load(FILES[RESOURCE])
    assert (resource["apiVersion"], resource["kind"]) == (
        "monitoring.coreos.com/v1",
        "PrometheusRule",
    )
    groups = [group for name in (RULES, FLEET) for group in yaml.safe_load(FILES[name])["groups"]]
    assert resource["spec"]["groups"] == groups


def test_groups_have_names_of_their_own() -> None:
    names = [group["name"] for group in yaml.safe_load(FILES[RESOURCE])["spec"]["groups"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("record", sorted(RECORDED))
def test_a_recorded_series_is_named_by_level_metric_and_operation(record: str) -> None:
    level, metric, operation = record.split(":")
    assert re.fullmatch(r"(column|stream|job|comparison)(_[a-z]+)?", level)
    assert re.fullmatch(r"[a-z_]+(\d+[dhms]|(\d+[dhms])+)?", operation)
    known = {m.full_name.removesuffix("_total") for m in METRICS}
    assert metric in known | {"driftwatch_column_records", "driftwatch_records_rejected"}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_a_rule_asks_only_for_what_is_exported_or_recorded(rule: dict[str, Any]) -> None:
    texts = [rule["expr"], *rule.get("annotations", {}).values()]
    asked = [name for text in texts for name in re.findall(r"[a-z_]+:[a-z_]+:\w+", text)]
    assert set(asked) <= RECORDED
    exported = {metric.series_name for metric in METRICS} | OTHERS
    for text in [rule["expr"], *re.findall(r"printf `([^`]*)`", "".join(texts))]:
        plain = re.sub(r"[a-z_]+:[a-z_]+:\w+|\"[^\"]*\"", "", text)
        for name in re.findall(rf"\b{PREFIX}\w+|\bup\b|\bprocess_\w+", plain):
            assert name in exported


def test_no_rule_asks_for_a_p_value() -> None:
    assert "p_value" not in "".join(FILES.values())
    assert [metric.name for metric in METRICS if metric.p_value]


def test_no_rule_compares_a_gauge_that_can_be_nan_as_it_is() -> None:
    # What is never NaN: states of 0 and 1, counters, and what training has.
    safe = {
        *("drift_alarm", "blind", "build_info", "config_last_reload_successful"),
        *("baseline_missing_ratio", "baseline_records", "baseline_values_bucket"),
        *("drift_explanation", "comparison_alarm", "volume_alarm"),
        *(metric.series_name.removeprefix(PREFIX) for metric in METRICS if metric.type != "gauge"),
    }
    seen = set()
    for rule in ALL_RULES:
        plain = re.sub(r"[a-z_]+:[a-z_]+:\w+", "", rule["expr"])
        for name in set(re.findall(rf"{PREFIX}(\w+)", plain)) - safe:
            seen.add(name)
            gauge = rf"{PREFIX}{name}(?:{{[^}}]*}})?"
            guarded = re.findall(rf"((?:min_over_time\()?{gauge}(?:\[5m\]\))?) == \1", plain)
            beside = re.findall(rf"on \(job, instance\) {PREFIX}{name}\b", plain)
            assert len(re.findall(gauge, plain)) == 2 * len(guarded) + len(beside), rule
    assert seen == {"missing_ratio", "consumer_lag_records", "checkpoint_timestamp_seconds"}


def test_no_rule_looks_at_the_past_step_by_step() -> None:
    # A subquery runs as often as Prometheus evaluates, which may be every second.
    assert not re.search(r"\[\w+:\w*\]", "".join(rule["expr"] for rule in ALL_RULES))


@pytest.mark.parametrize("rule", [rule for found in alerts().values() for rule in found])
def test_an_alert_has_a_severity_words_and_addresses(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "warning", "info")
    text = rule["annotations"]
    assert set(text) == {
        *("summary", "description"),
        *("runbook_url", "dashboard_url", "status_page_url"),
    }
    assert text["runbook_url"] == f"{LOCAL.runbooks}/{rule['alert']}"
    assert text["dashboard_url"].startswith(f"{LOCAL.dashboards}/d/driftwatch-")
    assert text["status_page_url"].startswith(f"{LOCAL.status_page}/")


def test_an_alert_leaves_out_which_replica_it_was() -> None:
    assert not re.search(r"by \([^)]*\b(instance|pod)\b", "".join(FILES.values()))


def test_every_alert_has_its_page_in_the_runbook_and_every_page_its_alert() -> None:
    pages = {path.stem for path in RUNBOOK.glob("*.md")} - {"index"}
    assert pages == set(alerts())


def test_every_page_of_the_runbook_is_in_its_index() -> None:
    index = (RUNBOOK / "index.md").read_text(encoding="utf-8")
    for name in alerts():
        assert f"[{name}]({name}.md)" in index


def test_the_links_of_this_machine_are_those_of_the_settings() -> None:
    assert links_of(parse(SETTINGS, Path("driftwatch.yaml")).links) == LOCAL


def test_the_links_are_those_of_the_configuration() -> None:
    links = {
        "status_page": "https://dw.example.com",
        "dashboards": "https://grafana.example.com",
        "runbooks": "https://wiki.example.com/driftwatch",
    }
    text = "".join(rule_files(policy(links=links)).values())
    assert "localhost" not in text
    for address in links.values():
        assert address in text


def test_a_configuration_says_which_window_and_how_much_lag() -> None:
    text = rule_files(policy(windows=["10m", "1h"], lateness="10m"))[RULES]
    assert 'window="10m"' in text
    assert 'window="1h"' not in text
    assert "> 1200 * job:driftwatch_records:rate5m" in text


def test_what_is_switched_off_has_no_rules() -> None:
    assert set(alerts(policy(alarms={"enabled": False}))) == set(alerts()) - {
        *("ModelDrift", "ModelDriftInfo", "PredictionDrift"),
        *("ModelPredictsOneValue", "ModelPredictsNewClass", "ModelPredictionsConcentrated"),
        *("ModelVersionsDiffer", "ModelVolume"),
    }
    in_memory = policy(state={"memory": True})
    assert set(alerts(in_memory)) == set(alerts()) - {"DriftwatchCheckpointStale"}
    assert FLEET not in rule_files(policy())
    assert FLEET in rule_files(policy(metrics={"counts": True}))


def test_rare_checkpoints_are_given_time() -> None:
    text = rule_files(policy(checkpoint_every="5m"))[RULES]
    assert (
        "time() - last_over_time(job:driftwatch_checkpoint_timestamp_seconds:min[5m]) > 3600"
        in text
    )


def test_the_counts_that_the_fleet_is_made_of_are_behind_their_setting() -> None:
    asked = set(re.findall(rf"{PREFIX}(\w+)", rule_files(ANY)[FLEET]))
    by_series = {m.series_name.removeprefix(PREFIX): m for m in METRICS}
    used = [by_series[name] for name in asked if name in by_series]
    assert used
    assert {metric.per for metric in used if BY_NAME[metric.name].own} <= {
        "column and cell",
        "column and window",
    }
