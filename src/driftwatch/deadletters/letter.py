"""A dead letter: one record as it came, and why and where it was not counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftwatch.records import Cause, Partition, RawBatch


@dataclass(frozen=True, slots=True)
class Letter:
    """One record that was not counted.

    value: None for a tombstone. key: None where the log has none.
    whole_bytes: the size that the value had where it was cut; None where it is whole.
    """

    cause: Cause
    partition: Partition
    offset: int
    value: bytes | None
    key: bytes | None = None
    whole_bytes: int | None = None

    @property
    def size(self) -> int:
        """Bytes of the value and the key."""
        return len(self.value or b"") + len(self.key or b"")


def letters(
    raw: RawBatch, rejected: Sequence[tuple[int, Cause]], max_value_bytes: int
) -> Iterator[Letter]:
    """The records at these positions, each value cut where it is larger than that.

    >>> import numpy as np
    >>> raw = RawBatch(Partition("t", 0), [b"{}", b"oops"], np.array([7, 8]), 9)
    >>> letter, = letters(raw, [(1, "unparsable")], max_value_bytes=2)
    >>> letter.offset, letter.value, letter.whole_bytes
    (8, b'oo', 4)
    """
    for position, cause in rejected:
        value = raw.values[position]
        cut = value is not None and len(value) > max_value_bytes
        yield Letter(
            cause,
            raw.partition,
            int(raw.offsets[position]),
            value[:max_value_bytes] if value is not None and cut else value,
            None if raw.keys is None else raw.keys[position],
            len(value) if value is not None and cut else None,
        )
