"""Fates are decided record by record, whatever batches they come in."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftwatch.monitor.fate import AGREEING, Clock, FatePolicy, decide

POLICY = FatePolicy(pane_us=60, lateness_us=120, max_ahead_us=600)
LAST_US = 253_402_300_800_000_000 - 1
"""The last moment that a record may say."""
LARGEST = np.iinfo(np.int64).max

Fate = str


class Slow:
    """The rule, one record after the other, in integers that know no end."""

    def __init__(self, policy: FatePolicy) -> None:
        self.policy = policy
        self.latest: int | None = None
        self.refused: list[int] = []

    def fate(self, time: int, broker: int | None) -> Fate:
        policy = self.policy
        known = broker if broker is not None else self.latest
        ahead = known is not None and time > known + policy.max_ahead_us
        if ahead and (broker is not None or not self.has_jumped(time)):
            self.refused = [*self.refused, time]
            return "future"
        self.refused = []
        pane_end = (time // policy.pane_us + 1) * policy.pane_us
        if self.latest is not None and pane_end <= self.latest - policy.lateness_us:
            return "late"
        counted = time if broker is None else min(time, broker)
        self.latest = counted if self.latest is None else max(self.latest, counted)
        return "counted"

    def has_jumped(self, time: int) -> bool:
        near = [*self.refused[-AGREEING:], time]
        return len(near) > AGREEING and max(near) - min(near) <= self.policy.max_ahead_us


def slow(times: Sequence[int], broker: Sequence[int] | None) -> tuple[list[Fate], int | None]:
    judge = Slow(POLICY)
    found = [judge.fate(t, None if broker is None else broker[i]) for i, t in enumerate(times)]
    return found, judge.latest


def fast(
    times: Sequence[int], broker: Sequence[int] | None, cuts: Sequence[int] = ()
) -> tuple[list[Fate], Clock]:
    clock, found = Clock(), list[Fate]()
    for begin, end in zip([0, *cuts], [*cuts, len(times)], strict=True):
        part = None if broker is None else np.array(broker[begin:end], dtype=np.int64)
        fates = decide(POLICY, clock, np.array(times[begin:end], dtype=np.int64), part)
        clock = fates.clock
        assert not (fates.late & fates.future).any()
        found += [
            "late" if late else "future" if future else "counted"
            for late, future in zip(fates.late, fates.future, strict=True)
        ]
    return found, clock


near = st.integers(0, 2000)
any_time = near | st.integers(0, LAST_US) | st.sampled_from((0, 1, LAST_US))
logs = st.lists(near | near | any_time, max_size=40)
jumps = st.lists(st.integers(0, 30), min_size=8, max_size=14).map(
    lambda steps: [100, *(100_000 + 30 * step for step in steps)]
)


@given(logs | jumps, st.data())
@settings(max_examples=200)
@example([0, *[10_000] * 12], None)
def test_without_a_broker_fates_are_those_of_the_rule(
    times: list[int], data: st.DataObject | None
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(times)), max_size=5))) if data else []
    found, clock = fast(times, None, cuts)
    assert (found, clock.latest_us) == slow(times, None)


broker_times = near | st.integers(0, LARGEST) | st.sampled_from((0, LAST_US, LARGEST, LARGEST - 1))


# A record without a time of its own has the broker's.
with_broker = st.tuples(near | any_time, near | broker_times) | broker_times.map(lambda t: (t, t))


@given(st.lists(with_broker, max_size=30), st.data())
@settings(max_examples=200)
@example([(100, LARGEST), (5000, LARGEST)], None)
@example([(LARGEST, LARGEST), (LARGEST, LARGEST), (5000, 5000)], None)
def test_with_a_broker_fates_are_those_of_the_rule(
    records: list[tuple[int, int]], data: st.DataObject | None
) -> None:
    times, broker = [t for t, _ in records], [b for _, b in records]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(times)), max_size=5))) if data else []
    found, clock = fast(times, broker, cuts)
    assert (found, clock.latest_us) == slow(times, broker)


@given(logs | jumps, st.lists(st.integers(0, 40), max_size=5))
def test_where_a_log_is_cut_changes_neither_fates_nor_the_memory(
    times: list[int], places: list[int]
) -> None:
    cuts = sorted(min(place, len(times)) for place in places)
    assert fast(times, None, cuts) == fast(times, None)


def test_a_pane_waits_as_long_as_lateness_and_no_longer() -> None:
    # The pane [960, 1020) waits until the clock says 1140.
    assert fast([1139, 960], None)[0] == ["counted", "counted"]
    assert fast([1140, 1019], None)[0] == ["counted", "late"]


def test_all_records_of_a_pane_wait_for_as_long() -> None:
    assert fast([1139, 960, 1019], None)[0] == ["counted"] * 3


@pytest.mark.parametrize(("ahead", "fate"), [(600, "counted"), (601, "future")])
def test_a_record_may_be_so_far_ahead_of_the_broker(ahead: int, fate: Fate) -> None:
    assert fast([1000 + ahead], [1000])[0] == [fate]


def test_a_record_ahead_of_the_broker_moves_the_clock_to_the_brokers_time_only() -> None:
    assert fast([1500], [1000])[1].latest_us == 1000


def test_a_record_from_the_future_moves_no_clock() -> None:
    assert fast([1000, 9999], [1000, 1000])[1].latest_us == 1000


def test_a_late_record_moves_no_clock() -> None:
    assert fast([1000, 10], None)[1].latest_us == 1000


@pytest.mark.parametrize(
    ("log", "last"),
    [
        ([0, *[9000] * 8], "future"),
        ([0, *[9000] * 9], "counted"),
        ([0, *[9000] * 8, 9601], "future"),  # agrees with none of them
        ([0, *[9000] * 4, 0, *[9000] * 5], "future"),  # not eight in a row
        ([0, *range(9000, 9000 + 8 * 75, 75), 9600], "counted"),
        ([0, *range(9000, 9000 + 8 * 75, 75), 9601], "future"),
        ([0, 50_000, *[9000] * 9], "counted"),  # the last eight agree
    ],
)
def test_a_log_without_a_broker_jumps_when_eight_records_before_agree(
    log: list[int], last: Fate
) -> None:
    assert fast(log, None)[0][-1] == last


def test_after_a_jump_the_log_goes_on_from_there() -> None:
    assert fast([0, *[9000] * 9, 9100, 0], None)[0][-2:] == ["counted", "late"]


def test_the_first_record_of_a_log_without_a_broker_is_never_from_the_future() -> None:
    assert fast([LAST_US], None)[0] == ["counted"]


def test_no_records_leave_the_memory_as_it_was() -> None:
    clock = Clock(5, (7, 8))
    nothing = np.empty(0, dtype=np.int64)
    assert decide(POLICY, clock, nothing, None).clock == clock
