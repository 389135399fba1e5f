"""The `sagemaker` format: SageMaker's data capture, a line of JSON for a request and its answer.

Bodies stand in it as text: CSV, JSON, JSON Lines, or anything at all in base64.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from driftwatch.decode.events.bodies import (
    UNNAMED,
    as_rows,
    content_of,
    read_json,
)
from driftwatch.decode.events.halves import records_of
from driftwatch.decode.events.message import (
    Content,
    EventPolicy,
    Message,
    Reading,
    Record,
    Side,
    SideName,
    UnreadableError,
    text_of,
    time_of,
)
from driftwatch.decode.events.naming import named
from driftwatch.decode.events.packed import from_base64, unpacked

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_ENDS: dict[SideName, str] = {"request": "endpointInput", "response": "endpointOutput"}
_BODIES = ("instances", "predictions", "inputs", "outputs", "data", "jsonData")


def read_sagemaker(message: Message, policy: EventPolicy) -> Side | list[Record]:
    """See `message.Format`."""
    reading = policy.reading
    found = read_json(unpacked(message.value, reading.max_bytes), reading)
    if not isinstance(found, dict):
        raise UnreadableError("unparsable")
    if "groundTruthData" in found:
        raise UnreadableError("feedback")
    captured, about = found.get("captureData"), found.get("eventMetadata")
    if not isinstance(captured, dict) or not isinstance(about, dict):
        raise UnreadableError("unparsable")
    ends = {side: captured.get(name) for side, name in _ENDS.items()}
    if not isinstance(ends["request"], dict) or not isinstance(ends["response"], dict):
        raise UnreadableError("unmatched")  # a capture of one side alone
    asked = _content("request", ends["request"], reading)
    answered = _content("response", ends["response"], reading)
    asked.id = text_of(about.get("inferenceId")) or text_of(about.get("eventId"))
    asked.event = {name: value for name, value in about.items() if name != "inferenceTime"}
    time_us = time_of(about.get("inferenceTime"), message.time_us)
    return records_of(asked, answered, time_us, reading.prediction_names)


def _content(side: SideName, end: dict[str, Any], reading: Reading) -> Content:
    """What one end of the endpoint has seen. Raises UnreadableError."""
    data, encoding = end.get("data"), end.get("encoding")
    kind = str(end.get("observedContentType") or "").lower()
    if not isinstance(data, str) or encoding not in ("CSV", "JSON", "BASE64"):
        raise UnreadableError("unparsable")
    if encoding == "BASE64":
        body = unpacked(from_base64(data), reading.max_bytes)
        if "json" not in kind and "csv" not in kind:
            raise UnreadableError("binary_tensor")
    else:
        body = data.encode("utf-8", "replace")
    if encoding == "CSV" or (encoding == "BASE64" and "csv" in kind):
        return _of_csv(side, body, "header=present" in kind.replace(" ", ""), reading)
    if "jsonlines" in kind or "x-ndjson" in kind:
        lines = [read_json(line, reading) for line in body.splitlines() if line.strip()]
        return _of_json(side, lines, reading)
    return _of_json(side, read_json(body, reading), reading)


def _of_json(side: SideName, body: Any, reading: Reading) -> Content:
    if isinstance(body, dict) and not any(key in body for key in _BODIES):
        body = [body]
    if isinstance(body, dict):
        return content_of(side, body, reading)
    rows = as_rows(body if isinstance(body, list) else [body])
    if not any(isinstance(row, dict | list) for row in rows):
        return _of_values(side, rows, reading)
    return _of_rows(side, rows, reading)


def _of_csv(side: SideName, body: bytes, has_header: bool, reading: Reading) -> Content:
    try:
        lines = list(csv.reader(io.StringIO(body.decode(), newline="")))
    except UnicodeDecodeError as error:
        raise UnreadableError("not_utf8") from error
    except csv.Error as error:
        raise UnreadableError("unparsable") from error
    rows: list[Any] = [list(map(_cell, line)) for line in lines if line]
    if has_header:
        header = [cell.strip() for cell in lines[0]] if rows else []
        return _of_rows(side, [_under(header, row) for row in rows[1:]], reading)
    if len(rows) == 1 and side == "response":
        return _of_values(side, rows[0], reading)
    return _of_rows(side, rows, reading)


def _under(header: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    if len(header) != len(row):
        raise UnreadableError("shape_mismatch")
    return dict(zip(header, row, strict=True))


def _of_rows(side: SideName, rows: list[Any], reading: Reading) -> Content:
    names = reading.feature_names if side == "request" else reading.prediction_names
    return Content([named(row, names, UNNAMED[side]) for row in as_rows(rows)])


def _of_values(side: SideName, values: list[Any], reading: Reading) -> Content:
    """A plain list: the features of one instance; of a response only the request tells."""
    if side == "request":
        return _of_rows(side, [values], reading)
    return Content([], values=as_rows(values))


def _cell(text: str) -> Any:
    """A number where one is written as JSON does; null where nothing is; else the text."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("-").isdecimal() and len(text) < 19 else float(text)
    return text or None
