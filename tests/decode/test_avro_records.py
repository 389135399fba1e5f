"""Decoding Avro records: the same counts as `json`, and a fate for every record."""

import io
import json
import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.decode.avro_records import AvroDecoder
from driftwatch.decode.avro_schemas import parsed_schema
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.records import Partition, RawBatch, Rows
from tests.decode.baselines import baseline_of, by_route

SCHEMA_TEXT = json.dumps(
    {
        "type": "record",
        "name": "Answer",
        "namespace": "shop",
        "fields": [
            {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {
                "name": "features",
                "type": {
                    "type": "record",
                    "name": "Features",
                    "fields": [
                        {"name": "amount", "type": ["null", "double", "string"]},
                        {"name": "country", "type": ["null", "string", "long"]},
                        {"name": "flag", "type": "boolean"},
                        {"name": "v", "type": {"type": "array", "items": "float"}},
                    ],
                },
            },
            {"name": "score", "type": "double"},
        ],
    }
)
SCHEMA = parsed_schema(SCHEMA_TEXT)
BASELINE = baseline_of(
    {
        "amount": [float(i) for i in range(40)],
        "country": ["DE", "FR", "3", "été"] * 10,
        "flag": [True, False] * 20,
        "v.0": [i / 8 for i in range(40)],
        "v.1": [i / 4 for i in range(40)],
        "score": [i / 40 for i in range(40)],
    },
    predictions=("score",),
)
POLICY = RecordPolicy("ts", const_model="fraud", const_version="1", features="features")
T0_MS = 1_767_225_600_000


def wire(record: Any, number: int = 7, schema: Any = SCHEMA) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, record)
    return b"\0" + struct.pack(">I", number) + stream.getvalue()


def decoder(policy: RecordPolicy = POLICY) -> AvroDecoder:
    return AvroDecoder({7: SCHEMA}.get, policy, by_route(BASELINE))


def raw(*values: bytes | None) -> RawBatch:
    return RawBatch(Partition("log", 0), values, np.arange(len(values)), len(values))


def a_record(**features: Any) -> dict[str, Any]:
    known = {"amount": 12.5, "country": "DE", "flag": True, "v": [0.5, 1.0]}
    return {"ts": T0_MS, "features": {**known, **features}, "score": 0.25}


RECORDS = st.builds(
    a_record,
    amount=st.none() | st.floats() | st.sampled_from(("twelve", "")),
    country=st.none() | st.sampled_from(("DE", "été", "never seen")) | st.integers(-5, 5),
    flag=st.booleans(),
    v=st.lists(st.floats(width=32), max_size=3),
)


@settings(max_examples=40)
@given(records=st.lists(RECORDS, min_size=1, max_size=4))
def test_avro_counts_as_json_does(records: list[dict[str, Any]]) -> None:
    (found,) = decoder().decode(raw(*map(wire, records))).rows
    values = [json.dumps(record).encode() for record in records]
    (expected,) = JsonDecoder(POLICY, by_route(BASELINE)).decode(raw(*values)).rows
    np.testing.assert_array_equal(found.event_times_us, expected.event_times_us)
    np.testing.assert_array_equal(found.numeric, expected.numeric)
    np.testing.assert_array_equal(found.cells, expected.cells)
    np.testing.assert_array_equal(missing_of(found), missing_of(expected))


def missing_of(rows: Rows) -> Any:
    return np.zeros(rows.numeric.shape) if rows.missing is None else rows.missing


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_bytes_never_raise_and_have_one_fate(data: st.DataObject) -> None:
    value = bytearray(wire(a_record()))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(value[: data.draw(st.integers(0, len(value)))])
    batch = decoder().decode(raw(bytes(value), cut, bytes(value) + b"\0"))
    counted = [position for rows in batch.rows for position in rows.position.tolist()]
    assert sorted(counted + [position for position, _ in batch.rejected]) == [0, 1, 2]


def test_each_fate_has_its_reason() -> None:
    good = wire(a_record())
    batch = decoder(RecordPolicy("ts", const_model="fraud", max_value_bytes=100)).decode(
        raw(good, None, b"", b"{}", good[:-1], good + b"\0", wire(a_record(), 8), b"\0" * 200)
    )
    assert batch.rejected == (
        *((1, "unparsable"), (2, "unparsable"), (3, "unparsable"), (4, "unparsable")),
        *((5, "unparsable"), (6, "schema_unavailable"), (7, "too_large")),
    )


def test_times_and_decimals_are_what_json_would_say_of_them() -> None:
    def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {"name": name.replace("-", "_"), "type": {"type": kind, "logicalType": name, **more}}

    moment = datetime(2026, 1, 1, 12, 30, 0, 250_000, tzinfo=UTC)
    fields = [
        (logical("long", "timestamp-millis"), moment),
        (logical("long", "timestamp-micros"), moment),
        (logical("long", "local-timestamp-millis"), moment.replace(tzinfo=None)),
        (logical("int", "date"), date(2026, 1, 1)),
        (logical("int", "time-millis"), time(12, 30)),
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("12.34")),
        (logical("string", "uuid"), UUID(int=7)),
        ({"name": "text", "type": "bytes"}, "été".encode()),
        ({"name": "image", "type": "bytes"}, b"\xff\xd8"),
    ]
    schema = parsed_schema(
        json.dumps({"type": "record", "name": "r", "fields": [field for field, _ in fields]})
    )
    value = wire({field["name"]: item for field, item in fields}, schema=schema)
    read = AvroDecoder({7: schema}.get, POLICY, by_route(BASELINE)).read(value)
    assert read == {
        "timestamp_millis": "2026-01-01T12:30:00.250000+00:00",
        "timestamp_micros": "2026-01-01T12:30:00.250000+00:00",
        "local_timestamp_millis": "2026-01-01T12:30:00.250000",
        "date": "2026-01-01",
        "time_millis": "12:30:00",
        "decimal": 12.34,
        "uuid": "00000000-0000-0000-0000-000000000007",
        "text": "été",
        "image": [],
    }


def test_unknown_columns_are_told_once() -> None:
    policy = RecordPolicy("ts", const_model="fraud", features=".", ignored=frozenset(("features",)))
    reader = decoder(policy)
    assert reader.decode(raw(wire(a_record()))).unknown_columns == ()
    told = AvroDecoder({7: SCHEMA}.get, RecordPolicy("ts", const_model="fraud"), by_route(BASELINE))
    assert told.decode(raw(wire(a_record()))).unknown_columns == ("features",)
    assert told.decode(raw(wire(a_record()))).unknown_columns == ()


def test_the_time_of_a_record_can_be_told_without_its_neighbours() -> None:
    assert decoder().event_time(wire(a_record())) == T0_MS * 1_000
    assert decoder().event_time(b"{}") is None


@pytest.mark.parametrize("depth", [1, 100])
def test_a_deep_schema_is_read(depth: int) -> None:
    schema: Any = "int"
    for level in range(depth):
        schema = {"type": "record", "name": f"r{level}", "fields": [{"name": "f", "type": schema}]}
    parsed = parsed_schema(json.dumps(schema))
    value: Any = 1
    for _ in range(depth):
        value = {"f": value}
    read = AvroDecoder({7: parsed}.get, POLICY, by_route(BASELINE)).read(wire(value, schema=parsed))
    assert read == value
