"""A window is always the sum of what lies in it, however it came there."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.windows import Window, WindowPolicy, window_policies
from driftwatch.records import FloatArray
from driftwatch.sketch.columns import moments_of
from driftwatch.sketch.counts import Counts, Moments

CELLS, COLUMNS = 4, 2
Pane = tuple[int, tuple[float, ...]]
"""Where a pane starts, and the values of its first column; the second has none."""


def counts_of(values: Sequence[float], scale: int = 1) -> Counts:
    """Counts of some rows: the cell is the value's last digit; scale makes them large."""
    cells = np.bincount([int(v) % CELLS for v in values], minlength=CELLS).astype(np.int64)
    numeric = np.array([values, [np.nan] * len(values)], dtype=np.float64)
    return Counts(len(values) * scale, cells * scale, moments_of(numeric.reshape(COLUMNS, -1)))


def empty() -> Counts:
    return Counts.empty(CELLS, COLUMNS)


def total(parts: Sequence[Counts]) -> Counts:
    return Counts.total(parts, CELLS, COLUMNS)


def check(found: Counts, values: Sequence[float], scale: int = 1) -> None:
    """The integers to the bit; the moments as numpy has them from the values themselves."""
    expected = counts_of(values, scale)
    assert (found.rows, found.cells.tolist()) == (expected.rows, expected.cells.tolist())
    assert found.moments.count.tolist() == [len(values), 0]
    everything: FloatArray = np.array(values, dtype=np.float64)
    if len(values):
        largest = float(np.abs(everything).max()) + 1e-300
        assert found.moments.mean[0] == pytest.approx(everything.mean(), abs=1e-12 * largest)
        spread = ((everything - everything.mean()) ** 2).sum()
        assert found.moments.m2[0] == pytest.approx(spread, rel=1e-6, abs=1e-12 * largest**2)
        assert found.moments.minimum[0] == everything.min()
        assert found.moments.maximum[0] == everything.max()
    for name in ("mean", "m2"):
        assert getattr(found.moments, name)[1] == 0


values = st.lists(st.floats(-1e6, 1e6), max_size=4).map(tuple)
starts = st.integers(0, 60).map(lambda pane: 10 * pane)
steps = st.one_of(
    st.tuples(st.just("add"), starts, values),
    st.tuples(st.just("expire"), starts, st.just(())),
)


@given(st.lists(steps, max_size=25), st.sampled_from((10, 30)), starts)
@settings(max_examples=200)
def test_a_window_is_the_sum_of_the_blocks_that_reach_into_it(
    history: list[tuple[str, int, tuple[float, ...]]], block: int, end: int
) -> None:
    policy = WindowPolicy("w", 120, block)
    window = Window(policy, empty())
    kept: list[Pane] = []
    for what, at, numbers in history:
        if what == "add":
            window.add(at, counts_of(numbers))
            kept.append((at, numbers))
        else:
            window.expire(at)
            kept = [pane for pane in kept if reaches(pane[0], at, policy)]
    inside = [number for at, numbers in kept if reaches(at, end, policy) for number in numbers]
    check(window.counts(end), inside)


def reaches(start: int, end: int, policy: WindowPolicy) -> bool:
    """Whether a pane's block is not yet all before a window that ends here."""
    block_end = start // policy.block_us * policy.block_us + policy.block_us
    return block_end > end - policy.length_us


@given(st.lists(values, max_size=5), st.lists(values, max_size=3))
def test_open_panes_are_in_the_window_and_leave_it_as_it_was(
    closed: list[tuple[float, ...]], still_open: list[tuple[float, ...]]
) -> None:
    window = Window(WindowPolicy("w", 120, 10), empty())
    for i, numbers in enumerate(closed):
        window.add(10 * i, counts_of(numbers))
    before = [number for numbers in closed for number in numbers]
    found = window.counts(100, [counts_of(numbers) for numbers in still_open])
    check(found, [*before, *(number for numbers in still_open for number in numbers)])
    check(window.counts(100), before)


@pytest.mark.parametrize("scale", [1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**40])
def test_counts_of_any_size_come_and_go_exactly(scale: int) -> None:
    window = Window(WindowPolicy("w", 20, 10), empty())
    window.add(0, counts_of([1.0, 2.0], scale))
    window.add(0, counts_of([1.0], scale))
    window.add(10, counts_of([3.0], scale))
    check(window.counts(20), [1.0, 2.0, 1.0, 3.0], scale)
    window.expire(30)
    check(window.counts(30), [3.0], scale)


def test_what_was_handed_in_may_change_afterwards() -> None:
    window = Window(WindowPolicy("w", 20, 10), empty())
    pane = counts_of([1.0])
    window.add(0, pane)
    pane.add(counts_of([2.0, 3.0]))
    check(window.counts(10), [1.0])


def test_what_comes_late_for_a_block_that_is_gone_is_in_no_window() -> None:
    window = Window(WindowPolicy("w", 20, 10), empty())
    window.add(0, counts_of([1.0]))
    window.expire(100)
    window.add(0, counts_of([2.0]))
    check(window.counts(100), [])


def test_an_empty_window_counts_nothing() -> None:
    assert Window(WindowPolicy("w", 20, 10), empty()).counts(0) == empty()


def test_the_largest_floats_raise_no_warning() -> None:
    largest = float(np.finfo(np.float64).max)
    window = Window(WindowPolicy("w", 100, 10), empty())
    for i, value in enumerate((largest, -largest, largest)):
        window.add(10 * i, counts_of([0.0]))
        window.add(10 * i, Counts(1, np.zeros(CELLS, dtype=np.int64), moments(value)))
    found = window.counts(30).moments
    assert (found.minimum[0], found.maximum[0]) == (-largest, largest)


def moments(value: float) -> Moments:
    return moments_of(np.array([[value], [np.nan]]))


@pytest.mark.parametrize(
    ("lengths", "pane", "blocks"),
    [
        ([60], 1, [1]),
        ([59], 1, [1]),
        ([120], 1, [2]),
        ([3600, 86_400], 60, [60, 1440]),
        ([86_400, 3600], 60, [60, 1440]),
        ([3600, 86_400, 604_800], 60, [60, 1440, 10_080]),
        ([3600, 5400], 60, [60, 60]),
        ([60], 60, [60]),
    ],
)
def test_a_block_is_at_most_a_sixtieth_of_its_window(
    lengths: list[int], pane: int, blocks: list[int]
) -> None:
    found = window_policies([(str(length), length) for length in lengths], pane)
    assert [policy.block_us for policy in found] == blocks


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=4, unique=True), st.integers(1, 50))
def test_a_block_is_a_whole_number_of_the_blocks_of_shorter_windows(
    lengths: list[int], pane: int
) -> None:
    found = window_policies([(str(length), length) for length in lengths], pane)
    assert [policy.length_us for policy in found] == sorted(lengths)
    for shorter, longer in pairwise(found):
        assert longer.block_us % shorter.block_us == 0
    assert all(policy.block_us % pane == 0 for policy in found)
