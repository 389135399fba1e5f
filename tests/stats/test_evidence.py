"""The bank against the same mathematics written slowly, member by member, from raw cells."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.records import IntArray
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.evidence import Bank, BankState, Since
from tests.statistics.columns import (
    LOGNORMAL,
    NORMAL,
    ZERO_INFLATED,
    Column,
    categorical,
    numeric,
)
from tests.statistics.odd import extremes, odd_columns
from tests.statistics.slow_bank import SlowColumn

MINUTE = 60_000_000


def columns(seed: int) -> list[Column]:
    rng = np.random.default_rng(seed)
    phi = rng.uniform(1.0, 5.0, 400)
    made = [
        numeric(rng, NORMAL, 3_000, 80),
        numeric(rng, ZERO_INFLATED, 700, 80, 0.3),
        categorical(rng, 1.0 / np.arange(1, 9), 2_000, 80),
        categorical(rng, np.ones(300), 2_000, 80),
        numeric(rng, LOGNORMAL, 40, 80),
    ]
    return [
        column._replace(
            basis=replace(
                column.basis,
                dependence=Dependence(
                    (60, 240),
                    np.stack((np.sqrt(phi), phi))[:, : column.basis.sources],
                    np.arange(column.basis.sources) % 3 == 0,
                ),
            )
        )
        for column in made
    ]


def bank_of(made: Sequence[Column], watched: int = 9, budget: float = 500.0) -> Bank:
    return Bank([c.basis for c in made], np.full(len(made), 0.03), watched, budget)


def panes_of(made: Sequence[Column], seed: int, count: int, drift: int = 0) -> IntArray:
    """(count, G); with drift, so many rows more of each column's first group."""
    rng = np.random.default_rng(seed)
    parts = [column.live(rng, 0, count) for column in made]
    for part in parts:
        part[:, 0] += drift
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("drift", [0, 5])
def test_the_bank_is_what_the_slow_one_is(drift: int) -> None:
    made = columns(1)
    bank = bank_of(made)
    state = bank.start()
    slow = [[SlowColumn(c.basis, h0, 9, 500.0) for c in made] for h0 in (0.0, 0.03)]
    ends = np.cumsum([c.basis.events.groups for c in made])[:-1]
    for i, groups in enumerate(panes_of(made, 2, 25, drift)):
        state = bank.step(state, groups, 80 + drift, i * MINUTE)
        for severity in range(2):
            for column, part in zip(slow[severity], np.split(groups, ends), strict=True):
                column.step(part, 80 + drift)
        expected = [[column.log_e for column in line] for line in slow]
        assert state.log_e == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
    assert (bank.evidence(state) >= 1.0).any() == bool(drift)


def run(bank: Bank, state: BankState, panes: IntArray, rows: Sequence[int]) -> BankState:
    for i, (groups, size) in enumerate(zip(panes, rows, strict=True)):
        state = bank.step(state, groups, size, i * MINUTE)
    return state


def same(one: BankState, other: BankState) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("m", "onset_us", "log_e", "pool", "pool_rows", "pool_start_us")
    )


@given(st.lists(st.sampled_from((0, 3, 20, 49, 50, 80)), max_size=12), st.integers(0, 2**32))
@settings(max_examples=25)
def test_a_run_with_a_restart_after_every_pane_is_the_same_run(rows: list[int], seed: int) -> None:
    made = columns(1)
    bank, again = bank_of(made), bank_of(made)
    panes = panes_of(made, seed, len(rows), 4)
    whole, pieces = bank.start(), bank.start()
    for i, (groups, size) in enumerate(zip(panes, rows, strict=True)):
        whole = bank.step(whole, groups, size, i * MINUTE)
        stored = again.to_bytes(again.step(pieces, groups, size, i * MINUTE))
        pieces = again.from_bytes(stored)
        assert again.to_bytes(pieces) == stored
    assert same(whole, pieces)


def test_a_state_of_other_columns_is_refused() -> None:
    made = columns(1)
    stored = bank_of(made).to_bytes(bank_of(made).start())
    with pytest.raises(ValueError, match="another bank"):
        bank_of(made[:2]).from_bytes(stored)


def test_a_stricter_budget_goes_on_with_the_evidence_there_is() -> None:
    made = columns(1)
    bank = bank_of(made)
    state = run(bank, bank.start(), panes_of(made, 5, 20, 5), [85] * 20)
    later = bank_of(made, 9, 5_000.0)
    found = later.from_bytes(bank.to_bytes(state))
    assert found.m.sum() == state.m.sum()
    shown = bank.evidence(state) > 0.0
    assert shown.any()
    assert (later.evidence(found) < bank.evidence(state))[shown].all()


@given(st.lists(st.integers(0, 120), min_size=1, max_size=20), st.integers(0, 2**32))
@settings(max_examples=25)
def test_panes_are_pooled_by_their_rows_and_by_nothing_else(rows: list[int], seed: int) -> None:
    made = columns(1)
    bank = bank_of(made)
    panes = panes_of(made, seed, len(rows))
    one, other = bank.start(), bank.start()
    waiting = 0
    for i, size in enumerate(rows):
        one = bank.step(one, panes[i], size, i * MINUTE)
        other = bank.step(other, panes[i][::-1].copy(), size, i * MINUTE)
        waiting = 0 if waiting + size >= 50 else waiting + size
        assert one.pool_rows == other.pool_rows == waiting
        assert (one.pool_start_us < 0) == (waiting == 0)


def test_thin_panes_together_are_one_pane_of_all_their_rows() -> None:
    made = columns(1)
    bank = bank_of(made)
    panes = panes_of(made, 3, 3, 1)
    thin = run(bank, bank.start(), panes, [20, 20, 20])
    assert same(thin, bank.step(bank.start(), panes.sum(axis=0), 60, 0))


@pytest.mark.parametrize("watched", [1, 200, 100_000])
@pytest.mark.parametrize("budget", [2.0, 43_200.0, 1e12])
@pytest.mark.parametrize("share", [1.0, 0.01])
def test_one_member_at_its_cap_is_enough_for_the_alarm(
    watched: int, budget: float, share: float
) -> None:
    made = columns(1)
    bank = bank_of(made, watched, budget)
    bank.take_share(share)
    assert bank.log_threshold == pytest.approx(np.log(watched * budget / share))
    first = bank._starts
    alone = np.full(len(bank._cap), -np.inf)
    alone[first] = bank._cap[first]
    log_e = np.logaddexp.reduceat(alone, first) - bank._log_j[bank._full]
    assert (log_e >= bank.log_threshold).all()


def two_columns() -> list[Column]:
    rng = np.random.default_rng(6)
    return [numeric(rng, NORMAL, 5_000, 100), categorical(rng, np.ones(4), 5_000, 100)]


def test_the_winner_is_the_event_that_has_drifted_and_its_onset_the_pane_when_it_began() -> None:
    made = two_columns()
    bank = bank_of(made)
    usual, state = panes_of(made, 7, 60), bank.start()
    words = made[0].basis.events.groups
    event = made[1].basis.events.events[0]
    assert event.kind == "word"
    for i, groups in enumerate(usual):
        if i >= 40:  # the first word takes the rows of all others
            groups[words:] = 0
            groups[words] = 100
        state = bank.step(state, groups, 100, i * MINUTE)
    won = bank.winner(state, 1, 1)
    assert won is not None
    assert (won.source, won.more) == (0, True)
    assert 39 * MINUTE <= won.onset_us <= 40 * MINUTE
    assert (bank.evidence(state)[:, 1] >= 1.0).all()
    assert (bank.evidence(state)[:, 0] < 1.0).all()


def test_of_members_that_are_all_at_their_cap_the_one_that_saw_most_speaks() -> None:
    made = two_columns()
    bank = bank_of(made)
    state, words = bank.start(), made[0].basis.events.groups
    pane = panes_of(made, 7, 1)[0]
    pane[words:] = 0
    pane[words + 2] = 100  # the third word takes the rows of all others, of the first ones too
    for i in range(60):
        state = bank.step(state, pane, 100, i * MINUTE)
    won = bank.winner(state, 1, 1, Since(60 * pane, 6_000))
    assert won is not None
    assert (won.source, won.more) == (2, True)


def test_an_alarm_is_quiet_after_the_recovery_and_not_before() -> None:
    made = two_columns()
    bank = bank_of(made)
    usual, state = panes_of(made, 8, 400), bank.start()
    drifted = usual.copy()
    words = made[0].basis.events.groups
    drifted[:, words] += 60
    for i in range(50):
        state = bank.step(state, drifted[i], 160, i * MINUTE)
    assert not bank.quiet(state)[:, 1].any()
    for i in range(50, 400):
        state = bank.step(state, usual[i], 100, i * MINUTE)
    assert bank.quiet(state).all()


def test_a_reset_forgets_the_columns_that_it_is_told_and_no_others() -> None:
    made = columns(1)
    bank = bank_of(made)
    state = run(bank, bank.start(), panes_of(made, 5, 20, 5), [85] * 20)
    ended = np.zeros(state.log_e.shape, dtype=np.bool_)
    ended[1, 0] = True
    after = bank.reset(state, ended)
    assert after.log_e[1, 0] == 0.0
    assert (after.log_e == state.log_e).sum() >= state.log_e.size - 1
    mine = bank._segment == len(made)
    assert not after.m[mine].any()
    assert not after.onset_us[mine].any()
    assert (after.m[~mine] == state.m[~mine]).all()


ODD = dict(odd_columns())


@pytest.mark.parametrize("name", ODD)
def test_no_column_and_no_pane_raises_a_warning_or_leaves_a_nan(name: str) -> None:
    column = ODD[name]
    with np.errstate(over="raise", invalid="raise", divide="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        bank = bank_of([column])
        state = bank.start()
        for i, (groups, rows) in enumerate(extremes(column)):
            state = bank.step(state, groups, rows, i * MINUTE)
            assert np.isfinite(state.m).all()
            assert np.isfinite(bank.evidence(state)).all()
            assert not np.isnan(state.log_e).any()
            assert same(bank.from_bytes(bank.to_bytes(state)), state)


@pytest.mark.parametrize("name", ["constant", "all null", "largest floats", "one category"])
@pytest.mark.parametrize("rows", [100, 50_000_000])
def test_a_pane_like_an_odd_baseline_is_no_alarm(name: str, rows: int) -> None:
    column = ODD[name]
    bank = bank_of([column])
    usual = column.basis.groups[0]
    pane = usual * (rows // usual.sum())
    state = run(bank, bank.start(), np.tile(pane, (200, 1)), [int(pane.sum())] * 200)
    assert (bank.evidence(state) < 1.0).all()


@pytest.mark.parametrize("name", ["constant", "all null", "one category"])
def test_what_an_odd_baseline_never_had_is_an_alarm(name: str) -> None:
    column = ODD[name]
    bank = bank_of([column])
    pane = np.zeros_like(column.basis.groups[0])
    pane[int(np.argmin(column.basis.groups[0]))] = 1_000
    state = run(bank, bank.start(), np.tile(pane, (20, 1)), [1_000] * 20)
    assert (bank.evidence(state) >= 1.0).all()


@pytest.mark.parametrize("name", ["no rows", "one row", "two rows"])
def test_a_baseline_that_says_nothing_never_alarms_for_values(name: str) -> None:
    column = ODD[name]
    bank = bank_of([column])
    rng = np.random.default_rng(1)
    chances = np.ones(column.basis.events.values) / column.basis.events.values
    state = bank.start()
    for i in range(50):
        pane = np.zeros(column.basis.events.groups, dtype=np.int64)
        pane[: len(chances)] = rng.multinomial(100, chances)
        state = bank.step(state, pane, 100, i * MINUTE)
    assert (bank.evidence(state) < 1.0).all()


def test_no_columns_at_all_are_no_error() -> None:
    bank = bank_of([])
    state = bank.step(bank.start(), np.empty(0, dtype=np.int64), 100, 0)
    assert bank.evidence(state).shape == (2, 0)
    assert same(bank.from_bytes(bank.to_bytes(state)), state)
