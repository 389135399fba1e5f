"""The ledger of a changelog when something dies, hangs, or is not what it seems."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from driftwatch.errors import HopelessStateError, SourceError, StateError
from driftwatch.records import Partition
from driftwatch.sources.port import Committed
from driftwatch.state.changelog.errors import FencedError
from driftwatch.state.changelog.keys import Replica, RowKey
from driftwatch.state.changelog.transaction import Transactions
from driftwatch.state.changelog.values import PartitionRow, parts_of
from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.process import OwnedProcess
from tests.harness.waiting import wait_until
from tests.state import changelog_stalled
from tests.state.changelog_members import Fleet, Member, at, fleet_of, timed
from tests.state.contract import ALL, NEW, counts

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(240)]


@pytest.fixture
def fleet(kafka: KafkaCluster) -> Iterator[Fleet]:
    with fleet_of(kafka) as fleet:
        yield fleet


class UnsureTransactions(Transactions):
    """Loses the answer to the next transaction: one that was done, or one that was not."""

    lose = ""

    def write(self, *arguments: Any) -> int:
        written = super().write(*arguments)
        if self.lose == "done":
            self.lose = ""
            self.discard()
            raise StateError("no answer")
        return written

    def _commit(self, *arguments: Any) -> None:
        if self.lose == "undone":
            self.lose = ""
            raise StateError("no answer")
        super()._commit(*arguments)


def unsure(member: Member) -> UnsureTransactions:
    transactions = UnsureTransactions(member.ledger._policy)
    wait_until(lambda: transactions.open(1.0), what="transactions are begun")
    member.ledger._transactions = transactions
    return transactions


# Answers that are lost


@pytest.mark.parametrize("lost", ["done", "undone"])
def test_a_transaction_without_an_answer_counts_once(fleet: Fleet, lost: str) -> None:
    member = fleet.joined()
    member.save({at(fleet): counts(1, 0)}, 1)
    unsure(member).lose = lost
    checkpoint = member.checkpoint({at(fleet): counts(1, 1)}, 3)

    with pytest.raises(StateError, match="no answer"):
        member.ledger.save(checkpoint, timed)
    assert member.cells() == {(0, 0): [1, 0]}  # until it is known
    assert member.ledger.save(checkpoint, timed) == fleet.all
    member.save({at(fleet, 1): counts(0, 1)}, 4)

    expected = {(0, 0): [2, 1], (0, 1): [0, 1]}
    assert member.cells() == expected
    member.close()
    assert fleet.joined().cells() == expected


@pytest.mark.parametrize("lost", ["done", "undone"])
def test_a_partition_that_left_without_an_answer_comes_back_as_it_is(
    fleet: Fleet, lost: str
) -> None:
    member = fleet.joined()
    member.save({at(fleet): counts(1, 0)}, 1)
    unsure(member).lose = lost
    with pytest.raises(StateError):
        member.ledger.save(member.checkpoint({at(fleet): counts(1, 1)}, 3), timed)

    member.ledger.drop(fleet.all)
    member._unplaced = set(fleet.all)
    member.placements.clear()
    member.wait_for(fleet.all)

    assert member.cells() == {(0, 0): [2, 1] if lost == "done" else [1, 0]}


def test_a_commit_of_somebody_else_is_waited_out(fleet: Fleet) -> None:
    member = fleet.joined()
    member.save({at(fleet): counts(1)}, 1)
    unsure(member).lose = "undone"
    with pytest.raises(StateError):
        member.ledger.save(member.checkpoint({at(fleet): counts(1)}, 3), timed)
    (partition,) = fleet.all
    member.source.commit({partition: Committed(77)})

    with pytest.raises(SourceError, match="another member has committed"):
        member.ledger.save(member.checkpoint({at(fleet): counts(1)}, 3), timed)

    member.ledger.drop(fleet.all)
    assert member.ledger.save(member.checkpoint(), timed) == frozenset()


def test_what_the_disk_did_not_take_is_taken_later(fleet: Fleet) -> None:
    member = fleet.joined()
    member.save({at(fleet): counts(1)}, 1)
    mirror = member.ledger._mirror
    mirror._connection.execute("PRAGMA query_only = ON")
    checkpoint = member.checkpoint({at(fleet): counts(1)}, 2)
    for _ in range(2):
        with pytest.raises(StateError, match="disk"):
            member.ledger.save(checkpoint, timed)
    mirror._connection.execute("PRAGMA query_only = OFF")

    assert member.ledger.save(checkpoint, timed) == fleet.all
    assert member.cells() == {(0, 0): [2]}


# Processes that die


@pytest.mark.parametrize("heir", ["r0", "r1"])
def test_a_death_within_a_transaction_leaves_what_was_before(
    fleet: Fleet, heir: str, tmp_path: Path
) -> None:
    script = Path(changelog_stalled.__file__)
    arguments = (fleet.kafka.bootstrap, fleet.log, fleet.group, fleet.changelog, "r0")
    process = OwnedProcess(
        [sys.executable, script, *arguments],
        stdout=tmp_path / "stalled.log",
        env={"PYTHONPATH": str(script.parents[2])},
    )
    with process:
        process.wait_until_said("stalled", timeout=60)
        process.kill()

    after = fleet.joined(heir)

    assert after.cells() == {(0, 0): [1, 1, 1]}
    after.save({at(fleet): counts(5, 0, 0)}, 9)  # of the same number as what was begun before
    after.close()
    assert fleet.joined("r2").cells() == {(0, 0): [6, 1, 1]}


def test_a_broker_that_dies_in_between_costs_nothing(own_kafka: KafkaBroker) -> None:
    with fleet_of(own_kafka) as fleet:
        before = fleet.joined()
        before.save({at(fleet): counts(1)}, 1)
        checkpoint = before.checkpoint({at(fleet): counts(1)}, 2)
        own_kafka.kill()
        for _ in range(2):
            with pytest.raises((StateError, SourceError)):
                before.ledger.save(checkpoint, timed)
            before.turn()
        own_kafka.start()
        (partition,) = fleet.all

        def is_saved() -> bool:
            before.turn()
            if partition not in before.placements:
                return False  # the group has given us up, and takes us again
            if before.placements[partition].state.frontier == 2:
                return True
            with suppress(StateError, SourceError):
                return bool(before.ledger.save(checkpoint, timed))
            return False

        wait_until(is_saved, what="the checkpoint is saved", timeout=90)
        before.close()
        assert fleet.joined().cells() == {(0, 0): [2]}


def test_two_processes_of_one_name_are_told_so(kafka: KafkaCluster) -> None:
    with fleet_of(kafka, partitions=2) as fleet:
        one, two = fleet.joined("r0"), fleet.member("r0")
        while len(one.placements) != 1 or len(two.placements) != 1:
            one.turn()
            two.turn()

        def save_both() -> str:
            for member in (one, two):
                try:
                    member.ledger.save(member.checkpoint({}, 1, *member.placements), timed)
                except HopelessStateError as problem:
                    return str(problem)
                except (StateError, SourceError):
                    member.turn()
            return ""

        said = wait_until(save_both, what="it is said", timeout=60)

        assert "two processes are replica 'r0' of group" in said
        assert "state.kafka.replica" in said


class ForgetfulProducer(Producer):
    """Loses the cause of a fatal error, as the library does where two callbacks meet."""

    def flush(self, timeout: float = -1) -> int:
        try:
            return super().flush(timeout)
        except (KafkaException, SystemError):
            raise SystemError("returned NULL without setting an exception") from None


def test_a_fatal_error_whose_cause_is_lost_is_known(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = fleet.joined()
    monkeypatch.setattr("driftwatch.state.changelog.transaction.Producer", ForgetfulProducer)
    ours, theirs = (Transactions(member.ledger._policy) for _ in range(2))
    wait_until(lambda: ours.open(1.0), what="our transactions are begun")
    wait_until(lambda: theirs.open(1.0), what="another process has begun")

    with pytest.raises(FencedError) as raised:
        ours.write([(0, b"key", b"value")], {}, None, 10.0)

    assert isinstance(raised.value.__cause__, SystemError)


# A topic that is not what it should be


def test_rows_that_are_gone_are_missed_aloud(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1)
    before.close()
    fleet.kafka.delete_topic(fleet.changelog)

    after = fleet.member(restore_timeout_seconds=1.0)

    with pytest.raises(HopelessStateError, match=r"has committed checkpoint 1, and topic .* name"):
        after.wait_for(fleet.all)


def test_a_commit_that_its_rows_do_not_reach_is_told_aloud(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 5)
    (partition,) = fleet.all
    found = before.source.committed([partition])[partition]
    assert found is not None
    before.source.commit({partition: found._replace(offset=50)})
    before.close()

    with pytest.raises(HopelessStateError, match=r"reaches offset 5, and the group has .* 50"):
        fleet.joined()


def write(fleet: Fleet, rows: Mapping[bytes, bytes | None]) -> None:
    """Write rows into the changelog as somebody else would."""
    producer = Producer({"bootstrap.servers": fleet.kafka.bootstrap})
    for key, value in rows.items():
        producer.produce(fleet.changelog, value, key, 0)
    assert producer.flush(10) == 0


def delete_commit(fleet: Fleet, member: Member) -> None:
    """Let the rows be read to the end, so that what stands last in the topic counts."""
    (partition,) = fleet.all
    found = member.source.committed([partition])[partition]
    assert found is not None
    member.source.commit({partition: found._replace(metadata="")})


def test_rows_of_somebody_else_are_passed_over(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1)
    delete_commit(fleet, before)
    before.close()
    write(fleet, {b"\xff": b"x", b'["pane"]': None, b"{}": b"", b'["partition",7,"x"]': b"D"})

    assert fleet.joined().cells() == {(0, 0): [1]}


def test_what_stands_behind_the_committed_row_is_not_taken(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1)
    before.close()
    (value,) = parts_of(counts(9).to_bytes())
    row = RowKey("partition", at(fleet).partition)
    write(fleet, {RowKey.of_pane(at(fleet)).data: value, row.data: PartitionRow(2, 9).data})

    assert fleet.joined().cells() == {(0, 0): [1]}


def newer(value: bytes) -> bytes:
    return value[:1] + b"\x63" + value[2:]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (newer, "schema version is 99, and this program knows"),
        (lambda value: b"X" + value[1:], "none of Driftwatch's"),
        (lambda value: value[:4], "cut off"),
        (lambda value: value[:-3] + b'"}}', "don't belong together"),
    ],
    ids=["newer", "foreign", "cut", "torn"],
)
def test_a_partition_s_row_that_can_not_be_used_is_refused(
    fleet: Fleet, damage: Any, said: str
) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1)
    delete_commit(fleet, before)
    before.close()
    (partition,) = fleet.all
    row = PartitionRow(2, 9).data
    write(fleet, {RowKey("partition", partition).data: damage(row)})

    with pytest.raises(HopelessStateError, match=said):
        fleet.joined()


@pytest.mark.parametrize(
    ("part", "said"), [(0, "first part|part 0 of a pane"), (1, "part 1 of a pane is missing")]
)
def test_a_pane_of_which_a_part_is_missing_is_refused(fleet: Fleet, part: int, said: str) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1)
    delete_commit(fleet, before)
    before.close()
    parts = parts_of(b"x" * 1_000_000)
    rows: dict[bytes, bytes | None] = {
        RowKey.of_pane(at(fleet), number).data: value for number, value in enumerate(parts)
    }
    rows[RowKey.of_pane(at(fleet), part).data] = None
    write(fleet, rows)

    with pytest.raises(HopelessStateError, match=said):
        fleet.joined()


def test_a_detector_that_can_not_be_read_begins_anew(fleet: Fleet) -> None:
    before = fleet.joined()
    before.save({at(fleet): counts(1)}, 1, detector={ALL: b"good", NEW: b"bad"})
    before.close()
    key = RowKey("detector", Replica("r0"), NEW)
    write(fleet, {key.data: b"\x00", key._replace(part=3).data: b"?"})

    after = fleet.joined()

    assert after.ledger.load(fleet.all).detector == {ALL: b"good"}
    after.save({at(fleet): counts(1)}, 2, detector={NEW: b"better"})
    assert after.ledger.load(fleet.all).detector[NEW] == b"better"


def test_a_detector_of_another_layout_begins_anew(fleet: Fleet) -> None:
    before = fleet.joined("r0")
    before.save({at(fleet): counts(1, 2)}, 1, detector={ALL: b"old"}, fingerprints={ALL: "old"})
    before.close()
    other = fleet.joined("r1")
    other.save({at(fleet): counts(1)}, 2, detector={ALL: b"new"}, fingerprints={ALL: "new"})
    other.close()

    snapshot = fleet.joined("r0").ledger.load(fleet.all)

    assert snapshot.fingerprints == {ALL: "new"}
    assert snapshot.detector == {}


def test_partitions_of_two_layouts_are_not_mixed(kafka: KafkaCluster) -> None:
    with fleet_of(kafka, partitions=2) as fleet:
        before = fleet.joined()
        zero, one = Partition(fleet.log, 0), Partition(fleet.log, 1)
        before.save({at(fleet, 0, 0): counts(1, 2)}, 1, fingerprints={ALL: "old"})
        before.save({}, 1, one, fingerprints={})
        before.ledger._commits.pop(zero)  # nobody tidies it up
        before.save({at(fleet, 0, 1): counts(1, 2, 3)}, 2, fingerprints={ALL: "new"})
        before.close()

        after = fleet.joined()
        snapshot = after.ledger.load(fleet.all)
        assert len({len(pane.cells) for pane in snapshot.panes.values()}) == 1
        after.save({at(fleet, 0, 1): counts(1, 1, 1)}, 3, fingerprints={ALL: "new"})

        assert after.cells() == {(1, 0): [2, 3, 4]}
        assert after.ledger.load([zero]).partitions[zero].frontier == 1
