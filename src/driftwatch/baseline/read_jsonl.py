"""JSON Lines: one object a line, flattened; `NaN` and `Infinity` as Python writes them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile
from driftwatch.baseline.raw import RawKind
from driftwatch.errors import DataError
from driftwatch.flatten import flatten

_CHUNK_BYTES = 2 << 20
"""Of text, which becomes ten times as much in memory."""

_decode = msgspec.json.Decoder().decode


def read_jsonl(file: DataFile, sources: Mapping[str, RawKind]) -> Iterator[Chunk]:
    """The rows of a file in chunks; sources: see `read.TrainingData`.

    Raises DataError, naming file and line.
    """
    with file.opened() as (stream, ratio):
        if stream.peek(3)[:3] == b"\xef\xbb\xbf":
            stream.read(3)
        if stream.peek(64)[:64].lstrip()[:1] == b"[":
            raise DataError(
                f"{file.place}: one JSON array, not one object a line; "
                "`jq -c '.[]'` turns the one into the other"
            )
        line = 1
        while lines := stream.readlines(_CHUNK_BYTES):
            records = _records(file, lines, line)
            if records:
                rows = [flatten(record, sources) for record in records]
                yield Chunk.from_records(rows, ratio(), sources)
            line += len(lines)


def _records(file: DataFile, lines: list[bytes], first_line: int) -> list[dict[str, Any]]:
    try:
        records = list(map(_decode, lines))
        if set(map(type, records)) <= {dict}:
            return records
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    return [
        _record(line, f"{file.place}:{number}")
        for number, line in enumerate(lines, start=first_line)
        if not line.isspace()
    ]


def _record(line: bytes, place: str) -> dict[str, Any]:
    """One line, read as Python writes JSON."""
    try:
        try:
            record = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            record = json.loads(line.decode(), parse_int=_integer)
    except UnicodeDecodeError as problem:
        raise DataError(f"{place}: not UTF-8; convert the file") from problem
    except json.JSONDecodeError as problem:
        raise DataError(f"{place}: not JSON: {problem.msg} at column {problem.colno}") from problem
    except RecursionError as problem:
        raise DataError(f"{place}: nested too deeply") from problem
    if not isinstance(record, dict):
        raise DataError(f"{place}: expected one JSON object, found {type(record).__name__}")
    return record


def _integer(digits: str) -> int | float:
    """JSON knows no largest integer, and Python refuses to read very long ones."""
    return int(digits) if len(digits) < 4_000 else float(digits)
