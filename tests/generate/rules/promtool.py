"""Rules on trial: series that are made up, and what `promtool test rules` has to make of them."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from driftwatch.generate.rules.files import main_groups
from driftwatch.generate.rules.policy import ANY, RulesPolicy
from driftwatch.generate.rules.rule import Group
from tests.harness.tools import program

Series = dict[str, str]
"""By series, its values: one a minute, as promtool writes them. `_` is none, `stale` the end."""
Labels = Mapping[str, str]

OF_AMOUNT = {
    "model": "fraud",
    "model_version": "3",
    "segment": "all",
    "column": "amount",
    "role": "feature",
}
OF_STREAM = {name: OF_AMOUNT[name] for name in ("model", "model_version", "segment")}
WARNING = {"severity": "warning"}
REPLICA = {"job": "driftwatch", "instance": "a:8710"}
OTHER_REPLICA = {"job": "driftwatch", "instance": "b:8710"}


def named(name: str, *labels: Labels, **more: str) -> str:
    """A series as Prometheus writes it.

    >>> named("up", {"job": "x"}, instance="y")
    'up{job="x",instance="y"}'
    """
    both = {**{k: v for given in labels for k, v in given.items()}, **more}
    return name + "{" + ",".join(f"{k}={json.dumps(v)}" for k, v in both.items()) + "}"


class Trial:
    """Series, the rules that look at them, and what has to come of it; tried when the block ends.

    Args:
        folder: an empty folder of the test.
        series: what was scraped.
        policy: what the rules are made for.
        groups: the rules on trial.
        step, every: time between two values, and between two evaluations.
    """

    def __init__(
        self,
        folder: Path,
        series: Series,
        policy: RulesPolicy = ANY,
        groups: Callable[[RulesPolicy], Sequence[Group]] = main_groups,
        step: str = "1m",
        every: str = "1m",
    ) -> None:
        self._folder = folder
        self._step = step
        self._every = every
        self._series = series
        self._alerts: list[dict[str, Any]] = []
        self._expressions: list[dict[str, Any]] = []
        self._groups = [group.document() for group in groups(policy)]

    def fires(self, alert: str, at: str, *expected: Labels) -> None:
        """An alert fires with these labels, once each, and with no others."""
        state = {"alertname": alert, "alertstate": "firing"}
        self._expect(
            named("ALERTS", state), at, [(named("ALERTS", state, each), 1.0) for each in expected]
        )

    def is_quiet(self, alert: str, at: str) -> None:
        """An alert does not fire."""
        self.fires(alert, at)

    def says(self, alert: str, at: str, *expected: tuple[Labels, Mapping[str, str]]) -> None:
        """The alerts that fire have these labels and exactly this text."""
        found = [{"exp_labels": labels, "exp_annotations": text} for labels, text in expected]
        self._alerts.append({"alertname": alert, "eval_time": at, "exp_alerts": found})

    def has(self, expression: str, at: str, *expected: tuple[Labels, float]) -> None:
        """An expression has this result, all labels given."""
        self._expect(expression, at, [(named("", labels), value) for labels, value in expected])

    def _expect(self, expression: str, at: str, expected: Sequence[tuple[str, float]]) -> None:
        samples = [{"labels": labels, "value": value} for labels, value in expected]
        self._expressions.append({"expr": expression, "eval_time": at, "exp_samples": samples})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self._run()

    def _asked(self) -> list[dict[str, Any]]:
        """The groups that matter here, which saves half of the time; all where none is named."""
        names = json.dumps([self._alerts, self._expressions])
        return [
            group
            for group in self._groups
            if any(rule.get("alert", rule.get("record")) in names for rule in group["rules"])
        ] or list(self._groups)

    def _run(self) -> None:
        test = {
            "interval": self._step,
            "input_series": [
                {"series": series, "values": values} for series, values in self._series.items()
            ],
            "alert_rule_test": self._alerts,
            "promql_expr_test": self._expressions,
        }
        (self._folder / "rules.yml").write_text(json.dumps({"groups": self._asked()}))
        document = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": self._every,
            "tests": [test],
        }
        # JSON is YAML too.
        (self._folder / "test.yml").write_text(json.dumps(document), encoding="utf-8")
        done = subprocess.run(
            [program("promtool"), "test", "rules", "test.yml"],
            cwd=self._folder,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
