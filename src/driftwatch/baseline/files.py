"""The files that training data consist of, on this machine or in an object store."""

import gzip
import importlib.util
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from driftwatch.errors import DataError, UsageError

Format = Literal["csv", "jsonl", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".json": "jsonl",
    ".json.gz": "jsonl",
    ".log": "jsonl",
    ".log.gz": "jsonl",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
}
# What rotation appends to the name of a log: app.jsonl.1, app.log-20260131.gz
_ROTATED = re.compile(r"[.-]\d[\dt:._-]*$")
_BUFFER_BYTES = 1 << 20
_INSTALL = "install it: pip install 'driftwatch-daemon[baseline]'"


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file.

    place: how it is shown to people; path: how its file system knows it; size: in bytes.
    filesystem: a `pyarrow.fs.FileSystem`; None for this machine's.
    """

    place: str
    path: str
    format: Format
    size: int
    filesystem: Any = None

    @contextmanager
    def opened(self) -> Iterator[tuple[io.BufferedReader, Callable[[], float]]]:
        """The file's bytes, decompressed if they are gzipped, and how much of it has been read.

        Raises DataError if it can't be opened, and for what goes wrong while it is read.
        """
        try:
            with self._raw() as raw:
                zipped = raw.peek(2)[:2] == b"\x1f\x8b"
                stream: Any = gzip.GzipFile(fileobj=raw) if zipped else raw
                with io.BufferedReader(stream, _BUFFER_BYTES) as file:
                    yield file, lambda: min(1.0, raw.tell() / max(1, self.size))
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise DataError(
                f"{self.place}: truncated or damaged (its compressed data end early)"
            ) from problem
        except OSError as problem:
            raise unreadable(self.place, problem) from problem

    def _raw(self) -> io.BufferedReader:
        if self.filesystem is None:
            return Path(self.path).open("rb")
        # Every read of an object store is a request.
        return io.BufferedReader(self.filesystem.open_input_file(self.path), 4 * _BUFFER_BYTES)


def find_files(places: Sequence[str]) -> tuple[DataFile, ...]:
    """The files at some places: files, folders (with all that is below them), or URLs of either.

    In the order of the places, those of a folder by name. Names that begin with `.` or `_` are
    passed over in folders. Raises UsageError for files of several formats or of an unknown one, and
    for a file that is named twice; DataError if there are none.
    """
    files: list[DataFile] = []
    for place in places:
        remote = "://" in place
        found = _remote(place) if remote else _local(place)
        if not found:
            shown = _without_secrets(place) if remote else place
            raise DataError(f"{shown}: the folder holds no data")
        files.extend(found)
    by_format = {file.format: file for file in reversed(files)}
    if len(by_format) > 1:
        some = " and ".join(sorted(file.place for file in by_format.values()))
        raise UsageError(f"the data are of several formats ({some}); give files of one format")
    seen: dict[str, DataFile] = {}
    for file in files:
        if seen.setdefault(file.path, file) is not file:
            raise UsageError(f"{file.place}: given twice; each row would count twice")
    return tuple(files)


def unreadable(place: str, problem: Exception) -> DataError:
    """The error for a place that can't be read."""
    text = getattr(problem, "strerror", None) or (str(problem).splitlines() or ["unknown"])[0]
    return DataError(f"{place}: can't be read: {text}")


def require_pyarrow(what: str) -> None:
    """Raise UsageError if the `baseline` extra is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise UsageError(f"{what} needs pyarrow; {_INSTALL}")


def _local(place: str) -> list[DataFile]:
    path = Path(place)
    try:
        if path.is_dir():
            below = sorted(p for p in path.rglob("*") if p.is_file())
            kept = [p for p in below if not _hidden(p.relative_to(path).as_posix())]
        else:
            kept = [path]
        return [_file(str(p), os.path.realpath(p), p.stat().st_size, None) for p in kept]
    except FileNotFoundError as problem:
        raise DataError(f"{place}: no such file or folder") from problem
    except OSError as problem:
        raise unreadable(place, problem) from problem


def _remote(place: str) -> list[DataFile]:
    require_pyarrow("reading from an object store")
    import pyarrow as pa
    from pyarrow import fs

    scheme, shown = place.split("://", 1)[0], _without_secrets(place)
    try:
        filesystem, path = fs.FileSystem.from_uri(place)
        info = filesystem.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise DataError(f"{shown}: no such file or folder")
        if info.type == fs.FileType.Directory:
            infos = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
            below = sorted((i for i in infos if i.type == fs.FileType.File), key=lambda i: i.path)
            kept = [i for i in below if not _hidden(i.path.removeprefix(path).strip("/"))]
        else:
            kept = [info]
    except (pa.ArrowException, OSError) as problem:
        # Not the problem as it is: it may quote the URL, and a URL may hold a password.
        raise unreadable(shown, OSError(str(problem).replace(place, shown))) from None
    return [_file(f"{scheme}://{i.path}", i.path, i.size or 0, filesystem) for i in kept]


def _without_secrets(url: str) -> str:
    """A URL without user, password and parameters.

    >>> _without_secrets("s3://key:secret@bucket/a.csv?region=x")
    's3://bucket/a.csv'
    """
    return re.sub(r"//[^@]*:.*@", "//", url.split("?", maxsplit=1)[0])


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))


def _file(place: str, path: str, size: int, filesystem: Any) -> DataFile:
    name = place.lower()
    unrotated = _ROTATED.sub("", name.removesuffix(".gz"))
    for suffix, kind in _FORMATS.items():
        if name.endswith(suffix) or (kind == "jsonl" and unrotated.endswith(suffix)):
            if kind == "parquet":
                require_pyarrow("reading Parquet")
            return DataFile(place, path, kind, size, filesystem)
    raise UsageError(
        f"{place}: not a kind of file that can be read; expected .csv, .jsonl, .ndjson, "
        ".json or .log (each also with .gz), or .parquet"
    )
