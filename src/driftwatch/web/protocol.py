"""One connection: uvicorn's, with an end to what it may take in time and in bytes.

uvicorn waits for ever for the rest of a request, for a handshake a minute, and for ever for an
answer to be taken. Here the handshake is begun by the connection itself, so that it counts from
the moment it is accepted, and so that each one gets the certificate that is in force then.
"""

import asyncio
import socket
import ssl
import struct
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from driftwatch.web.connections import Connections, Phase, origin_of
from driftwatch.web.cork import CorkedTransport
from driftwatch.web.headers import SECURITY
from driftwatch.web.limits import Limits
from driftwatch.web.tls import Tls

KEEP_ALIVE_SECONDS = 75
"""Longer than the usual scrape interval, so that Prometheus needs no new connection each time."""

BACKLOG = 512
"""Connections that the system holds until they are accepted; beyond it clients lose seconds."""

_GOODBYE_SECONDS = 0.3
"""For the other side to answer that TLS ends."""

_AT_ONCE = struct.pack("ii", 1, 0)
"""Linger, and for no second: what was not taken is thrown away and the other side is told."""

_SLICE_BYTES = 4096
"""h11 bounds a request that is incomplete; fed by slices, a complete one is hardly larger."""


class GuardedConfig(uvicorn.Config):
    """uvicorn's settings, and what all connections of a port share."""

    def __init__(self, app: ASGIApp, limits: Limits, tls: Tls | None) -> None:
        self.limits = limits
        self.tls = tls
        self.open = Connections(limits)
        super().__init__(
            app,
            loop="asyncio",
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=list(SECURITY),
            backlog=BACKLOG,
            h11_max_incomplete_event_size=limits.max_header_bytes,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )


class GuardedServer(uvicorn.Server):
    """uvicorn's server, which leaves no connection behind when it ends."""

    def __init__(self, config: GuardedConfig) -> None:
        super().__init__(config)
        self._open = config.open

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order, as far as there is time for it, and then at once."""
        await super().shutdown(sockets)
        self._open.end_all()


class GuardedProtocol(H11Protocol):
    """A connection that `Connections` may end. uvicorn makes one for each that it accepts."""

    def __init__(
        self,
        config: GuardedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.origin = ""
        self.since = self.loop.time()
        self._limits = config.limits
        self._tls = config.tls
        self._open = config.open
        self._is_begun = False
        self._early = b""
        self._reading = True
        self._answered: object = None
        self._unsent_since: float | None = None
        self._socket: asyncio.Transport
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(  # type: ignore[override]  # as uvicorn has it
        self, transport: asyncio.Transport
    ) -> None:
        """Accepted: a transport of plain bytes, before any handshake."""
        self._socket = transport
        self.origin = origin_of(transport.get_extra_info("peername"))
        if not self._open.admit(self):
            transport.abort()
        elif self._tls is None:
            self._begin(transport)
        else:
            self.connections.add(self)
            self._handshake = self.loop.create_task(self._shake_hands(self._tls.context()))

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over; uvicorn is told, where it knew of it."""
        self._open.leave(self)
        if self._is_begun:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if not self._is_begun:  # they may come with the end of the handshake
            self._early += data
            return
        for start in range(0, len(data), _SLICE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE_BYTES])
        self._look()

    def on_response_complete(self) -> None:
        """A request is answered; the next one may be here already."""
        super().on_response_complete()
        self._look()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (as uvicorn has it)
        """Refuse what is no request, or too large to be one."""
        if self.conn.our_state is not h11.IDLE:
            self.drop()
            return
        too_large = len(self.conn.trailing_data[0]) > self._limits.max_header_bytes
        status = 431 if too_large else 400
        words = b"the headers are too large\n" if too_large else b"this is no HTTP request\n"
        headers = [
            *SECURITY,
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", str(len(words))),
            ("connection", "close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=words),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def shutdown(self) -> None:
        """The server ends."""
        if self._is_begun:
            super().shutdown()
        else:
            self.drop()

    @property
    def phase(self) -> Phase:
        """What it is at."""
        if self._is_answering:
            return Phase.STUCK if self.flow.write_paused else Phase.ANSWERING
        return Phase.WAITING if self._reading else Phase.IDLE

    def is_overdue(self, now: float) -> bool:
        """Whether a request takes too long to come, or an answer to be taken."""
        if self.phase is Phase.WAITING and now - self.since > self._limits.request_timeout_seconds:
            return True
        if not self._unsent_bytes:
            self._unsent_since = None
            return False
        if self._unsent_since is None:
            self._unsent_since = now
        return now - self._unsent_since > self._limits.response_timeout_seconds

    def drop(self) -> None:
        """End it at once, whatever is still to be sent."""
        if self._unsent_bytes:  # or the system would go on offering what nobody takes
            connection = self._socket.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._socket.abort()

    def _begin(self, transport: asyncio.Transport) -> None:
        """HTTP begins; this one may have TLS below."""
        self._is_begun = True
        super().connection_made(CorkedTransport(transport, self.loop))
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    @property
    def _is_answering(self) -> bool:
        return self._is_asked and not self.cycle.response_complete

    @property
    def _is_asked(self) -> bool:
        """Whether a whole request has ever come."""
        return bool(self.cycle)

    @property
    def _unsent_bytes(self) -> int:
        """With TLS there are two stores on the way."""
        below = self._socket.get_write_buffer_size()
        if self._tls is not None and self._is_begun:
            below += self.transport.get_write_buffer_size()
        return below

    def _look(self) -> None:
        """Note what it is at, and since when."""
        is_new = self.cycle is not self._answered
        if is_new:
            self._answered = self.cycle
            self._unsent_since = None
        reading = not self._is_asked or (
            not self._is_answering and bool(self.conn.trailing_data[0])
        )
        if is_new or reading is not self._reading:
            self._reading, self.since = reading, self.loop.time()

    async def _shake_hands(self, context: ssl.SSLContext) -> None:
        try:
            transport = await self.loop.start_tls(
                self._socket,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._limits.request_timeout_seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        except OSError:  # not TLS, a version that is too old, no certificate, or gone
            transport = None
        if transport is None:
            self._open.leave(self)
            self.connections.discard(self)
        else:
            self._begin(transport)
