"""What becomes of a record: counted, late, or refused as lying in the future.

Decided in offset order from the record, the settings and the earlier records of its own partition,
and from nothing else, so that reading a partition again decides the same. With m the largest event
time accepted before in the partition:

    event time > broker time + max_ahead          future
    end of its pane <= m - lateness               late
    else counted, and m = max(m, min(event time, broker time))

Where there is no broker (files, standard input), m stands in for its time: a record more than
`max_ahead` past m is refused, unless the `AGREEING` before it were so too and lie within
`max_ahead` of each other; then the log has really jumped, and m follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.records import BoolArray, IntArray

AGREEING = 8
"""Records in a row that must agree before a log without a broker is believed to have jumped."""


@dataclass(frozen=True, slots=True)
class FatePolicy:
    """What is late, and what is too early.

    pane: the length of a pane. lateness: how long a pane waits. max_ahead: how far past the
    broker's time (or the log's own) an event may lie.
    """

    pane_us: int
    lateness_us: int
    max_ahead_us: int


@dataclass(frozen=True, slots=True)
class Clock:
    """A partition's memory between batches.

    latest_us: m, None before the first record.
    suspects_us: event times of the latest records in a row that were refused as future ones.
    """

    latest_us: int | None = None
    suspects_us: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fates:
    """late, future: (n,) masks; whatever is neither is counted. clock: the memory afterwards."""

    late: BoolArray
    future: BoolArray
    clock: Clock


def decide(
    policy: FatePolicy, clock: Clock, times_us: IntArray, broker_us: IntArray | None
) -> Fates:
    """Fates of consecutive records of one partition.

    times_us, broker_us: (n,) in offset order.

    >>> policy = FatePolicy(pane_us=60, lateness_us=120, max_ahead_us=600)
    >>> fates = decide(policy, Clock(), np.array([1000, 1300, 1100, 1119, 1140, 9999]), None)
    >>> fates.late.tolist(), fates.future.tolist(), fates.clock
    ([False, False, True, True, False, False], [False, False, False, False, False, True], \
Clock(latest_us=1300, suspects_us=(9999,)))
    """
    if len(times_us) == 0:
        none = np.zeros(0, dtype=bool)
        return Fates(none, none, clock)
    if broker_us is not None:
        future = times_us - policy.max_ahead_us > broker_us  # a sum could overflow
        steps = np.where(future, np.iinfo(np.int64).min, np.minimum(times_us, broker_us))
        suspects: tuple[int, ...] = ()
    else:
        future, suspects = _future_without_broker(policy, clock, times_us)
        steps = np.where(future, np.iinfo(np.int64).min, times_us)
    start = np.iinfo(np.int64).min if clock.latest_us is None else clock.latest_us
    latest = np.maximum.accumulate(np.concatenate(([start], steps)))
    pane_start = times_us - times_us % policy.pane_us
    # By its pane, not by the record's time: all records of a pane wait for as long.
    closed = pane_start <= latest[:-1] - policy.lateness_us - policy.pane_us
    late = ~future & (latest[:-1] >= 0) & closed
    last = int(latest[-1])
    return Fates(late, future, Clock(last if last >= 0 else None, suspects))


def _future_without_broker(
    policy: FatePolicy, clock: Clock, times_us: IntArray
) -> tuple[BoolArray, tuple[int, ...]]:
    first = int(times_us[0]) if clock.latest_us is None else clock.latest_us
    before = np.maximum.accumulate(np.concatenate(([first], times_us)))[:-1]
    if not clock.suspects_us and not (times_us > before + policy.max_ahead_us).any():
        return np.zeros(len(times_us), dtype=bool), ()
    # Rare: one record after the other, because each refusal decides about the next.
    latest, suspects = first, list(clock.suspects_us)
    future = np.zeros(len(times_us), dtype=bool)
    for i, time in enumerate(times_us.tolist()):
        if time > latest + policy.max_ahead_us:
            if _jumped(suspects, time, policy.max_ahead_us):
                latest, suspects = time, []
            else:
                future[i] = True
                suspects = [*suspects, time][-AGREEING:]
        else:
            latest, suspects = max(latest, time), []
    return future, tuple(suspects)


def _jumped(suspects: Sequence[int], time: int, within_us: int) -> bool:
    near = [*suspects, time]
    return len(suspects) >= AGREEING and max(near) - min(near) <= within_us
