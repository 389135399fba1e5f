"""A whole run: several worlds at once on one broker, which does not always stay up.

A round is one injected fault with its recovery: a member killed, ended at a named step, stopped for
longer than its session, sent away, joined by another or given another state folder; or the broker
killed or restarted. Faults overlap: the next may strike before the last one is got over. After
every few rounds a world comes to rest, and its counts are compared with the truth.
"""

import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.crash.settings import Scene
from tests.crash.world import World
from tests.harness.broker import KafkaBroker

WORLDS = 3
ROUNDS_A_CHECK = 5
ROUNDS_A_WORLD = 20
BROKER_SECONDS = (12.0, 45.0)
"""How long the broker is left alone."""


@dataclass(slots=True)
class Figures:
    """What a run came to.

    tally: by name, how often each fault was injected. crashes: by step, how many processes ended
    themselves there. told: by world, the share of records that the members' counters told of.
    """

    rounds: int = 0
    records: int = 0
    seconds: float = 0.0
    tally: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    told: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """In words."""
        told = f", of which counters told {min(self.told):.1%} at least" if self.told else ""
        tally = ", ".join(f"{name}: {count}" for name, count in sorted(self.tally.items()))
        steps = ", ".join(f"{step}: {count}" for step, count in sorted(self.crashes.items()))
        return [
            f"{self.rounds} rounds in {self.seconds:.0f} s, {self.records} records{told}",
            tally,
            f"processes that ended themselves: {self.crashes.total()} ({steps})",
            f"{len(self.failures)} worlds with differences",
            *self.failures,
        ]


class Conductor:
    """Runs worlds until enough rounds are done. The same seed injects the same faults.

    say: where each check is told.
    """

    def __init__(
        self, folder: Path, seed: int, scenes: Sequence[Scene], say: TextIO = sys.stdout
    ) -> None:
        self.figures = Figures()
        self._folder = folder
        self._seed = seed
        self._scenes = scenes
        self._say = say
        self._broker_is_needed = threading.Lock()
        self._noting = threading.Lock()
        self._began = time.monotonic()
        self._over = threading.Event()
        self._left = 0

    def run(self, rounds: int) -> Figures:
        """Inject this many faults, in worlds one after the other and beside each other."""
        self.tell(f"seed {self._seed}, {rounds} rounds")
        self._left = rounds
        (self._folder / "kafka").mkdir(parents=True)
        with KafkaBroker(self._folder / "kafka") as broker:
            weather = threading.Thread(target=self._weather, args=(broker,))
            weather.start()
            try:
                with ThreadPoolExecutor(WORLDS) as pool:
                    for worlds in [pool.submit(self._worlds, broker, n) for n in range(WORLDS)]:
                        worlds.result()
            finally:
                self._over.set()
                weather.join()
        self.figures.seconds = time.monotonic() - self._began
        for line in self.figures.lines():
            self.tell(line)
        return self.figures

    def tell(self, line: str) -> None:
        """Say a line, with the seconds since the beginning."""
        print(f"{time.monotonic() - self._began:7.1f} {line}", file=self._say, flush=True)

    def _take(self, wanted: int) -> int:
        """Some of the rounds that are left."""
        with self._noting:
            taken = min(wanted, self._left)
            self._left -= taken
            return taken

    def _worlds(self, broker: KafkaBroker, place: int) -> None:
        number = 0
        while rounds := self._take(ROUNDS_A_WORLD):
            name = f"{place + 1}.{(number := number + 1)}"
            scene = self._scenes[(place + (number - 1) * WORLDS) % len(self._scenes)]
            folder = self._folder / name
            world = World(broker, folder, scene, f"{self._seed}/{name}", self._broker_stays)
            failure = ""
            try:
                self._rounds(world, name, rounds)
            except Exception:  # noqa: BLE001 (whatever it is, the other worlds go on)
                failure = f"world {name}, {scene}, in {folder}:\n{traceback.format_exc()}"
                self.tell(failure)
            finally:
                world.close()
            self._note(world, failure)

    def _rounds(self, world: World, name: str, rounds: int) -> None:
        world.begin()
        world.tend(2.0)
        for done in range(1, rounds + 1):
            world.round()
            with self._noting:
                self.figures.rounds += 1
            if done % ROUNDS_A_CHECK == 0 or done == rounds:
                world.check()
                self.tell(
                    f"world {name} ({world.scene}): "
                    f"{done} rounds, {world.records} records, as it must be"
                )

    def _note(self, world: World, failure: str) -> None:
        with self._noting:
            figures = self.figures
            figures.records += world.records
            figures.tally.update(world.tally)
            figures.crashes.update(world.crashes())
            if failure:
                figures.failures.append(failure)
            else:
                figures.told.append(world.told_ratio())

    @contextmanager
    def _broker_stays(self) -> Iterator[None]:
        with self._broker_is_needed:
            yield

    def _weather(self, broker: KafkaBroker) -> None:
        """Kill the broker or restart it now and then. Each counts as a round."""
        dice = random.Random(f"{self._seed}/broker")
        while not self._over.wait(dice.uniform(*BROKER_SECONDS)):
            with self._broker_is_needed:
                if not self._take(1):
                    return
                what = dice.choice(("broker killed", "broker restarted"))
                with suppress(TimeoutError):  # a busy machine: it comes up later
                    if what == "broker killed":
                        broker.kill()
                        self._over.wait(dice.uniform(0.0, 5.0))
                        broker.start()
                    else:
                        broker.restart()
            with self._noting:
                self.figures.rounds += 1
                self.figures.tally[what] += 1
            self.tell(what)
