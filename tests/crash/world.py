"""One topic with its traffic, and one group of members that have a hard time reading it."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from kafka.errors import KafkaError

from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition
from tests.crash.changelog import read_changelog
from tests.crash.commits import commits_of
from tests.crash.faults import STEPS, FaultPlan
from tests.crash.member import Life
from tests.crash.settings import Scene, changelog_of, write_baselines, write_config
from tests.crash.slot import Slot
from tests.crash.traffic import Traffic
from tests.crash.truth import Counted, Truth
from tests.crash.written import differences, written
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until

PARTITIONS = 6
MEMBERS = 3
SESSION_SECONDS = 3.0
SETTLE_SECONDS = 240.0
MORTALITY = (0.0, 0.0, 0.002, 0.01)
"""How likely a process ends itself at any one step; each life draws one of these."""

COUNTED = ("counted", "late", "rejected", "unrouted")


def records_of(outcomes: Mapping[str, int], scene: Scene) -> int:
    """How many records of the log have come to something, or wait."""
    if scene.pairs is None:
        return sum(outcomes.get(name, 0) for name in COUNTED)
    # A pair that can't be counted is rejected once, and is of two records all the same.
    alone = outcomes["rejected"] - outcomes.get("reason:shape_mismatch", 0)
    return alone + outcomes["late"] + outcomes["unpaired"] + 2 * outcomes["pairs"]


class DifferenceError(AssertionError):
    """The counts are not what one process would have counted."""


class World:
    """A topic of six partitions, read by three members, of whom a fourth may join.

    tally: how often each fault was injected, and what else happened.
    """

    def __init__(
        self,
        kafka: KafkaCluster,
        folder: Path,
        scene: Scene,
        seed: str,
        broker_stays: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """broker_stays: a block during which nobody restarts the broker."""
        self.kafka = kafka
        self.scene = scene
        self.tally: Counter[str] = Counter()
        self.random = random.Random(seed)
        with broker_stays():
            self.topic = kafka.create_topic(partitions=PARTITIONS)
        self.records = 0
        self._folder = folder
        self._broker_stays = broker_stays
        self._due: dict[str, float] = {}  # by slot, when it begins its next life
        self._resting: set[str] = set()  # slots where no life begins by itself
        self._is_calm = False  # no faults are injected
        write_baselines(folder / "baselines")
        life = Life(Path(), Path(), Path(), FaultPlan(""), scene.mutation)
        self.slots = [
            Slot(folder / f"member-{n}", f"member-{n}", life, self._configure)
            for n in range(MEMBERS + 1)
        ]
        self.truth = Truth(folder / "member-0" / "driftwatch.yaml", kafka.bootstrap, self.topic)
        self.traffic = Traffic(
            kafka.bootstrap, self.topic, PARTITIONS, scene.rate, seed, scene.pairs
        )

    def close(self) -> None:
        """End all processes."""
        for slot in self.slots:
            slot.close()
        self.traffic.close()

    # What happens

    def begin(self, members: int = MEMBERS) -> None:
        """Let the members start and the records flow."""
        for slot in self.slots[: 1 if self.scene.pairs == "anywhere" else members]:
            self.start(slot)
        self.traffic.resume()

    def start(self, slot: Slot, probability: float = 0.0, at: Mapping[str, int] = {}) -> None:
        """Begin a life that ends itself with this probability at each step."""
        self._due.pop(slot.name, None)
        self._resting.discard(slot.name)
        slot.start(FaultPlan(str(self.random.random()), probability, at))

    def tend(self, seconds: float) -> None:
        """Let time pass; who has died comes back after a while."""
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            for slot in self.slots:
                self._tend(slot, now)
            time.sleep(min(0.05, max(0.0, until - now)))

    def round(self) -> str:
        """Inject one fault, and let things go on for a while. Returns its name."""
        faults: Mapping[str, Callable[[Slot], bool]] = {
            "kill": self._kill,
            "die at a step": self._die,
            "freeze": self._freeze,
            "leave": self._leave,
            "join": self._join,
            "another state folder": self._move,
        }
        if self.scene.pairs == "anywhere":  # one member, which keeps what waits
            faults = {name: faults[name] for name in ("kill", "die at a step", "freeze", "leave")}
        names = random.Random(self.random.random()).sample(list(faults), len(faults))
        weighted = ["die at a step"] * 3 + ["kill"] * 2 + ["freeze"] * 2
        first = self.random.choice([*weighted, *names])
        for name in (first, *names):
            alive = [slot for slot in self.slots if slot.is_alive and not slot.is_frozen]
            slot = self.random.choice(alive or [slot for slot in self.slots if slot.lives])
            if faults[name](slot):
                self.tally[name] += 1
                self.tend(self.random.uniform(0.2, 2.0))
                return name
        self.tend(1.0)
        return "none"

    def rest(self, slot: Slot) -> None:
        """Send a member away for good, and wait until it has gone."""
        self._resting.add(slot.name)
        slot.tell("stop")
        wait_until(lambda: not slot.is_alive, what=f"{slot.name} has gone", timeout=60.0)

    def settle(self, patience_seconds: float = SETTLE_SECONDS) -> None:
        """Let everything be read and committed, without further faults.

        Raises DifferenceError where that takes longer.
        """
        self._is_calm = True
        for slot in self.slots:
            slot.tell("calm")
        self.traffic.pause(SETTLE_SECONDS)
        deadline = time.monotonic() + patience_seconds
        positions: dict[int, int] = {}
        ends = {0: 0}
        while positions != ends:
            if time.monotonic() > deadline:
                raise DifferenceError(f"not read to its end: {positions} of {ends}")
            self.tend(0.2)
            with suppress(KafkaError):  # the broker is away: again later
                ends, positions = self._ends(), self._positions()

    def check(self) -> None:
        """Compare what all have written with the truth. Raises DifferenceError."""
        self.settle()
        with self._broker_stays(), TemporaryDirectory(dir=self._folder) as scratch:
            ends = self._ends()
            truth = self.truth.read_to(ends)
            found = self._written(ends, Path(scratch))
        self.tally["checks"] += 1
        self.records = self.truth.records
        words = differences(found, truth)
        outcomes, counters = truth.outcomes(), self._counters()
        unpaired = outcomes.get("unpaired", 0)
        words += [
            f"the members told of {counters[name]} records {name}, and there are {outcomes[name]}"
            for name in COUNTED
            if counters.get(name, 0) > outcomes.get(name, 0) + (name == "rejected") * unpaired
        ]
        if records_of(outcomes, self.scene) != self.truth.records:
            words.append(f"the truth lost some of {self.truth.records} records: {outcomes}")
        if words:
            raise DifferenceError("\n".join([f"{len(words)} differences", *words[:30]]))
        self._is_calm = False
        self.traffic.resume()

    def writers(self) -> set[str]:
        """Who has committed last, of all partitions."""
        commits = self._commits(dict.fromkeys(range(self.traffic.partitions), 0))
        return {commit.writer for commit in commits.values() if commit is not None}

    def told_ratio(self) -> float:
        """The share of all records that the members' counters have told of."""
        told = self._counters()
        return sum(told.get(name, 0) for name in COUNTED) / max(1, self.records)

    def crashes(self) -> Counter[str]:
        """By step, how many processes ended themselves there."""
        return Counter(step for slot in self.slots for step in slot.steps())

    # The faults

    def _kill(self, slot: Slot) -> bool:
        slot.kill()
        return True

    def _die(self, slot: Slot) -> bool:
        slot.tell(self.random.choice(STEPS))
        return slot.is_alive

    def _freeze(self, slot: Slot) -> bool:
        if not slot.is_alive:
            return False
        slot.freeze(self.random.uniform(0.5, 2.0) * SESSION_SECONDS)
        return True

    def _leave(self, slot: Slot) -> bool:
        if not slot.is_alive:
            return False
        slot.tell("stop")
        self._due[slot.name] = time.monotonic() + self.random.uniform(1.0, 5.0)
        return True

    def _join(self, _: Slot) -> bool:
        new = self.slots[MEMBERS]
        if new.is_alive or new.name in self._due:
            return False
        self.start(new)
        return True

    def _move(self, slot: Slot) -> bool:
        slot.kill()
        slot.move()
        return True

    # What comes of it

    def _tend(self, slot: Slot, now: float) -> None:
        if slot.is_alive or not slot.lives or slot.name in self._resting:
            return
        if words := slot.collapsed():
            raise DifferenceError(words)
        if slot.name not in self._due:
            # At once, within the session, or long after it.
            self._due[slot.name] = now + self.random.choice((0.0, 1.0, 1.5 * SESSION_SECONDS))
        elif now >= self._due[slot.name]:
            self.tally["lives"] += 1
            self.start(slot, 0.0 if self._is_calm else self.random.choice(MORTALITY))

    def _configure(self, path: Path, state: Path) -> None:
        write_config(
            path,
            self.scene,
            bootstrap=self.kafka.bootstrap,
            topic=self.topic,
            state=state,
            checkpoint_ms=self.random.choice((100, 200, 300)),
        )

    def _written(self, ends: Mapping[int, int], scratch: Path) -> Counted:
        if self.scene.store == "kafka":
            return read_changelog(self.kafka.bootstrap, changelog_of(self.topic))
        states = [state for slot in self.slots for state in slot.states]
        return written(states, self._commits(ends), scratch)

    def _counters(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for slot in self.slots:
            total.update(slot.counters())
        return total

    def _ends(self) -> dict[int, int]:
        return self.kafka.end_offsets(self.topic)

    def _positions(self) -> dict[int, int]:
        commits = self._commits(dict.fromkeys(range(self.traffic.partitions), 0))
        return {p.number: -1 if c is None else c.offset for p, c in commits.items()}

    def _commits(self, numbers: Mapping[int, int]) -> dict[Partition, Commit | None]:
        return commits_of(self.kafka.bootstrap, self.topic, self.topic, numbers)
