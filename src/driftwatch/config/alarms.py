"""When to raise an alarm: the `alarms` section, and the thresholds of a column."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from driftwatch.config.durations import Duration, between
from driftwatch.config.false_alarms import FalseAlarms
from driftwatch.config.problems import Broken, KeyPath, wrong
from driftwatch.config.section import Section
from driftwatch.config.values import Number, Switch, Whole

Statistic = Literal[
    "ks_statistic",
    "psi",
    "psi_debiased",
    "wasserstein_normalized",
    "jensen_shannon",
    "missing_ratio",
    "out_of_range_ratio",
    "new_category_ratio",
]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
SHORT_NAMES: Mapping[str, Statistic] = {"ks": "ks_statistic"}
UNBOUNDED: frozenset[Statistic] = frozenset(("psi", "psi_debiased", "wasserstein_normalized"))
"""The statistics that may pass 1."""


class Threshold(Section):
    """Values of one statistic at which an alarm is raised. A severity that is left out has none."""

    info: Number | None = Field(default=None, gt=0, description="From here on, `info`.")
    page: Number | None = Field(default=None, gt=0, description="From here on, `page`.")

    def _broken(self) -> Iterator[Broken]:
        if self.info is None and self.page is None:
            yield Broken("threshold_empty", (), "expected info, page or both, found neither")
        if self.info is not None and self.page is not None and self.info >= self.page:
            text = f"info ({self.info:g}) has to be below page ({self.page:g})"
            yield Broken("threshold_order", (), text)


def _threshold(value: object) -> object:
    if value is False:
        return None
    if isinstance(value, Mapping | Threshold):
        return value
    return {"page": value}


def _threshold_as_written(value: Threshold | None) -> object:
    return False if value is None else value.model_dump(exclude_none=True)


_POSITIVE = {"type": "number", "exclusiveMinimum": 0}
ThresholdOrOff = Annotated[
    Threshold | None,
    BeforeValidator(_threshold),
    PlainSerializer(_threshold_as_written),
    WithJsonSchema(
        {
            "anyOf": [
                _POSITIVE,
                {"const": False},
                {
                    "type": "object",
                    "properties": {
                        "info": _POSITIVE | {"description": "From here on, `info`."},
                        "page": _POSITIVE | {"description": "From here on, `page`."},
                    },
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]
"""A number (`page`), `{info: X, page: Y}`, or `false` for no threshold, which is kept as None."""


def _full_names(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    full: dict[Any, Any] = {}
    for key, threshold in value.items():
        name = SHORT_NAMES.get(key, key) if isinstance(key, str) else key
        if name in full:
            raise wrong("same_statistic", f"{name} is here under two names; keep one")
        full[name] = threshold
    return full


class _NamesBelow:
    """Tells the JSON Schema the names of the statistics, the short ones too."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "propertyNames": {"enum": [*STATISTICS, *SHORT_NAMES]}}


Thresholds = Annotated[
    Mapping[Statistic, ThresholdOrOff], BeforeValidator(_full_names), _NamesBelow()
]


def too_high(thresholds: Mapping[Statistic, Threshold | None], path: KeyPath) -> Iterator[Broken]:
    """Thresholds above 1 on statistics that never pass 1: they would never be reached."""
    for statistic, threshold in thresholds.items():
        if threshold is None or statistic in UNBOUNDED:
            continue
        for severity in ("info", "page"):
            value = getattr(threshold, severity)
            if value is not None and value > 1:
                text = f"{severity} can't be reached at {value:g}; {statistic} is never above 1"
                yield Broken("threshold_too_high", (*path, statistic), text)


Tolerance = Annotated[Number, Field(ge=0, le=1)]


class AlarmSettings(Section):
    """When an alarm is raised: by evidence within a budget of false alarms, and by thresholds."""

    enabled: Switch = Field(default=True, description="Raise alarms at all.")
    false_alarms: FalseAlarms = Field(
        default=FalseAlarms.parse("1 per 30d"),
        description=(
            "How many false alarms of each severity are allowed, over all models, versions, "
            "segments and columns together: a number `per` a time, or `per` so many panes."
        ),
        examples=["1 per 30d", "1 per 1000h", "1 per 100000 panes"],
    )
    tolerance: Tolerance = Field(
        default=0.03,
        description=(
            "The change that is too small to page for, as a step in 2 asin(sqrt(share)): 0.03 is "
            "1.5 points of probability at one half, less at rarer events. `info` tolerates none."
        ),
    )
    thresholds: Thresholds = Field(
        default_factory=dict,
        description=(
            "Plain thresholds beside it, for all columns, by statistic: a number (`page`), "
            "`{info: X, page: Y}`, or `false` for none. They keep no budget. The ratios are "
            "compared after the baseline's own ratio has been taken off."
        ),
        examples=[{"psi": 0.2, "ks": {"info": 0.1, "page": 0.2}}],
    )
    window: Duration | None = Field(
        default=None,
        description="The window that thresholds look at, one of `windows`; else the shortest.",
        examples=["1h"],
    )
    hold: Annotated[Duration, between("0s", "7d")] = Field(
        default=Duration.parse("10m"),
        description="An alarm clears once it was quiet for this long.",
    )
    min_rows: Whole = Field(
        default=50,
        ge=1,
        le=10**9,
        description="Thresholds say nothing of a window with fewer records.",
    )

    def _broken(self) -> Iterator[Broken]:
        yield from too_high(self.thresholds, ("thresholds",))
