"""Requests and responses that wait for each other.

A request and the response to it may be two records, perhaps of two partitions. They are a pair
where they say the same key and their times are at most `within_us` apart. Whichever is read first
waits for the other: until the log is complete that far, so that what comes would be late anyway, or
until there is no room left.

The buffer decides by what it is told and by nothing else. What a restart brings back is what
waited; in which order it waits is a matter of its times, and not of how it was read.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from driftwatch.records import SECOND_US, Half, HalfKey, Partition

OVERHEAD_BYTES = 700
"""What a half takes in memory beside its key and its content."""


@dataclass(frozen=True, slots=True)
class JoinPolicy:
    """Who belongs together, and how much may wait.

    within_us: how far apart the two may be. max_records, max_bytes: of all that wait.
    """

    within_us: int = 600 * SECOND_US
    max_records: int = 100_000
    max_bytes: int = 32 << 20


class Waiting(NamedTuple):
    """Half of a pair, and where it stands in the log."""

    key: HalfKey
    half: Half

    @staticmethod
    def at(partition: Partition, offset: int, half: Half) -> "Waiting":
        """A half as it waits: where it stood in its batch says nothing any more."""
        kept = Half(0, half.side, half.join_key, half.time_us, half.content)
        return Waiting(HalfKey(partition, offset), kept)

    @property
    def size(self) -> int:
        """What it takes in memory (bytes)."""
        return OVERHEAD_BYTES + len(self.half.join_key) + len(self.half.content)


class Pair(NamedTuple):
    """A request and the response to it."""

    request: Waiting
    response: Waiting

    @staticmethod
    def of(one: Waiting, other: Waiting) -> "Pair":
        """The two in their order."""
        return Pair(one, other) if one.half.side == "request" else Pair(other, one)

    @property
    def partition(self) -> Partition:
        """Where the pair counts."""
        return self.response.key.partition


_Slot = tuple[str, bytes]
"""Side and join key: one of each may wait."""


@dataclass(slots=True)
class JoinBuffer:
    """What waits. Memory: at most what the policy says, and one half more for a moment.

    size: of all that waits (bytes).

    >>> log = Partition("log", 0)
    >>> buffer = JoinBuffer(JoinPolicy(within_us=10))
    >>> request = Waiting(HalfKey(log, 0), Half(0, "request", b"a", 100, b"{}"))
    >>> buffer.partner_of(request.half), buffer.put(request)
    (None, True)
    >>> buffer.partner_of(Half(0, "response", b"a", 110, b"{}")) == request
    True
    >>> len(buffer)
    0
    """

    policy: JoinPolicy
    size: int = 0
    _slots: dict[_Slot, Waiting] = field(default_factory=dict)
    # (time, key, a number that is never the same twice): the oldest first. What has left stays in
    # it until it comes up, or until half of it is of that kind.
    _ages: list[tuple[int, HalfKey, int, Waiting]] = field(default_factory=list)
    _put: int = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._slots.values())

    def partner_of(self, half: Half) -> Waiting | None:
        """The other half where it waits; it waits no more."""
        other = "response" if half.side == "request" else "request"
        found = self._slots.get((other, half.join_key))
        if found is None or abs(found.half.time_us - half.time_us) > self.policy.within_us:
            return None
        self._remove(found)
        return found

    def put(self, waiting: Waiting) -> bool:
        """Let a half wait. False where the same one waits already, or where it never has room."""
        slot = _slot(waiting.half)
        if slot in self._slots or waiting.size > self.policy.max_bytes:
            return False
        self._slots[slot] = waiting
        self.size += waiting.size
        self._put += 1
        heapq.heappush(self._ages, (waiting.half.time_us, waiting.key, self._put, waiting))
        return True

    def take_overflow(self) -> list[Waiting]:
        """The oldest ones, as many as have no room; they wait no more."""
        policy, gone = self.policy, list[Waiting]()
        while len(self) > policy.max_records or self.size > policy.max_bytes:
            gone.append(self._pop())
        return gone

    def take_before(self, time_us: int) -> list[Waiting]:
        """Those of an earlier time than this; they wait no more."""
        gone = []
        while (oldest := self._oldest()) is not None and oldest.half.time_us < time_us:
            gone.append(self._pop())
        return gone

    def take_all(self) -> list[Waiting]:
        """All of them; they wait no more."""
        return [self._pop() for _ in range(len(self))]

    def drop(self, partition: Partition) -> None:
        """Forget what came from a partition."""
        for waiting in [w for w in self if w.key.partition == partition]:
            self._remove(waiting)

    def _oldest(self) -> Waiting | None:
        while self._ages and not self._has(self._ages[0][-1]):
            heapq.heappop(self._ages)
        return self._ages[0][-1] if self._ages else None

    def _pop(self) -> Waiting:
        oldest = self._oldest()
        assert oldest is not None
        self._remove(oldest)
        return oldest

    def _remove(self, waiting: Waiting) -> None:
        del self._slots[_slot(waiting.half)]
        self.size -= waiting.size
        if len(self._ages) > 2 * len(self._slots) + _WORTH_TIDYING:
            self._ages = [entry for entry in self._ages if self._has(entry[-1])]
            heapq.heapify(self._ages)

    def _has(self, waiting: Waiting) -> bool:
        return self._slots.get(_slot(waiting.half)) is waiting


_WORTH_TIDYING = 1_000


class Lent(NamedTuple):
    """A half that a pair of another partition has used, and that waits again if that one goes.

    by: that partition. is_saved: a store has it as one that waits.
    """

    waiting: Waiting
    by: Partition
    is_saved: bool


@dataclass(slots=True)
class JoinChanges:
    """What has changed about the buffer since the last checkpoint.

    added: what waits since then. freed: what a store has and shall have no more, and in whose
    partition's state it stands what became of it. size: of what is lent (bytes).
    """

    added: dict[HalfKey, Half] = field(default_factory=dict)
    freed: dict[HalfKey, Partition] = field(default_factory=dict)
    lent: dict[HalfKey, Lent] = field(default_factory=dict)
    size: int = 0

    def add(self, waiting: Waiting) -> None:
        """A half waits from now on."""
        self.added[waiting.key] = waiting.half

    def use(self, waiting: Waiting, by: Partition) -> None:
        """A half that waited does so no more."""
        is_saved = self.added.pop(waiting.key, None) is None
        if is_saved:
            self.freed[waiting.key] = by
        self.lend(waiting, by, is_saved=is_saved)

    def lend(self, waiting: Waiting, by: Partition, *, is_saved: bool = False) -> None:
        """Remember what has to wait again if the pair goes that it is in."""
        if waiting.key.partition != by:
            self.lent[waiting.key] = Lent(waiting, by, is_saved)
            self.size += waiting.size

    def drop(self, partition: Partition) -> list[Lent]:
        """Forget a partition. Returns what had been lent to it."""
        self.added = {k: half for k, half in self.added.items() if k.partition != partition}
        self.freed = {k: by for k, by in self.freed.items() if by != partition}
        lent = [one for key, one in self.lent.items() if key.partition != partition]
        self.lent = {one.waiting.key: one for one in lent if one.by != partition}
        self.size = sum(one.waiting.size for one in self.lent.values())
        return [one for one in lent if one.by == partition]


def by_partition(pairs: Iterable[Pair]) -> dict[Partition, list[Pair]]:
    """The pairs by where they count."""
    found: dict[Partition, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.partition, []).append(pair)
    return found


def _slot(half: Half) -> _Slot:
    return half.side, half.join_key
