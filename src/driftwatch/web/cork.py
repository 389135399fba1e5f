"""Writes that are made one after the other leave in one piece.

Each one that goes to the system gives Python's lock away and has to get it back, which costs the
loop that counts records more than the bytes do.
"""

import asyncio
from typing import Any

_MOST_BYTES = 1 << 16
"""As much is held back at the most."""


class CorkedTransport(asyncio.Transport):
    """A transport that holds back what is written until the event loop's next turn."""

    def __init__(self, below: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._below = below
        self._loop = loop
        self._held: list[bytes] = []
        self._held_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send this, soon."""
        if not data:
            return
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(bytes(data))
        self._held_bytes += len(data)
        if self._held_bytes >= _MOST_BYTES:
            self._flush()

    def close(self) -> None:
        """Send what is held back, and then close."""
        self._flush()
        self._below.close()

    def abort(self) -> None:
        """Close, and forget what is held back."""
        self._held, self._held_bytes = [], 0
        self._below.abort()

    def is_closing(self) -> bool:
        """As below."""
        return self._below.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As below."""
        return self._below.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Bytes that have not left yet, those held back among them."""
        return self._held_bytes + self._below.get_write_buffer_size()

    def pause_reading(self) -> None:
        """As below."""
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """As below."""
        self._below.resume_reading()

    def _flush(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        if held and not self._below.is_closing():
            self._below.write(b"".join(held))
