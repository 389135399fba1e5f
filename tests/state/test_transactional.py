"""The ledger of a changelog: what was committed is found again, by whoever comes next."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from driftwatch.errors import StateError
from driftwatch.protocol.checkpoint import Retention
from driftwatch.protocol.commit import Commit
from driftwatch.records import Partition
from driftwatch.sketch.counts import Counts
from driftwatch.sources.port import Committed
from tests.harness.broker import KafkaCluster
from tests.state.changelog_members import RECORDS, Fleet, at, fleet_of, timed
from tests.state.contract import ALL, MINUTE, NEVER, NEW, counts

pytestmark = pytest.mark.brokers


@pytest.fixture
def fleet(kafka: KafkaCluster) -> Iterator[Fleet]:
    with fleet_of(kafka) as fleet:
        yield fleet


def large(seed: int, cells: int = 1_500_000) -> Counts:
    """Counts of some 4 MB, which no broker takes in one message."""
    made = Counts.empty(cells, 1)
    made.cells[:] = np.random.default_rng(seed).integers(0, 2**20, cells)
    return made


# One member, again and again


def test_what_was_saved_is_there_after_a_restart_with_an_empty_disk(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet, 3): counts(1, 0, 2**40)}, 7, detector={ALL: b"\x00d"})
    before.save({at(fleet, 3): counts(1, 1, 1), at(fleet, 4): counts(0, 0, 5)}, 9)
    before.close()

    after = fleet.joined()

    assert after.cells() == {(0, 3): [2, 1, 2**40 + 1], (0, 4): [0, 0, 5]}
    (placement,) = after.placements.values()
    assert (placement.state.frontier, placement.is_news, placement.taken_over) == (9, False, False)
    assert after.ledger.load(fleet.all).detector == {ALL: b"\x00d"}


def test_a_partition_keeps_all_that_decides_the_fate_of_its_next_record(fleet: Fleet) -> None:
    before = fleet.joined()
    checkpoint = before.checkpoint({at(fleet): counts(1)}, 7)
    (partition,) = fleet.all
    state = replace(
        checkpoint.partitions[partition],
        clock_us=-5,
        tallies={"counted": 2**53 + 1, "reason:unparsable": 3},
        suspects_us=(7, -7),
    )
    before.insist(replace(checkpoint, partitions={partition: state}))
    before.close()

    after = fleet.joined()

    assert after.placements[partition].state == state


def test_a_save_tells_the_group_and_says_what_is_confirmed(fleet: Fleet) -> None:
    member = fleet.joined()
    assert member.save({at(fleet): counts(1)}) == fleet.all
    (partition,) = fleet.all
    found = member.source.committed([partition])[partition]
    assert found is not None
    commit = Commit.parse(*found)
    assert (commit.offset, commit.number) == (1, 1)
    assert commit.writer == f"changelog/{fleet.changelog}"
    assert member.ledger.saved_bytes > 0
    assert not member.ledger.is_settling


def test_a_first_member_begins_where_the_settings_say(fleet: Fleet) -> None:
    member = fleet.member()
    member.start = "latest"
    member.wait_for(fleet.all)
    (placement,) = member.placements.values()
    assert placement.state.frontier == RECORDS
    assert placement.is_news


def test_rows_larger_than_a_broker_takes_are_restored_to_the_bit(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): large(1)}, detector={ALL: b"\x01" * 2_500_000})
    before.save({at(fleet): large(2)}, 2)
    before.close()

    after = fleet.joined()
    snapshot = after.ledger.load(fleet.all)

    expected = large(1)
    expected.add(large(2))
    assert snapshot.panes[at(fleet)] == expected
    assert snapshot.detector == {ALL: b"\x01" * 2_500_000}
    assert max(len(value or b"") for _, _, value in fleet.rows()) < 1_000_000


def test_a_stream_that_is_laid_out_anew_leaves_nothing_of_before(fleet: Fleet) -> None:
    before = fleet.joined()
    both = {at(fleet): large(1), at(fleet, 1)._replace(stream=NEW): counts(5)}
    before.save(both, 1, fingerprints={ALL: "f1", NEW: "g"})
    before.save({at(fleet): counts(1, 2)}, 2, fingerprints={ALL: "f2", NEW: "g"})
    before.close()

    after = fleet.joined()
    snapshot = after.ledger.load(fleet.all)

    assert snapshot.fingerprints == {ALL: "f2", NEW: "g"}
    assert after.cells() == {(0, 0): [1, 2], (0, 1): [5]}
    latest = {key: value for _, key, value in fleet.rows()}
    deleted = [key for key, value in latest.items() if value is None]
    assert len(deleted) == len(large(1).to_bytes()) // 900_000


def test_panes_are_rolled_up_and_dropped_in_the_topic_as_well(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet, minute): counts(1, minute) for minute in range(12)})
    before.save({at(fleet, 6): counts(1, 0)}, 2, retention=Retention(7 * MINUTE, 5 * MINUTE, NEVER))
    before.save({at(fleet, 11): counts(1, 0)}, 3, retention=Retention(0, 5 * MINUTE, 5 * MINUTE))
    before.close()

    after = fleet.joined()

    expected = {5: [3, 11], 7: [1, 7], 8: [1, 8], 9: [1, 9], 10: [1, 10], 11: [2, 11]}
    assert after.cells() == {(0, minute): cells for minute, cells in expected.items()}


def test_a_partition_without_news_is_tidied_up_with_the_others(kafka: KafkaCluster) -> None:
    with fleet_of(kafka, partitions=2) as fleet:
        before = fleet.joined()
        before.save({at(fleet, 1, number): counts(1) for number in (0, 1)})
        confirmed = before.save(
            {at(fleet, 9, 0): counts(1)}, 2, retention=Retention(0, MINUTE, 5 * MINUTE)
        )
        assert confirmed == {Partition(fleet.log, 0)}
        before.close()

        after = fleet.joined()

        assert after.cells() == {(0, 9): [1]}
        frontiers = {p.number: found.state.frontier for p, found in after.placements.items()}
        assert frontiers == {0: 2, 1: 1}


# Several members


def test_rows_move_with_their_partition(kafka: KafkaCluster) -> None:
    with fleet_of(kafka, partitions=2) as fleet:
        first = fleet.joined("r0")
        first.save({at(fleet, 3, number): counts(1, number) for number in (0, 1)}, 5)
        second = fleet.member("r1")
        while len(first.placements) != 1 or len(second.placements) != 1:
            first.turn()
            second.turn()
        (theirs,) = second.placements
        assert not second.placements[theirs].taken_over
        assert second.cells() == {(theirs.number, 3): [1, theirs.number]}
        second.save({at(fleet, 3, theirs.number): counts(1, 0)}, 6)
        (ours,) = first.placements
        first.save({at(fleet, 4, ours.number): counts(9)}, 7)
        second.close()

        first.wait_for(fleet.all)

        assert first.cells() == {
            (ours.number, 3): [1, ours.number],
            (ours.number, 4): [9],
            (theirs.number, 3): [2, theirs.number],
        }


def test_what_was_counted_by_a_partition_s_last_owner_is_refused(kafka: KafkaCluster) -> None:
    with fleet_of(kafka, partitions=2) as fleet:
        first = fleet.joined("r0")
        both = {at(fleet, 3, number): counts(1) for number in (0, 1)}
        first.save(both, 5)
        second = fleet.member("r1")
        stale = first.checkpoint(both, 9)
        membership = first.source.group_metadata()
        while len(first.placements) != 1 or len(second.placements) != 1:
            first.turn()
            second.turn()
        (gone,) = second.placements
        first.ledger._tenures[gone] = Commit(5, first.ledger._policy.writer)
        first.source.group_metadata = lambda: membership  # type: ignore[method-assign]

        with pytest.raises(StateError, match=r"GENERATION|MEMBER"):
            first.ledger.save(stale, timed)

        first.close()
        second.wait_for(fleet.all)
        assert second.cells() == {(0, 3): [1], (1, 3): [1]}


def test_a_detector_stays_with_its_replica(kafka: KafkaCluster) -> None:
    with fleet_of(kafka) as fleet:
        first = fleet.joined("r0")
        first.save({at(fleet): counts(1)}, detector={ALL: b"mine"})
        first.close()
        second = fleet.joined("r1")
        assert second.ledger.load(fleet.all).detector == {}
        second.save({at(fleet): counts(1)}, 2, detector={ALL: b"yours"})
        second.close()
        assert fleet.joined("r0").ledger.load(fleet.all).detector == {ALL: b"mine"}


# Commits that are not ours


def test_what_another_store_has_counted_stays_with_it(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 5)
    (partition,) = fleet.all
    other = Commit(8, "somebody", 77, cuts={before.ledger._policy.writer: 5})
    before.source.commit({partition: Committed(8, other.text)})
    before.close()

    after = fleet.joined()

    placement = after.placements[partition]
    assert (placement.state.frontier, placement.state.clock_us) == (8, 77)
    assert placement.taken_over
    after.save({at(fleet): counts(1)}, 9)
    after.close()
    assert fleet.joined().cells() == {(0, 0): [2]}


def test_without_any_commit_the_rows_say_where_to_go_on(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 5)
    before.close()
    admin = AdminClient({"bootstrap.servers": fleet.kafka.bootstrap})
    admin.delete_consumer_groups([fleet.group])[fleet.group].result()

    after = fleet.joined()

    (placement,) = after.placements.values()
    assert placement.state.frontier == 5
    assert after.cells() == {(0, 0): [1]}


def test_an_offset_that_was_moved_by_hand_does_not_part_it_from_its_rows(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 5)
    before.close()
    admin = AdminClient({"bootstrap.servers": fleet.kafka.bootstrap})
    moved = ConsumerGroupTopicPartitions(fleet.group, [TopicPartition(fleet.log, 0, 50)])
    admin.alter_consumer_group_offsets([moved])[fleet.group].result()

    after = fleet.joined()

    (placement,) = after.placements.values()
    assert placement.state.frontier == 5
    assert after.cells() == {(0, 0): [1]}
