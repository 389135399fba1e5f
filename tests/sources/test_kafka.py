"""Topics of a real broker keep the contract, and survive what happens to brokers."""

import signal
import time
import uuid
from collections.abc import Iterator

import pytest
from kafka import KafkaProducer

from driftwatch.errors import SourceError
from driftwatch.records import Partition, Revoked
from driftwatch.sources.port import Committed, Gap, Problem
from tests.harness.broker import KafkaBroker, KafkaCluster
from tests.harness.ports import PortLease
from tests.harness.waiting import wait_until
from tests.sources.contract import VALUES, Log, Reader, SourceContract, begin
from tests.sources.kafka_log import (
    KafkaLog,
    Open,
    add_partitions,
    expire,
    policy,
    write_transaction,
)


@pytest.fixture(scope="module")
def one_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """The broker of this module alone, which makes topics when asked for one that is not there."""
    properties = {"auto.create.topics.enable": "true"}
    with KafkaBroker(tmp_path_factory.mktemp("one-kafka"), properties) as broker:
        yield broker


@pytest.fixture
def mortal_kafka(one_kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """A broker that a test may kill; the next one finds it alive."""
    yield one_kafka
    if not one_kafka.is_running:
        one_kafka.start()


class TestContract(SourceContract):
    @pytest.fixture
    def log(self, kafka: KafkaCluster, open_source: Open) -> Log:
        return KafkaLog(kafka, open_source)


def values(reader: Reader) -> list[bytes | None]:
    return [value for _, value in reader.records()]


# --- what a record is


def test_compressed_records_come_unpacked(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic()
    for compression in ("gzip", "lz4", "snappy", "zstd"):
        kafka.produce(topic, VALUES, partition=0, compression=compression)
    reader = begin(open_source(policy(kafka.bootstrap, topic)))
    reader.read(4 * len(VALUES))
    assert values(reader) == 4 * VALUES
    assert reader.read_again(Partition(topic, 0), 150, 150)[0] == (150, VALUES[150])


def test_the_brokers_time_comes_in_microseconds(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic()
    now_ms = int(time.time() * 1000)
    kafka.produce(topic, [b"a", b"b"], partition=0, timestamps=[now_ms, now_ms + 7])
    reader = begin(open_source(policy(kafka.bootstrap, topic)))
    reader.read(2)
    times = [
        int(t) for b in reader.batches if b.broker_times_us is not None for t in b.broker_times_us
    ]
    assert times == [now_ms * 1000, (now_ms + 7) * 1000]


def test_keys_and_headers_come_with_their_records_where_they_are_asked_for(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    keys, headers = [b"k", None], [[("a", b"1"), ("A", b"\xff"), ("a", b"")], []]
    kafka.produce(topic, [b"x", b"y"], partition=0, keys=keys, headers=headers)
    asked = begin(open_source(policy(kafka.bootstrap, topic, keys=True, headers=True)))
    asked.read(2)
    found = [list(each) for batch in asked.batches for each in batch.headers or ()]
    assert found == headers
    assert [key for batch in asked.batches for key in batch.keys or ()] == keys
    plain = begin(open_source(policy(kafka.bootstrap, topic)))
    plain.read(2)
    assert {(batch.keys, batch.headers) for batch in plain.batches} == {(None, None)}


def test_a_poll_brings_no_more_than_asked_for(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic(partitions=2)
    kafka.produce(topic, VALUES[:150], partition=0)
    kafka.produce(topic, VALUES[150:], partition=1)
    reader = begin(open_source(policy(kafka.bootstrap, topic, max_poll_records=40)), partitions=2)
    reader.read(len(VALUES))
    assert max(len(batch.values) for batch in reader.batches) <= 40


def test_aborted_and_control_records_are_not_seen_and_are_behind_the_frontier(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, [b"0"], partition=0)
    write_transaction(kafka, topic, [b"1", b"2"], commit=False)
    write_transaction(kafka, topic, [b"4", b"5"], commit=True)
    end = kafka.end_offsets(topic)[0]
    assert end == 7  # six records and two markers
    source = open_source(policy(kafka.bootstrap, topic))
    reader = begin(source)
    reader.read(3)
    reader.poll_until(lambda: source.progress()[Partition(topic, 0)].caught_up)
    assert reader.records() == [(0, b"0"), (4, b"4"), (5, b"5")]
    assert reader.batches[-1].next_offset == end
    source.commit({Partition(topic, 0): Committed(end)})


def test_an_open_transaction_is_not_read_past(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic()
    producer = KafkaProducer(
        bootstrap_servers=[kafka.bootstrap], transactional_id=uuid.uuid4().hex, acks="all"
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, value=b"open", partition=0).get(30)
    kafka.produce(topic, [b"behind it"], partition=0)
    source = open_source(policy(kafka.bootstrap, topic))
    reader = begin(source)
    reader.poll_for(1.0)
    assert reader.records() == []
    assert not source.progress()[Partition(topic, 0)].caught_up
    producer.commit_transaction()
    producer.close()
    reader.read(2)
    assert values(reader) == [b"open", b"behind it"]


# --- where it starts


def test_it_starts_at_the_first_record_of_a_time(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic(partitions=2)
    base = int(time.time() * 1000) - 100_000
    kafka.produce(topic, VALUES[:10], partition=0, timestamps=[base + 1000 * n for n in range(10)])
    source = open_source(policy(kafka.bootstrap, topic))
    first, empty = Reader(source).take(2)
    found = {at: source.starts([first, empty], (base + at) * 1000) for at in (-5, 3000, 3001, 9001)}
    assert {at: starts[first] for at, starts in found.items()} == {
        -5: 0,
        3000: 3,
        3001: 4,
        9001: 10,
    }
    assert {starts[empty] for starts in found.values()} == {0}


def test_a_partition_that_does_not_exist_is_not_waited_for(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    source = open_source(policy(kafka.bootstrap, topic, request_timeout_seconds=1.0))
    Reader(source).take()
    began = time.monotonic()
    with pytest.raises(SourceError, match="where to begin"):
        source.starts([Partition(topic, 17)], "latest")
    assert time.monotonic() - began < 5


# --- gaps


def test_records_that_expired_before_they_were_read_are_a_gap(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES[:10], partition=0)
    expire(kafka, topic, before=6)
    source = open_source(policy(kafka.bootstrap, topic))
    reader = Reader(source)
    (partition,) = reader.take()
    source.seek({partition: 2})
    reader.read(4)
    assert values(reader) == VALUES[6:10]
    assert list(source.take_gaps()) == [Gap(partition, 2, 6, 4, "expired")]
    assert source.connected


def test_an_offset_behind_the_end_reads_as_a_topic_made_again(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES[:10], partition=0)
    source = open_source(policy(kafka.bootstrap, topic))
    reader = Reader(source)
    (partition,) = reader.take()
    source.seek({partition: 500})
    reader.read(10)
    assert values(reader) == VALUES[:10]
    assert list(source.take_gaps()) == [Gap(partition, 500, 0, None, "recreated")]


@pytest.mark.brokers
def test_a_topic_made_again_while_it_is_read_is_told_and_nothing_comes_twice(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES[:10], partition=0)
    source = open_source(policy(kafka.bootstrap, topic, metadata_max_age_seconds=0.3))
    reader = begin(source)
    reader.read(10)
    partition = Partition(topic, 0)
    old_id = source.topic_id(partition)
    kafka.delete_topic(topic)
    wait_until(lambda: not kafka.end_offsets(topic), what="the topic is gone")
    kafka.create_topic(topic)
    kafka.produce(topic, VALUES[100:130], partition=0)
    gaps: list[Gap] = []
    placed_anew: list[Partition] = []

    def told() -> bool:
        gaps.extend(source.take_gaps())
        if Revoked((partition,)) in reader.events and reader.assigned and not placed_anew:
            # Whether it is seen to be gone in between is a matter of luck.
            placed_anew.extend(reader.assigned)
            source.seek(source.starts(placed_anew, "earliest"))
        return bool(gaps or placed_anew) and VALUES[129] in values(reader)

    reader.poll_until(told)
    assert placed_anew or [gap.reason for gap in gaps] == ["recreated"]
    assert len(set(values(reader))) == len(values(reader))
    assert source.topic_id(partition) not in (None, old_id)


@pytest.mark.brokers
def test_a_topic_that_is_seen_to_go_is_revoked_and_comes_anew(
    kafka: KafkaCluster, open_source: Open
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES[:10], partition=0)
    source = open_source(policy(kafka.bootstrap, topic, metadata_max_age_seconds=0.3))
    reader = begin(source)
    reader.read(10)
    kafka.delete_topic(topic)
    missing = [Problem(topic, "this topic does not exist")]
    reader.poll_until(lambda: reader.assigned == [] and list(source.problems) == missing)
    kafka.create_topic(topic)
    kafka.produce(topic, VALUES[100:130], partition=0)
    source.seek(source.starts(reader.take(), "earliest"))
    reader.read(40)
    assert values(reader)[10:] == VALUES[100:130]


@pytest.mark.brokers
@pytest.mark.parametrize("sizes", [[10], [3, 3, 3]], ids=["one-batch", "three-batches"])
def test_records_that_fail_their_checksum_again_and_again_are_a_gap(
    mortal_kafka: KafkaBroker, open_source: Open, sizes: list[int]
) -> None:
    topic = mortal_kafka.create_topic()
    for values_of_batch in (VALUES[:10], *([b"broken"] * size for size in sizes), VALUES[10:20]):
        mortal_kafka.produce(topic, values_of_batch, partition=0)
    damage(mortal_kafka, topic, b"broken")
    source = open_source(policy(mortal_kafka.bootstrap, topic))
    reader = begin(source)
    follow_the_group(reader, count=20)
    assert values(reader) == VALUES[:20]
    behind = 10 + sum(sizes)
    assert [offset for offset, _ in reader.records()][10:] == list(range(behind, behind + 10))
    assert sum(gap.lost or 0 for gap in source.take_gaps()) == sum(sizes)
    assert source.connected


def damage(kafka: KafkaBroker, topic: str, text: bytes) -> None:
    """Change all that a broker has on its disk of this text."""
    (segment,) = (kafka._folder / "data" / f"{topic}-0").glob("*.log")
    segment.write_bytes(segment.read_bytes().replace(text, text.upper()))


# --- brokers that go and come


@pytest.mark.brokers
def test_while_no_broker_is_there_nothing_fails_and_nothing_waits(open_source: Open) -> None:
    with PortLease() as lease:
        began = time.monotonic()
        source = open_source(policy(f"127.0.0.1:{lease.port}", "any"))
        assert time.monotonic() - began < 0.5
        for _ in range(10):
            began = time.monotonic()
            assert list(source.poll(0.3)) == []
            assert 0.2 < time.monotonic() - began < 1
        assert not source.connected
        assert source.progress() == {}
        assert [problem.where for problem in source.problems] == [f"127.0.0.1:{lease.port}"]
        for ask in (
            lambda: source.starts([Partition("any", 0)], "latest"),
            lambda: source.committed([Partition("any", 0)]),
            lambda: source.commit({Partition("any", 0): Committed(3)}),
        ):
            with pytest.raises(SourceError, match="can't be reached"):
                ask()
        began = time.monotonic()
        source.close()
        assert time.monotonic() - began < 0.5


@pytest.mark.brokers
def test_a_broker_that_comes_late_is_found(mortal_kafka: KafkaBroker, open_source: Open) -> None:
    topic = mortal_kafka.create_topic()
    mortal_kafka.produce(topic, VALUES, partition=0)
    mortal_kafka.stop()
    source = open_source(policy(mortal_kafka.bootstrap, topic))
    reader = Reader(source)
    reader.poll_for(3.0)
    mortal_kafka.start()
    source.seek(source.starts(reader.take(), "earliest"))
    reader.read(len(VALUES))
    assert values(reader) == VALUES
    assert source.connected


@pytest.mark.brokers
def test_a_broker_that_dies_is_noticed_and_so_is_its_return(
    mortal_kafka: KafkaBroker, open_source: Open
) -> None:
    topic = mortal_kafka.create_topic()
    mortal_kafka.produce(topic, VALUES[:100], partition=0)
    source = open_source(policy(mortal_kafka.bootstrap, topic, session_timeout_seconds=45.0))
    reader = begin(source)
    reader.read(100)
    mortal_kafka.kill()
    began = time.monotonic()
    reader.poll_until(lambda: not source.connected)
    assert time.monotonic() - began < 6
    assert not source.progress()[Partition(topic, 0)].caught_up
    mortal_kafka.start()
    began = time.monotonic()
    reader.poll_until(lambda: source.connected, seconds=45)
    mortal_kafka.produce(topic, VALUES[100:], partition=0)
    follow_the_group(reader)
    assert values(reader) == VALUES
    assert list(source.take_gaps()) == []


@pytest.mark.brokers
def test_a_broker_that_hangs_is_noticed(mortal_kafka: KafkaBroker, open_source: Open) -> None:
    topic = mortal_kafka.create_topic()
    mortal_kafka.produce(topic, VALUES[:100], partition=0)
    source = open_source(policy(mortal_kafka.bootstrap, topic, session_timeout_seconds=45.0))
    reader = begin(source)
    reader.read(100)
    stop_and_go(mortal_kafka, signal.SIGSTOP)
    began = time.monotonic()
    reader.poll_until(lambda: not source.connected)
    assert time.monotonic() - began < 12
    stop_and_go(mortal_kafka, signal.SIGCONT)
    reader.poll_until(lambda: source.connected, seconds=45)


@pytest.mark.brokers
def test_brokers_that_stay_away_are_looked_for_anew(
    mortal_kafka: KafkaBroker, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("driftwatch.sources.kafka_group._GIVE_UP_SECONDS", 1.0)
    topic = mortal_kafka.create_topic()
    mortal_kafka.produce(topic, VALUES[:100], partition=0)
    source = open_source(policy(mortal_kafka.bootstrap, topic))
    reader = begin(source)
    reader.read(100)
    mortal_kafka.kill()
    reader.poll_until(lambda: Revoked((Partition(topic, 0),)) in reader.events)
    assert source.progress() == {}
    monkeypatch.undo()
    mortal_kafka.start()
    mortal_kafka.produce(topic, VALUES[100:], partition=0)
    follow_the_group(reader)
    assert values(reader) == VALUES
    assert source.connected


def stop_and_go(kafka: KafkaBroker, number: signal.Signals) -> None:
    assert kafka._process is not None
    kafka._process.signal(number)


def follow_the_group(reader: Reader, count: int = len(VALUES)) -> None:
    """Read on to that many records; what is assigned anew goes on where it was."""

    def read_on() -> bool:
        for partition, progress in reader.source.progress().items():
            read = [b.next_offset for b in reader.batches if b.partition == partition]
            if progress.position == 0 and progress.end_offset is None and read:
                reader.source.seek({partition: read[-1]})
        return len(reader.records()) >= count

    reader.poll_until(read_on, seconds=60)


def test_after_an_error_of_the_library_a_new_member_goes_on(
    kafka: KafkaCluster, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = kafka.create_topic()
    kafka.produce(topic, VALUES[:100], partition=0)
    source = open_source(policy(kafka.bootstrap, topic))
    reader = begin(source)
    reader.read(100)

    def fail_once(member: object, seconds: float) -> None:
        monkeypatch.undo()
        raise RuntimeError("out of its mind")

    monkeypatch.setattr(type(source._connection.member), "poll", fail_once)
    assert list(source.poll(1.0)) == [Revoked((Partition(topic, 0),))]
    assert not source.connected
    assert source.progress() == {}
    assert ["out of its mind" in problem.what for problem in source.problems] == [True]
    reader.events.append(Revoked((Partition(topic, 0),)))
    assert reader.take() == [Partition(topic, 0)]
    kafka.produce(topic, VALUES[100:], partition=0)
    follow_the_group(reader)
    assert values(reader) == VALUES


# --- topics and settings


def test_a_topic_that_does_not_exist_is_a_problem_and_is_not_made(
    one_kafka: KafkaBroker, open_source: Open
) -> None:
    source = open_source(policy(one_kafka.bootstrap, "misspelt"))
    reader = Reader(source)
    reader.poll_until(lambda: source.connected)
    reader.poll_for(2.0)
    assert list(source.problems) == [Problem("misspelt", "this topic does not exist")]
    assert reader.events == []
    assert one_kafka.end_offsets("another") == {}


def test_partitions_that_are_added_are_assigned(kafka: KafkaCluster, open_source: Open) -> None:
    topic = kafka.create_topic()
    settings = policy(kafka.bootstrap, topic, metadata_max_age_seconds=0.5)
    reader = Reader(open_source(settings))
    reader.take(1)
    for count in range(2, 6):
        add_partitions(kafka, topic, count)
        assert reader.take(count) == [Partition(topic, n) for n in range(count)]


def test_a_setting_that_the_library_does_not_know_is_refused(
    kafka: KafkaCluster, open_source: Open
) -> None:
    source = open_source(policy(kafka.bootstrap, "any", client={"colour": "red"}))
    with pytest.raises(SourceError, match="colour"):
        Reader(source).poll_for(10)
