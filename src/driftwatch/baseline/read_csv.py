"""CSV as RFC 4180 has it: commas, double quotes, a header, UTF-8.

An empty field is null. Whether a column holds numbers or words is found out later, from all of it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import islice

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile
from driftwatch.baseline.raw import RawKind, raw_cells
from driftwatch.baseline.texts import Texts, text_number
from driftwatch.errors import DataError

_BOM = b"\xef\xbb\xbf"
_CHUNK_CELLS = 200_000
_CHUNK_BYTES = 4 << 20
"""Of text, which becomes ten times as much in memory."""
_FIRST_ROWS = 10
_SLICE_CELLS = 5_000
_SLICE_BYTES = 1 << 18
"""Turned from rows into columns at a time: what fits the processor's cache is twice as fast."""


def read_csv(file: DataFile, sources: Mapping[str, RawKind]) -> Iterator[Chunk]:
    """The rows of a file in chunks; sources: see `read.TrainingData`.

    Raises DataError, naming file and line.
    """
    with file.opened() as (stream, ratio):
        if stream.peek(3)[:3] == _BOM:
            stream.read(3)
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        reader = csv.reader(text, strict=True)
        try:
            header = _header(file, next(reader, None))
            most = max(1, _SLICE_CELLS // len(header))
            size, done = min(most, _FIRST_ROWS), 0
            columns: list[list[str]] = [[] for _ in header]
            start = stream.tell()
            while rows := list(islice(reader, size)):
                done += len(rows)
                size = max(1, min(most, _SLICE_BYTES * done // stream.tell()))
                if [] in rows:  # an empty line is no row
                    rows = list(filter(None, rows))
                if set(map(len, rows)) - {len(header)}:
                    raise _ragged(file, len(header))
                for column, cells in zip(columns, zip(*rows, strict=True), strict=False):
                    column.extend(cells)
                enough = len(columns[0]) * len(header) >= _CHUNK_CELLS
                if enough or stream.tell() - start >= _CHUNK_BYTES:
                    yield _chunk(header, columns, ratio(), sources)
                    columns, start = [[] for _ in header], stream.tell()
            yield _chunk(header, columns, 1.0, sources)
        except csv.Error as problem:
            raise DataError(f"{file.place}:{reader.line_num}: not CSV: {problem}") from problem
        except UnicodeDecodeError as problem:
            raise DataError(
                f"{file.place}:{_line_that_is_not_utf8(file)}: not UTF-8; convert the file"
            ) from problem


def _chunk(
    header: list[str], columns: list[list[str]], ratio: float, sources: Mapping[str, RawKind]
) -> Chunk:
    named = dict(zip(header, columns, strict=True))
    cells = {name: Texts(column) for name, column in named.items() if name not in sources}
    raw = {name: raw_cells(named[name], kind) for name, kind in sources.items() if name in named}
    return Chunk(len(columns[0]), cells, True, ratio, raw=raw)


def _header(file: DataFile, header: list[str] | None) -> list[str]:
    place = f"{file.place}:1"
    if not header:
        raise DataError(f"{place}: no header; the first line must hold the names of the columns")
    if len(header) == 1 and (found := {";", "\t", "|"} & set(header[0])):
        raise DataError(f"{place}: columns are separated by {found.pop()!r}; expected commas")
    for number, name in enumerate(header, start=1):
        if not name:
            raise DataError(
                f"{place}: column {number} has no name; give it one, or leave it out "
                "(pandas writes its index like that; to_csv(index=False) does not)"
            )
        if text_number(name) is not None and not name.isdecimal():
            raise DataError(f"{place}: {name!r} is no column name; is the header missing?")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise DataError(f"{place}: two columns have the name {twice!r}; rename one")
    return header


def _ragged(file: DataFile, columns: int) -> DataError:
    """The error for the first row of a wrong length; finds its line by reading again."""
    with file.opened() as (stream, _):
        reader = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", newline=""), strict=True)
        for row in reader:
            if row and len(row) != columns:
                return DataError(
                    f"{file.place}:{reader.line_num}: {len(row)} fields where the header has "
                    f"{columns}"
                )
    return DataError(f"{file.place}: rows of different lengths")


def _line_that_is_not_utf8(file: DataFile) -> int:
    with file.opened() as (stream, _):
        for number, line in enumerate(stream, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1
