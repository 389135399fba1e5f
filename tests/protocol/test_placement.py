"""Where a partition goes on: each rule alone."""

from dataclasses import replace

import pytest

from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.protocol.commit import Commit
from driftwatch.protocol.placement import (
    Doubt,
    LogFacts,
    Loss,
    began_with,
    is_committed,
    place,
    standing,
)
from driftwatch.records import Partition

P, NEW = Partition("t", 0), Partition("t", 7)
LOG = LogFacts(start=40, first=0, end=100, topic_id="id", partitions=6)
HELD = PartitionState(50, clock_us=5_000, tallies={"counted": 50}, topic_id="id")
OURS = Commit(50, "us", 5_000, "id", {"them": 20}, began_with=6)
THEIRS = Commit(70, "them", 7_000, "id", {"us": 50, "others": 60}, began_with=6)
DOUBT = Doubt(replace(HELD, frontier=40), HELD)


# What is in doubt


def test_a_checkpoint_is_committed_where_our_own_commit_has_come_as_far() -> None:
    assert is_committed(DOUBT, OURS, "us")
    assert not is_committed(DOUBT, replace(OURS, offset=49), "us")


def test_a_checkpoint_is_committed_where_our_cut_has_come_as_far() -> None:
    assert is_committed(DOUBT, THEIRS, "us")
    assert not is_committed(DOUBT, replace(THEIRS, cuts={"us": 49}), "us")


def test_a_checkpoint_is_not_committed_where_only_others_have_come_as_far() -> None:
    assert not is_committed(DOUBT, replace(THEIRS, cuts={"others": 60}), "us")


def test_a_checkpoint_is_not_committed_where_nobody_has_committed_anything() -> None:
    assert not is_committed(DOUBT, None, "us")


def test_a_checkpoint_is_not_committed_by_an_offset_of_another_topic() -> None:
    assert not is_committed(DOUBT, replace(OURS, topic_id="older"), "us")
    assert is_committed(DOUBT, replace(OURS, topic_id=None), "us")


# Without a commit


def test_without_a_commit_our_own_frontier_is_where_it_goes_on() -> None:
    found = place(HELD, None, LOG, "us", P)
    assert found.state == HELD
    assert found.tenure == Commit(50, "us", None, "id", began_with=6)
    assert found.is_news


def test_without_anything_it_begins_where_the_settings_say() -> None:
    found = place(None, None, LOG, "us", P)
    assert found.state == PartitionState(40, topic_id="id")
    assert found.is_news


def test_a_partition_that_is_new_in_a_known_topic_begins_at_its_beginning() -> None:
    grown = replace(LOG, partitions=8)
    assert place(None, None, grown, "us", NEW, [(P, OURS)]).state.frontier == 0
    assert place(None, None, grown, "us", NEW, [(P, None)]).state.frontier == 40


def test_a_topic_began_with_the_fewest_partitions_that_a_commit_tells_of() -> None:
    others = {P: OURS, Partition("t", 1): replace(OURS, began_with=4), NEW: None}
    assert began_with(NEW, LOG, others) == 4
    assert began_with(NEW, LOG, {NEW: None}) == 6
    assert began_with(Partition("other", 0), LOG, others) == 6


# With a commit of ours


def test_after_our_own_commit_our_frontier_is_where_it_goes_on() -> None:
    found = place(HELD, OURS, LOG, "us", P)
    assert found.state == HELD
    assert (found.is_news, found.taken_over, found.counted_until) == (False, False, None)
    assert found.tenure == OURS


def test_a_frontier_behind_our_commit_reads_again_and_does_not_count_in_public_twice() -> None:
    found = place(replace(HELD, frontier=30), OURS, LOG, "us", P)
    assert (found.state.frontier, found.counted_until) == (30, 50)


def test_a_frontier_behind_our_commit_does_not_read_again_what_others_have_counted() -> None:
    found = place(replace(HELD, frontier=10), OURS, LOG, "us", P)
    assert (found.state.frontier, found.counted_until) == (20, 50)
    assert found.loss == Loss(10, 20, None, "state_behind")


def test_our_commit_without_our_rows_is_a_tile_of_its_own() -> None:
    found = place(None, OURS, LOG, "us", P)
    assert found.state == PartitionState(50, clock_us=5_000, topic_id="id")
    assert (found.taken_over, found.is_news) == (True, True)


def test_a_commit_made_by_hand_leaves_us_at_our_frontier() -> None:
    assert place(HELD, Commit(10), LOG, "us", P).state.frontier == 50


def test_a_commit_made_by_hand_is_where_somebody_new_begins() -> None:
    found = place(None, Commit(10), LOG, "us", P)
    assert (found.state.frontier, found.tenure.cuts) == (10, {})


# With a commit of another writer


def test_another_writers_commit_begins_a_tile_with_its_clock_and_our_tallies() -> None:
    found = place(HELD, THEIRS, LOG, "us", P)
    assert found.state == replace(HELD, frontier=70, clock_us=7_000)
    assert (found.taken_over, found.is_news, found.loss) == (True, True, None)


def test_a_lost_state_folder_goes_on_at_the_commit() -> None:
    found = place(None, THEIRS, LOG, "a new writer", P)
    assert found.state == PartitionState(70, clock_us=7_000, topic_id="id")
    assert found.tenure.cuts == {"us": 50, "others": 60, "them": 70}


def test_another_writers_commit_becomes_the_newest_cut_and_ours_goes() -> None:
    found = place(HELD, THEIRS, LOG, "us", P)
    assert list(found.tenure.cuts.items()) == [("others", 60), ("them", 70)]
    assert found.tenure.writer == "us"


def test_suspects_are_no_part_of_what_is_handed_on() -> None:
    found = place(replace(HELD, suspects_us=(1, 2)), THEIRS, LOG, "us", P)
    assert found.state.suspects_us == ()


def test_a_store_older_than_our_cut_has_lost_what_lies_between() -> None:
    found = place(replace(HELD, frontier=30), THEIRS, LOG, "us", P)
    assert found.loss == Loss(30, 50, 20, "state_behind")
    assert found.state.frontier == 70


# Another log


def test_a_topic_made_again_is_read_from_its_beginning_without_clock_and_cuts() -> None:
    again = replace(LOG, topic_id="newer")
    for commit in (None, OURS, THEIRS):
        found = place(HELD, commit, again, "us", P)
        at = 70 if commit is THEIRS else 50
        assert found.loss == Loss(at, 0, None, "recreated")
        assert (found.state.frontier, found.state.clock_us) == (0, None)
        assert (found.state.topic_id, found.tenure.topic_id) == ("newer", "newer")
        assert (found.tenure.cuts, found.counted_until, found.is_news) == ({}, None, True)


def test_a_topic_whose_id_nobody_knows_is_taken_for_the_same() -> None:
    assert place(HELD, OURS, replace(LOG, topic_id=None), "us", P).loss is None
    assert place(HELD, replace(OURS, topic_id=None), LOG, "us", P).state.topic_id == "id"


def test_a_log_that_has_lost_its_beginning_goes_on_at_its_first_offset() -> None:
    found = place(HELD, OURS, replace(LOG, first=80), "us", P)
    assert found.loss == Loss(50, 80, 30, "expired")
    assert (found.state.frontier, found.state.clock_us, found.is_news) == (80, 5_000, True)


def test_a_log_that_has_lost_its_end_goes_on_where_it_ends() -> None:
    found = place(HELD, OURS, replace(LOG, end=45), "us", P)
    assert found.loss == Loss(50, 45, None, "truncated")
    assert found.state.frontier == 45


def test_a_log_that_looks_after_its_ends_itself_is_not_judged() -> None:
    found = place(HELD, None, LogFacts(start=0), "us", P)
    assert (found.state, found.loss, found.is_news) == (HELD, None, False)


@pytest.mark.parametrize(("committed", "stands"), [(7, True), (5, False)])
def test_what_did_not_move_stands_or_falls_with_what_moved_in_the_same_save(
    committed: int, stands: bool
) -> None:
    moved, still, other = (Partition("log", number) for number in range(3))
    doubts = {
        moved: Doubt(PartitionState(5), PartitionState(7), save=4),
        still: Doubt(PartitionState(9), PartitionState(9), save=4),
        other: Doubt(PartitionState(9), PartitionState(9), save=3),
    }
    commits = {moved: Commit(committed, "us"), still: Commit(9, "us"), other: Commit(9, "us")}
    # Nothing has moved in the other save: whatever became of it can stand.
    expected = {moved, still, other} if stands else {other}
    assert standing(doubts, commits, "us") == expected
