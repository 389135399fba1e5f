import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline.stretches import Stretches


@given(st.integers(1, 500), st.integers(1, 400), st.integers(1, 60))
def test_what_is_kept_is_bounded_distinct_and_in_order(rows: int, most: int, length: int) -> None:
    found = Stretches.spread(rows, most, length)
    ranks = found.ranks()
    assert found.kept == len(ranks)
    assert len(ranks) <= max(most, length)
    assert (np.diff(ranks) > 0).all()
    assert ranks[0] >= 0
    assert ranks[-1] < rows
    if rows <= most:
        assert ranks.tolist() == list(range(rows))


@given(st.integers(1, 500), st.integers(1, 400), st.integers(1, 60))
def test_a_rank_is_found_where_it_is_kept(rows: int, most: int, length: int) -> None:
    found = Stretches.spread(rows, most, length)
    place = {rank: i for i, rank in enumerate(found.ranks().tolist())}
    positions = found.positions(np.arange(rows)).tolist()
    assert positions == [place.get(rank, -1) for rank in range(rows)]


@given(st.integers(1, 300), st.integers(1, 200), st.integers(1, 40), st.data())
def test_runs_hold_the_kept_ranks_of_a_range_without_gaps(
    rows: int, most: int, length: int, data: st.DataObject
) -> None:
    found = Stretches.spread(rows, most, length)
    first = data.draw(st.integers(0, rows))
    end = data.draw(st.integers(first, rows))
    ranks = found.ranks()
    held = [ranks[a:b] for a, b in found.runs(first, end).tolist()]
    assert all((np.diff(run) == 1).all() for run in held)
    joined = [int(rank) for run in held for rank in run]
    assert joined == [rank for rank in ranks.tolist() if first <= rank < end]


def test_where_a_cycle_is_as_long_as_the_shares_every_part_of_it_is_kept() -> None:
    day = 1_440
    ranks = Stretches.spread(1_000 * day, 100 * day, day // 10).ranks()
    hours = np.bincount(ranks % day * 24 // day, minlength=24)
    assert hours.min() >= 0.2 * hours.mean()
