"""How a record is read: the `decode` section."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, JsonValue

from driftwatch.config.durations import Duration, between
from driftwatch.config.problems import Broken
from driftwatch.config.schemas import SchemaSettings
from driftwatch.config.section import Section
from driftwatch.config.shown import listed
from driftwatch.config.sizes import Size
from driftwatch.config.values import (
    ConstOrPath,
    DottedPath,
    Listed,
    Name,
    ObjectPath,
    Switch,
    Topic,
    Whole,
)

FormatName = Literal["json", "kserve", "seldon", "mlserver", "sagemaker", "avro"]

_OF_RECORDS: frozenset[FormatName] = frozenset(("json", "avro"))
_OF_PAIRS: frozenset[FormatName] = frozenset(("kserve", "seldon", "mlserver"))
_OF_EVENTS: frozenset[FormatName] = frozenset(get_args(FormatName)) - _OF_RECORDS

_ONLY: Mapping[str, frozenset[FormatName]] = {
    "timestamp": _OF_RECORDS,
    "timestamp_unit": _OF_RECORDS,
    "features": _OF_RECORDS,
    "labels": _OF_RECORDS,
    "schemas": frozenset(("avro",)),
    "feature_names": _OF_EVENTS,
    "prediction_names": _OF_EVENTS,
    "topics": frozenset(("mlserver",)),
    "join": _OF_PAIRS,
}
"""Settings that some formats have no use for, and those that have."""


class LimitSettings(Section):
    """What a record may cost before it is rejected."""

    max_value_bytes: Annotated[Size, Field(ge=1, le=1 << 26)] = Field(
        default=1 << 20,
        description="Largest record, up to 64MiB; one that is packed, when it is unpacked.",
        examples=["1MiB"],
    )
    max_nesting: Whole = Field(
        default=400, ge=1, le=400, description="Deepest nesting of objects and lists, up to 400."
    )


class TopicSettings(Section):
    """Which topic holds what, where nothing else tells requests from responses."""

    requests: Topic = Field(
        default="mlserver-input",
        description="The topic of requests.",
        examples=["fraud-requests"],
    )
    responses: Topic = Field(
        default="mlserver-output",
        description="The topic of responses.",
        examples=["fraud-responses"],
    )

    def _broken(self) -> Iterator[Broken]:
        if self.requests == self.responses:
            text = "the requests have this topic too; nothing would tell the two apart"
            yield Broken("repeated", ("responses",), text)


class JoinSettings(Section):
    """How long half of a pair, a request or a response, waits for the other one."""

    within: Annotated[Duration, between("1s", "1d")] = Field(
        default=Duration.parse("10m"),
        description="Longest time between the two; what waits longer is rejected as `unmatched`.",
    )
    max_records: Annotated[Whole, Field(ge=1, le=10_000_000)] = Field(
        default=100_000, description="Most halves that wait; beyond it the oldest is rejected."
    )
    max_bytes: Annotated[Size, Field(ge=1 << 20, le=1 << 34)] = Field(
        default=32 << 20,
        description="Most bytes that wait, from 1MiB; beyond it the oldest is rejected.",
        examples=["32MiB"],
    )
    co_partitioned: Switch = Field(
        default=False,
        description=(
            "Both halves of a pair are in partitions of the same number, so that several members "
            "of a group may share the log out. Takes `source.kafka.assignment: range`."
        ),
    )


def _model_rule() -> JsonValue:
    """What a schema says of the model: an event may say it itself."""
    formats: list[JsonValue] = [*sorted(_OF_PAIRS)]
    says_it: JsonValue = {"properties": {"format": {"enum": formats}}, "required": ["format"]}
    return {"anyOf": [{"required": ["model"]}, says_it]}


def _schemas_rule() -> JsonValue:
    """What a schema says of the schemas of `avro`."""
    is_avro: JsonValue = {"properties": {"format": {"const": "avro"}}, "required": ["format"]}
    return {"anyOf": [{"required": ["schemas"]}, {"not": is_avro}]}


class DecodeSettings(Section):
    """How a record is read. Paths are dotted: `meta.version` is `version` in the object `meta`."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_model_rule(), _schemas_rule()]})

    format: FormatName = Field(
        default="json",
        description=(
            "Format of the serving log: `json`, one object a record; `avro`, the same by a schema; "
            "or what a model server logs."
        ),
    )
    timestamp: DottedPath | None = Field(
        default=None,
        description=(
            "Where a record says when it was served; without it the broker's time counts. "
            "Only `json` and `avro`."
        ),
        examples=["ts"],
    )
    timestamp_unit: Literal["auto", "s", "ms", "us", "ns"] = Field(
        default="auto", description="Unit of numeric timestamps; `auto` tells it from their size."
    )
    model: ConstOrPath | None = Field(
        default=None,
        description=(
            "Which model answered: `{const: NAME}`, or where a record says it. A model server's "
            "event says it itself, so there it may be left out; a path leads into the attributes "
            "of the event. `sagemaker` needs the constant."
        ),
        examples=[{"const": "fraud"}],
    )
    model_version: ConstOrPath | None = Field(
        default=None,
        description=(
            "Which version answered: `{const: VERSION}`, or where a record says it (of a model "
            "server's event, one of its attributes). May be left out where every model has one "
            "baseline, and where the event says it itself."
        ),
        examples=["meta.version"],
    )
    features: ObjectPath = Field(
        default=".",
        description=(
            "The object that holds the features; `.` is the record itself. Only `json` and `avro`."
        ),
        examples=["features"],
    )
    predictions: Mapping[Name, DottedPath] = Field(
        default_factory=dict,
        description=(
            "Predictions by the name of their column, and where a record holds each; of a model "
            "server's event, where in its answer."
        ),
        examples=[{"score": "prediction"}],
    )
    labels: Mapping[Name, DottedPath] = Field(
        default_factory=dict,
        description=(
            "Labels by the name of their column, and where a record holds each. Only `json` and "
            "`avro`."
        ),
        examples=[{"fraud": "outcome"}],
    )
    serving: Mapping[Name, DottedPath] = Field(
        default_factory=dict,
        description=(
            "Columns about the serving itself, such as latency or status, by name, and where a "
            "record holds each; of a model server's event, one of its attributes, or `latency_ms`."
        ),
        examples=[{"latency_ms": "meta.latency_ms"}],
    )
    correlation: DottedPath | None = Field(
        default=None,
        description=(
            "What the answers to one request share, where several versions give one: a path, or "
            "`id` for the id of a model server's event."
        ),
        examples=["request_id"],
    )
    feature_names: Listed[Name] | None = Field(
        default=None,
        description="Names of the features, in order, where the requests of a server have none.",
        examples=[["amount", "country"]],
    )
    prediction_names: Listed[Name] | None = Field(
        default=None,
        description="Names of the predictions, in order, where the responses have none.",
        examples=[["score"]],
    )
    topics: TopicSettings | None = Field(
        default=None,
        description="Which topic holds requests and which responses. Only `mlserver`.",
        examples=[{"requests": "fraud-requests", "responses": "fraud-responses"}],
    )
    schemas: SchemaSettings | None = Field(
        default=None,
        description="Where the schemas of `avro` come from.",
        examples=[{"registry": {"url": "http://registry:8081"}}],
    )
    join: JoinSettings | None = Field(
        default=None,
        description=(
            "How requests are joined with responses. Only `kserve`, `seldon` and `mlserver`, which "
            "log them apart."
        ),
        examples=[{"within": "10m"}],
    )
    limits: LimitSettings = Field(
        default_factory=LimitSettings, description="What a record may cost before it is rejected."
    )

    @property
    def is_joined(self) -> bool:
        """Whether requests and responses are logged apart."""
        return self.format in _OF_PAIRS

    @property
    def joining(self) -> JoinSettings:
        """How requests are joined with responses: as it was said, or by the defaults."""
        return self.join or JoinSettings()

    @property
    def is_of_events(self) -> bool:
        """Whether records are what a model server logs, in a shape of its own."""
        return self.format in _OF_EVENTS

    @property
    def tells_time(self) -> bool:
        """Whether the records themselves say when they were served."""
        return self.timestamp is not None or self.format in ("kserve", "sagemaker")

    @property
    def tells_version(self) -> bool:
        """Whether the records may say which version answered without being asked for it."""
        return self.is_joined

    def _broken(self) -> Iterator[Broken]:
        if self.timestamp is None and self.timestamp_unit != "auto" and not self.is_of_events:
            text = "has no effect without decode.timestamp"
            yield Broken("unit_without_timestamp", ("timestamp_unit",), text)
        for name in self.labels:
            if name in self.predictions:
                text = "a prediction has this name too; columns need names of their own"
                yield Broken("two_roles", ("labels", name), text)
        for name in self.serving:
            if name in self.predictions or name in self.labels:
                text = "a prediction or label has this name too; columns need names of their own"
                yield Broken("two_roles", ("serving", name), text)
        yield from self._broken_format()

    def _broken_format(self) -> Iterator[Broken]:
        for key, formats in _ONLY.items():
            default = type(self).model_fields[key].get_default(call_default_factory=True)
            if getattr(self, key) != default and self.format not in formats:
                known = listed(name for name in get_args(FormatName) if name in formats)
                text = f"has no effect with format {self.format}, only with {known}; take it out"
                yield Broken("setting_of_another_format", (key,), text)
        if self.model is None and self.format in (*_OF_RECORDS, "sagemaker"):
            yield Broken("missing", ("model",), "missing; for example model: {const: fraud}")
        if self.format == "avro" and self.schemas is None:
            example = "for example schemas: {registry: {url: http://registry:8081}}"
            yield Broken("missing", ("schemas",), f"missing; {example}")
