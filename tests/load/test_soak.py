"""Half of what a daemon can read, for a long time: it does not grow.

Its windows are full and its longer one is rolled up before the time begins to count, so whatever
still grows would grow for ever.
"""

import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.harness.broker import KafkaCluster
from tests.load.conftest import Say
from tests.load.scene import scene
from tests.load.watch import Watch

MOST_GROWTH = 1.02
MOST_GROWTH_OF_MINUTES = 1.04
"""In a soak of less than ten minutes: from tenth to tenth the memory wanders by 2 MiB, up and down
again, as batches of all sizes come and go. What grew by 3 bytes a record would be seen."""


@dataclass(frozen=True)
class Soak:
    """What was seen.

    per_second: records written a second. begin_s, end_s: in monotonic seconds, when they were.
    """

    watch: Watch
    written: int
    per_second: float
    begin_s: float
    end_s: float

    @property
    def stretch_s(self) -> float:
        """Five minutes, or a quarter of a shorter soak: it may still grow in the first."""
        return min(300.0, (self.end_s - self.begin_s) / 4)

    @property
    def settled_mib(self) -> float:
        """Resident memory in the second stretch; the median, as batches come and go."""
        return self._resident_mib(self.begin_s + self.stretch_s, self.stretch_s)

    @property
    def last_mib(self) -> float:
        """Resident memory in the last stretch, in the same way."""
        return self._resident_mib(self.end_s - self.stretch_s, self.stretch_s)

    @property
    def tenths_mib(self) -> list[float]:
        """The same in each tenth of the time."""
        tenth = (self.end_s - self.begin_s) / 10
        return [self._resident_mib(self.begin_s + i * tenth, tenth) for i in range(10)]

    def _resident_mib(self, from_s: float, length_s: float) -> float:
        # Where the machine did not let it keep up, more is in flight: `test_load` is about that.
        seen = self.watch.between(from_s, from_s + length_s)
        kept_up = [sample.resident_mib for sample in seen if sample.lag <= self.per_second]
        return statistics.median(kept_up) if kept_up else math.nan


@pytest.fixture(scope="module")
def soak(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaCluster, seconds: int, say: Say
) -> Iterator[Soak]:
    with scene(tmp_path_factory.mktemp("soak"), kafka) as daemon:
        log = daemon.log
        begin_s = time.monotonic()
        came_to = log.write(daemon.rate / 2, seconds, 0.0)
        end_s = time.monotonic()
        daemon.wait_until_all_is_counted(timeout=seconds + 120)
        found = Soak(daemon.watch, log.end, came_to, begin_s, end_s)
        say(f"soak: {daemon.rate:,.0f} records/s of a backlog, then {seconds} s of {came_to:,.0f}")
        waiting = max(sample.lag for sample in found.watch.between(begin_s, end_s))
        say(f"  waiting at most: {waiting:,.0f} records")
        say(f"  resident, each tenth: {' '.join(f'{mib:.1f}' for mib in found.tenths_mib)} MiB")
        say(f"  settled at {found.settled_mib:.1f} MiB, in the end {found.last_mib:.1f} MiB")
        yield found


def test_resident_memory_does_not_grow(soak: Soak) -> None:
    is_long = soak.end_s - soak.begin_s >= 600
    assert soak.last_mib <= (MOST_GROWTH if is_long else MOST_GROWTH_OF_MINUTES) * soak.settled_mib


def test_every_record_is_counted_once(soak: Soak) -> None:
    assert (soak.watch.latest.counted, soak.watch.latest.other) == (soak.written, 0)


def test_no_alarm_is_raised(soak: Soak) -> None:
    assert soak.watch.latest.alarms == 0
