"""`POST /v1/events`: events are taken once they are on the disk, or refused.

All that wait for the disk are written and synced together, so that one sync does for many senders,
and a sender that is alone waits for one sync only.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from driftwatch.errors import SourceError
from driftwatch.sources.frames import Event
from driftwatch.sources.http import ANSWERED, Answered
from driftwatch.sources.spool import SpoolFullError
from driftwatch.web.cloud_events import NotAnEventError, Posted, Reading, posted
from driftwatch.web.pace import Account
from driftwatch.web.paths import EVENTS

RETRY_SECONDS = 5
"""After so long a sender that was refused may ask again: half a checkpoint."""

MOST_WAITING_BYTES = 16 << 20
"""Of bodies that are on their way or wait for the disk; more would take memory without bound."""


_ANSWERS: Mapping[int, Answered] = {429: "full", 503: "unavailable"}


class Keep(Protocol):
    """Where events go."""

    def append(self, events: list[Event]) -> None:
        """Returns once they are kept. Raises SpoolFullError, SourceError."""


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """What is taken.

    reading: see `Reading`. timeout_seconds: within these a body has to be there.
    most_waiting_bytes: of all bodies that are on their way or wait for the disk.
    """

    reading: Reading = field(default_factory=Reading)
    timeout_seconds: float = 10.0
    most_waiting_bytes: int = MOST_WAITING_BYTES


class _RefusedError(Exception):
    """The answer to a request that is not taken."""

    def __init__(self, status: int, words: str, *, again: bool = False, close: bool = False):
        super().__init__(words)
        self.status = status
        self.headers: list[tuple[bytes, bytes]] = []
        if again:
            self.headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
        if close:  # what is left of the body is never read
            self.headers.append((b"connection", b"close"))


class GroupCommit:
    """Keeps events for those that wait, all of them at once.

    It belongs to one event loop. Memory: the events that wait; `Intake` bounds them.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._waiting: list[Event] = []
        self._group: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None

    async def put(self, events: Iterable[Event]) -> None:
        """Returns once they are kept. Raises what `Keep.append` does."""
        loop = asyncio.get_running_loop()
        self._waiting.extend(events)
        group = self._group = self._group or loop.create_future()
        if self._writing is None:
            self._writing = loop.create_task(self._write(loop))
        # Others wait for it too: whoever is sent away leaves it to them.
        await asyncio.shield(group)

    async def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._group is not None:
            events, group = self._waiting, self._group
            self._waiting, self._group = [], None
            try:
                await loop.run_in_executor(self._thread, self._keep.append, events)
            except SourceError as problem:
                group.set_exception(problem)
            else:
                group.set_result(None)
        self._writing = None


class Intake:
    """Answers requests for `/v1/events`.

    202: the events will be counted once. 429, 503: not now. 4xx: never as they are.

    Args:
        policy: see `IntakePolicy`.
        keep: where events go.
        why_not_ready: a sentence; None when events may come.
        now_us: microseconds since the epoch.
        answered: counts the requests by their answer.
    """

    def __init__(
        self,
        policy: IntakePolicy,
        keep: Keep,
        why_not_ready: Callable[[], str | None],
        now_us: Callable[[], int],
        answered: dict[Answered, int] | None = None,
    ) -> None:
        self._policy = policy
        self._commit = GroupCommit(keep)
        self._why_not_ready = why_not_ready
        self._now_us = now_us
        self._answered = dict.fromkeys(ANSWERED, 0) if answered is None else answered
        self._waiting_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await self._take(scope, receive)
        except _RefusedError as refusal:
            self._answered[_ANSWERS.get(refusal.status, "refused")] += 1
            await _answer(send, refusal.status, str(refusal), refusal.headers)
        else:
            self._answered["accepted"] += 1
            await _answer(send, 202, "")

    async def _take(self, scope: Scope, receive: Receive) -> None:
        if scope["method"] != "POST":
            refusal = _RefusedError(405, "events are posted here")
            refusal.headers.append((b"allow", b"POST"))
            raise refusal
        if (missing := self._why_not_ready()) is not None:
            raise _RefusedError(503, missing, again=True, close=True)
        body = bytearray()
        try:
            await self._fill(body, _announced_bytes(scope), receive)
            arrived_us = self._now_us()
            events = self._events(scope, bytes(body))
            await self._commit.put(Event(*event, arrived_us) for event in events)
        except SpoolFullError as full:
            raise _RefusedError(429, str(full), again=True) from full
        except SourceError as problem:
            raise _RefusedError(503, str(problem), again=True) from problem
        finally:
            self._waiting_bytes -= len(body)

    def _events(self, scope: Scope, body: bytes) -> Iterable[Posted]:
        try:
            return posted(scope["headers"], body, self._policy.reading)
        except NotAnEventError as problem:
            raise _RefusedError(problem.status, str(problem)) from problem

    async def _fill(self, body: bytearray, announced: int, receive: Receive) -> None:
        """Read a body whole; what is read of it counts among what waits."""
        most = self._policy.reading.max_bytes
        too_large = _RefusedError(413, f"a body may have {most:,} bytes", close=True)
        if announced > most:
            raise too_large
        try:
            async with asyncio.timeout(self._policy.timeout_seconds):
                while True:
                    message = await receive()
                    part = _part(message)
                    if len(body) + len(part) > most:
                        raise too_large
                    if self._waiting_bytes + len(part) > self._policy.most_waiting_bytes:
                        words = "too many events are on their way at a time"
                        raise _RefusedError(429, words, again=True, close=True)
                    body += part
                    self._waiting_bytes += len(part)
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            words = "the request took too long to come"
            raise _RefusedError(408, words, close=True) from None


class Entrance:
    """Shows events to the intake, and everything else to the rest of the port.

    What events cost is not charged to those who read: a scrape goes on being answered however many
    there are.
    """

    def __init__(self, intake: ASGIApp, others: ASGIApp, account: Account) -> None:
        self._intake = intake
        self._others = others
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["path"] != EVENTS:
            await self._others(scope, receive, send)
            return
        self._account.overlook()
        await self._intake(scope, receive, send)
        self._account.overlook()


def _part(message: Message) -> bytes:
    """What came of a body. Whoever is gone has sent all that he will."""
    if message["type"] == "http.disconnect":
        raise _RefusedError(400, "the request ended before its body", close=True)
    part: bytes = message.get("body", b"")
    return part


def _announced_bytes(scope: Scope) -> int:
    """What `Content-Length` says; h11 has seen to it that it is a number."""
    lengths = [int(value) for name, value in scope["headers"] if name == b"content-length"]
    return max(lengths, default=0)


async def _answer(
    send: Send, status: int, words: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    body = f"{words}\n".encode() if words else b""
    length = (b"content-length", b"%d" % len(body))
    kind = [(b"content-type", b"text/plain; charset=utf-8")] if body else []
    start: Message = {"type": "http.response.start", "status": status}
    await send({**start, "headers": [length, *kind, *headers]})
    await send({"type": "http.response.body", "body": body})
