"""Reading training data: CSV and JSON Lines as they are, Parquet and object stores with the extra.

Data are read in chunks of at most 65,536 rows or some 32 MB, so they may be larger than memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile, find_files
from driftwatch.baseline.read_csv import read_csv
from driftwatch.baseline.read_jsonl import read_jsonl
from driftwatch.errors import DataError


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Files of one format that are read one after the other."""

    files: tuple[DataFile, ...]

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the first; call it again to read them again.

        Raises DataError, naming file and line, for what can't be read.
        """
        total = max(1, sum(file.size for file in self.files))
        before = 0
        first: Chunk | None = None
        for file in self.files:
            for chunk in _read(file):
                if chunk.closed:
                    first = first or chunk
                    _check_columns(file, chunk, self.files[0], first)
                ratio = (before + file.size * (chunk.read_ratio or 0.0)) / total
                yield replace(chunk, read_ratio=ratio)
            before += file.size


def open_data(places: Sequence[str]) -> TrainingData:
    """Training data at some places: files, folders, or URLs of object stores (`s3://`, `gs://`).

    Raises DataError or UsageError if there is nothing there that can be read.
    """
    return TrainingData(find_files(places))


def _read(file: DataFile) -> Iterator[Chunk]:
    if file.format == "csv":
        return read_csv(file)
    if file.format == "jsonl":
        return read_jsonl(file)
    from driftwatch.baseline.read_parquet import read_parquet

    return read_parquet(file)


def _check_columns(file: DataFile, chunk: Chunk, first_file: DataFile, first: Chunk) -> None:
    if chunk.columns.keys() == first.columns.keys():
        return
    lacking = [name for name in first.columns if name not in chunk.columns]
    more = [name for name in chunk.columns if name not in first.columns]
    what = f"lacks the column {lacking[0]!r}" if lacking else f"has a further column {more[0]!r}"
    raise DataError(
        f"{file.place}: {what} compared with {first_file.place}; "
        "all files must have the same columns"
    )
