"""Parquet, by pyarrow (the `baseline` extra).

Memory: a chunk, and a page and a dictionary of each column: 2 to 3 MB a column as most programs
write Parquet.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from driftwatch.baseline.arrow import columns_of, raw_of
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile, unreadable
from driftwatch.baseline.raw import RawKind
from driftwatch.errors import DataError

_PANDAS_INDEX = re.compile(r"__index_level_\d+__$")
"""What pandas calls the row numbers that it stores beside the columns; they are not the model's."""
_CHUNK_ROWS = 65_536
_CHUNK_CELLS = 4_000_000
_TEXT_CELLS = 32
"""Cells of numbers that take the memory of a text."""
_CHUNK_BYTES = 32 << 20
_RAW_CELLS = 8
"""Cells of a column that take the memory of one value that is handed on as it is."""


def read_parquet(file: DataFile, sources: Mapping[str, RawKind]) -> Iterator[Chunk]:
    """The rows of a file in chunks; sources: see `read.TrainingData`.

    Raises DataError, naming the file.
    """
    try:
        source, size = _source(file), _buffer_bytes(file)
        with pq.ParquetFile(source, buffer_size=size, pre_buffer=False) as parquet:
            names = parquet.schema_arrow.names
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise DataError(f"{file.place}: two columns have the name {twice!r}; rename one")
            total, done = max(1, parquet.metadata.num_rows), 0
            size = _batch_rows(parquet.metadata, _RAW_CELLS if sources else 1)
            for batch in parquet.iter_batches(size):
                done += batch.num_rows
                yield chunk_of(batch, done / total, sources)
    except (pa.ArrowException, OSError) as problem:
        raise unreadable(file.place, problem) from problem


def chunk_of(batch: Any, read_ratio: float, sources: Container[str] = ()) -> Chunk:
    """The rows of a `pyarrow.RecordBatch`; sources: what is handed on as it is (`Chunk.raw`)."""
    names = batch.schema.names
    columns, raw = columns_of(batch, sources), raw_of(batch, sources)
    closed = columns.keys() | raw.keys() == set(names)
    for name in filter(_PANDAS_INDEX.match, names):
        columns.pop(name, None)
    return Chunk(batch.num_rows, columns, closed, read_ratio, raw=raw)


def _source(file: DataFile) -> Any:
    return file.path if file.filesystem is None else file.filesystem.open_input_file(file.path)


def _buffer_bytes(file: DataFile) -> int:
    """Of each column's reader: every read of an object store is a request."""
    return 1 << 16 if file.filesystem is None else 1 << 20


def _batch_rows(metadata: Any, weight: int) -> int:
    """How many rows fit in a chunk, as the first row group says.

    weight: how many times its usual memory a cell takes.
    """
    if metadata.num_row_groups == 0 or metadata.row_group(0).num_rows == 0:
        return _CHUNK_ROWS
    group = metadata.row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    cells = sum(
        column.num_values * (_TEXT_CELLS if column.physical_type == "BYTE_ARRAY" else 1)
        for column in columns
    )
    cells *= weight / group.num_rows
    size = weight * group.total_byte_size / group.num_rows
    return int(
        max(256, min(_CHUNK_ROWS, _CHUNK_CELLS / max(1, cells), _CHUNK_BYTES / max(1, size)))
    )
