"""What is seen of a daemon from outside while it works: its metrics, its memory, its health."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from tests.harness.process import http_get

_EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at `/metrics`.

    at_s: when, in monotonic seconds. cpu_s: of the process so far. saved_at_s: when `counted` was
    saved, in seconds since the epoch. other: records by every other outcome, added up. lag: records
    that wait; NaN before that is known. blind: the reasons that hold. alarms: raised so far, of
    either severity.
    """

    at_s: float
    cpu_s: float
    resident_mib: float
    saved_at_s: float
    counted: int
    other: int
    lag: float
    blind: frozenset[str]
    alarms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One look at `/-/healthy`. status: 0 where nobody answered."""

    at_s: float
    status: int
    seconds: float


class Watch:
    """Looks twice a second, from threads of its own, while the block runs."""

    def __init__(self, port: int) -> None:
        self.samples: list[Sample] = []
        self.answers: list[Answer] = []
        self._url = f"http://127.0.0.1:{port}"
        self._done = threading.Event()
        looks = (self._see, self._ask)
        self._threads = [threading.Thread(target=self._repeat, args=(look,)) for look in looks]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    @property
    def latest(self) -> Sample:
        """The latest look at `/metrics`. Raises IndexError before the first."""
        return self.samples[-1]

    def between(self, begin_s: float, end_s: float) -> Sequence[Sample]:
        """The samples of a stretch of monotonic time."""
        return [sample for sample in self.samples if begin_s <= sample.at_s < end_s]

    def _repeat(self, look: Callable[[], None]) -> None:
        while not self._done.wait(_EVERY_SECONDS):
            look()

    def _see(self) -> None:
        try:
            status, page = http_get(f"{self._url}/metrics")
        except OSError:
            return
        if status == 200 and (seen := sample(page, time.monotonic())) is not None:
            self.samples.append(seen)

    def _ask(self) -> None:
        begin = time.monotonic()
        try:
            status, _ = http_get(f"{self._url}/-/healthy")
        except OSError:
            status = 0
        self.answers.append(Answer(begin, status, time.monotonic() - begin))


def sample(page: str, at_s: float) -> Sample | None:
    """What a page of `/metrics` says; None before anything was published."""
    outcomes = _series(page, "driftwatch_records_total")
    if not outcomes:
        return None
    counted = outcomes.pop('{outcome="counted"}')
    blind = _series(page, "driftwatch_blind")
    return Sample(
        at_s,
        _series(page, "process_cpu_seconds_total")[""],
        _series(page, "process_resident_memory_bytes")[""] / 2**20,
        _series(page, "driftwatch_checkpoint_timestamp_seconds")[""],
        int(counted),
        int(sum(outcomes.values())),
        _series(page, "driftwatch_consumer_lag_records")[""],
        frozenset(re.findall(r'reason="(\w+)"', "".join(k for k, v in blind.items() if v))),
        int(sum(_series(page, "driftwatch_drift_alarms_total").values())),
    )


def _series(page: str, name: str) -> dict[str, float]:
    """Values of a metric by its labels as they are written."""
    found = re.findall(rf"^{name}(\{{.*\}})? (\S+)$", page, re.MULTILINE)
    return {labels: float(value) for labels, value in found}
