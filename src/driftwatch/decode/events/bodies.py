"""The bodies of requests and responses: JSON that a server was asked, or has answered.

Three shapes are told apart by their keys: `instances` and `predictions` (V1), `inputs` and
`outputs` (V2, see `tensors`), and `data` (Seldon's own).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from driftwatch.decode.events.message import (
    MAX_INSTANCES,
    Content,
    Reading,
    SideName,
    UnreadableError,
    text_of,
)
from driftwatch.decode.events.naming import named
from driftwatch.decode.events.tensors import rows_of
from driftwatch.decode.screen import screen

UNNAMED: Mapping[SideName, str] = {"request": "feature", "response": "prediction"}
"""What the columns are called that nobody has named."""

_LONG_INTEGER = re.compile(rb"[0-9]{20}")
"""What the fast parser may read as an integer of any size."""

BINARY_HEADER = "inference-header-content-length"


def read_json(text: bytes, reading: Reading) -> Any:
    """A JSON value, as Python's servers write it: `NaN` and `Infinity` too.

    Raises UnreadableError: `too_large`, `not_utf8` or `unparsable`.
    """
    refused = screen([text], reading.max_bytes, reading.max_nesting)
    if refused:
        raise UnreadableError(refused[0][1])
    if not _LONG_INTEGER.search(text):
        try:
            return msgspec.json.decode(text)
        except (msgspec.MsgspecError, ValueError):
            pass  # it may still be what Python calls JSON
    try:
        return json.loads(text.decode("utf-8-sig"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("unparsable") from error


def read_body(
    side: SideName, body: bytes, headers: Mapping[str, str], reading: Reading
) -> tuple[Content, Any]:
    """What a body holds, and its JSON.

    headers: see `message.by_name`. Raises UnreadableError.
    """
    json_part, binary = _parted(body, headers, reading)
    try:
        found = read_json(json_part, reading)
    except UnreadableError as error:
        if binary is None and _looks_binary(body, headers):
            raise UnreadableError("binary_tensor") from error
        raise
    return content_of(side, found, reading, binary), found


def content_of(side: SideName, body: Any, reading: Reading, binary: bytes | None = None) -> Content:
    """What the JSON of a body holds. Raises UnreadableError."""
    if not isinstance(body, dict):
        raise UnreadableError("unparsable")
    v1, v2 = ("instances", "inputs") if side == "request" else ("predictions", "outputs")
    names = reading.feature_names if side == "request" else reading.prediction_names
    otherwise = UNNAMED[side]
    if v2 in body:
        rows = rows_of(body[v2], binary, names, otherwise)
    elif v1 in body:
        rows = [named(row, names, otherwise) for row in as_rows(body[v1])]
    elif "data" in body or "jsonData" in body:
        rows = _seldon_rows(body, names, otherwise)
    else:
        raise UnreadableError("unparsable")
    event = {key: body[key] for key in ("parameters", "meta") if isinstance(body.get(key), dict)}
    return Content(
        rows,
        text_of(body.get("model_name")),
        text_of(body.get("model_version")),
        text_of(body.get("id")),
        event,
    )


def as_rows(found: Any) -> list[Any]:
    """A batch, one entry an instance. Raises UnreadableError for one of none, or too many."""
    if not isinstance(found, list) or not found:
        raise UnreadableError("unparsable")
    if len(found) > MAX_INSTANCES:
        raise UnreadableError("too_large")
    return found


def _seldon_rows(
    body: Mapping[str, Any], names: Sequence[str], otherwise: str
) -> list[dict[str, Any]]:
    """The columns of each instance in a body of Seldon's own protocol."""
    data = body.get("data")
    if not isinstance(data, dict):
        found = body.get("jsonData")
        rows = found if isinstance(found, list) else [found]
        return [named(row, names, otherwise) for row in as_rows(rows)]
    own = data.get("names")
    if isinstance(own, list) and own and all(isinstance(name, str) and name for name in own):
        names = own
    tensor = data.get("tensor")
    if isinstance(tensor, dict):
        values = {"shape": tensor.get("shape"), "data": tensor.get("values")}
        return rows_of([values], None, names, otherwise)
    return [named(row, names, otherwise) for row in as_rows(data.get("ndarray"))]


def _parted(
    body: bytes, headers: Mapping[str, str], reading: Reading
) -> tuple[bytes, bytes | None]:
    """The JSON of a body, and the tensors behind it where a header says how long the JSON is."""
    if len(body) > reading.max_bytes:
        raise UnreadableError("too_large")
    said = headers.get(BINARY_HEADER, "")
    if not (said.isascii() and said.isdecimal()):
        return body, None
    length = int(said[:20])
    return (body[:length], body[length:]) if length < len(body) else (body, None)


def _looks_binary(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether a body that is no JSON holds tensors of which nobody knows where they begin."""
    return headers.get("content-type") == "application/octet-stream" or (
        b'"binary_data_size"' in body[: 1 << 16]
    )


def _integer(digits: str) -> int | float:
    """JSON knows no largest integer, and Python refuses to read very long ones."""
    return int(digits) if len(digits.lstrip("-")) < 20 else float(digits)
