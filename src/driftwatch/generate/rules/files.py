"""The files that `driftwatch rules` writes."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from driftwatch.generate.rules.comparisons import comparison_alerts, comparison_recordings
from driftwatch.generate.rules.drift import drift_alerts, drift_recordings
from driftwatch.generate.rules.fleet import fleet_group
from driftwatch.generate.rules.itself import process_alerts, process_recordings
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.predictions import prediction_alerts, prediction_recordings
from driftwatch.generate.rules.rule import Group
from driftwatch.generate.rules.sight import sight_alerts, sight_recordings
from driftwatch.generate.rules.volume import volume_alerts, volume_recordings

RULES = "driftwatch.rules.yml"
FLEET = "driftwatch-fleet.rules.yml"
RESOURCE = "driftwatch.prometheusrule.yaml"

_MADE = "# Written by `driftwatch rules`: change the configuration and write it again.\n"


def main_groups(policy: RulesPolicy) -> tuple[Group, ...]:
    """What alerts, and what that looks at."""
    return (
        Group(
            "driftwatch-models",
            (
                *drift_recordings(policy),
                *prediction_recordings(policy),
                *comparison_recordings(policy),
                *volume_recordings(policy),
                *drift_alerts(policy),
                *prediction_alerts(policy),
                *comparison_alerts(policy),
                *volume_alerts(policy),
            ),
        ),
        Group("driftwatch-sight", (*sight_recordings(), *sight_alerts(policy))),
        Group("driftwatch-itself", (*process_recordings(policy), *process_alerts(policy))),
    )


def rule_files(policy: RulesPolicy) -> Mapping[str, str]:
    """By name, the text of each file."""
    main = main_groups(policy)
    fleet = (fleet_group(policy),) if policy.counts else ()
    files = {RULES: _text({"groups": _documents(main)})}
    if fleet:
        files[FLEET] = _text({"groups": _documents(fleet)})
    files[RESOURCE] = _text(_resource((*main, *fleet)))
    return files


def _documents(groups: Sequence[Group]) -> list[dict[str, Any]]:
    return [group.document() for group in groups]


def _resource(groups: Sequence[Group]) -> dict[str, Any]:
    """The same rules for the Prometheus operator of Kubernetes."""
    name = "driftwatch"
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": name}},
        "spec": {"groups": _documents(groups)},
    }


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as it is, so that people can read it."""


def _written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _written)


def _text(document: Mapping[str, Any]) -> str:
    return _MADE + yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )
