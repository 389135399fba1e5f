"""Alarms rise, hold and clear as the bounds say, column by column."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.alarms import SEVERITIES, AlarmState, Change, step
from driftwatch.monitor.gauges import GaugeName, Gauges
from driftwatch.monitor.thresholds import Bound, ThresholdPolicy, judge, threshold_policy

PANE, HOLD = 60, 180
NAMES: tuple[GaugeName, ...] = ("missing_ratio", "psi")
NAN = math.nan

Values = Mapping[GaugeName, float]
Bounds = Mapping[GaugeName, Bound]


def policy_of(*columns: Bounds, taken_off: float = 0.0) -> ThresholdPolicy:
    """taken_off: the missing ratio of every column of the baseline."""
    baseline = {"missing_ratio": np.full(len(columns), taken_off)}
    return threshold_policy(columns, baseline)


def gauges_of(*columns: Values) -> Gauges:
    by_name = {name: np.array([c.get(name, NAN) for c in columns]) for name in NAMES}
    return Gauges(100, np.full(len(columns), 100.0), by_name, {})


def look(
    policy: ThresholdPolicy, state: AlarmState, gauges: Gauges, start: int, end: int
) -> tuple[AlarmState, list[Change]]:
    return step(state, [judge(policy, state, gauges, start)], HOLD, end)


def run(
    policy: ThresholdPolicy, panes: Sequence[Sequence[Values]]
) -> tuple[AlarmState, list[list[Change]]]:
    """The state after panes that follow one another, and the changes at each of them."""
    state, changes = AlarmState.quiet(policy.bounds.shape[2]), []
    for i, pane in enumerate(panes):
        state, changed = look(policy, state, gauges_of(*pane), i * PANE, (i + 1) * PANE)
        changes.append(changed)
    return state, changes


@dataclass
class Slow:
    """One severity of one column, by the words of the documentation."""

    bounds: Mapping[GaugeName, float | None]
    taken_off: float
    raised: int = -1
    onset: int = -1
    passed: int = -1
    statistic: GaugeName = NAMES[0]
    value: float = NAN

    def step(self, values: Values, start: int, end: int, info_onset: int) -> str | None:
        off = {"missing_ratio": self.taken_off}
        held = {name: values.get(name, NAN) - off.get(name, 0.0) for name in NAMES}
        over: dict[str, float] = {}
        for name in NAMES:
            bound = self.bounds.get(name)
            if bound is not None and held[name] > bound:
                over[name] = held[name] / bound if bound > 0 else held[name] - bound + 1
        if over:
            self.passed = end
            self.statistic = max(NAMES, key=lambda name: over.get(name, -math.inf))
            self.value = values[self.statistic]
            if self.raised < 0:
                self.raised, self.onset = end, start
                if info_onset >= 0:
                    self.onset = min(start, info_onset)
                return "raised"
        elif (
            self.raised >= 0 and end - self.passed >= HOLD and not math.isnan(held[self.statistic])
        ):
            self.raised = self.onset = -1
            return "cleared"
        return None


some_values = st.sampled_from((NAN, 0.0, 0.1, 0.2, 0.3, 0.5, 1.0, math.inf))
columns = st.fixed_dictionaries({"missing_ratio": some_values, "psi": some_values})
limits = st.none() | st.sampled_from((0.0, 0.1, 0.25, -0.5))
bounds = st.fixed_dictionaries(
    {}, optional={name: st.builds(Bound, limits, limits) for name in NAMES}
)


@given(
    st.lists(bounds, min_size=2, max_size=2),
    st.lists(st.tuples(columns, columns), max_size=20),
    st.sampled_from((0.0, 0.1)),
)
@settings(max_examples=300)
def test_every_severity_of_every_column_goes_its_own_way(
    limits: list[Bounds], panes: list[tuple[Values, Values]], taken_off: float
) -> None:
    policy = policy_of(*limits, taken_off=taken_off)
    state = AlarmState.quiet(2)
    slow = [
        [Slow({n: b[s] for n, b in column.items()}, taken_off) for column in limits]
        for s in range(len(SEVERITIES))
    ]

    def index(name: GaugeName) -> int:
        return policy.statistics.index(name) if policy.statistics else 0

    for i, pane in enumerate(panes):
        start, end = i * PANE, (i + 1) * PANE
        state, changes = look(policy, state, gauges_of(*pane), start, end)
        expected: list[tuple[object, ...]] = []
        for s, severity in enumerate(SEVERITIES):
            for c, values in enumerate(pane):
                before = slow[s][c].raised, slow[s][c].onset
                info_onset = slow[0][c].onset if s else -1
                what = slow[s][c].step(values, start, end, info_onset)
                one = slow[s][c]
                if what == "raised":
                    at = index(one.statistic)
                    expected.append((c, severity, one.raised, one.onset, None, at))
                elif what == "cleared":
                    expected.append((c, severity, *before, end, index(one.statistic)))
        assert [change[:6] for change in changes] == expected
        for s in range(len(SEVERITIES)):
            for c in range(2):
                one = slow[s][c]
                assert (state.raised_us[s, c], state.onset_us[s, c]) == (one.raised, one.onset)
                assert state.value[s, c] == pytest.approx(one.value, nan_ok=True)


PSI = Bound(0.1, 0.25)


def psi(*values: float) -> list[list[Values]]:
    return [[{"psi": value}] for value in values]


def test_what_stays_within_its_bounds_raises_nothing() -> None:
    state, _ = run(policy_of({"psi": PSI}), psi(0.0, 0.1, NAN, 0.1))
    assert state.level(0) == "ok"


@pytest.mark.parametrize(("value", "level"), [(0.1, "ok"), (0.11, "info"), (0.26, "page")])
def test_the_level_is_the_highest_severity_that_is_raised(value: float, level: str) -> None:
    state, _ = run(policy_of({"psi": PSI}), psi(value))
    assert state.level(0) == level


def test_an_alarm_holds_until_all_has_been_well_for_long_enough() -> None:
    _, changes = run(policy_of({"psi": PSI}), psi(0.2, 0.0, 0.0, 0.0, 0.0))
    assert [[c.cleared_us for c in pane] for pane in changes] == [[None], [], [], [240], []]


def test_a_relapse_begins_the_hold_anew() -> None:
    _, changes = run(policy_of({"psi": PSI}), psi(0.2, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0))
    assert [len(pane) for pane in changes] == [1, 0, 0, 0, 0, 0, 1]


def test_panes_that_say_nothing_clear_no_alarm() -> None:
    state, _ = run(policy_of({"psi": PSI}), psi(0.2, *[NAN] * 50))
    assert state.level(0) == "info"


def test_another_statistic_that_is_well_does_not_clear_one_that_is_unknown() -> None:
    policy = policy_of({"psi": PSI, "missing_ratio": Bound(0.2, 0.5)})
    unknown: list[Values] = [{"psi": NAN, "missing_ratio": 0.1}]
    state, _ = run(policy, [[{"psi": 0.4, "missing_ratio": 0.0}], *[unknown] * 50])
    assert state.level(0) == "page"


def test_a_page_began_when_it_was_first_worth_an_info() -> None:
    _, changes = run(policy_of({"psi": PSI}), psi(0.0, 0.2, 0.2, 0.3))
    (page,) = changes[3]
    assert (page.severity, page.onset_us, page.raised_us) == ("page", 60, 240)


def test_info_is_told_before_page() -> None:
    _, changes = run(policy_of({"psi": PSI}), psi(0.5))
    assert [change.severity for change in changes[0]] == ["info", "page"]


def test_a_ratio_is_held_against_its_bound_without_what_it_was_in_training() -> None:
    policy = policy_of({"missing_ratio": Bound(0.1, 0.2)}, taken_off=0.3)
    state, _ = run(policy, [[{"missing_ratio": 0.39}]])
    assert state.level(0) == "ok"
    state, changes = run(policy, [[{"missing_ratio": 0.41}]])
    assert state.level(0) == "info"
    assert changes[0][0].value == 0.41  # as it is shown


def test_the_statistic_that_passed_its_bound_by_the_largest_factor_is_named() -> None:
    policy = policy_of({"psi": Bound(0.1, None), "missing_ratio": Bound(0.01, None)})
    _, changes = run(policy, [[{"psi": 0.5, "missing_ratio": 0.1}]])
    assert policy.statistics[changes[0][0].statistic] == "missing_ratio"


def test_a_column_without_bounds_is_never_in_alarm() -> None:
    state, changes = run(policy_of({}, {"psi": PSI}), [[{"psi": 9.0}, {"psi": 0.0}]])
    assert (state.level(0), changes) == ("ok", [[]])


def test_without_any_bound_nothing_happens() -> None:
    state, changes = run(policy_of({}, {}), [[{"psi": 9.0}, {"psi": 9.0}]])
    assert (state.level(0), changes) == ("ok", [[]])


# The state in the store


@given(st.lists(columns, max_size=8))
def test_a_state_comes_back_from_its_bytes_to_the_bit(panes: list[Values]) -> None:
    policy = policy_of({"psi": PSI, "missing_ratio": Bound(0.05, 0.3)})
    state, _ = run(policy, [[values] for values in panes])
    again = AlarmState.from_bytes(state.to_bytes())
    for name in AlarmState.__slots__:
        before, after = getattr(state, name), getattr(again, name)
        assert (before.dtype, before.shape) == (after.dtype, after.shape)
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"junk",
        AlarmState.quiet(3).to_bytes()[:-1],
        msgspec.msgpack.encode([]),
        msgspec.msgpack.encode([("<i8", (2, 1), b"short")] * 5),
        msgspec.msgpack.encode([("nonsense", (2, 1), b"\0" * 16)] * 5),
        msgspec.msgpack.encode([("<i8", (2, 1), b"\0" * 16)] * 4),
        msgspec.msgpack.encode({"raised_us": 1}),
    ],
)
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        AlarmState.from_bytes(data)
