"""How much of the processor the port may take: the loop that counts records needs the rest.

Python runs one thread at a time, so what answers cost, the loop does without. Each request but
those for health waits until what was spent before has been paid for. What is charged is the time
that the server's thread has run, and so all that a request costs, from its first byte on.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from driftwatch.web.paths import HEALTH

SAVED_SECONDS = 0.25
"""Of processor time that may be taken at once after a quiet time: hundreds of scrapes."""

NAP_SECONDS = 0.05
"""Whoever waits does so at least this long: those behind him then go with him, and the loop is
disturbed once for all of them."""

LONGEST_WAIT_SECONDS = 10.0
"""As long as Prometheus waits for a scrape by default."""


class Account:
    """Processor time: what was earned by the clock, less what was spent.

    Args:
        ratio: earned per second of the clock.
        clock: seconds. spent: processor seconds so far, of the thread that asks.
    """

    def __init__(
        self,
        ratio: float,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self._ratio = ratio
        self._clock = clock
        self._spent = spent
        self._seconds = SAVED_SECONDS
        self._at = clock()
        self._known: float | None = None

    def overlook(self) -> None:
        """Charge nobody for what was spent until now."""
        self._known = self._spent()

    def wait_seconds(self) -> float:
        """Charge what was spent until now; how long until the account is even, 0 where it is."""
        now, spent = self._clock(), self._spent()
        known = spent if self._known is None else self._known
        earned = (now - self._at) * self._ratio
        self._seconds = min(SAVED_SECONDS, self._seconds + earned - (spent - known))
        self._at, self._known = now, spent
        return max(0.0, -self._seconds / self._ratio)


class Paced:
    """Lets requests through in the order of their coming, as the account allows.

    What can't be let through in time is answered with 503.

    Args:
        app: what answers.
        account: what it may spend.
        most_waiting: requests that wait at a time.
        longest_wait_seconds: for one of them.
    """

    def __init__(
        self,
        app: ASGIApp,
        account: Account,
        most_waiting: int,
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._app = app
        self._account = account
        self._most_waiting = most_waiting
        self._longest_wait_seconds = longest_wait_seconds
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["path"] in HEALTH:
            self._account.overlook()
        elif not await self._may_go():
            words = "too much is asked for at a time; http.limits.cpu_ratio says how much may be\n"
            busy = PlainTextResponse(words, 503, {"retry-after": "10", "connection": "close"})
            await busy(scope, receive, send)
            return
        await self._app(scope, receive, send)
        # Whoever comes next may have what was spent until then overlooked.
        self._account.wait_seconds()

    async def _may_go(self) -> bool:
        # Those whose connection has gone meanwhile wait on, and more may have come in their place.
        if self._waiting >= self._most_waiting:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._longest_wait_seconds), self._turn:
                while (seconds := self._account.wait_seconds()) > 0:  # noqa: ASYNC110 (time)
                    await asyncio.sleep(max(seconds, NAP_SECONDS))
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True
