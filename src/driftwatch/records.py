"""The data that flows: from the bytes of a partition to the columns of a batch.

Times are integers of microseconds since the epoch, so that panes and lateness are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CellArray = NDArray[np.int32]
StatusArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

SECOND_US = 1_000_000

Outcome = Literal["counted", "late", "rejected", "unrouted", "unevaluated"]
OUTCOMES: tuple[Outcome, ...] = ("counted", "late", "rejected", "unrouted", "unevaluated")

Reason = Literal[
    "unparsable",
    "too_large",
    "not_utf8",
    "bad_encoding",
    "binary_tensor",
    "schema_unavailable",
    "shape_mismatch",
    "unmatched",
    "feedback",
    "missing_time",
    "future",
    "unknown_model",
    "unknown_version",
]
"""Why a record was rejected (or, for the last two, could not be routed).

bad_encoding: a body whose compression or base64 is broken. binary_tensor: one that is no JSON.
schema_unavailable: its Avro schema can't be had. shape_mismatch: a request and a response of
different sizes. unmatched: half of a pair whose other half never came. feedback: an event that
holds the truth alone.
"""
REASONS: tuple[Reason, ...] = get_args(Reason)
UNROUTED_REASONS: frozenset[Reason] = frozenset(("unknown_model", "unknown_version"))

Cause = Reason | Literal["late"]
"""Why a record was not counted."""


ABSENT = float("nan")
WRONG_TYPE = float("nan")
"""Stand in a sequence of values for a leaf that is absent, or of the wrong type; None for null.

Being floats they go into an array like any other value, and being themselves they can be told apart
afterwards.
"""


class Partition(NamedTuple):
    """One ordered log: a Kafka topic's partition, or a file.

    A file's topic is `files` (`stdin` for standard input) and its number is its identity.
    """

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class ModelVersion(NamedTuple):
    """What a record says it was answered by; a baseline belongs to one of these."""

    model: str
    version: str


WHOLE = "all"
"""The segment that every record is in."""


class StreamKey(NamedTuple):
    """The unit that has panes, windows and alarms."""

    model: str
    model_version: str
    segment: str = WHOLE

    @property
    def route(self) -> ModelVersion:
        """The baseline that the stream is compared with."""
        return ModelVersion(self.model, self.model_version)

    @property
    def whole(self) -> "StreamKey":
        """The stream of all records of this version."""
        return StreamKey(self.model, self.model_version)


Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Consecutive records of one partition, as bytes.

    values: the raw values in offset order; None is a tombstone (a Kafka record without a value).
    offsets: (n,) each record's offset; gaps are allowed, order is not broken.
    broker_times_us: (n,) when the broker took each record in; None where there is no broker.
    keys: each record's key; None where the log has none, or nobody asks for them.
    headers: (name, value) of each record's headers; None as for keys.
    next_offset: the frontier once this batch is counted. Not always `offsets[-1] + 1`: control
        and aborted records lie between.
    """

    partition: Partition
    values: Sequence[bytes | None]
    offsets: IntArray
    next_offset: int
    broker_times_us: IntArray | None = None
    keys: Sequence[bytes | None] | None = None
    headers: Sequence[Headers] | None = None

    def pieces(self, size: int) -> Iterator["RawBatch"]:
        """The same records, at most `size` of them at a time.

        >>> raw = RawBatch(Partition("t", 0), [b"a", b"b", b"c"], np.array([0, 4, 5]), 9)
        >>> [(piece.values, piece.next_offset) for piece in raw.pieces(2)]
        [([b'a', b'b'], 5), ([b'c'], 9)]
        """
        for start in range(0, max(1, len(self.values)), size):
            end = start + size
            last = end >= len(self.values)
            times, keys, headers = self.broker_times_us, self.keys, self.headers
            yield RawBatch(
                self.partition,
                self.values[start:end],
                self.offsets[start:end],
                self.next_offset if last else int(self.offsets[end]),
                None if times is None else times[start:end],
                None if keys is None else keys[start:end],
                None if headers is None else headers[start:end],
            )


@dataclass(frozen=True, slots=True)
class Assigned:
    """These partitions are ours from now on; they stay paused until `Source.seek`."""

    partitions: tuple[Partition, ...]


@dataclass(frozen=True, slots=True)
class Revoked:
    """These partitions are no longer ours."""

    partitions: tuple[Partition, ...]


SourceEvent = Assigned | Revoked | RawBatch


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition has been handed out.

    position: the offset that the next `poll` would begin at; 0 before the first `seek`.
    end_offset: the end of the log as last known; None where it was never heard of.
    lag_records: records not handed out yet; None where unknown.
    caught_up: nothing was left to read at the last look, and there was a look: False before the
        first `seek` and while the log can't be reached.
    ended: no more is expected (a file that was rotated away and read to its end). Where it is
        written to after all, this turns False again.
    """

    position: int
    end_offset: int | None
    lag_records: int | None
    caught_up: bool
    ended: bool = False


class Status:
    """What stands in a numeric cell that holds no number (the codes of `Rows.missing`)."""

    VALUE = 0
    NULL = 1
    ABSENT = 2
    WRONG_TYPE = 3


@dataclass(frozen=True, slots=True)
class Rows:
    """The readable records of one model version in a batch, column by column.

    position: (n,) where each row stood in its batch, ascending.
    event_times_us: (n,)
    numeric: (numeric columns, n) float64, in the layout's order; NaN where `missing` is not VALUE.
    missing: (numeric columns, n) `Status` codes; None where every value is there.
    cells: (categorical columns, n) int32 cell of each value within its column (see
        `sketch.layout`).
    new_values: by column of the layout, the texts that fell in its `new` cell and how often; some
        of them where there are very many.
    view: by whose layout the records were read: `all` is their own baseline's; another view counts
        the same records once more, for a stream of its own.
    masks: by segment, (n,) which records are in it.
    keys: each record's correlation key; None where nobody asks for it.
    """

    route: ModelVersion
    position: IntArray
    event_times_us: IntArray
    numeric: FloatArray
    missing: StatusArray | None
    cells: CellArray
    new_values: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    view: str = WHOLE
    masks: Mapping[str, BoolArray] = field(default_factory=dict)
    keys: Sequence[Any] | None = None

    def chosen(self, mask: BoolArray) -> "Rows":
        """Those of the rows where `mask` (n,) is true."""
        return Rows(
            self.route,
            self.position[mask],
            self.event_times_us[mask],
            self.numeric[:, mask],
            None if self.missing is None else self.missing[:, mask],
            self.cells[:, mask],
            self.new_values,
            self.view,
            {name: inside[mask] for name, inside in self.masks.items()},
            None if self.keys is None else [self.keys[i] for i in np.flatnonzero(mask).tolist()],
        )


class HalfKey(NamedTuple):
    """Where half of a pair stands in the log."""

    partition: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class Half:
    """A request whose response is logged apart from it, or that response.

    position: where it stood in its batch. join_key: the same for both halves, and for no other.
    content: what the decoder makes records of, once it has both.
    """

    position: int
    side: Literal["request", "response"]
    join_key: bytes
    time_us: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded `RawBatch`.

    size: how many records the raw batch had.
    rows: one entry a model version.
    rejected: (position, reason) of every record that is not in `rows`, in offset order.
    unknown_columns: names seen for the first time that no baseline has.
    unrouted: by known model, records of a version without a baseline. strangers: some of these
        versions, and how many records each had.
    offsets: (size,) see `RawBatch`.
    halves: records that wait for another one, in offset order.
    """

    partition: Partition
    size: int
    next_offset: int
    rows: tuple[Rows, ...]
    rejected: tuple[tuple[int, Reason], ...]
    broker_times_us: IntArray | None = None
    unknown_columns: tuple[str, ...] = ()
    unrouted: Mapping[str, int] = field(default_factory=dict)
    strangers: Mapping[ModelVersion, int] = field(default_factory=dict)
    offsets: IntArray | None = None
    halves: tuple[Half, ...] = ()
