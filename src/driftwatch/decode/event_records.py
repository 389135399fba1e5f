"""The formats of events: what model servers log of requests and responses (see `decode.events`).

One entry of the log may hold a batch of instances; it becomes as many records of one position. Half
of a pair becomes a `Half`, which waits elsewhere until `join` makes records of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import Composed, Composer, RecordPolicy, Views
from driftwatch.decode.events.halves import half_of, joined
from driftwatch.decode.events.kserve import read_kserve
from driftwatch.decode.events.message import (
    EventPolicy,
    Format,
    Message,
    Record,
    Side,
    UnreadableError,
    by_name,
)
from driftwatch.decode.events.mlserver import read_mlserver
from driftwatch.decode.events.sagemaker import read_sagemaker
from driftwatch.decode.events.seldon import read_seldon
from driftwatch.decode.unknown_columns import UnknownColumns
from driftwatch.records import Batch, Half, IntArray, ModelVersion, RawBatch, Reason
from driftwatch.timestamps import LATEST_US

EventFormat = Literal["kserve", "seldon", "mlserver", "sagemaker"]

FORMATS: Mapping[EventFormat, Format] = {
    "kserve": read_kserve,
    "seldon": read_seldon,
    "mlserver": read_mlserver,
    "sagemaker": read_sagemaker,
}
JOINED: frozenset[EventFormat] = frozenset(("kserve", "seldon", "mlserver"))
"""The formats that log requests and responses apart."""


def record_policy(
    *,
    model: str | None = None,
    const_model: str | None = None,
    model_version: str | None = None,
    const_version: str | None = None,
    predictions: Mapping[str, str] | None = None,
    serving: Mapping[str, str] | None = None,
    correlation: str | None = None,
    ignored: frozenset[str] = frozenset(),
) -> RecordPolicy:
    """Where the records of events keep what (see `message.Record`).

    Paths of model, model_version, serving and correlation lead into what the event says of itself,
    those of predictions into what was predicted. Without a path or a constant the event's own model
    and version count. correlation: `id` is the id that both halves of a pair share.
    """
    return RecordPolicy(
        timestamp="time",
        timestamp_unit="us",
        model=None if const_model else f"event.{model}" if model else "model",
        const_model=const_model,
        model_version=(
            None
            if const_version
            else f"event.{model_version}"
            if model_version
            else "model_version"
        ),
        const_version=const_version,
        features="features",
        predictions={name: f"predictions.{path}" for name, path in (predictions or {}).items()},
        serving={name: f"event.{path}" for name, path in (serving or {}).items()},
        others="predictions",
        ignored=ignored,
        correlation=(
            None if correlation is None else "id" if correlation == "id" else f"event.{correlation}"
        ),
    )


class EventDecoder:
    """Decodes batches of events for a set of baselines."""

    def __init__(
        self,
        format_name: EventFormat,
        events: EventPolicy,
        records: RecordPolicy,
        baselines: Mapping[ModelVersion, Baseline],
        fallbacks: Mapping[str, str] | None = None,
        views: Views | None = None,
    ) -> None:
        """records: made by `record_policy`. The rest: see `Composer`."""
        self._read = FORMATS[format_name]
        self._events = events
        self._composer = Composer(records, baselines, fallbacks, views)
        self._unknown = UnknownColumns(self._composer.root)

    def decode(self, raw: RawBatch) -> Batch:
        """The batch's records as columns, and the halves in it. Never raises for what they hold."""
        records: list[Record] = []
        positions: list[int] = []
        halves: list[Half] = []
        rejected: list[tuple[int, Reason]] = []
        for position, message in enumerate(messages_of(raw)):
            try:
                read = self._read_one(message)
                found = half_in(read, position) if isinstance(read, Side) else read
            except UnreadableError as error:
                rejected.append((position, error.reason))
                continue
            if isinstance(found, Half):
                halves.append(found)
            else:
                records.extend(found)
                positions.extend([position] * len(found))
        composed = self._compose(records, positions, raw.broker_times_us)
        return Batch(
            raw.partition,
            len(raw.values),
            raw.next_offset,
            composed.rows,
            tuple(sorted(rejected + composed.rejected)),
            raw.broker_times_us,
            self._unknown.take(),
            composed.unrouted,
            composed.strangers,
            raw.offsets,
            tuple(halves),
        )

    def join(self, pairs: Sequence[tuple[Half, Half]]) -> Composed:
        """The records of pairs of a request and its response; positions are indices into `pairs`.

        A pair of n instances gives n rows of one position, and its time is the response's. Names of
        unknown columns are told with the next batch.
        """
        records: list[Record] = []
        positions: list[int] = []
        rejected: list[tuple[int, Reason]] = []
        names = self._events.reading.prediction_names
        for position, (request, response) in enumerate(pairs):
            try:
                found = joined(request, response, names)
            except UnreadableError as error:
                rejected.append((position, error.reason))
                continue
            records.extend(found)
            positions.extend([position] * len(found))
        composed = self._compose(records, positions, None)
        return composed._replace(rejected=sorted(rejected + composed.rejected))

    def event_time(self, value: bytes) -> int | None:
        """The time of one entry (microseconds), or None; for looking ahead in files."""
        try:
            found = self._read_one(Message(value, {}))
        except UnreadableError:
            return None
        return _within_time(found.time_us if isinstance(found, Side) else found[0]["time"])

    def _read_one(self, message: Message | None) -> Side | list[Record]:
        if message is None:
            raise UnreadableError("unparsable")
        if len(message.value) > self._events.reading.max_bytes:
            raise UnreadableError("too_large")
        return self._read(message, self._events)

    def _compose(
        self, records: Sequence[Record], positions: Sequence[int], broker: IntArray | None
    ) -> Composed:
        """Columns of records. What befalls a request befalls all its instances, and counts once."""
        for record in records:
            self._unknown.look(record)
        structs = [self._composer.read(record) for record in records]
        composed = self._composer.compose(structs, positions, broker)
        return composed._replace(rejected=list(dict.fromkeys(composed.rejected)))


def messages_of(raw: RawBatch) -> Iterable[Message | None]:
    """The entries of a batch; None for a tombstone."""
    times = None if raw.broker_times_us is None else raw.broker_times_us.tolist()
    for i, value in enumerate(raw.values):
        if value is None:
            yield None
            continue
        yield Message(
            value,
            {} if raw.headers is None else by_name(raw.headers[i]),
            None if raw.keys is None else raw.keys[i],
            raw.partition.topic,
            None if times is None else times[i],
        )


def half_in(side: Side, position: int) -> Half:
    """A side of a pair as it waits. Raises UnreadableError: `missing_time`."""
    time_us = _within_time(side.time_us)
    if time_us is None:
        raise UnreadableError("missing_time")
    return half_of(side, position, time_us)


def _within_time(time_us: int | None) -> int | None:
    """A time that a record may have; a producer may have set the broker's to anything."""
    return time_us if time_us is not None and 0 <= time_us < LATEST_US else None
