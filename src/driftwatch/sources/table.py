"""Rows of a table (CSV, Parquet) as records, for a replay.

Each row becomes one flat JSON object, so that a table goes the same way as a log: same decoder,
same fates, same counts.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.texts import Reading, Texts
from driftwatch.records import (
    ABSENT,
    Assigned,
    Partition,
    Progress,
    RawBatch,
    SourceEvent,
    Status,
)
from driftwatch.sources.groupless import Groupless
from driftwatch.sources.port import Start

TABLE = Partition("table", 0)

BATCH_ROWS = 5_000


class TableSource(Groupless):
    """A table as one partition that is read once; offsets are row numbers.

    Args:
        chunks: the rows.
        readings: what the cells of the baseline's columns are, where the table does not say it.
    """

    def __init__(self, chunks: Iterable[Chunk], readings: Mapping[str, Reading]) -> None:
        self._batches = _batches(chunks, readings)
        self._events: list[SourceEvent] = [Assigned((TABLE,))]
        self._position = 0
        self._ended = False

    def poll(self, timeout: float) -> Sequence[SourceEvent]:  # noqa: ARG002 (the port's signature)
        """See `port.Source.poll`."""
        if self._events:
            events, self._events = self._events, []
            return events
        values = next(self._batches, None)
        if values is None:
            self._ended = True
            return []
        offsets = np.arange(self._position, self._position + len(values), dtype=np.int64)
        self._position += len(values)
        return [RawBatch(TABLE, values, offsets, self._position)]

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """A table begins at its first row."""

    def starts(self, partitions: Iterable[Partition], start: Start) -> Mapping[Partition, int]:  # noqa: ARG002
        """See `port.Source.starts`."""
        return dict.fromkeys(partitions, 0)

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`."""
        return {TABLE: Progress(self._position, None, None, self._ended, self._ended)}

    def describe(self, partition: Partition) -> str:  # noqa: ARG002 (the port's signature)
        """See `port.Source.describe`."""
        return "table"

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`."""
        return self._ended

    def close(self) -> None:
        """Nothing is held open between two polls."""


def _batches(chunks: Iterable[Chunk], readings: Mapping[str, Reading]) -> Iterator[list[bytes]]:
    row = 0
    for chunk in chunks:
        for piece in chunk.pieces(row, BATCH_ROWS):
            yield _encoded(piece, readings)
        row += chunk.rows


def _encoded(chunk: Chunk, readings: Mapping[str, Reading]) -> list[bytes]:
    """Each row of a chunk as a JSON object."""
    names = [*chunk.columns, *chunk.raw]
    columns = [_cells(column, readings.get(name)) for name, column in chunk.columns.items()]
    # msgspec writes NaN as null, which is something else.
    finite = not chunk.raw and all(
        np.isfinite(c) for column in columns for c in column if isinstance(c, float)
    )
    columns.extend(
        [_ABSENT if value is ABSENT else value for value in values] for values in chunk.raw.values()
    )
    encode: Callable[[Any], bytes] = msgspec.json.encode if finite else _encode_non_finite
    return [
        encode({name: cell for name, cell in zip(names, row, strict=True) if cell is not _ABSENT})
        for row in zip(*columns, strict=True)
    ]


def _encode_non_finite(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record).encode()


def _cells(column: Values | Texts, reading: Reading | None) -> list[Any]:
    """The cells of a column as JSON has them; `_ABSENT` where there is none."""
    if isinstance(column, Texts):
        # A column that no baseline has may hold the time, as a text or as a number.
        numbers = column.numbers() if reading is None else None
        column = numbers or column.read(reading or "text")
    cells: list[Any] = [None] * len(column)
    if column.numbers is not None:
        cells = column.numbers.tolist() if column.exact is None else column.exact.tolist()
    if column.codes is not None:
        for i in np.flatnonzero(column.codes >= 0).tolist():
            cells[i] = column.words[column.codes[i]]
    for i in np.flatnonzero(column.status != Status.VALUE).tolist():
        cells[i] = _BY_STATUS[int(column.status[i])]
    return cells


_ABSENT = object()
_BY_STATUS = {Status.NULL: None, Status.ABSENT: _ABSENT, Status.WRONG_TYPE: []}
