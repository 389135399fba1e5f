"""The `avro` format: records in the wire format of a Confluent schema registry.

A zero byte, the number of the schema (4 bytes, big-endian), and the record in Avro's binary form.
What is read is the same as a JSON record of the same fields: times become texts of RFC 3339,
decimals numbers, and bytes texts where they are UTF-8.
"""

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import msgspec
from fastavro.types import Schema

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import Composer, RecordPolicy, Views
from driftwatch.decode.events.message import UnreadableError
from driftwatch.decode.unknown_columns import UnknownColumns
from driftwatch.records import Batch, ModelVersion, RawBatch, Reason

_HEAD_BYTES = 5
_BROKEN = (EOFError, IndexError, ValueError, ArithmeticError, TypeError, KeyError)
"""What the reader raises for bytes that are not what the schema says."""

Schemas = Callable[[int], Schema | None]
"""The schema of a number, as `avro_schemas.parsed_schema` gave it; None where it can't be had."""


class AvroDecoder:
    """Decodes batches of Avro records for a set of baselines."""

    def __init__(
        self,
        schemas: Schemas,
        policy: RecordPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
        views: Views | None = None,
    ) -> None:
        """See `Composer`."""
        self._schemas = schemas
        self._policy = policy
        self._composer = Composer(policy, baselines, fallbacks, views)
        self._unknown = UnknownColumns(self._composer.root)

    def decode(self, raw: RawBatch) -> Batch:
        """The batch's records as columns. Never raises for what a record holds."""
        records: list[msgspec.Struct] = []
        positions: list[int] = []
        rejected: list[tuple[int, Reason]] = []
        for position, value in enumerate(raw.values):
            try:
                record = self.read(value)
            except UnreadableError as error:
                rejected.append((position, error.reason))
                continue
            self._unknown.look(record)
            records.append(self._composer.read(record))
            positions.append(position)
        composed = self._composer.compose(records, positions, raw.broker_times_us)
        return Batch(
            raw.partition,
            len(raw.values),
            raw.next_offset,
            composed.rows,
            tuple(sorted(rejected + composed.rejected)),
            raw.broker_times_us,
            self._unknown.take(),
            composed.unrouted,
            composed.strangers,
            raw.offsets,
        )

    def event_time(self, value: bytes) -> int | None:
        """The time of one record (microseconds), or None."""
        try:
            record = self.read(value)
        except UnreadableError:
            return None
        return self._composer.event_time(self._composer.read(record))

    def read(self, value: bytes | None) -> dict[str, Any]:
        """A record as plain objects. Raises UnreadableError."""
        if value is None or len(value) < _HEAD_BYTES or value[0] != 0:
            raise UnreadableError("unparsable")
        if len(value) > self._policy.max_value_bytes:
            raise UnreadableError("too_large")
        schema = self._schemas(int.from_bytes(value[1:_HEAD_BYTES], "big"))
        if schema is None:
            raise UnreadableError("schema_unavailable")
        stream = io.BytesIO(value)
        stream.seek(_HEAD_BYTES)
        try:
            record: Any = fastavro.schemaless_reader(stream, schema, None)
        except UnicodeDecodeError as error:
            raise UnreadableError("not_utf8") from error
        except _BROKEN as error:
            raise UnreadableError("unparsable") from error
        if not isinstance(record, dict) or stream.tell() != len(value):
            raise UnreadableError("unparsable")
        return {name: _plain(field) for name, field in record.items()}


def _plain(value: Any) -> Any:
    """A value as JSON would have it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return []  # of the wrong type, whatever the column
    raise UnreadableError("unparsable")
