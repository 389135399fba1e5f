"""How a record is read: the `decode` section."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from driftwatch.config.problems import Broken
from driftwatch.config.section import Section
from driftwatch.config.sizes import Size
from driftwatch.config.values import (
    ConstOrPath,
    DottedPath,
    Name,
    ObjectPath,
    Whole,
    not_yet,
)


class LimitSettings(Section):
    """What a record may cost before it is rejected."""

    max_value_bytes: Annotated[Size, Field(ge=1, le=1 << 26)] = Field(
        default=1 << 20, description="Largest record, up to 64MiB.", examples=["1MiB"]
    )
    max_nesting: Whole = Field(
        default=400, ge=1, le=400, description="Deepest nesting of objects and lists, up to 400."
    )


class DecodeSettings(Section):
    """How a record is read. Paths are dotted: `meta.version` is `version` in the object `meta`."""

    format: Annotated[
        Literal["json"], not_yet("kserve", "seldon", "mlserver", "sagemaker", "avro")
    ] = Field(default="json", description="Format of the serving log: one JSON object a record.")
    timestamp: DottedPath | None = Field(
        default=None,
        description="Where a record says when it was served; without it the broker's time counts.",
        examples=["ts"],
    )
    timestamp_unit: Literal["auto", "s", "ms", "us", "ns"] = Field(
        default="auto", description="Unit of numeric timestamps; `auto` tells it from their size."
    )
    model: ConstOrPath = Field(
        description="Which model answered: `{const: NAME}`, or where a record says it.",
        examples=[{"const": "fraud"}],
    )
    model_version: ConstOrPath | None = Field(
        default=None,
        description=(
            "Which version answered: `{const: VERSION}`, or where a record says it. May be left "
            "out where every model has one baseline."
        ),
        examples=["meta.version"],
    )
    features: ObjectPath = Field(
        default=".",
        description="The object that holds the features; `.` is the record itself.",
        examples=["features"],
    )
    predictions: Mapping[Name, DottedPath] = Field(
        default_factory=dict,
        description="Predictions by the name of their column, and where a record holds each.",
        examples=[{"score": "prediction"}],
    )
    labels: Mapping[Name, DottedPath] = Field(
        default_factory=dict,
        description="Labels by the name of their column, and where a record holds each.",
        examples=[{"fraud": "outcome"}],
    )
    limits: LimitSettings = Field(
        default_factory=LimitSettings, description="What a record may cost before it is rejected."
    )

    def _broken(self) -> Iterator[Broken]:
        if self.timestamp is None and self.timestamp_unit != "auto":
            text = "has no effect without decode.timestamp"
            yield Broken("unit_without_timestamp", ("timestamp_unit",), text)
        for name in self.labels:
            if name in self.predictions:
                text = "a prediction has this name too; columns need names of their own"
                yield Broken("two_roles", ("labels", name), text)
