"""The keys of the rows: JSON arrays that begin with their kind and their owner.

    ["partition", topic, number]                                      frontier and tallies
    ["stream", topic, number, model, version, segment]                how its panes are laid out
    ["pane", topic, number, model, version, segment, start, length, part]     counts
    ["half", topic, number, offset, part]                             half of a pair, which waits
    ["detector", replica, model, version, segment, part]              where its alarms stand

The same row has the same bytes for its key at every writer: compaction goes by them.
"""

from typing import Literal, NamedTuple
from zlib import crc32

import msgspec

from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.records import HalfKey, Partition, StreamKey

Kind = Literal["partition", "stream", "pane", "half", "detector"]


class Replica(NamedTuple):
    """The owner of detectors, which do not move between processes."""

    name: str


Owner = Partition | Replica
"""Whose row it is. All rows of an owner stand in one partition of the changelog."""


class RowKey(NamedTuple):
    """What a key says; `part` counts from 0 where a value takes several messages."""

    kind: Kind
    owner: Owner
    stream: StreamKey | None = None
    start_us: int = 0
    length_us: int = 0
    part: int = 0
    offset: int = 0

    @staticmethod
    def of_pane(pane: PaneKey, part: int = 0) -> "RowKey":
        """The key of a part of a pane."""
        start_us, length_us = int(pane.start_us), int(pane.length_us)
        return RowKey("pane", pane.partition, pane.stream, start_us, length_us, part)

    @staticmethod
    def of_half(half: HalfKey, part: int = 0) -> "RowKey":
        """The key of a part of half of a pair."""
        return RowKey("half", half.partition, part=part, offset=int(half.offset))

    @property
    def pane(self) -> PaneKey:
        """The pane that this is a part of."""
        assert self.stream is not None
        assert isinstance(self.owner, Partition)
        return PaneKey(self.stream, self.owner, self.start_us, self.length_us)

    @property
    def half(self) -> HalfKey:
        """The half of a pair that this is a part of."""
        assert isinstance(self.owner, Partition)
        return HalfKey(self.owner, self.offset)

    @property
    def data(self) -> bytes:
        """The key as it is written.

        >>> RowKey("stream", Partition("log", 3), StreamKey("fraud", "1")).data
        b'["stream","log",3,"fraud","1","all"]'
        """
        items: list[str | int] = [self.kind, *self.owner, *(self.stream or ())]
        if self.kind == "pane":
            items += [self.start_us, self.length_us]
        if self.kind == "half":
            items.append(self.offset)
        if self.kind in ("pane", "half", "detector"):
            items.append(self.part)
        return msgspec.json.encode(items)

    @staticmethod
    def parse(data: bytes | None) -> "RowKey | None":
        """The key in these bytes; None for a row of somebody else.

        >>> key = RowKey("pane", Partition("log", 3), StreamKey("fraud", "1"), 60, 10, 2)
        >>> RowKey.parse(key.data) == key
        True
        """
        try:
            items = _DECODER.decode(data or b"")
        except (msgspec.MsgspecError, UnicodeError):
            return None
        match items:
            case ["partition", str(topic), int(number)]:
                return RowKey("partition", Partition(topic, number))
            case ["stream", str(topic), int(number), str(model), str(version), str(segment)]:
                stream = StreamKey(model, version, segment)
                return RowKey("stream", Partition(topic, number), stream)
            case ["pane", str(topic), int(number), *rest]:
                return _pane(Partition(topic, number), rest)
            case ["half", str(topic), int(number), int(offset), int(part)]:
                return RowKey.of_half(HalfKey(Partition(topic, number), offset), part)
            case ["detector", str(name), str(model), str(version), str(segment), int(part)]:
                stream = StreamKey(model, version, segment)
                return RowKey("detector", Replica(name), stream, part=part)
        return None


def slot(owner: Owner, partitions: int) -> int:
    """The partition of the changelog that an owner's rows are in."""
    if isinstance(owner, Partition):
        return owner.number
    return crc32(owner.name.encode()) % partitions


_DECODER = msgspec.json.Decoder(list[str | int])


def _pane(partition: Partition, rest: list[str | int]) -> RowKey | None:
    match rest:
        case [str(model), str(version), str(segment), int(start_us), int(length_us), int(part)]:
            stream = StreamKey(model, version, segment)
            return RowKey("pane", partition, stream, start_us, length_us, part)
    return None
