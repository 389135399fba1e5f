"""Evidence between two samples: what it promises, what it finds, and that it is kept."""

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from scipy.stats import binom

from driftwatch.records import FloatArray
from driftwatch.sketch.layout import CategoricalLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import column_events
from driftwatch.stats.members import Basis
from driftwatch.stats.slack import h, share_at
from driftwatch.stats.versus import Side, Versus, VersusState, _bet

L = 43_200
MINUTE = 60_000_000
WORDS = ("a", "b", "c")
TRAINED = np.array([700, 250, 50, 0, 0, 0, 0, 0])


EVENTS = column_events(CategoricalLayout("c", "prediction", WORDS, np.empty(0, np.uint64)), TRAINED)
"""Of a column of three words, a rare one among them."""


def basis(phi: float = 1.0) -> Basis:
    count = len(EVENTS.events)
    dependence = Dependence.none(count)
    if phi > 1.0:
        dependence = Dependence((50,), np.full((1, count), phi), np.zeros(count, dtype=np.bool_))
    return Basis(EVENTS, EVENTS.grouped(TRAINED)[None], None, dependence, scored=False)


def versus(columns: int = 1, watched: int = 1, budget: float = L, phi: float = 1.0) -> Versus:
    return Versus([basis(phi)] * columns, np.full(columns, 0.03), watched, budget)


def pane(rng: np.random.Generator, rows: int, shares: Sequence[float], columns: int = 1) -> Side:
    cells = np.zeros((columns, len(TRAINED)), dtype=np.int64)
    cells[:, : len(WORDS)] = rng.multinomial(rows, shares, size=columns)
    return Side(EVENTS.grouped(cells).ravel(), rows)


def followed(
    test: Versus,
    rng: np.random.Generator,
    shares: tuple[Sequence[float], Sequence[float]],
    rows: tuple[int, int],
    panes: int,
) -> tuple[VersusState, int]:
    """The state after so many panes, and at which of them a page was raised first, else 0."""
    state = test.start()
    for i in range(1, panes + 1):
        one, other = (pane(rng, n, p, len(test.bases)) for n, p in zip(rows, shares, strict=True))
        state = test.step(state, one, other, i * MINUTE)
        if (test.evidence(state)[1] >= 1.0).any():
            return state, i
    return state, 0


@pytest.mark.parametrize("tolerance", [0.0, 0.03, 0.3])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (1, 9), (12, 2)])
@pytest.mark.parametrize("usual", [0.0005, 0.02, 0.4, 0.97])
def test_no_bet_gains_on_average_while_nothing_is_beyond_what_is_tolerated(
    tolerance: float, n: int, m: int, usual: float
) -> None:
    # Every outcome of a pane, by its probability: no luck is in this.
    for truth in (0.0, 0.0005, 0.03, 0.3, 0.6, 0.99, 1.0):
        farthest = float(share_at(np.minimum(h(np.array(truth)) + tolerance, np.pi)))
        for other in {truth, farthest if tolerance else truth, truth / 2}:
            outcomes = np.array(list(itertools.product(range(n + 1), range(m + 1)))).T
            many = np.ones((2, outcomes.shape[1]))
            asked = np.array([[n], [m]]) * many
            gain = _bet(
                outcomes.astype(np.float64),
                asked,
                asked / (n + m),
                h(usual * many[0]),
                np.full((1, outcomes.shape[1]), tolerance),
            )
            odds = binom.pmf(outcomes[0], n, other) * binom.pmf(outcomes[1], m, truth)
            means = odds @ np.exp(gain[0])
            assert (means <= 1.0 + 1e-5).all(), (truth, other, means)


def rates(seeds: int, shares: Sequence[tuple[Sequence[float], Sequence[float]]]) -> FloatArray:
    """How many of so many runs of 200 panes raise anything at a budget of one in 2,000 panes."""
    found = np.zeros(seeds)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        test = versus(columns=4, watched=4, budget=2_000.0)
        state = test.start()
        for i in range(1, 201):
            one, other = shares[i % len(shares)]
            rows = int(rng.integers(0, 60)), int(rng.integers(50, 400))
            sides = pane(rng, rows[0], one, 4), pane(rng, rows[1], other, 4)
            state = test.step(state, *sides, i * MINUTE)
            if (test.evidence(state) >= 1.0).any():
                found[seed] = 1.0
                break
    return found


@pytest.mark.parametrize(
    "shares",
    [
        [([0.7, 0.25, 0.05], [0.7, 0.25, 0.05])],
        # Both change together from pane to pane, far from what training had.
        [([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]), ([0.9, 0.0995, 0.0005], [0.9, 0.0995, 0.0005])],
    ],
    ids=["as in training", "restless"],
)
def test_two_samples_of_one_kind_keep_the_budget(
    shares: list[tuple[list[float], list[float]]],
) -> None:
    seeds = 14
    alarms = int(rates(seeds, shares).sum())
    # 200 of 2,000 panes, for each of the severities: a tenth of the runs each at most.
    assert alarms <= binom.ppf(0.999, seeds, 2 * 200 / 2_000)


def test_a_canary_of_a_tenth_is_found_out_by_its_rate() -> None:
    # Twice as often in 50 rows a pane against 450: within an hour, in nearly every run.
    test = versus(watched=200)
    at = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        shares = [0.7, 0.2, 0.1], [0.7, 0.1, 0.2]
        at.append(followed(test, rng, (shares[1], shares[0]), (50, 450), 60)[1])
    assert sum(pane > 0 for pane in at) >= 9
    assert np.median(at) <= 20


def test_what_is_tolerated_never_pages_and_is_worth_an_info() -> None:
    apart = [float(share_at(h(np.array(0.7)) - 0.025)), 0.0, 0.05]
    apart[1] = 1.0 - apart[0] - apart[2]
    test = versus()
    state, paged = followed(
        test, np.random.default_rng(1), ([0.7, 0.25, 0.05], apart), (5_000, 5_000), 300
    )
    assert paged == 0
    assert test.evidence(state)[0, 0] >= 1.0


def test_the_winner_names_the_event_its_direction_and_its_onset() -> None:
    test, rng = versus(), np.random.default_rng(2)
    state = test.start()
    usual, more = [0.7, 0.25, 0.05], [0.6, 0.25, 0.15]
    for i in range(1, 61):
        sides = pane(rng, 300, more if i > 20 else usual), pane(rng, 300, usual)
        state = test.step(state, *sides, i * MINUTE)
    since = pane(rng, 12_000, more), pane(rng, 12_000, usual)
    winner = test.winner(state, 1, 0, since)
    event = test.bases[0].events.events[winner.source]
    assert (event.kind, event.first, winner.more) == ("word", 2, True)
    assert abs(winner.onset_us - 21 * MINUTE) <= 5 * MINUTE
    other_way = test.start()
    for i in range(1, 41):
        other_way = test.step(other_way, since[1], since[0], i * MINUTE)
    assert not test.winner(other_way, 1, 0, since[::-1]).more


def test_a_pane_without_a_pair_says_nothing() -> None:
    test, rng = versus(), np.random.default_rng(3)
    empty = Side(np.zeros(test.groups, np.int64), 0)
    state = test.start()
    assert test.step(state, pane(rng, 100, [0.1, 0.1, 0.8]), empty, MINUTE) is state
    assert test.step(state, empty, pane(rng, 100, [0.1, 0.1, 0.8]), MINUTE) is state


def test_rows_that_come_in_clumps_count_for_less() -> None:
    shares = [0.5, 0.25, 0.25], [0.7, 0.25, 0.05]
    alone, clumped = (
        followed(versus(phi=phi), np.random.default_rng(4), shares, (100, 100), 200)[1]
        for phi in (1.0, 4.0)
    )
    assert 0 < 2 * alone < clumped


def test_evidence_is_lost_again_and_reset_takes_it_at_once() -> None:
    test, rng = versus(), np.random.default_rng(5)
    state, paged = followed(test, rng, ([0.4, 0.3, 0.3], [0.7, 0.25, 0.05]), (200, 200), 100)
    assert paged
    assert not test.quiet(state)[1, 0]
    cleared = test.reset(state, np.array([[False], [True]]))
    assert (test.evidence(cleared)[1, 0], cleared.m[1].any()) == (0.0, False)
    assert test.evidence(cleared)[0, 0] >= 1.0
    for i in range(200, 320):
        same = [0.7, 0.25, 0.05]
        state = test.step(state, pane(rng, 400, same), pane(rng, 400, same), i * MINUTE)
    assert test.quiet(state).all()


def test_a_part_of_the_budget_takes_more_evidence() -> None:
    test = versus()
    whole = test.log_threshold
    test.take_share(0.25)
    assert test.log_threshold == pytest.approx(whole + np.log(4))


def test_it_goes_on_to_the_bit_where_it_was_stored() -> None:
    test, rng = versus(columns=2), np.random.default_rng(6)
    state, _ = followed(test, rng, ([0.65, 0.3, 0.05], [0.7, 0.25, 0.05]), (80, 300), 5)
    again = versus(columns=2).from_bytes(test.to_bytes(state))
    assert again is not None
    for name in VersusState.__slots__:
        assert getattr(again, name).tobytes() == getattr(state, name).tobytes(), name
    step = pane(rng, 100, [0.7, 0.25, 0.05], 2), pane(rng, 100, [0.7, 0.25, 0.05], 2)
    both = [test.step(one, *step, 9 * MINUTE).log_e.tolist() for one in (state, again)]
    assert both[0] == both[1]


def test_evidence_of_other_questions_is_not_gone_on_with() -> None:
    assert (
        versus(columns=1).from_bytes(versus(columns=2).to_bytes(versus(columns=2).start())) is None
    )


@pytest.mark.parametrize("data", [b"", b"\x93", b"nonsense"])
def test_bytes_that_are_no_state_are_an_error(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        versus().from_bytes(data)
