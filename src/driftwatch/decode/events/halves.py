"""Half of a pair as bytes, and what both halves become: records.

A half may wait for hours, over restarts, and on disk; so it is kept small, and holds all that is
needed later.
"""

import json
from hashlib import blake2b
from typing import Any

import msgspec

from driftwatch.decode.events.message import Content, Record, Side, UnreadableError
from driftwatch.decode.events.naming import named
from driftwatch.records import Half

_KEY_BYTES = 16

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content).decode


def half_of(side: Side, position: int, time_us: int) -> Half:
    """A side of a pair, as it waits."""
    return Half(position, side.side, join_key(side.join_on), time_us, packed(side.content))


def join_key(parts: tuple[str, ...]) -> bytes:
    """16 bytes that stand for these texts, in this order.

    >>> join_key(("a", "bc")) == join_key(("ab", "c"))
    False
    """
    digest = blake2b(digest_size=_KEY_BYTES)
    for part in parts:
        text = part.encode("utf-8", "replace")
        digest.update(len(text).to_bytes(8, "little"))
        digest.update(text)
    return digest.digest()


def packed(content: Content) -> bytes:
    """The content as bytes.

    MessagePack, or JSON for what that can't hold: half characters and integers beyond 64 bits.
    """
    try:
        return _encode(content)
    except (OverflowError, UnicodeEncodeError):
        return json.dumps(msgspec.structs.astuple(content)).encode()


def unpacked(content: bytes) -> Content:
    """What `packed` was given.

    >>> unpacked(packed(Content([{"a": 10**20}]))).rows
    [{'a': 100000000000000000000}]
    """
    if content.startswith(b"["):  # which is no array in MessagePack
        return Content(*json.loads(content))
    return _decode(content)


def joined(request: Half, response: Half, prediction_names: tuple[str, ...] = ()) -> list[Record]:
    """The records of a pair, one for each instance, at the time of the response.

    Raises UnreadableError: `shape_mismatch` where the two are not of one size.
    """
    asked, answered = unpacked(request.content), unpacked(response.content)
    latency_ms = (response.time_us - request.time_us) / 1_000
    return records_of(asked, answered, response.time_us, prediction_names, latency_ms)


def records_of(
    asked: Content,
    answered: Content,
    time_us: int | None,
    prediction_names: tuple[str, ...] = (),
    latency_ms: float | None = None,
) -> list[Record]:
    """The records of what was asked and what was answered. Raises UnreadableError."""
    predictions = answered.rows
    if answered.values:
        predictions = _of_as_many(answered.values, len(asked.rows), prediction_names)
    if len(asked.rows) != len(predictions):
        raise UnreadableError("shape_mismatch")
    event = {**asked.event, **answered.event}
    if latency_ms is not None:
        event["latency_ms"] = latency_ms
    head: Record = {"time": time_us, "event": event}
    for name, value in (
        ("model", answered.model or asked.model),
        ("model_version", answered.model_version or asked.model_version),
        ("id", asked.id or answered.id),
    ):
        if value is not None:
            head[name] = value
    return [
        {**head, "features": features, "predictions": outcome}
        for features, outcome in zip(asked.rows, predictions, strict=True)
    ]


def _of_as_many(values: list[Any], instances: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Predictions of a plain list: one for each instance, or several for a single one."""
    if instances == 1 and len(values) != 1:
        return [named(values, names, "prediction")]
    return [named(value, names, "prediction") for value in values]
