"""An event as bytes of a file: its length, a checksum, and what came with it.

A frame is `length, crc32` (4 bytes each, little-endian) and then as many bytes as the length says:
when the event came (8 bytes), the number of its headers (2), each header as the lengths of its name
(2) and its value (4) with both of them behind, and the body. What was torn by a crash, or damaged
later, does not have its checksum.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

_HEAD = struct.Struct("<II")
_BEGIN = struct.Struct("<qH")
_HEADER = struct.Struct("<HI")

MOST_HEADERS = 256
"""As many as an event may have; the web server takes far fewer bytes of them."""


class Event(NamedTuple):
    """One event as it was posted.

    headers: names in lower case, and values. arrived_us: microseconds since the epoch.
    """

    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    arrived_us: int


def encode(event: Event) -> bytes:
    """The frame of an event.

    >>> event = Event((("ce_id", b"7"),), b"{}", 1_000_000)
    >>> [found == event for found, _ in whole_frames(encode(event) + b"torn")]
    [True]
    """
    parts = [_BEGIN.pack(event.arrived_us, len(event.headers))]
    for name, value in event.headers:
        written = name.encode()
        parts += (_HEADER.pack(len(written), len(value)), written, value)
    parts.append(event.body)
    content = b"".join(parts)
    return _HEAD.pack(len(content), crc32(content)) + content


def whole_frames(data: bytes) -> Iterator[tuple[Event, int]]:
    """(event, where its frame ends) until the data ends, or does not hold a whole sound frame."""
    begin = 0
    while (size := frame_bytes(data, begin)) is not None and begin + size <= len(data):
        content = data[begin + _HEAD.size : begin + size]
        if crc32(content) != _HEAD.unpack_from(data, begin)[1]:
            return
        begin += size
        yield _event(content), begin


def frame_bytes(data: bytes, begin: int = 0) -> int | None:
    """How long the frame is that begins there; None where too little of it is there to tell."""
    if begin + _HEAD.size > len(data):
        return None
    length: int = _HEAD.unpack_from(data, begin)[0]
    return _HEAD.size + length


def _event(content: bytes) -> Event:
    arrived_us, count = _BEGIN.unpack_from(content)
    at = _BEGIN.size
    headers = []
    for _ in range(count):
        name_bytes, value_bytes = _HEADER.unpack_from(content, at)
        at += _HEADER.size
        name = content[at : at + name_bytes].decode()
        at += name_bytes
        headers.append((name, content[at : at + value_bytes]))
        at += value_bytes
    return Event(tuple(headers), content[at:], arrived_us)
