"""A group that knows who owns what, and the log that it reads, both without a broker.

Each record is counted under a name of its own, as one of the tallies of its partition, so that what
all stores hold together tells of each record whether it counted once. A record is late by the clock
of its partition, so that a clock that is not handed on shows as well.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import Partition
from driftwatch.sources.port import Committed, Start

TOPIC = "log"


@dataclass
class Topic:
    """A topic: by partition, the times of its records. made: tells it from earlier ones."""

    made: int
    logs: list[list[int]]

    def truth(self, partition: int) -> list[str]:
        """The names under which a single process counts the records of a partition."""
        names: list[str] = []
        clock: int | None = None
        for offset, time in enumerate(self.logs[partition]):
            names.append(name_of(self.made, offset, late=clock is not None and time < clock))
            clock = time if clock is None else max(clock, time)
        return names


def name_of(made: int, offset: int, *, late: bool) -> str:
    return f"{made}:{offset}:{'late' if late else 'counted'}"


class Member:
    """Who may be in a group.

    generation: of the group, when it looked last. lost: partitions that went to others since then.
    """

    def __init__(self, group: "Group", dice: random.Random) -> None:
        self.group = group
        self.dice = dice
        self.generation = -1
        self.lost: set[Partition] = set()


class Group:
    """Who owns what, and what was committed. A commit of an older generation is refused."""

    is_fenced = True

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.generation = 0
        self.members: list[Member] = []
        self.owners: dict[Partition, Member] = {}
        self.commits: dict[Partition, Committed] = {}
        self._on_its_way: list[tuple[Member, int, Mapping[Partition, Committed]]] = []

    def partitions(self) -> list[Partition]:
        return [Partition(TOPIC, number) for number in range(len(self.topic.logs))]

    def join(self, process: "Member") -> None:
        self.members.append(process)
        self.rebalance()

    def expel(self, process: "Member") -> None:
        """Take the partitions of a member that was not heard of; it may live."""
        if process in self.members:
            self.members.remove(process)
            self.rebalance()

    def rebalance(self) -> None:
        self.arrive()
        self.generation += 1
        before = self.owners
        self.owners = {
            p: self.members[(i + self.generation) % len(self.members)]
            for i, p in enumerate(self.partitions() if self.members else ())
        }
        for partition, owner in before.items():
            if self.owners.get(partition) is not owner:
                owner.lost.add(partition)

    def send(self, process: "Member", frontiers: Mapping[Partition, Committed]) -> None:
        """A commit that will arrive at some time, also if its sender has died by then."""
        self._on_its_way.append((process, process.generation, dict(frontiers)))

    def arrive(self) -> None:
        """Let what is on its way arrive. Raises CommitRefusedError if the last of it is refused."""
        sent, self._on_its_way = self._on_its_way, []
        for _, generation, frontiers in sent:
            if generation == self.generation or not self.is_fenced:
                self.commits.update(frontiers)


class GroupSource:
    """What a ledger needs of a source, for one process."""

    has_group = True
    connected = True

    def __init__(self, process: "Member") -> None:
        self._process = process
        self._group = process.group

    def committed(self, partitions: Iterable[Partition]) -> Mapping[Partition, Committed | None]:
        if self._process.dice.random() < 0.05:
            raise SourceError("no answer")
        return {p: self._group.commits.get(p) for p in partitions}

    def commit(self, frontiers: Mapping[Partition, Committed]) -> None:
        process, group = self._process, self._group
        luck = process.dice.random()
        if luck < 0.1:
            raise SourceError("the request was lost")
        group.send(process, frontiers)
        if luck < 0.2:
            raise SourceError("it takes its time")
        is_refused = group.is_fenced and process.generation != group.generation
        group.arrive()
        if luck < 0.3:
            raise SourceError("the answer was lost")
        if is_refused:
            raise CommitRefusedError("of an older generation")

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:
        logs = self._group.topic.logs
        return {p: 0 if start == "earliest" else len(logs[p.number]) for p in partitions}

    def topic_id(self, _: Partition) -> str:
        return str(self._group.topic.made)

    def partition_count(self, _: str) -> int:
        return len(self._group.topic.logs)
