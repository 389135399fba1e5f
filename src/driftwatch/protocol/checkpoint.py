"""What a checkpoint saves and a restart reads: plain data between the monitor and the stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts


class PaneKey(NamedTuple):
    """The counts of one stream from one partition over one slice of event time."""

    stream: StreamKey
    partition: Partition
    start_us: int
    length_us: int


@dataclass(frozen=True, slots=True)
class PartitionState:
    """What decides the fate of a partition's next record, and what became of the earlier ones.

    frontier: the first offset that is not in the state.
    clock_us: the largest event time accepted so far; None before the first.
    tallies: records by outcome (`counted`, `late`, ...) and by reason (`reason:unparsable`, ...),
        and `pairs` of a request and a response that counted here.
    suspects_us: event times of the latest records that were refused as lying in the future, where
        no broker's time decides that (see `monitor.fate`).
    topic_id: tells a topic from one of the same name made later; None where unknown.
    """

    frontier: int
    clock_us: int | None = None
    tallies: Mapping[str, int] = field(default_factory=dict)
    suspects_us: tuple[int, ...] = ()
    topic_id: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long panes are kept, and how finely.

    Panes that end at or before `roll_up_before_us` are merged into blocks of `block_us` (aligned to
    the epoch), each stream and partition for itself; then whatever ends at or before
    `drop_before_us` is deleted. A pane that does not fit into one block (the lengths were changed
    in the configuration) stays as it is until it is dropped.

    A block exists from its first pane on and grows with the next ones: it is complete, and overlaps
    no pane, where `roll_up_before_us` is a multiple of `block_us`.

    Raises ValueError if `block_us` is not positive.
    """

    roll_up_before_us: int
    block_us: int
    drop_before_us: int

    def __post_init__(self) -> None:
        if self.block_us <= 0:
            raise ValueError(f"a block lasts {self.block_us} us; it has to be more than 0")

    def block_of(self, start_us: int, length_us: int) -> int | None:
        """The start of the block that this pane is merged into; None where it stays.

        >>> Retention(roll_up_before_us=600, block_us=100, drop_before_us=0).block_of(240, 10)
        200
        """
        end_us = start_us + length_us
        if length_us >= self.block_us or end_us > self.roll_up_before_us:
            return None
        block = start_us // self.block_us * self.block_us
        return block if end_us <= block + self.block_us else None

    def drops(self, start_us: int, length_us: int) -> bool:
        """Whether this pane or block is over for so long that it is deleted."""
        return start_us + length_us <= self.drop_before_us


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is saved in one transaction, in this order.

    fingerprints: each stream's layout; a stream whose stored fingerprint is another one starts
        anew: its panes and its detector go first.
    panes: counts to be added to what is stored.
    partitions: the new state of each partition that moved.
    halves: requests and responses that wait for their other half from now on.
    freed: those that wait no more, and in whose partition's state it stands what became of each.
    detector: the alarm state of each stream in which it changed, opaque bytes; it replaces what is
        stored.
    retention: applied last, to all that is stored and not in doubt.

    Raises ValueError if a partition has panes here, or halves, but no new state: they would lie
    above its frontier, and be counted once more after a restart.
    """

    panes: Mapping[PaneKey, Counts]
    partitions: Mapping[Partition, PartitionState]
    detector: Mapping[StreamKey, bytes] = field(default_factory=dict)
    fingerprints: Mapping[StreamKey, str] = field(default_factory=dict)
    retention: Retention | None = None
    halves: Mapping[HalfKey, Half] = field(default_factory=dict)
    freed: Mapping[HalfKey, Partition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in self.panes:
            if key.partition not in self.partitions:
                raise ValueError(f"counts of {key.partition} come without its frontier")
        for partition in (*(key.partition for key in self.halves), *self.freed.values()):
            if partition not in self.partitions:
                raise ValueError(f"halves of pairs of {partition} come without its frontier")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store holds for some partitions.

    panes: read and decoded one by one, whenever one is asked for, so that a long history takes no
        memory; nothing remembers them. Good until the store's next change; after that a store may
        raise StateError for a pane.
    halves: requests and responses that wait for their other half.
    """

    panes: Mapping[PaneKey, Counts]
    partitions: Mapping[Partition, PartitionState]
    detector: Mapping[StreamKey, bytes]
    fingerprints: Mapping[StreamKey, str]
    halves: Mapping[HalfKey, Half] = field(default_factory=dict)
