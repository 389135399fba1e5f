"""Whether brokers answer, by the statistics that librdkafka gives every second."""

from collections.abc import Iterable

import msgspec

from driftwatch.records import Partition

_SILENCE_US = 5_000_000  # a broker answers every fetch within half a second, records or not


class _Broker(msgspec.Struct):
    nodeid: int
    state: str
    waitresp_cnt: int = 0
    rxidle: int = 0

    @property
    def answers(self) -> bool:
        """Whether it is connected, and not silent while it owes an answer."""
        return self.state == "UP" and not (self.waitresp_cnt and self.rxidle > _SILENCE_US)


class _Partition(msgspec.Struct):
    leader: int


class _Topic(msgspec.Struct):
    partitions: dict[str, _Partition]


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker] = {}
    topics: dict[str, _Topic] = {}


class Health:
    """What the latest statistics say. Nothing answers before the first of them."""

    def __init__(self) -> None:
        self._latest = _Statistics()
        self._decoder = msgspec.json.Decoder(_Statistics)

    def note(self, statistics: str) -> None:
        """Take in new ones."""
        self._latest = self._decoder.decode(statistics)

    def note_answer(self) -> None:
        """A broker has answered before there were any statistics."""
        if not self._latest.brokers:
            self._latest = _Statistics({"": _Broker(-1, "UP")})

    def is_reachable(self, flowing: Iterable[Partition]) -> bool:
        """Whether the leader of each of these answers; of none, whether any broker does."""
        partitions = list(flowing)
        answering = {broker.nodeid for broker in self._latest.brokers.values() if broker.answers}
        if not partitions:
            return bool(answering)
        return all(self._leader(partition) in answering for partition in partitions)

    def _leader(self, partition: Partition) -> int | None:
        topic = self._latest.topics.get(partition.topic)
        found = topic.partitions.get(str(partition.number)) if topic else None
        return found.leader if found else None
