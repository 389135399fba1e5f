"""What an alarm can find is what it does find."""

import numpy as np
import pytest

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import CategoricalLayout, NumericLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.detectable import min_detectable_shift, reach
from driftwatch.stats.events import column_events
from driftwatch.stats.evidence import Bank
from driftwatch.stats.members import SCORES, Basis, Watch

ROWS, PANES = 100, 60


def numeric(values: FloatArray) -> tuple[NumericLayout, Basis]:
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    edges, first, last = make_edges(
        np.sort(values), np.ones(len(values), dtype=np.int64), float(low), float(high)
    )
    layout = NumericLayout("x", "feature", edges, first, last)
    return layout, basis_of(layout, cells_of(layout, values))


def cells_of(layout: NumericLayout, values: FloatArray) -> IntArray:
    return np.bincount(np.searchsorted(layout.edges, values, side="right"), minlength=layout.size)


def basis_of(layout: NumericLayout | CategoricalLayout, cells: IntArray, phi: float = 1.0) -> Basis:
    events = column_events(layout, cells)
    scored = layout.kind == "numeric"
    count = len(events.events) + (SCORES if scored else 0)
    dependence = Dependence.none(count)
    if phi > 1.0:
        dependence = Dependence((ROWS,), np.full((1, count), phi), np.zeros(count, dtype=np.bool_))
    return Basis(events, events.grouped(cells)[None], None, dependence, scored=scored)


def words(*counts: int) -> Basis:
    layout = CategoricalLayout("w", "feature", ("a", "b"), np.empty(0, np.uint64))
    return basis_of(layout, np.array([*counts, 0, 0, 0, 0, 0]))


def bank_of(basis: Basis) -> Bank:
    return Bank([basis], np.array([0.03]), 200, 43_200)


def panes_until_page(bank: Bank, panes: list[IntArray]) -> int:
    state = bank.start()
    for i, pane in enumerate(panes):
        state = bank.step(state, bank.bases[0].events.grouped(pane), ROWS, i)
        if bank.evidence(state)[1, 0] >= 1.0:
            return i + 1
    return 10**6


def test_a_shift_of_the_size_that_is_named_is_found_in_the_time_that_is_named() -> None:
    rng = np.random.default_rng(1)
    layout, basis = numeric(rng.normal(size=20_000))
    bank = bank_of(basis)
    (found,) = reach(bank, ROWS, PANES)
    assert found.kind == "shift"
    assert found.size is not None
    took = [
        panes_until_page(
            bank,
            [cells_of(layout, rng.normal(found.size, 1.0, ROWS)) for _ in range(4 * PANES)],
        )
        for _ in range(15)
    ]
    # Other members than the mean's may be faster, and few are twice as slow.
    assert 0.3 * PANES < np.median(took) < 1.5 * PANES


def test_a_share_that_moves_so_far_is_found_in_the_time_that_is_named() -> None:
    rng = np.random.default_rng(2)
    bank = bank_of(words(10_000, 10_000))
    (found,) = reach(bank, ROWS, PANES)
    assert found.kind == "share"
    assert found.size is not None
    took = []
    for _ in range(15):
        counts = rng.binomial(ROWS, 0.5 + found.size, 4 * PANES)
        panes = [np.array([a, ROWS - a, 0, 0, 0, 0, 0]) for a in counts.tolist()]
        took.append(panes_until_page(bank, panes))
    assert 0.3 * PANES < np.median(took) < 1.5 * PANES


def test_more_time_and_more_rows_find_smaller_changes() -> None:
    bank = bank_of(words(10_000, 10_000))

    def size(rows: float, panes: float) -> float:
        (found,) = reach(bank, rows, panes)
        assert found.size is not None
        return found.size

    assert size(100, 1440) < size(100, 60) < size(20, 60)


def test_a_column_that_never_had_a_value_can_be_told_from_nothing() -> None:
    _, basis = numeric(np.empty(0))
    bank = bank_of(basis)
    assert np.isnan(min_detectable_shift(bank.watch)).all()
    reach(bank, ROWS, PANES)  # says what it can, and fails at nothing


@pytest.mark.parametrize("rows", [2, 50, 5_000, 500_000])
def test_the_smallest_shift_is_the_tolerance_and_the_noise_of_the_baseline(rows: int) -> None:
    (found,) = min_detectable_shift(bank_of(words(rows // 2, rows // 2)).watch)
    assert 0.0149 < found <= 0.5
    noise = 2.5 / np.sqrt(rows)  # 4.9 standard deviations of h, half of it in probability
    assert found == pytest.approx(min(0.5, 0.015 + noise), rel=0.25)


def test_dependent_rows_are_fewer_rows() -> None:
    layout = CategoricalLayout("w", "feature", ("a", "b"), np.empty(0, np.uint64))
    cells = np.array([5_000, 5_000, 0, 0, 0, 0, 0])
    alone = min_detectable_shift(Watch((basis_of(layout, cells),), np.zeros((2, 1)), 1))
    bursts = min_detectable_shift(Watch((basis_of(layout, cells, 4.0),), np.zeros((2, 1)), 1))
    assert bursts == pytest.approx(2 * alone, rel=0.05)
