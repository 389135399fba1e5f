"""The configuration as a JSON Schema (2020-12), for editors that complete and check YAML."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from driftwatch.config.alarms import Threshold
from driftwatch.config.settings import Settings
from driftwatch.config.written import Written


def json_schema() -> dict[str, Any]:
    """What a configuration file may hold, with the description of every key.

    Stricter than nothing and laxer than `load`: the rules between keys are not in it.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(schema_generator=_Generator),
        "title": "Driftwatch configuration",
    }


class _Generator(GenerateJsonSchema):
    """Lets `${NAME}` stand for any value, and `null` for none: a key has a value or is left out."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return _or_variable(super().int_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return _or_variable(super().bool_schema(schema))

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return _or_variable(super().literal_schema(schema))

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        shown = super().default_schema(schema)
        if shown.get("default", ...) is None:
            del shown["default"]
        return shown

    def encode_default(self, dft: Any) -> Any:
        return _as_written(dft)

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


def _as_written(value: object) -> object:
    """A default as a file would say it."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, Threshold):
        return value.model_dump(exclude_none=True)
    if isinstance(value, Mapping):
        return {key: _as_written(item) for key, item in value.items()}
    return [_as_written(item) for item in value] if isinstance(value, tuple) else value


def _or_variable(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [schema, {"type": "string", "pattern": r"\$\{"}]}
