"""Twice what a daemon can read: it falls behind, says so, stays as large as it is, and catches up.

The log is written by somebody whose records are some minutes old already. So the five minutes after
which a daemon calls itself lagging are reached when it is behind by a quarter of the test's time,
and no sooner: in the first quarter it can't be, in the last quarter it has to be.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.harness.broker import KafkaCluster
from tests.load.conftest import Say
from tests.load.scene import scene
from tests.load.watch import Sample, Watch

LAGGING_AFTER_SECONDS = 300.0
MOST_GROWTH = 1.05
"""Of memory: what is in flight between broker and counts is some MiB more or less."""


@dataclass(frozen=True)
class Load:
    """What was seen. begin_s, end_s: in monotonic seconds, when records were written."""

    watch: Watch
    written: int
    begin_s: float
    end_s: float

    def quarter(self, number: int) -> Sequence[Sample]:
        """The samples of a quarter of the time; from 0 on."""
        length = (self.end_s - self.begin_s) / 4
        begin = self.begin_s + number * length
        return self.watch.between(begin, begin + length)

    @property
    def during(self) -> Sequence[Sample]:
        """All samples of the time."""
        return self.watch.between(self.begin_s, self.end_s)


@pytest.fixture(scope="module")
def load(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaCluster, seconds: int, say: Say
) -> Iterator[Load]:
    age_s = max(0.0, LAGGING_AFTER_SECONDS - seconds / 4)
    with scene(tmp_path_factory.mktemp("load"), kafka, age_s) as daemon:
        log = daemon.log
        begin_s = time.monotonic()
        came_to = log.write(2 * daemon.most, seconds, age_s)
        end_s = time.monotonic()
        daemon.wait_until_all_is_counted(timeout=5 * seconds + 120)
        found = Load(daemon.watch, log.end, begin_s, end_s)
        say(f"load: {daemon.rate:,.0f} records/s of a backlog, {daemon.most:,.0f} a CPU second")
        say(f"  written for {end_s - begin_s:.0f} s: {came_to:,.0f} records/s")
        say(f"  waiting at the end: {found.during[-1].lag:,.0f} records")
        say(f"  caught up after: {daemon.watch.latest.at_s - end_s:.0f} s")
        peaks = (max(s.resident_mib for s in found.quarter(i)) for i in range(4))
        say(f"  resident, most in each quarter: {' '.join(f'{mib:.1f}' for mib in peaks)} MiB")
        asked = [answer.seconds for answer in daemon.watch.answers]
        say(f"  /-/healthy: {statistics.median(asked):.3f} s, at most {max(asked):.3f} s")
        yield found


def test_twice_what_it_can_read_makes_it_lag_and_nothing_else(load: Load) -> None:
    lags = [load.quarter(number)[-1].lag for number in range(4)]
    assert all(later > earlier for earlier, later in pairwise([0.0, *lags])), lags
    assert {sample.blind for sample in load.quarter(3)} == {frozenset({"lagging"})}
    assert load.watch.latest.alarms == 0


def test_it_is_not_called_lagging_before_it_is(load: Load) -> None:
    assert not any("lagging" in sample.blind for sample in load.quarter(0))


def test_resident_memory_does_not_grow_with_what_waits(load: Load) -> None:
    peaks = [max(sample.resident_mib for sample in load.quarter(number)) for number in range(4)]
    assert max(peaks[2:]) <= MOST_GROWTH * max(peaks[:2]), peaks


def test_it_is_healthy_all_the_time_and_says_so_within_a_second(load: Load) -> None:
    assert {answer.status for answer in load.watch.answers} == {200}
    assert max(answer.seconds for answer in load.watch.answers) < 1.0


def test_it_catches_up_and_has_counted_every_record_once(load: Load) -> None:
    latest = load.watch.latest
    assert (latest.counted, latest.other, latest.lag) == (load.written, 0, 0.0)
    assert "lagging" not in latest.blind
