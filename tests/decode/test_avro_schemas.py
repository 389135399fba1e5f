"""Which Avro schemas records may be read by."""

import json
from typing import Any

import pytest

from driftwatch.decode.avro_schemas import SchemaError, parsed_schema


def record(*types: Any, name: str = "r") -> dict[str, Any]:
    fields = [{"name": f"f{i}", "type": kind} for i, kind in enumerate(types)]
    return {"type": "record", "name": name, "fields": fields}


def doubling(levels: int) -> dict[str, Any]:
    """A record of 2^levels leaves in a few lines."""
    found = record("null", name="r0")
    for level in range(1, levels):
        found = record(found, f"r{level - 1}", name=f"r{level}")
    return found


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (record(["null", "r"]), "r holds itself"),
        (record({"type": "array", "items": "r"}), "r holds itself"),
        (record(record(["null", "r"], name="inner")), "r holds itself"),
        ({"type": "array", "items": "null"}, "take no bytes"),
        ({"type": "array", "items": record("null")}, "take no bytes"),
        ({"type": "array", "items": {"type": "fixed", "name": "z", "size": 0}}, "take no bytes"),
        (doubling(40), "more than 20,000 fields"),
        ({"type": "record"}, "not an Avro schema"),
        ({"type": "unheard of"}, "not an Avro schema"),
        ([1], "not an Avro schema"),
        (7, "not an Avro schema"),
        (None, "not an Avro schema"),
    ],
)
def test_a_schema_that_would_cost_its_reader_too_much_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        parsed_schema(json.dumps(schema))


@pytest.mark.parametrize("text", ["", "{", "[" * 5_000, '{"type":' * 3_000 + "1" + "}" * 3_000])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        parsed_schema(text)


def test_a_type_may_be_used_twice() -> None:
    parsed_schema(
        json.dumps(record(record("int", name="inner"), "inner", {"type": "map", "values": "null"}))
    )


def test_a_schema_may_refer_to_another() -> None:
    named: dict[str, Any] = {}
    parsed_schema(json.dumps(record("int", name="shop.Amount")), named)
    parsed_schema(json.dumps(record("shop.Amount", name="shop.Sale")), named)
    with pytest.raises(SchemaError, match=r"shop.Amount"):
        parsed_schema(json.dumps(record("shop.Amount", name="shop.Sale")))
