"""Counting a batch at once is counting its records one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.monitor.pending import Pending, outcome_changes
from driftwatch.protocol.checkpoint import PaneKey, PartitionState
from driftwatch.records import Batch, Rows
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from tests.monitor.scenes import BASELINE, KEY, POLICY, A, B, Record, batch_of, many

COUNTER = RowCounter(BASELINE.layout())


def pending(*batches: Batch) -> Pending:
    made = Pending(POLICY.fate)
    made.partitions |= {A: PartitionState(0), B: PartitionState(0)}
    for batch in batches:
        made.add(batch, lambda _: [(KEY, COUNTER)])
    return made


def integers(panes: dict[PaneKey, Counts]) -> dict[PaneKey, tuple[int, list[int]]]:
    return {key: (counts.rows, counts.cells.tolist()) for key, counts in panes.items()}


records = st.builds(
    Record, st.integers(0, 900), st.none() | st.floats(-10, 200), st.sampled_from(("a", "b", "zz"))
)


@given(st.lists(records, max_size=30))
def test_a_batch_gives_the_panes_that_its_records_give(batch: list[Record]) -> None:
    at_once, one_by_one = pending(batch_of(batch)), pending(*(batch_of([r]) for r in batch))
    assert integers(at_once.panes) == integers(one_by_one.panes)
    assert at_once.partitions == one_by_one.partitions


@given(st.permutations([0] * 520 + [60] * 30 + [120] * 700 + [180]), st.integers(0, 1251))
@settings(max_examples=5)
def test_large_and_small_panes_of_one_batch_are_counted_alike(times: list[int], cut: int) -> None:
    batch = [Record(time, float(i % 150 - 20)) for i, time in enumerate(times)]
    whole = pending(batch_of(batch))
    parts = pending(batch_of(batch[:cut]), batch_of(batch[cut:]))
    assert integers(whole.panes) == integers(parts.panes)
    for key, counts in whole.panes.items():
        mean, other = counts.moments.mean, parts.panes[key].moments.mean
        np.testing.assert_allclose(mean, other, rtol=1e-12)


def test_records_of_two_versions_are_judged_in_the_order_of_the_log() -> None:
    first, second = batch_of([Record(1000)]).rows[0], batch_of([Record(500)]).rows[0]
    # In the log the record of 500 comes first, though its version is the second one.
    batch = Batch(A, 2, 2, (at(first, 1), at(second, 0)), ())
    assert pending(batch).partitions[A].tallies == {"counted": 2}
    batch = Batch(A, 2, 2, (at(first, 0), at(second, 1)), ())
    assert pending(batch).partitions[A].tallies == {"counted": 1, "late": 1}


def at(rows: Rows, position: int) -> Rows:
    return Rows(
        rows.route,
        np.array([position]),
        rows.event_times_us,
        rows.numeric,
        rows.missing,
        rows.cells,
    )


def test_the_size_of_what_is_pending_is_that_of_its_panes() -> None:
    made = pending(batch_of(many(3, 0)), batch_of(many(3, 60)), batch_of(many(3, 0), B))
    size = COUNTER.layout.size
    assert made.cells == 3 * size
    made.drop(A)
    assert made.cells == size


def test_what_follows_begins_empty_where_the_partitions_are() -> None:
    made = pending(batch_of(many(3, 0), next_offset=3))
    after = made.successor()
    assert (after.panes, after.new_values, after.cells) == ({}, {}, 0)
    assert after.partitions == made.partitions
    after.add(batch_of(many(1, 0), next_offset=4), lambda _: [(KEY, COUNTER)])
    assert made.partitions[A].frontier == 3


def test_records_that_no_stream_wants_are_counted_in_the_tallies_only() -> None:
    made = Pending(POLICY.fate)
    made.partitions[A] = PartitionState(0)
    made.add(batch_of(many(3, 0)), lambda _: [])
    assert (made.panes, made.partitions[A].tallies) == ({}, {"counted": 3})


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [({}, {"a": 2}, {"a": 2}), ({"a": 2}, {"a": 5, "b": 1}, {"a": 3, "b": 1}), ({}, {}, {})],
)
def test_changes_are_what_each_tally_has_grown_by(
    before: dict[str, int], after: dict[str, int], changes: dict[str, int]
) -> None:
    assert outcome_changes(before, after) == changes
