"""Reading training data: CSV and JSON Lines as they are, Parquet and object stores with the extra.

Data are read in chunks of at most 65,536 rows or some 32 MB, so they may be larger than memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import DataFile, find_files
from driftwatch.baseline.raw import RawKind
from driftwatch.baseline.read_csv import read_csv
from driftwatch.baseline.read_jsonl import read_jsonl
from driftwatch.errors import DataError


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Files of one format that are read one after the other.

    sources: what is handed on as it is, to derive columns from (see `raw`).
    """

    files: tuple[DataFile, ...]
    sources: Mapping[str, RawKind] = field(default_factory=dict)

    def chunks(self) -> Iterator[Chunk]:
        """All rows, from the first; call it again to read them again.

        Raises DataError, naming file and line, for what can't be read.
        """
        total = max(1, sum(file.size for file in self.files))
        before = 0
        first: Chunk | None = None
        for file in self.files:
            for chunk in _read(file, self.sources):
                if chunk.closed:
                    first = first or chunk
                    _check_columns(file, chunk, self.files[0], first)
                ratio = (before + file.size * (chunk.read_ratio or 0.0)) / total
                yield replace(chunk, read_ratio=ratio)
            before += file.size


def open_data(places: Sequence[str], sources: Mapping[str, RawKind] | None = None) -> TrainingData:
    """Training data at some places: files, folders, or URLs of object stores (`s3://`, `gs://`).

    sources: see `TrainingData`.

    Raises DataError or UsageError if there is nothing there that can be read.
    """
    return TrainingData(find_files(places), sources or {})


def _read(file: DataFile, sources: Mapping[str, RawKind]) -> Iterator[Chunk]:
    if file.format == "csv":
        return read_csv(file, sources)
    if file.format == "jsonl":
        return read_jsonl(file, sources)
    from driftwatch.baseline.read_parquet import read_parquet

    return read_parquet(file, sources)


def _check_columns(file: DataFile, chunk: Chunk, first_file: DataFile, first: Chunk) -> None:
    found, expected = {**chunk.columns, **chunk.raw}, {**first.columns, **first.raw}
    if found.keys() == expected.keys():
        return
    lacking = [name for name in expected if name not in found]
    more = [name for name in found if name not in expected]
    what = f"lacks the column {lacking[0]!r}" if lacking else f"has a further column {more[0]!r}"
    raise DataError(
        f"{file.place}: {what} compared with {first_file.place}; "
        "all files must have the same columns"
    )
