"""Avro schemas that records may be read by.

Two kinds are refused, for what a few bytes cost their reader: schemas that hold themselves (any
depth, and with it the end of the process), and arrays or maps of items that take no bytes (any
length).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException
from fastavro.types import Schema

_MAX_FIELDS = 20_000
"""Leaves of a schema with its named types written out."""


class SchemaError(ValueError):
    """A schema that records can't be read by."""


def parsed_schema(text: str, named: dict[str, Any] | None = None) -> Schema:
    """The schema of this text. named: types of others that it may refer to; its own are added.

    Raises SchemaError.

    >>> parsed_schema('{"type": "array", "items": "null"}')
    Traceback (most recent call last):
    driftwatch.decode.avro_schemas.SchemaError: items of an array take no bytes
    """
    types: dict[str, Any] = {} if named is None else named
    try:
        schema = fastavro.parse_schema(json.loads(text), named_schemas=types)
        _Weigher(types).weigh(schema)
    except SchemaError:
        raise
    except (SchemaParseException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SchemaError(f"not an Avro schema: {error}") from error
    except RecursionError as error:
        raise SchemaError("nested too deeply") from error
    return schema


class _Weigher:
    """Finds out how few bytes a value may take, and how many leaves it has."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self._known: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()

    def weigh(self, schema: Any) -> tuple[int, int]:
        """(fewest bytes, leaves) of a value. Raises SchemaError."""
        if isinstance(schema, list):
            return 1, self._sum(schema)[1]
        if isinstance(schema, str):
            found = self._types.get(schema)
            return (int(schema != "null"), 1) if found is None else self._weigh_named(found)
        name = schema.get("name")
        return self._weigh_named(schema) if name else self._weigh_type(schema)

    def _weigh_named(self, schema: Mapping[str, Any]) -> tuple[int, int]:
        name = schema["name"]
        if name in self._open:
            raise SchemaError(f"{name} holds itself")
        if name not in self._known:
            self._open.add(name)
            self._known[name] = self._weigh_type(schema)
            self._open.remove(name)
        return self._known[name]

    def _weigh_type(self, schema: Mapping[str, Any]) -> tuple[int, int]:
        kind = schema["type"]
        if kind in ("record", "error"):
            return self._sum([field["type"] for field in schema["fields"]])
        if kind in ("array", "map"):
            fewest, leaves = self.weigh(schema["items" if kind == "array" else "values"])
            if fewest == 0 and kind == "array":
                raise SchemaError("items of an array take no bytes")
            return 1, leaves + 1
        if kind == "fixed":
            return int(schema["size"]), 1
        if kind == "enum":
            return 1, 1
        return self.weigh(kind)

    def _sum(self, parts: Sequence[Any]) -> tuple[int, int]:
        weights = [self.weigh(part) for part in parts]
        leaves = sum(leaves for _, leaves in weights) + 1
        if leaves > _MAX_FIELDS:
            raise SchemaError(f"more than {_MAX_FIELDS:,} fields")
        return sum(fewest for fewest, _ in weights), leaves
