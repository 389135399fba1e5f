"""What all members have counted together, where the topic of their state says it."""

from collections import defaultdict

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.records import HalfKey, Partition
from driftwatch.sketch.counts import Counts
from driftwatch.state.changelog.keys import RowKey
from driftwatch.state.changelog.values import PartitionRow, joined
from tests.crash.truth import Counted, tallies_of


def read_changelog(bootstrap: str, topic: str) -> Counted:
    """The latest committed rows of a changelog, read to its end."""
    parts: dict[PaneKey, dict[int, bytes]] = defaultdict(dict)
    states, halves = {}, set[HalfKey]()
    for key, value in _latest(bootstrap, topic).items():
        if key.kind == "partition" and isinstance(key.owner, Partition):
            states[key.owner] = PartitionRow.parse(value).state
        elif key.kind == "half":
            halves.add(key.half)
        elif key.kind == "pane":
            parts[key.pane][key.part] = value
    panes = {
        pane: Counts.from_bytes(joined([found[part] for part in sorted(found)]))
        for pane, found in parts.items()
    }
    return Counted(panes, tallies_of(states, halves))


def _latest(bootstrap: str, topic: str) -> dict[RowKey, bytes]:
    rows: dict[RowKey, bytes] = {}
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "who reads the state belongs to no group",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
    try:
        unread = set(consumer.list_topics(topic, 10).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in unread])
        while unread:
            for message in consumer.consume(500, 1.0):
                error, number = message.error(), message.partition()
                assert number is not None
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        unread.discard(number)
                    continue
                _put(rows, message.key(), message.value())
    finally:
        consumer.close()
    return rows


def _put(rows: dict[RowKey, bytes], name: object, value: object) -> None:
    assert isinstance(name, bytes)
    key = RowKey.parse(name)
    assert key is not None
    if isinstance(value, bytes):
        rows[key] = value
    else:
        rows.pop(key, None)
