"""Requests are taken whole before they are answered, so that none goes on arriving for ever."""

import asyncio

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from driftwatch.web.limits import MOST_BODY_BYTES


class WholeRequests:
    """Answers 413 to a body that is too large, 408 to one that takes too long; no page reads one.

    Args:
        app: what answers the others.
        timeout_seconds: within these a body has to be there.
    """

    def __init__(self, app: ASGIApp, timeout_seconds: float) -> None:
        self._app = app
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                fits = _announced_bytes(scope) <= MOST_BODY_BYTES and await _fits(receive)
        except TimeoutError:
            await _refuse("the request took too long to come", 408)(scope, receive, send)
            return
        if not fits:
            words = f"a body of more than {MOST_BODY_BYTES:,} bytes is not taken"
            await _refuse(words, 413)(scope, receive, send)
            return
        await self._app(scope, _nothing_more, send)


def _announced_bytes(scope: Scope) -> int:
    """What `Content-Length` says; h11 has seen to it that it is a number."""
    lengths = [int(value) for name, value in scope["headers"] if name == b"content-length"]
    return max(lengths, default=0)


async def _fits(receive: Receive) -> bool:
    """Read the body and forget it, as long as it is not too large."""
    size = 0
    while size <= MOST_BODY_BYTES:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return size <= MOST_BODY_BYTES


def _refuse(words: str, status: int) -> PlainTextResponse:
    """The rest of the request is never read, so the connection ends here."""
    return PlainTextResponse(f"{words}\n", status, {"connection": "close"})


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
