"""One batch against a baseline: what is drift, what it is said to be, and odd columns."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from driftwatch.records import IntArray
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout
from driftwatch.stats.batch import BatchTest, batch_test
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import HalfCounts, column_events
from driftwatch.stats.exceedance import p_more
from driftwatch.stats.members import Basis
from tests.sketch.zoo import LARGEST, SHAPES, layout_of
from tests.statistics.columns import NORMAL, Numbers, independent, numbers

H0 = 0.03


def normal(m: int = 20_000, seed: int = 1) -> tuple[Numbers, Basis]:
    latent = np.random.default_rng(seed).normal(size=m)
    made = numbers(NORMAL, latent)
    return made, independent(made.events, made.codes(latent))


def drawn(made: Numbers, n: int, seed: int = 2, **change: float) -> IntArray:
    chances = made.chances(**change)
    return np.random.default_rng(seed).multinomial(n, chances / chances.sum())


def only(basis: Basis, live: IntArray, rate: float = 0.01, tolerance: float = H0) -> BatchTest:
    return batch_test([basis], [live], np.array([tolerance]), rate)


def said(basis: Basis, found: BatchTest) -> str:
    """The kind of event, or which score."""
    source, events = int(found.source[0]), basis.events.events
    return events[source].kind if source < len(events) else f"score {source - len(events)}"


def of_values(layout: ColumnLayout, counts: dict[str, int], values: IntArray) -> IntArray:
    """(cells,) of a column with these values and side counters."""
    cells = np.zeros(layout.size, dtype=np.int64)
    cells[: layout.bins] = values
    for name, count in counts.items():
        cells[layout.cell(name)] += count
    return cells


def basis_of(layout: ColumnLayout, cells: IntArray) -> Basis:
    events = column_events(layout, cells)
    scored = layout.kind == "numeric"
    sources = len(events.events) + (2 if scored else 0)
    return Basis(events, events.grouped(cells)[None], None, Dependence.none(sources), scored=scored)


def test_a_shift_is_drift_and_said_to_be_one() -> None:
    made, basis = normal()
    found = only(basis, drawn(made, 2_000, shift=0.4))
    assert found.drift[0]
    assert said(basis, found) == "score 0"
    assert found.more[0]


def test_a_narrower_spread_is_said_to_be_one() -> None:
    made, basis = normal()
    found = only(basis, drawn(made, 4_000, scale=0.8))
    assert (found.drift[0], said(basis, found), found.more[0]) == (True, "score 1", False)


def test_more_nulls_are_drift_whatever_the_values_do() -> None:
    made, basis = normal()
    found = only(basis, drawn(made, 2_000, null=0.05))
    assert (found.drift[0], said(basis, found)) == (True, "null")
    assert found.expected[0] == 0.0
    assert found.seen[0] == pytest.approx(0.05, abs=0.01)


def test_the_same_distribution_is_no_drift() -> None:
    made, basis = normal()
    assert not only(basis, drawn(made, 5_000)).drift[0]


def test_a_change_within_the_tolerance_is_no_drift_in_any_number_of_rows() -> None:
    made, basis = normal(500_000)
    live = drawn(made, 50_000_000, shift=0.02)
    assert not only(basis, live).drift[0]
    assert only(basis, live, tolerance=0.0).drift[0]


def test_every_column_and_event_has_its_share_of_the_rate() -> None:
    made, basis = normal()
    live = drawn(made, 1_000)
    found = batch_test([basis] * 7, [live] * 7, np.full(7, H0), 0.02)
    np.testing.assert_allclose(found.threshold, 0.02 / (2 * basis.sources * 7))


def test_an_event_is_tested_by_its_count_both_ways() -> None:
    column = CategoricalLayout("w", "feature", ("a", "b"), np.empty(0, np.uint64))
    basis = basis_of(column, of_values(column, {}, np.array([700, 300, 0, 0])))
    live = basis.events.grouped(of_values(column, {}, np.array([30, 70, 0, 0])))
    found = only(basis, live)
    a = [np.array([x]) for x in (100.0 - 30.0, 100.0, 300.0, 1_000.0, H0)]
    assert found.p_value[0] == pytest.approx(float(p_more(*a)[0]), rel=1e-9)
    assert found.expected[0] in (0.3, 0.7)


def test_rows_that_depend_on_each_other_count_for_less() -> None:
    made, basis = normal()
    live = drawn(made, 2_000, shift=0.2)
    phi = np.full((1, basis.sources), 10.0)
    ten = replace(
        basis,
        groups=basis.groups * 10,
        dependence=Dependence((20_000,), phi, np.zeros(basis.sources, dtype=np.bool_)),
    )
    found, as_tenth = only(ten, live * 10), only(basis, live)
    assert found.p_value[0] == pytest.approx(as_tenth.p_value[0], rel=1e-9)
    assert found.seen[0] == pytest.approx(as_tenth.seen[0])
    assert only(replace(ten, dependence=basis.dependence), live * 10).p_value[0] < 1e-30


def test_a_batch_beyond_the_measured_blocks_says_no_more_where_dependence_grows() -> None:
    made, basis = normal()
    live = drawn(made, 2_000, shift=0.1)
    sizes, phi = (50, 200), np.full((2, basis.sources), 3.0)
    for grows in (True, False):
        growing = Dependence(sizes, phi, np.full(basis.sources, grows))
        once, more = (only(replace(basis, dependence=growing), live * i) for i in (1, 10))
        assert once.p_value[0] == pytest.approx(more.p_value[0], rel=1e-9 if grows else 0.2)
    small = Dependence(sizes, np.stack((phi[0] / 3.0, phi[1])), np.zeros(basis.sources, dtype=bool))
    few = drawn(made, 50, shift=1.0)
    large = replace(basis, dependence=Dependence((200,), phi[1:], small.grows))
    assert only(replace(basis, dependence=small), few).p_value[0] < only(large, few).p_value[0]


def test_fewer_new_words_are_no_news() -> None:
    column = CategoricalLayout("w", "feature", ("a",), np.empty(0, np.uint64))
    cells = of_values(column, {}, np.array([1_000, 0, 0]))
    half = HalfCounts((1_000,), (0,), (500,), (500,))
    basis = replace(basis_of(column, cells), half=half)
    assert only(basis, basis.events.grouped(cells)).p_value[0] > 0.1


def test_a_column_that_is_absent_from_all_rows_is_drift() -> None:
    made, basis = normal()
    cells = of_values(made.layout, {"absent": 100}, np.zeros(made.layout.bins, dtype=np.int64))
    found = only(basis, basis.events.grouped(cells))
    assert (found.drift[0], said(basis, found)) == (True, "absent")
    assert (found.expected[0], found.seen[0]) == (0.0, 1.0)


def test_of_changes_too_sure_for_a_number_the_farthest_is_named() -> None:
    made, basis = normal()
    found = only(basis, drawn(made, 1_000_000, shift=3.0))
    assert found.p_value[0] == 0.0
    assert found.seen[0] - found.expected[0] > 0.7 or found.expected[0] - found.seen[0] > 0.7


def constant() -> tuple[ColumnLayout, IntArray]:
    layout = layout_of(np.full(400, 3.25))
    inside = np.searchsorted(layout.edges, np.full(400, 3.25), side="right")
    return layout, of_values(layout, {}, np.bincount(inside, minlength=layout.bins))


def all_null() -> tuple[ColumnLayout, IntArray]:
    layout = layout_of(np.empty(0))
    return layout, of_values(layout, {"null": 400}, np.zeros(1, dtype=np.int64))


def two_rows() -> tuple[ColumnLayout, IntArray]:
    layout = layout_of(np.array([1.0, 2.0]))
    inside = np.searchsorted(layout.edges, [1.0, 2.0], side="right")
    return layout, of_values(layout, {}, np.bincount(inside, minlength=layout.bins))


def one_category() -> tuple[ColumnLayout, IntArray]:
    layout = CategoricalLayout("w", "feature", ("a",), np.empty(0, np.uint64))
    return layout, of_values(layout, {}, np.array([400, 0, 0]))


def float_limits() -> tuple[ColumnLayout, IntArray]:
    values = np.repeat([-LARGEST, -1.0, 0.0, 5e-324, LARGEST], 80)
    layout = layout_of(values)
    inside = np.searchsorted(layout.edges, values, side="right")
    return layout, of_values(layout, {}, np.bincount(inside, minlength=layout.bins))


def no_rows() -> tuple[ColumnLayout, IntArray]:
    layout = CategoricalLayout("w", "feature", (), np.empty(0, np.uint64))
    return layout, of_values(layout, {}, np.zeros(2, dtype=np.int64))


ODD = (constant, all_null, two_rows, one_category, float_limits, no_rows)


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("times", [0, 1, 125_000])
def test_an_odd_column_is_like_itself_in_no_rows_or_in_fifty_million(
    make: Callable[[], tuple[ColumnLayout, IntArray]], times: int
) -> None:
    layout, cells = make()
    basis = basis_of(layout, cells)
    with np.errstate(all="raise", under="ignore"):
        found = only(basis, basis.events.grouped(cells * times))
        same = replace(basis, groups=basis.groups * 125_000)
        large = only(same, basis.events.grouped(cells * times), tolerance=0.0)
    assert np.isfinite(found.p_value[0])
    assert not found.drift[0]
    assert not large.drift[0]


@pytest.mark.parametrize("make", ODD[:5])
def test_an_odd_column_that_vanishes_is_drift(
    make: Callable[[], tuple[ColumnLayout, IntArray]],
) -> None:
    layout, cells = make()
    basis = basis_of(layout, cells)
    gone = of_values(layout, {"absent": 400}, np.zeros(layout.bins, dtype=np.int64))
    with np.errstate(all="raise", under="ignore"):
        found = only(basis, basis.events.grouped(gone))
    assert found.drift[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_values_is_drift_against_itself(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(4), 4_000)
    layout = layout_of(values)
    inside = np.searchsorted(layout.edges, values, side="right")
    one, other = (
        of_values(layout, {}, np.bincount(inside[half::2], minlength=layout.bins))
        for half in range(2)
    )
    if shape in ("sorted", "reversed", "zigzag", "two ends"):
        other = one  # their halves differ
    basis = basis_of(layout, one)
    with np.errstate(all="raise", under="ignore"):
        assert not only(basis, basis.events.grouped(other)).drift[0]


def test_no_columns_are_no_drift() -> None:
    found = batch_test([], [], np.empty(0), 0.01)
    assert found.drift.tolist() == []


def test_two_hundred_columns_take_a_few_seconds_at_most() -> None:
    made, basis = normal(50_000)
    lives = [drawn(made, 1_000, seed) for seed in range(200)]
    found = batch_test([basis] * 200, lives, np.full(200, H0), 0.01)
    assert not found.drift.any()
