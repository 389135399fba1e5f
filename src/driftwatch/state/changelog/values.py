"""The values of the rows: a header and a part of what is said.

A broker takes messages of 1 MB, so larger values are written in parts, each under a key of its own.
The header of each says how many there are and what all of them sum up to, so that a missing part,
or one of an older version of the row, is noticed.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Literal
from zlib import crc32

import msgspec

from driftwatch.protocol.checkpoint import PartitionState
from driftwatch.records import Half
from driftwatch.state.changelog.errors import DamageError, NewerError

SCHEMA_VERSION = 1

PART_BYTES = 900_000
"""What a part takes at most; with its key and its headers it stays below 1 MB."""

_HEADER = struct.Struct(">cBHI")  # magic, schema version, parts, checksum of the whole
_MAGIC = b"D"
HEADER_BYTES = _HEADER.size


def parts_of(payload: bytes) -> list[bytes]:
    """What is written for a value, part by part.

    >>> joined(parts_of(b"x" * 2_000_000)) == b"x" * 2_000_000
    True
    """
    pieces = [payload[at : at + PART_BYTES] for at in range(0, len(payload), PART_BYTES)] or [b""]
    header = _HEADER.pack(_MAGIC, SCHEMA_VERSION, len(pieces), crc32(payload))
    return [header + piece for piece in pieces]


def part_count(data: bytes) -> int:
    """How many parts the value has whose first one begins like this. Raises DamageError."""
    return _opened(data)[0]


def joined(parts: Sequence[bytes]) -> bytes:
    """The value that stands in these parts. Raises DamageError, NewerError."""
    count, checksum = _opened(parts[0]) if parts else (0, 0)
    if count == 0 or len(parts) < count:
        raise DamageError(f"{len(parts)} of its {count or 'unknown'} parts are there")
    payload = b"".join(part[HEADER_BYTES:] for part in parts[:count])
    if crc32(payload) != checksum:
        raise DamageError("its parts don't belong together")
    return payload


class PartitionRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is written last of a partition's rows in each checkpoint: where it stands by them.

    number: of the checkpoint; one more than in the row before.
    """

    number: int
    frontier: int
    clock_us: int | None = None
    tallies: Mapping[str, int] = {}
    suspects_us: tuple[int, ...] = ()
    topic_id: str | None = None

    @staticmethod
    def of(state: PartitionState, number: int) -> "PartitionRow":
        """The row of a state. Whole numbers may come out of arrays, as a type of their own."""
        return PartitionRow(
            number,
            int(state.frontier),
            None if state.clock_us is None else int(state.clock_us),
            {name: int(count) for name, count in state.tallies.items()},
            tuple(int(time_us) for time_us in state.suspects_us),
            state.topic_id,
        )

    @property
    def state(self) -> PartitionState:
        """The state of the partition."""
        return PartitionState(
            self.frontier, self.clock_us, dict(self.tallies), self.suspects_us, self.topic_id
        )

    @property
    def data(self) -> bytes:
        """The row as it is written."""
        return parts_of(msgspec.json.encode(self))[0]

    @staticmethod
    def parse(data: bytes) -> "PartitionRow":
        """The row in these bytes. Raises DamageError, NewerError."""
        try:
            return msgspec.json.decode(joined([data]), type=PartitionRow)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise DamageError(f"the state of a partition can't be read ({problem})") from problem


class DetectorRow(msgspec.Struct, frozen=True):
    """Where the alarms of a stream stand, and how the stream was laid out then."""

    fingerprint: str | None
    state: bytes

    @property
    def parts(self) -> list[bytes]:
        """The row as it is written."""
        return parts_of(msgspec.msgpack.encode(self))

    @staticmethod
    def parse(parts: Sequence[bytes]) -> "DetectorRow":
        """The row in these parts. Raises DamageError, NewerError."""
        try:
            return msgspec.msgpack.decode(joined(parts), type=DetectorRow)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise DamageError(f"the state of its alarms can't be read ({problem})") from problem


class HalfRow(msgspec.Struct, frozen=True, array_like=True):
    """Half of a pair."""

    side: Literal["request", "response"]
    join_key: bytes
    time_us: int
    content: bytes

    @staticmethod
    def of(half: Half) -> "HalfRow":
        """The row of a half. Its time may come out of an array, as a type of its own."""
        return HalfRow(half.side, half.join_key, int(half.time_us), half.content)

    @property
    def half(self) -> Half:
        """What waits."""
        return Half(0, self.side, self.join_key, self.time_us, self.content)

    @property
    def parts(self) -> list[bytes]:
        """The row as it is written."""
        return parts_of(msgspec.msgpack.encode(self))

    @staticmethod
    def parse(parts: Sequence[bytes]) -> "HalfRow":
        """The row in these parts. Raises DamageError, NewerError."""
        try:
            return msgspec.msgpack.decode(joined(parts), type=HalfRow)
        except (msgspec.MsgspecError, UnicodeError) as problem:
            raise DamageError(f"half of a pair can't be read ({problem})") from problem


def _opened(data: bytes) -> tuple[int, int]:
    """Parts and checksum."""
    if len(data) < HEADER_BYTES:
        raise DamageError("it is cut off")
    magic, version, count, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise DamageError("it is none of Driftwatch's")
    if version > SCHEMA_VERSION:
        raise NewerError(
            f"its schema version is {version}, and this program knows those up to {SCHEMA_VERSION}"
        )
    return count, checksum
