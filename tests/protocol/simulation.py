"""A group of processes that count a log, and all kinds of bad luck."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from driftwatch.protocol import placement
from driftwatch.protocol.commit import Commit
from tests.protocol.group import Group, Topic
from tests.protocol.process import DiedError, Disk, Process


def written(group: Group, disks: Iterable[Disk]) -> dict[int, Counter[str]]:
    """By partition, how often each record was counted on these disks together."""
    found: dict[int, Counter[str]] = {n: Counter() for n in range(len(group.topic.logs))}
    commits = {p: Commit.parse(*committed) for p, committed in group.commits.items()}
    for disk in disks:
        store = disk.store
        doubts = store.doubts()
        right = {
            p
            for p, doubt in doubts.items()
            if placement.is_committed(doubt, commits.get(p), store.writer)
        }
        store.settle(right, doubts.keys() - right)
        for partition, state in store.load().partitions.items():
            found[partition.number].update(state.tallies)
    return found


@dataclass
class Simulation:
    """A topic and a group of three, and what happens to them."""

    seed: str
    partitions: int = 3
    size: int = 3
    injected: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.earlier: list[Topic] = []
        self.group = Group(Topic(0, [[] for _ in range(self.partitions)]))
        self.disks = [Disk() for _ in range(self.size)]
        self.retired: list[Disk] = []
        self.told = 0
        self.asleep: dict[int, int] = {}
        self.lives: list[Process | None] = [self._begin(disk) for disk in self.disks]
        # From here on the group knows all of its partitions.
        self.rest()

    def fault(self) -> None:
        """One fault, and a while with records coming in."""
        what = self.dice.choice(
            (
                "die",
                "die",
                "die",
                "kill",
                "freeze",
                "freeze",
                "rebalance",
                "new disk",
                "grow",
                "topic",
            )
        )
        self.injected[what] += 1
        place = self.dice.randrange(self.size)
        process = self.lives[place]
        if what == "die" and process is not None:
            process.mortality = 0.2
        elif what == "kill":
            self._end(place)
        elif what == "freeze":
            self.asleep[place] = self.dice.randrange(5, 15)
        elif what == "rebalance":
            self.group.rebalance()
        elif what == "new disk":
            self._end(place)
            self.retired.append(self.disks[place])
            self.disks[place] = Disk()
        elif what == "grow" and len(self.group.topic.logs) < 6:
            self.group.topic.logs.append([])
            self.group.rebalance()
        elif what == "topic" and self.dice.random() < 0.5:
            self._make_again()
        for _ in range(self.dice.randrange(1, 9)):
            self._write()
            self._turn()

    def rest(self) -> None:
        """Let everybody come back, read to the end and commit."""
        for place in range(self.size):
            if place in self.asleep:
                self._wake(place)
        for _ in range(300):
            for process in self.lives:
                if process is not None:
                    process.mortality = 0.0
            self._turn()
            if all(process is not None and process.is_done for process in self.lives):
                return
        raise AssertionError("it does not come to rest")

    def differences(self) -> list[str]:
        """What is not right: each record of the topic counts once, of earlier ones at most once."""
        topic, words = self.group.topic, []
        for number, found in written(self.group, (*self.disks, *self.retired)).items():
            words += [
                f"{number}: {name} {times} times" for name, times in found.items() if times > 1
            ]
            now = {name for name in found if name.startswith(f"{topic.made}:")}
            words += [f"{number}: {name} lost" for name in set(topic.truth(number)) - now]
            words += [f"{number}: {name} made up" for name in now - set(topic.truth(number))]
        told = self.told + sum(process.told for process in self.lives if process is not None)
        records = sum(len(log) for made in (topic, *self.earlier) for log in made.logs)
        if told > records:
            words.append(f"{told} records told of, and there were {records}")
        return words

    def _begin(self, disk: Disk) -> Process:
        return Process(self.group, disk, self.dice)

    def _end(self, place: int) -> None:
        process = self.lives[place]
        self.lives[place] = None
        self.asleep.pop(place, None)
        if process is not None:
            self.told += process.told
            self.group.expel(process)

    def _make_again(self) -> None:
        old = self.group.topic
        self.earlier.append(old)
        self.group.topic = Topic(old.made + 1, [[] for _ in old.logs])
        self.group.arrive()
        if self.dice.random() < 0.5:  # else the brokers take their time
            self.group.commits.clear()

    def _write(self) -> None:
        for log in self.group.topic.logs:
            if self.dice.random() < 0.4:
                log.append(len(log) * 10 - self.dice.choice((0, 0, 0, 15, 45)))

    def _turn(self) -> None:
        for place, process in enumerate(self.lives):
            if process is None:
                if self.dice.random() < 0.5:
                    self.lives[place] = self._begin(self.disks[place])
            elif place in self.asleep:
                self._sleep(place, process)
            else:
                self._step(place, process)
        if self.dice.random() < 0.3:
            self.group.arrive()

    def _sleep(self, place: int, process: Process) -> None:
        self.asleep[place] -= 1
        if self.asleep[place] == 3:
            self.group.expel(process)
        elif self.asleep[place] <= 0:
            self._wake(place)

    def _wake(self, place: int) -> None:
        """It goes on where it stood, and finds out that it is no longer a member."""
        del self.asleep[place]
        process = self.lives[place]
        if process is None:
            return
        self._step(place, process, polls=False)
        if self.lives[place] is process and process not in self.group.members:
            self.group.join(process)

    def _step(self, place: int, process: Process, *, polls: bool = True) -> None:
        try:
            process.turn(polls=polls)
        except DiedError:
            self._end(place)


def run(worlds: int, faults: int, seed: str) -> tuple[list[str], Counter[str]]:
    """Inject faults into one group after the other.

    Returns the differences of the first group that has some, and how often each fault was injected.
    """
    injected: Counter[str] = Counter()
    for number in range(worlds):
        world = Simulation(f"{seed}/{number}", injected=injected)
        for _ in range(faults):
            world.fault()
        world.rest()
        if words := world.differences():
            return [f"group {number}", *words], injected
    return [], injected
