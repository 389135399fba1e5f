"""What is posted as events: CloudEvents 1.0 in each of their three modes, and plain records.

Whatever the mode, an event leaves here in one form, the one that it has in Kafka's binary mode: its
attributes as headers `ce_NAME`, its media type as `content-type`, and its data as the body. So a
decoder sees no difference between a topic and this port.

Source: the specification of CloudEvents 1.0.2 with its JSON format, and its bindings to HTTP and
Kafka.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

REQUIRED = ("id", "source", "type", "specversion")
VERSIONS = ("1.0", "0.3")

KEPT = frozenset({"content-type", "content-encoding", "inference-header-content-length"})
"""Headers that say how a body is to be read."""

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines"})

Headers = tuple[tuple[str, bytes], ...]
Attributes = dict[str, msgspec.Raw]

_ATTRIBUTES = msgspec.json.Decoder(Attributes)
_BATCH = msgspec.json.Decoder(list[Attributes])


class NotAnEventError(Exception):
    """What was posted can't be taken; the text says why, the status how HTTP says it."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


class Posted(NamedTuple):
    """An event in the form that decoders read."""

    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """How a request is read.

    plain: a request without any attribute of an event is records too: one, or one a line where its
        media type says so. max_bytes: of a body, also once it is unpacked.
    """

    plain: bool = False
    max_bytes: int = 1 << 20


def posted(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, reading: Reading
) -> Sequence[Posted]:
    """The events of a request, at least one. header names: in lower case.

    Raises:
        NotAnEventError: there is none in it, or one that is incomplete.
    """
    given = [(name.decode("latin-1"), value) for name, value in headers]
    kept = [(name, value) for name, value in given if name in KEPT]
    attributes = [(name, value) for name, value in given if name.startswith("ce-")]
    media = dict(kept).get("content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    if media in (STRUCTURED, BATCH):
        return _structured(_unpacked(kept, body, reading), media)
    if attributes:
        found = {f"ce_{name[3:]}": _header_value(value) for name, value in attributes}
        _check({name: value.decode("utf-8", "replace") for name, value in found.items()})
        if reading.plain:
            body, kept = _unpacked(kept, body, reading), _without_encoding(kept)
        return [Posted((*found.items(), *kept), body)]
    if not reading.plain:
        raise NotAnEventError(
            "this is no CloudEvent: it has no header like ce-id, and its content-type is neither "
            f"{STRUCTURED} nor {BATCH}"
        )
    body, kept = _unpacked(kept, body, reading), _without_encoding(kept)
    parts = body.split(b"\n") if media in LINES else [body]
    records = [Posted(tuple(kept), part) for part in parts if part.strip()]
    if not records:
        raise NotAnEventError("there is no record in the body")
    return records


def _structured(body: bytes, media: str) -> list[Posted]:
    try:
        body.decode()  # texts are not looked at before they are asked for
        events = _BATCH.decode(body) if media == BATCH else [_ATTRIBUTES.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise NotAnEventError(f"the body is no {media}: {problem}") from problem
    if not events:
        raise NotAnEventError("there is no event in the batch")
    return [_event(event) for event in events]


def _event(event: Attributes) -> Posted:
    data, packed = event.pop("data", None), event.pop("data_base64", None)
    texts = {
        f"ce_{name.lower()}": _text(raw) for name, raw in event.items() if bytes(raw) != b"null"
    }
    media = texts.pop("ce_datacontenttype", "application/json")
    _check(texts)
    if packed is not None:
        try:
            body = base64.b64decode(_text(packed), validate=True)
        except (binascii.Error, ValueError) as problem:
            raise NotAnEventError(f"data_base64 is no base64: {problem}") from problem
    else:
        body = b"" if data is None else _data(bytes(data), media)
    headers = [(name, text.encode("utf-8", "replace")) for name, text in texts.items()]
    return Posted((*headers, ("content-type", media.encode("utf-8", "replace"))), body)


def _data(raw: bytes, media: str) -> bytes:
    """A text under another type than JSON's stands for itself, everything else for its JSON."""
    is_json = "json" in media.lower()
    return raw if is_json or not raw.startswith(b'"') else _text(raw).encode("utf-8", "replace")


def _text(raw: msgspec.Raw | bytes) -> str:
    """The value of an attribute: a text, a number, true or false."""
    found = bytes(raw)
    if not found.startswith(b'"'):
        return found.decode("utf-8", "replace")
    text: str = msgspec.json.decode(found, type=str)
    return text


def _check(attributes: dict[str, str]) -> None:
    missing = [name for name in REQUIRED if not attributes.get(f"ce_{name}")]
    if missing:
        raise NotAnEventError(f"this is no CloudEvent: it has no {' and no '.join(missing)}")
    if attributes["ce_specversion"] not in VERSIONS:
        raise NotAnEventError(
            f"expected version {' or '.join(VERSIONS)} of CloudEvents (ce-specversion), found "
            f"{attributes['ce_specversion'][:20]!r}"
        )


def _header_value(value: bytes) -> bytes:
    r"""An attribute out of a header: without quotes, and with what the percent signs stand for.

    >>> _header_value(b"Euro%20%E2%82%AC").decode(), _header_value(b'"a \\"b\\""')
    ('Euro €', b'a "b"')
    """
    if len(value) > 1 and value.startswith(b'"') and value.endswith(b'"'):
        value = value[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    return unquote_to_bytes(value) if b"%" in value else value


def _without_encoding(kept: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [(name, value) for name, value in kept if name != "content-encoding"]


def _unpacked(kept: Iterable[tuple[str, bytes]], body: bytes, reading: Reading) -> bytes:
    """The body as it was before `content-encoding`, which may be gzip."""
    encoding = dict(kept).get("content-encoding", b"identity").strip().lower()
    if encoding == b"identity":
        return body
    if encoding != b"gzip":
        raise NotAnEventError("a body may be packed with gzip only", 415)
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, reading.max_bytes + 1)
    except zlib.error as problem:
        raise NotAnEventError(f"the body is no gzip: {problem}") from problem
    if len(found) > reading.max_bytes:
        raise NotAnEventError(f"the body is larger than {reading.max_bytes:,} bytes unpacked", 413)
    if not unpacking.eof:
        raise NotAnEventError("the body is no whole gzip")
    return found
