"""Which connections may stay: the limits on their number, and who goes when there are too many.

An address says little: behind a proxy everybody has the same one, and so has a scrape from the
machine itself. So a connection that comes is let in, and one that does nothing makes room for it:
first those that have not sent a whole request, then those that wait for the next one, then those
that do not take their answer; of each kind the one that has been at it the longest. A scrape sends
its request at once, and so is the last to be in the way.
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol

from driftwatch.web.limits import Limits

_LOOK_SECONDS = 0.5
"""How often the connections are asked whether they are overdue."""


class Phase(IntEnum):
    """What a connection is at, in the order in which it has to make room."""

    WAITING = 0
    """No whole request has come, or a further one has begun to."""
    IDLE = 1
    """Everything is answered."""
    STUCK = 2
    """The other side does not take what is sent."""
    ANSWERING = 3
    """A request is being answered. Never makes room."""


class Connection(Protocol):
    """What is to be known of a connection. Times are those of the event loop, in seconds."""

    @property
    def origin(self) -> str:
        """Who is at the other end, as `origin_of` says it."""

    @property
    def phase(self) -> Phase:
        """What it is at."""

    @property
    def since(self) -> float:
        """Since when."""

    def is_overdue(self, now: float) -> bool:
        """Whether it has used up its time."""

    def drop(self) -> None:
        """End it at once, whatever is still to be sent."""


class Connections:
    """All connections of a port."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: set[Connection] = set()
        self._look: asyncio.TimerHandle | None = None

    def admit(self, newcomer: Connection) -> bool:
        """Take a connection in; others may have to go. False where none can."""
        same = [one for one in self._all if one.origin == newcomer.origin]
        if not self._make_room(same, self._limits.connections_per_address):
            return False
        if not self._make_room(self._all, self._limits.connections):
            return False
        self._all.add(newcomer)
        self._look_later()
        return True

    def leave(self, one: Connection) -> None:
        """It has ended, or was never taken in."""
        self._all.discard(one)

    def end_all(self) -> None:
        """The port closes, and nobody waits any longer."""
        for one in tuple(self._all):
            self._end(one)

    def __len__(self) -> int:
        return len(self._all)

    def _make_room(self, among: Iterable[Connection], most: int) -> bool:
        among = list(among)
        while len(among) >= most:
            first = min(among, key=lambda one: (one.phase, one.since))
            if first.phase is Phase.ANSWERING:
                return False
            among.remove(first)
            self._end(first)
        return True

    def _end(self, one: Connection) -> None:
        self._all.discard(one)
        one.drop()

    def _look_later(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._end_overdue)

    def _end_overdue(self) -> None:
        self._look = None
        now = asyncio.get_running_loop().time()
        for one in [one for one in self._all if one.is_overdue(now)]:
            self._end(one)
        if self._all:
            self._look_later()


def origin_of(peer: object) -> str:
    """Who an address belongs to: of IPv6 the network of 64 bits, which one machine has whole.

    >>> origin_of(("192.0.2.7", 5000)), origin_of(("2001:db8::1:2:3:4", 5000, 0, 0))
    ('192.0.2.7', '2001:db8::')
    >>> origin_of(("::ffff:192.0.2.7", 5000, 0, 0)), origin_of(None)
    ('192.0.2.7', '')
    """
    if not isinstance(peer, tuple) or not peer:
        return ""
    host = str(peer[0])
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
