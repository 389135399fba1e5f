"""The DeadLetters port: where records go that were not counted.

Two adapters stand behind it: `deadletters.kafka` and `deadletters.folder`;
`tests/deadletters/contract.py` is the one suite that each of them passes. Neither ever holds up the
counting: what can't be written is dropped and counted.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

from driftwatch.records import REASONS, UNROUTED_REASONS, Cause, RawBatch

REJECTED: frozenset[Cause] = frozenset(REASONS) - UNROUTED_REASONS
"""Why a record was rejected, as against late or unrouted."""

Delivery = Literal["written", "cut", "dropped", "removed"]
"""What became of a dead letter.

written: as it came. cut: written, but only the beginning of its value, which is too large. dropped:
not written, because nothing could be, or not fast enough. removed: written or cut before, and
deleted since to make room for newer ones.
"""
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)


class DeadLetters(Protocol):
    """A place for records that were not counted. Never raises for a place that is full or away."""

    @property
    def causes(self) -> frozenset[Cause]:
        """Which records it is for, by why they were not counted."""
        ...

    def send(self, raw: RawBatch, rejected: Sequence[tuple[int, Cause]]) -> None:
        """Take the records at these positions of a batch. Waits for no network."""
        ...

    def flush(self, timeout: float) -> bool:
        """Wait until all that was sent is kept for good. False if `timeout` seconds do not suffice.

        What is left is tried further, and counted once it is written or dropped. After a flush that
        failed the next ones don't wait, until something could be written again.
        """
        ...

    @property
    def deliveries(self) -> Mapping[Delivery, int]:
        """How many letters became what, since the process began."""
        ...

    @property
    def problem(self) -> str | None:
        """What stands in the way right now, in words; None where nothing does."""
        ...

    def close(self) -> None:
        """Let go of everything; what is not written by now is dropped. May be called twice."""
        ...
