from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline import order as order_module
from driftwatch.baseline.order import RowOrder, order_by_time, order_of_rows
from driftwatch.stats.strata import hour_of_week
from tests.baseline.data import Array

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
WEEK_US = 168 * HOUR_US
MONDAY_US = 4 * 24 * HOUR_US + 2_900 * WEEK_US


def by_time(times_us: Array, cells: int = 100, pane_us: int = MINUTE_US) -> RowOrder:
    found = order_by_time(lambda: times_us, pane_us, 2, cells)
    assert found is not None
    return found


@settings(deadline=None)
@given(st.lists(st.integers(-1, 40), min_size=1, max_size=60).filter(lambda t: max(t) >= 0))
def test_rows_are_ranked_by_time_and_those_of_one_time_as_they_stand(times: list[int]) -> None:
    found = by_time(np.array(times))
    timed = [(time, i) for i, time in enumerate(times) if time >= 0]
    assert found.untimed == len(times) - len(timed)
    ranks = {i: rank for rank, (_, i) in enumerate(sorted(timed))}
    assert found.position.tolist() == [ranks.get(i, -1) for i in range(len(times))]
    assert found.kept_us.tolist() == sorted(time for time, _ in timed)


def test_rows_in_order_have_their_numbers_for_ranks() -> None:
    found = order_of_rows(1_000, 60, 3)
    assert found.position.tolist() == list(range(1_000))
    assert (found.slot[:800] == 0).all()
    assert (found.slot[800:] == 1).all()
    assert (found.pane_rows, found.block_sizes, found.hours) == (60, (33,), 1)


def test_without_any_time_there_is_no_order() -> None:
    assert order_by_time(lambda: np.array([-1, -1]), MINUTE_US, 1, 10) is None


@pytest.mark.parametrize(("rows", "usual"), [((60, 70, 400), 70), ((3, 4, 5), 50), ((90,), 90)])
def test_a_usual_pane_is_the_median_of_those_with_rows_but_at_least_what_is_pooled(
    rows: tuple[int, ...], usual: int
) -> None:
    times = np.concatenate([np.full(n, 3 * i * MINUTE_US) for i, n in enumerate(rows)])
    assert by_time(np.random.default_rng(0).permutation(times)).pane_rows == usual


def spread(weeks: float, rows: int) -> Array:
    return MONDAY_US + (np.arange(rows) * (weeks * WEEK_US / rows)).astype(np.int64)


@pytest.mark.parametrize(
    ("weeks", "rows", "fits"),
    [
        (4, 24 * 2_000, ("hour_of_day",)),
        (4, 24 * 1_990, ()),
        (2.9, 24 * 3_000, ()),
        (4, 168 * 2_000, ("hour_of_day", "hour_of_week")),
        (3.9, 168 * 2_200, ("hour_of_day",)),
    ],
)
def test_hours_need_rows_enough_from_weeks_enough(
    weeks: float, rows: int, fits: tuple[str, ...]
) -> None:
    assert by_time(spread(weeks, rows)).whole.fits == fits


def test_hours_in_which_nothing_ever_comes_do_not_keep_the_others_from_their_own() -> None:
    times = spread(4, 24 * 2_600)
    awake = times // 3_600_000_000 % 24 >= 6
    assert by_time(times[awake]).whole.fits == ("hour_of_day",)


def test_hours_of_the_week_that_would_take_too_much_memory_are_not_counted() -> None:
    times = spread(4, 168 * 2_000)
    assert by_time(times).hours == 168
    assert by_time(times, cells=order_module.TABLE_CELLS // 1_000).hours == 24


def test_each_row_is_counted_in_its_hour_and_in_the_head_or_the_tail() -> None:
    rng = np.random.default_rng(0)
    times = rng.permutation(spread(5, 200_000))
    times[::50] = -1
    found = by_time(times)
    assert (found.hours, found.groups) == (24, 4)
    slots = Counter(found.slot.tolist())
    assert slots[found.slots - 1] == 4_000 == found.untimed
    timed = times[times >= 0]
    cut = np.sort(timed)[int(0.8 * len(timed))]
    for i in rng.integers(0, len(times), 300).tolist():
        if times[i] < 0:
            continue
        part, hour = divmod(int(found.slot[i]), 24)
        assert hour == hour_of_week(int(times[i])) % 24
        assert (part >= 4) == (times[i] >= cut)
    assert sum(n for slot, n in slots.items() if slot < found.head.slots) == int(0.8 * len(timed))


def test_one_wrong_year_does_not_put_all_weeks_in_one_group() -> None:
    times = spread(5, 200_000)
    times[0] += 60 * 52 * WEEK_US
    found = by_time(times)
    sizes = np.bincount(found.slot[found.slot < found.head.slots] // 24, minlength=4)
    assert (sizes > 10_000).sum() >= 3


def test_of_too_many_rows_stretches_of_whole_blocks_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_module, "KEPT_ROWS", 60_000)
    found = order_of_rows(400_000, 60, 3)
    assert found.kept == 62 * 960 <= 60_000
    assert found.block_sizes == (60, 240, 960)
    lengths = np.diff(found.whole.runs, axis=1)
    assert set(lengths.ravel().tolist()) == {960}
    head, tail = (int(np.diff(runs, axis=1).sum()) for runs in (found.head.runs, found.tail_runs))
    assert head + tail == found.kept
    assert 0.75 < head / found.kept < 0.85
