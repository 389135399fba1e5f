"""Bodies that are packed: by gzip, or as base64. What comes out is bounded, whatever goes in."""

import binascii
import zlib
from base64 import b64decode

from driftwatch.decode.events.message import UnreadableError

_GZIP = b"\x1f\x8b"


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """The body without gzip, which its first bytes tell: a header may have been lost on the way.

    Raises UnreadableError: `bad_encoding` where it is damaged, `too_large` beyond `max_bytes`.

    >>> import gzip
    >>> unpacked(gzip.compress(b"{}"), 10), unpacked(b"{}", 10)
    (b'{}', b'{}')
    """
    if not body.startswith(_GZIP):
        return body
    parts: list[bytes] = []
    left = max_bytes
    while body:  # gzip files one behind the other are one file
        stream = zlib.decompressobj(wbits=31)
        try:
            parts.append(stream.decompress(body, left + 1))
        except zlib.error as error:
            raise UnreadableError("bad_encoding") from error
        left -= len(parts[-1])
        if left < 0:
            raise UnreadableError("too_large")
        if not stream.eof:
            raise UnreadableError("bad_encoding")
        body = stream.unused_data
    return b"".join(parts)


def from_base64(text: object) -> bytes:
    """What a text says in base64. Raises UnreadableError: `bad_encoding`.

    >>> from_base64("e30=")
    b'{}'
    """
    if not isinstance(text, str):
        raise UnreadableError("bad_encoding")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("bad_encoding") from error
