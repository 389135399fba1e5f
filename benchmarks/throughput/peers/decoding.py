"""Ways from the bytes of records to their features; a peer takes the one that is fastest for it."""

import io
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import orjson  # type: ignore[import-not-found,unused-ignore]
import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pyarrow.json as pa_json  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.throughput.shapes import Shape

Lists = dict[str, list[Any]]
"""By column, the values of a batch."""
Decode = Callable[[Sequence[bytes]], Any]


def by_orjson(shape: Shape) -> Callable[[Sequence[bytes]], Lists]:
    """Every record into a dictionary, and those into lists."""
    names = (*shape.numbers, *shape.words)

    def decode(values: Sequence[bytes]) -> Lists:
        rows = [orjson.loads(value)["features"] for value in values]
        return {name: [row[name] for row in rows] for name in names}

    return decode


def by_msgspec(shape: Shape) -> Callable[[Sequence[bytes]], Lists]:
    """Every record into a struct that has the features only, and those into lists."""
    record, names = record_type(shape), (*shape.numbers, *shape.words)
    read = msgspec.json.Decoder(record).decode
    take = attrgetter(*(f"features.{name}" for name in names))

    def decode(values: Sequence[bytes]) -> Lists:
        columns = zip(*map(take, map(read, values)), strict=True)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}

    return decode


def by_arrow(shape: Shape) -> Callable[[Sequence[bytes]], Any]:
    """All records at once into an Arrow table that has the features only."""
    fields = [
        *((name, pa.float64()) for name in shape.numbers),
        *((name, pa.string()) for name in shape.words),
    ]
    schema = pa.schema([("features", pa.struct(fields))])
    parse = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    read = pa_json.ReadOptions(use_threads=False, block_size=64 << 20)

    def decode(values: Sequence[bytes]) -> Any:
        table = pa_json.read_json(
            io.BytesIO(b"\n".join(values)), read_options=read, parse_options=parse
        )
        columns = table["features"].combine_chunks().flatten()
        return pa.table(columns, names=[name for name, _ in fields])

    return decode


def record_type(shape: Shape) -> type[msgspec.Struct]:
    """A record of which only the features are read."""
    features = msgspec.defstruct(
        "Features",
        [
            *((name, float | None) for name in shape.numbers),
            *((name, str | None) for name in shape.words),
        ],
    )
    return msgspec.defstruct("Record", [("features", features)])
