"""Parquet, by pyarrow (the `baseline` extra).

Memory: a chunk, and a page and a dictionary of each column: 2 to 3 MB a column as most programs
write Parquet.
"""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from driftwatch.baseline.arrow import columns_of
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile, unreadable
from driftwatch.errors import DataError

_PANDAS_INDEX = re.compile(r"__index_level_\d+__$")
"""What pandas calls the row numbers that it stores beside the columns; they are not the model's."""
_CHUNK_ROWS = 65_536
_CHUNK_CELLS = 4_000_000
_TEXT_CELLS = 32
"""Cells of numbers that take the memory of a text."""
_CHUNK_BYTES = 32 << 20


def read_parquet(file: DataFile) -> Iterator[Chunk]:
    """The rows of a file in chunks. Raises DataError, naming the file."""
    try:
        source, size = _source(file), _buffer_bytes(file)
        with pq.ParquetFile(source, buffer_size=size, pre_buffer=False) as parquet:
            names = parquet.schema_arrow.names
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise DataError(f"{file.place}: two columns have the name {twice!r}; rename one")
            total, done = max(1, parquet.metadata.num_rows), 0
            for batch in parquet.iter_batches(_batch_rows(parquet.metadata)):
                done += batch.num_rows
                columns = columns_of(batch)
                closed = columns.keys() == set(names)
                for name in filter(_PANDAS_INDEX.match, names):
                    columns.pop(name, None)
                yield Chunk(batch.num_rows, columns, closed, done / total)
    except (pa.ArrowException, OSError) as problem:
        raise unreadable(file.place, problem) from problem


def _source(file: DataFile) -> Any:
    return file.path if file.filesystem is None else file.filesystem.open_input_file(file.path)


def _buffer_bytes(file: DataFile) -> int:
    """Of each column's reader: every read of an object store is a request."""
    return 1 << 16 if file.filesystem is None else 1 << 20


def _batch_rows(metadata: Any) -> int:
    """How many rows fit in a chunk, as the first row group says."""
    if metadata.num_row_groups == 0 or metadata.row_group(0).num_rows == 0:
        return _CHUNK_ROWS
    group = metadata.row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    cells = sum(
        column.num_values * (_TEXT_CELLS if column.physical_type == "BYTE_ARRAY" else 1)
        for column in columns
    )
    cells /= group.num_rows
    size = group.total_byte_size / group.num_rows
    return int(
        max(256, min(_CHUNK_ROWS, _CHUNK_CELLS / max(1, cells), _CHUNK_BYTES / max(1, size)))
    )
