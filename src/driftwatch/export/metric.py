"""A row of the metric table: what a metric is called, what it says, and with which labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from driftwatch.sketch.layout import Kind

PREFIX = "driftwatch_"

Type = Literal["gauge", "counter", "histogram"]
Per = Literal[
    "column and window",
    "column",
    "column and severity",
    "column and cell",
    "condition",
    "stream",
    "comparison",
    "compared column",
    "process",
]
Label = Literal[
    "model",
    "model_version",
    "segment",
    "column",
    "role",
    "window",
    "severity",
    "kind",
    "le",
    "cell",
    "reason",
    "outcome",
    "step",
    "condition",
    "rule",
    "against",
    "direction",
    "version",
    "python_version",
]

_STREAM: tuple[Label, ...] = ("model", "model_version", "segment")
_COLUMN: tuple[Label, ...] = (*_STREAM, "column", "role")
_COMPARISON: tuple[Label, ...] = ("model", "model_version", "against")
_LABELS: Mapping[Per, tuple[Label, ...]] = {
    "column and window": (*_COLUMN, "window"),
    "column": _COLUMN,
    "column and severity": (*_COLUMN, "severity"),
    "column and cell": _COLUMN,
    "condition": (*_STREAM, "role", "condition"),
    "stream": _STREAM,
    "comparison": _COMPARISON,
    "compared column": (*_COMPARISON, "column", "role"),
    "process": (),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the table.

    name: without the prefix.
    help: what it says, on one line.
    per: what there is one of, or several that `own` tells apart.
    unit: None for what has none: a distance, an index, a yes or no.
    columns: the kind of columns that have it; None for both kinds, or where `per` is no column.
    own: its labels on top of those of `per`.
    values: of the labels that have a fixed list, its values and what each means.
    p_value: exported only on request, and never to be used in a rule.

    A metric by `le` is a histogram. It has buckets only: its sum would fall with negative values.
    """

    name: str
    help: str
    per: Per
    unit: str | None = None
    columns: Kind | None = None
    own: tuple[Label, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    p_value: bool = False

    @property
    def full_name(self) -> str:
        """As it is called on /metrics."""
        return PREFIX + self.name

    @property
    def series_name(self) -> str:
        """As its series are called."""
        return self.full_name + ("_bucket" if self.type == "histogram" else "")

    @property
    def type(self) -> Type:
        """What Prometheus takes it for."""
        if "le" in self.own:
            return "histogram"
        return "counter" if self.name.endswith("_total") else "gauge"

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels."""
        return _LABELS[self.per] + self.own
