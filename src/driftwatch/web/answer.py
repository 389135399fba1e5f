"""Answers that may be large."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PART_BYTES = 1 << 16
"""As much as is copied for a connection at a time; what is behind it waits until that is taken."""


class Answer(Response):
    """A response that is sent by parts, so that many slow readers can share one body."""

    async def __call__(
        self,
        scope: Scope,  # noqa: ARG002 (ASGI has it)
        receive: Receive,  # noqa: ARG002
        send: Send,
    ) -> None:
        """ASGI."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        body = memoryview(self.body)
        for begin in range(0, len(body), _PART_BYTES) or (0,):
            part = bytes(body[begin : begin + _PART_BYTES])
            more = begin + _PART_BYTES < len(body)
            await send({"type": "http.response.body", "body": part, "more_body": more})
