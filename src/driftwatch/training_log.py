"""A serving log as training data: a baseline of what a model was fed last week.

For models whose training data nobody has any more, and for features that only exist in production.
The log is read up to where it ended when the reading began, one partition after the other, so that
each pass sees the same records in the same order.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from driftwatch.assembly import make_decoder, make_source
from driftwatch.baseline.chunk import Chunk
from driftwatch.config import Const, DecodeSettings, Settings
from driftwatch.decode.plain import Reader, json_reader
from driftwatch.errors import DataError, SourceError, UsageError
from driftwatch.flatten import flatten
from driftwatch.records import Assigned, IntArray, ModelVersion, Partition, RawBatch
from driftwatch.sketch.vocabulary import category_text
from driftwatch.sources.port import Source, Start
from driftwatch.timestamps import parse_times

CONNECT_POLLS = 60
POLL_SECONDS = 1.0
IDLE_POLLS = 30


@dataclass(slots=True)
class TrainingLog:
    """The records of one model version in a log, as flat rows.

    source: with nothing sought yet. start: where the log is read from.
    sources: names of what is handed on as it is, to derive columns from.
    make_reader: makes what reads the log, for each pass. of_events: whether its records are events.
    skipped: records of the first pass that could not be read.
    """

    source: Source
    decode: DecodeSettings
    route: ModelVersion
    start: Start
    sources: frozenset[str] = frozenset()
    make_reader: Callable[[], Reader] = json_reader
    of_events: bool = False
    skipped: int = 0
    _bounds: dict[Partition, tuple[int, int]] = field(default_factory=dict)
    _reader: Reader = field(init=False, default_factory=json_reader)

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the first; call it again to read them again.

        Raises SourceError if the log can't be reached or stops answering.
        """
        first = not self._bounds
        self._reader = self.make_reader()
        if first:
            self._bounds = self._find_bounds()
        total = max(1, sum(end - begin for begin, end in self._bounds.values()))
        done = 0
        for partition, (begin, end) in sorted(self._bounds.items()):
            for batch in self._read(partition, begin, end):
                last = min(batch.next_offset, end)
                rows, times = self._rows(batch, end, first)
                if rows:
                    ratio = (done + last - begin) / total
                    chunk = Chunk.from_records(rows, ratio, self.sources)
                    yield replace(chunk, times=times)
            done += end - begin

    def _find_bounds(self) -> dict[Partition, tuple[int, int]]:
        """Where each partition's reading begins and ends."""
        for _ in range(CONNECT_POLLS):
            found = [e for e in self.source.poll(POLL_SECONDS) if isinstance(e, Assigned)]
            if found:
                break
        else:
            raise SourceError(
                "the log can't be reached; is the broker up, and does the topic exist?"
            )
        partitions = found[-1].partitions
        begins = self.source.starts(partitions, self.start)
        ends = self.source.starts(partitions, "latest")
        bounds = {p: (begins[p], ends[p]) for p in partitions if begins[p] < ends[p]}
        if not bounds:
            raise DataError("the log holds no records since then; try a longer --since")
        return bounds

    def _read(self, partition: Partition, begin: int, end: int) -> Iterator[RawBatch]:
        self.source.seek({partition: begin})
        position, idle = begin, 0
        while position < end:
            batches = [
                event
                for event in self.source.poll(POLL_SECONDS)
                if isinstance(event, RawBatch) and event.partition == partition
            ]
            idle = 0 if batches else idle + 1
            if idle > IDLE_POLLS:
                raise SourceError(f"{self.source.describe(partition)} stopped answering")
            for batch in batches:
                yield batch
                position = batch.next_offset

    def _rows(
        self, batch: RawBatch, end: int, count: bool
    ) -> tuple[list[dict[str, Any]], IntArray | None]:
        """The columns of the records before an offset, and their times where these are known."""
        rows, times, places = [], [], []
        offsets = batch.offsets.tolist()
        for i, (records, offset) in enumerate(zip(self._reader(batch), offsets, strict=True)):
            if offset >= end:
                break
            if records is None:
                self.skipped += count and batch.values[i] is not None
            for found in filter(None, map(self._row, records or ())):
                rows.append(found[0])
                times.append(found[1])
                places.append(i)
        if self.decode.timestamp is not None:
            return rows, parse_times(times, self.decode.timestamp_unit) if times else None
        if batch.broker_times_us is None:
            return rows, None
        return rows, batch.broker_times_us[places]

    def _row(self, record: Mapping[str, Any]) -> tuple[dict[str, Any], Any] | None:
        """A record's columns by name, and what stands for its time; None if it is another model's.

        Of what an event predicts, all that has no name of its own keeps the one it has there.
        """
        decode = self.decode
        for setting, wanted in (
            (decode.model, self.route.model),
            (decode.model_version, self.route.version),
        ):
            if isinstance(setting, str) and _text(_at(record, setting)) != wanted:
                return None
        named = {**decode.predictions, **decode.labels, **decode.serving}
        controls = [path for path in (decode.timestamp, decode.model, decode.model_version) if path]
        features = _at(record, decode.features)
        row = flatten(features, self.sources) if isinstance(features, dict) else {}
        if decode.features == ".":
            taken = {p for p in (*named.values(), *controls) if not isinstance(p, Const)}
            row = {name: cell for name, cell in row.items() if not _under(name, taken)}
        if self.of_events and record.get("model_version") not in (None, self.route.version):
            return None
        if self.of_events:
            taken = {path.partition(".")[2] for path in decode.predictions.values()}
            predicted = flatten(record["predictions"], self.sources)
            row |= {name: cell for name, cell in predicted.items() if not _under(name, taken)}
        for name, path in named.items():
            found = _at(record, path, _NOTHING)
            if found is not _NOTHING:
                row |= flatten({name: found}, self.sources)
        return row, _at(record, decode.timestamp) if decode.timestamp else None


def open_training_log(settings: Settings) -> Source:
    """The configured topics, read by a consumer group of its own that leaves no trace.

    Raises UsageError if the configured source is no Kafka topic.
    """
    kafka = settings.source.kafka
    if kafka is None:
        raise UsageError(f"{settings.where('source')}: --from-kafka needs a source of kind kafka")
    own = kafka.model_copy(update={"group_id": f"{kafka.group_id}-baseline-{uuid.uuid4().hex}"})
    source = settings.source.model_copy(update={"kafka": own})
    changed = settings.model_copy(update={"source": source})
    return make_source(changed, make_decoder(changed, {}))


_NOTHING = object()


def _at(record: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """What stands at a dotted path."""
    found: Any = record
    for key in () if path == "." else path.split("."):
        if not isinstance(found, dict) or key not in found:
            return default
        found = found[key]
    return found


def _under(name: str, paths: Sequence[str] | set[str]) -> bool:
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, bool | dict | list):
        return None
    return category_text(value)
