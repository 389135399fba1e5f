"""What a rule file is made of, in the words of Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

AlertName = Literal[
    "ModelDrift",
    "PredictionDrift",
    "ModelPredictsOneValue",
    "ModelPredictsNewClass",
    "ModelPredictionsConcentrated",
    "ModelDriftInfo",
    "ModelVersionsDiffer",
    "ModelVolume",
    "ColumnMissingValues",
    "DriftwatchBlind",
    "DriftwatchLagging",
    "DriftwatchRejects",
    "DriftwatchCheckpointStale",
    "DriftwatchReloadFailed",
    "DriftwatchDown",
]

AlertSeverity = Literal["page", "warning", "info"]
"""page: somebody is woken. warning: somebody looks at it today. info: good to know."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that is computed at each evaluation. record: `level:metric:operation`."""

    record: str
    expr: str

    def document(self) -> dict[str, Any]:
        """As a rule file has it."""
        return {"record": self.record, "expr": self.expr}


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody is told.

    after: how long `expr` has to hold first. keep: how long the alert stays when it no longer does,
    for what comes and goes. summary, description: templates. links: templates of addresses.
    """

    name: AlertName
    expr: str
    severity: AlertSeverity
    summary: str
    description: str
    links: Mapping[str, str]
    after: str | None = None
    keep: str | None = None

    def document(self) -> dict[str, Any]:
        """As a rule file has it."""
        times = {"for": self.after, "keep_firing_for": self.keep}
        return {
            "alert": self.name,
            "expr": self.expr,
            **{name: time for name, time in times.items() if time is not None},
            "labels": {"severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                **self.links,
            },
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other, so that alerts can use what was recorded.

    interval: how often; as often as Prometheus is told to, where it is None.
    """

    name: str
    rules: tuple[Recording | Alert, ...]
    interval: str | None = None

    def document(self) -> dict[str, Any]:
        """As a rule file has it."""
        interval = {} if self.interval is None else {"interval": self.interval}
        return {
            "name": self.name,
            **interval,
            "rules": [rule.document() for rule in self.rules],
        }
