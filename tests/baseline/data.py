"""Training data in the formats that people have them in, written by the test that reads them."""

import csv
import gzip
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from driftwatch.baseline.artifact import Baseline, CategoricalBaseline, NumericBaseline
from driftwatch.baseline.build import build
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.read import open_data
from driftwatch.baseline.times import TimesOf, column_times, own_times
from driftwatch.flatten import flatten
from driftwatch.timestamps import parse_times

Record = Mapping[str, Any]
Array = np.ndarray[Any, np.dtype[Any]]

OPTIONS = BuildOptions("fraud", "3")


def options(**given: Any) -> BuildOptions:
    return BuildOptions("fraud", "3", **given)


def built(records: Sequence[Record], chunk_rows: int = 1_000, **given: Any) -> Baseline:
    """The baseline of some records, in chunks of so many."""
    chosen = options(**given)
    sources = sources_of(chosen.derived)
    times_of: TimesOf = own_times
    if chosen.timestamp is not None:
        times_of = column_times(chosen.timestamp, parse_times)
    return build(lambda: chunks_of(records, chunk_rows, sources), chosen, None, times_of)


def chunks_of(
    records: Sequence[Record], rows: int, sources: Container[str] = ()
) -> Iterator[Chunk]:
    for start in range(0, len(records), rows):
        part = [flatten(record, sources) for record in records[start : start + rows]]
        yield Chunk.from_records(part, None, sources)


def chunks_of_arrays(
    columns: Mapping[str, Array], times_us: Array | None, rows: int
) -> Iterator[Chunk]:
    """Numbers, or words where an array holds texts; None among them is null."""
    total = len(next(iter(columns.values())))
    coded = {name: _values(column) for name, column in columns.items()}
    for start in range(0, total, rows):
        stop = min(total, start + rows)
        parts = {name: values.rows(start, stop) for name, values in coded.items()}
        times = None if times_us is None else times_us[start:stop]
        yield Chunk(stop - start, parts, times=times)


def _values(column: Array) -> Values:
    if column.dtype.kind == "f":
        return Values(np.zeros(len(column), dtype=np.uint8), column)
    null = np.array([cell is None for cell in column])
    words, codes = np.unique(np.where(null, "", column).astype(str), return_inverse=True)
    at = np.where(null, -1, codes).astype(np.int32)
    return Values(null.astype(np.uint8), None, at, [str(word) for word in words])


def built_of_arrays(
    columns: Mapping[str, Array],
    times_us: Array | None = None,
    chunk_rows: int = 50_000,
    **given: Any,
) -> Baseline:
    """The baseline of columns that are arrays, with the times of their rows."""
    return build(lambda: chunks_of_arrays(columns, times_us, chunk_rows), options(**given))


def built_of(*places: Path | str, **given: Any) -> Baseline:
    """The baseline of some files."""
    return build(open_data([str(place) for place in places]).chunks, options(**given))


def column(baseline: Baseline, name: str) -> NumericBaseline | CategoricalBaseline:
    return next(column for column in baseline.columns if column.name == name)


def numeric(baseline: Baseline, name: str = "x") -> NumericBaseline:
    found = column(baseline, name)
    assert isinstance(found, NumericBaseline)
    return found


def categorical(baseline: Baseline, name: str = "x") -> CategoricalBaseline:
    found = column(baseline, name)
    assert isinstance(found, CategoricalBaseline)
    return found


def words(baseline: Baseline, name: str = "x") -> dict[str, int]:
    found = categorical(baseline, name)
    return dict(zip(found.vocabulary, found.counts, strict=True))


def write(path: Path, text: str | bytes) -> Path:
    """A file with this content, gzipped if its name says so."""
    data = text.encode() if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_jsonl(path: Path, records: Sequence[Record]) -> Path:
    return write(path, "".join(json.dumps(record) + "\n" for record in records))


def write_csv(path: Path, records: Sequence[Record]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def write_parquet(path: Path, records: Sequence[Record], rows_per_group: int = 100) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([dict(record) for record in records])
    pq.write_table(table, path, row_group_size=rows_per_group)
    return path
