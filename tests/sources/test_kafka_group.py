"""Members of one group share the partitions, and hand them over without losing or repeating."""

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import pytest

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.records import Assigned, Partition, RawBatch, Revoked
from driftwatch.sources.kafka_group import GroupSource
from driftwatch.sources.kafka_policy import KafkaPolicy
from driftwatch.sources.port import Committed
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until
from tests.sources.contract import VALUES, Reader
from tests.sources.kafka_log import Open, policy

pytestmark = pytest.mark.brokers

Key = tuple[Partition, int]


class Worker:
    """Does what the daemon does with a source: places, counts, commits; drops what is refused."""

    def __init__(self, source: GroupSource) -> None:
        self.source = source
        self.saved: list[Key] = []  # committed: these are ours to have counted
        self.refused = 0
        self._pending: dict[Partition, tuple[list[Key], int]] = {}
        self._unplaced: set[Partition] = set()

    @property
    def partitions(self) -> set[Partition]:
        return set(self.source.progress())

    def turn(self, seconds: float = 0.1) -> bool:
        """One round of the loop without the commit; always False."""
        for event in self.source.poll(seconds):
            if isinstance(event, RawBatch):
                keys, _ = self._pending.get(event.partition, ([], 0))
                keys += [(event.partition, offset) for offset in event.offsets.tolist()]
                self._pending[event.partition] = (keys, event.next_offset)
                continue
            for partition in event.partitions:
                self._pending.pop(partition, None)
                self._unplaced.discard(partition)
            if isinstance(event, Assigned):
                self._unplaced.update(event.partitions)
        with suppress(SourceError):  # asked again at the next turn
            self._place()
        return False

    def checkpoint(self) -> None:
        try:
            self.source.commit({p: Committed(at) for p, (_, at) in self._pending.items()})
        except SourceError:
            self.refused += 1
            return
        for keys, _ in self._pending.values():
            self.saved += keys
        self._pending.clear()

    def _place(self) -> None:
        if self._unplaced:
            committed = self.source.committed(self._unplaced)
            starts = self.source.starts(self._unplaced, "earliest")
            self.source.seek(
                {p: at.offset if (at := committed[p]) else starts[p] for p in self._unplaced}
            )
            self._unplaced.clear()


def turn_until(workers: Iterable[Worker], done: object, *, seconds: float = 60.0) -> None:
    assert callable(done)
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not in {seconds:g} s"
        for worker in workers:
            worker.turn()
            worker.checkpoint()


def share(kafka: KafkaCluster, assignment: str, **settings: object) -> KafkaPolicy:
    topic = kafka.create_topic(partitions=4)
    write(kafka, topic)
    return policy(kafka.bootstrap, topic, assignment=assignment, **settings)


def write(kafka: KafkaCluster, topic: str) -> None:
    for partition in range(4):
        kafka.produce(topic, VALUES, partition=partition)


@pytest.mark.parametrize("assignment", ["range", "cooperative-sticky"])
def test_members_that_come_and_go_count_every_record_once(
    kafka: KafkaCluster, open_source: Open, assignment: str
) -> None:
    settings = share(kafka, assignment, max_poll_records=30)
    (topic,) = settings.topics
    workers = [Worker(open_source(settings))]
    for _ in range(2):
        turn_until(workers, lambda: len(workers[-1].saved) > 50)
        workers.append(Worker(open_source(settings)))
        turn_until(workers, lambda: workers[-1].partitions)
        write(kafka, topic)
    turn_until(workers, lambda: len(workers[-1].saved) > 50)
    workers[1].source.close()
    expected = [(Partition(topic, p), n) for p in range(4) for n in range(3 * len(VALUES))]
    remaining = [workers[0], workers[2]]
    turn_until(
        remaining,
        lambda: (
            sum(len(worker.saved) for worker in workers) >= len(expected)
            and sum(len(worker.partitions) for worker in remaining) == 4
        ),
    )
    assert sorted(key for worker in workers for key in worker.saved) == expected


@pytest.mark.parametrize("assignment", ["range", "roundrobin"])
def test_an_eager_group_takes_all_partitions_and_gives_them_out_anew(
    kafka: KafkaCluster, open_source: Open, assignment: str
) -> None:
    settings = share(kafka, assignment)
    (topic,) = settings.topics
    everything = tuple(Partition(topic, n) for n in range(4))
    reader = Reader(open_source(settings))
    reader.take(4)
    other = Worker(open_source(settings))

    def shared() -> bool:
        other.turn(0)
        return len(reader.assigned) == 2

    reader.poll_until(shared)
    assert reader.events[:2] == [Assigned(everything), Revoked(everything)]
    assert [type(event) for event in reader.events[2:]] == [Assigned]


def test_a_cooperative_group_takes_only_what_it_gives_to_another(
    kafka: KafkaCluster, open_source: Open
) -> None:
    settings = share(kafka, "cooperative-sticky")
    reader = Reader(open_source(settings))
    reader.take(4)
    other = Worker(open_source(settings))

    def shared() -> bool:
        other.turn(0)
        return len(other.partitions) == 2

    reader.poll_until(shared)
    revoked = [event.partitions for event in reader.events if isinstance(event, Revoked)]
    assert [len(partitions) for partitions in revoked] == [2]
    assert set(revoked[0]) == other.partitions


@contextmanager
def polled(worker: Worker, *, after_seconds: float = 0.0) -> Iterator[None]:
    """Poll it all the time, in a thread of its own."""
    stop = threading.Event()

    def poll() -> None:
        time.sleep(after_seconds)
        while not stop.is_set():
            worker.turn()

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_the_commit_of_a_member_that_was_thought_dead_is_refused(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES, partition=0)
    partition = Partition(topic, 0)
    settings = policy(
        kafka.bootstrap, topic, session_timeout_seconds=1.5, max_poll_interval_seconds=1.5
    )
    sleeper = Reader(open_source(settings))
    sleeper.source.seek(dict.fromkeys(sleeper.take(), 0))
    sleeper.read(100)
    heir = Worker(open_source(settings))
    turn_until([heir], lambda: len(heir.saved) == len(VALUES))  # while the other one sleeps
    with pytest.raises(CommitRefusedError, match="did not take our commit"):
        sleeper.source.commit({partition: Committed(100)})
    assert dict(heir.source.committed([partition])) == {partition: Committed(len(VALUES))}

    def told() -> bool:
        heir.turn()
        return Revoked((partition,)) in sleeper.events

    sleeper.poll_until(told)


def test_a_frontier_of_a_partition_that_went_is_not_committed(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    source = open_source(policy(kafka.bootstrap, topic))
    Reader(source).take()
    with pytest.raises(CommitRefusedError, match="took partitions away"):
        source.commit({Partition(topic, 1): Committed(3)})


def test_what_came_back_during_a_commit_waits_until_that_is_told(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES, partition=0)
    worker = Worker(open_source(policy(kafka.bootstrap, topic)))
    turn_until([worker], lambda: len(worker.saved) == len(VALUES))
    source, partition = worker.source, Partition(topic, 0)
    member = source._connection.member
    assert member is not None
    member.ours.note_revoked([partition])
    member.ours.note_assigned([partition])
    with pytest.raises(CommitRefusedError, match="took partitions away"):
        source.commit({partition: Committed(7)})
    source.seek({partition: 7})
    assert list(source.poll(0.3)) == [Revoked((partition,)), Assigned((partition,))]
    assert list(source.poll(0.3)) == []
    source.seek({partition: 7})
    source.commit({partition: Committed(7)})


def test_a_static_member_has_its_partitions_again_after_a_restart(
    kafka: KafkaCluster, open_source: Open
) -> None:
    settings = share(kafka, "range", session_timeout_seconds=20.0)
    name = uuid.uuid4().hex
    other = Worker(open_source(settings))
    turn_until([other], lambda: len(other.partitions) == 4)
    static = policy(
        *settings.bootstrap_servers,
        *settings.topics,
        group_id=settings.group_id,
        session_timeout_seconds=20.0,
        group_instance_id=name,
    )
    first = Worker(open_source(static))
    turn_until([other, first], lambda: len(first.partitions) == 2 == len(other.partitions))
    ours, theirs = first.partitions, other.partitions
    first.source.close()
    second = Worker(open_source(static))
    turn_until([other, second], lambda: len(second.partitions) == 2)
    assert second.partitions == ours
    assert other.partitions == theirs


def test_of_two_members_of_one_name_the_older_is_told(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES, partition=0)
    settings = policy(
        kafka.bootstrap, topic, group_instance_id=uuid.uuid4().hex, max_poll_records=1
    )
    first = Worker(open_source(settings))
    turn_until([first], lambda: first.saved)
    second = Worker(open_source(settings))
    turn_until([second], lambda: second.saved)

    def told() -> bool:
        try:
            first.turn()
        except SourceError as error:
            return "same group_instance_id" in str(error)
        first.checkpoint()
        return False

    wait_until(told, what="the first one is told", timeout=30)
