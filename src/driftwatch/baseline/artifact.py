"""The baseline artifact: a JSON file, gzipped if its name ends in `.gz`.

It holds what the daemon compares with and nothing of the training data itself but the words of
categorical columns and the edges of numeric ones. A checksum over everything else in the file makes
an edited or damaged artifact an error instead of a wrong alarm.
"""

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from driftwatch.errors import BaselineError
from driftwatch.records import ModelVersion
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout, Role

FORMAT = "driftwatch-baseline"
SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class NumericBaseline(_Part):
    """A numeric column of the training data.

    edges: ascending; the smallest value is edges[low], the largest lies just below edges[high].
    bins: len(edges) + 1 counts (see `sketch.layout`).
    count, mean, m2, minimum, maximum: of the finite values; m2 is the sum of squared differences
        from the mean. None where there are none, or where the figure overflows.
    """

    kind: Literal["numeric"] = "numeric"
    name: str
    role: Role
    edges: tuple[float, ...]
    low: int
    high: int
    bins: tuple[int, ...]
    null: int
    absent: int
    wrong_type: int
    nan: int
    negative_inf: int
    positive_inf: int
    count: int
    mean: float | None
    m2: float | None
    minimum: float | None
    maximum: float | None

    def layout(self) -> NumericLayout:
        """The column's bins."""
        return NumericLayout(
            self.name, self.role, np.array(self.edges, dtype=np.float64), self.low, self.high
        )

    def cells(self) -> list[int]:
        """The counts, in the order of the layout's cells."""
        side = (self.null, self.absent, self.wrong_type)
        return [*self.bins, *side, self.nan, self.negative_inf, self.positive_inf]


class CategoricalBaseline(_Part):
    """A categorical column of the training data.

    vocabulary, counts: the most frequent words, most frequent first, and how often each was seen.
    other: rows whose word is outside the vocabulary.
    other_hashes: those words' 64-bit hashes, ascending, 16 hexadecimal digits each, joined (one
        text, because a hundred thousand small ones would cost the daemon 7 MB a column).
    other_complete: False where there were too many words to keep; then other_hashes is empty, and
        every word outside the vocabulary counts as other, never as new.
    """

    kind: Literal["categorical"] = "categorical"
    name: str
    role: Role
    vocabulary: tuple[str, ...]
    counts: tuple[int, ...]
    other: int
    other_hashes: Annotated[str, Field(pattern="^([0-9a-f]{16})*$")]
    other_complete: bool
    null: int
    absent: int
    wrong_type: int

    def layout(self) -> CategoricalLayout:
        """The column's words."""
        return CategoricalLayout(
            self.name, self.role, self.vocabulary, self.hashes(), self.other_complete
        )

    def hashes(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        """`other_hashes` as numbers."""
        return np.frombuffer(bytes.fromhex(self.other_hashes), dtype=">u8").astype(np.uint64)

    def cells(self) -> list[int]:
        """The counts, in the order of the layout's cells; nothing is new to its own baseline."""
        return [*self.counts, self.other, 0, self.null, self.absent, self.wrong_type]


ColumnBaseline = Annotated[NumericBaseline | CategoricalBaseline, Field(discriminator="kind")]


class Baseline(_Part):
    """What a model version's records are compared with.

    rows: records of the training data; data_fingerprint: a hash over their columns and values.
    timestamp: the column of the training data that held its times, if one was named.
    """

    format: Literal["driftwatch-baseline"] = "driftwatch-baseline"
    schema_version: Literal[1] = 1
    model: str
    model_version: str
    rows: int
    data_fingerprint: str
    timestamp: str | None = None
    columns: tuple[ColumnBaseline, ...]

    @property
    def route(self) -> ModelVersion:
        """Whose records this is for."""
        return ModelVersion(self.model, self.model_version)

    def layout(self) -> Layout:
        """The cells of all columns, in the order of `columns`."""
        return Layout(tuple(column.layout() for column in self.columns))

    def counts(self) -> Counts:
        """The training data's counts, in the order of `layout()`."""
        cells = [cell for column in self.columns for cell in column.cells()]
        numeric = [c for c in self.columns if isinstance(c, NumericBaseline)]
        moments = Moments(
            np.array([c.count for c in numeric], dtype=np.float64),
            np.array([c.mean or 0.0 for c in numeric], dtype=np.float64),
            np.array([_or(c.m2, np.inf if c.count else 0.0) for c in numeric], dtype=np.float64),
            np.array([_or(c.minimum, np.inf) for c in numeric], dtype=np.float64),
            np.array([_or(c.maximum, -np.inf) for c in numeric], dtype=np.float64),
        )
        return Counts(self.rows, np.array(cells, dtype=np.int64), moments)

    def without(self, names: frozenset[str]) -> "Baseline":
        """The same baseline with these columns left out."""
        kept = tuple(column for column in self.columns if column.name not in names)
        return self.model_copy(update={"columns": kept})

    def to_bytes(self) -> bytes:
        """The file's content, before any compression: the same baseline gives the same bytes."""
        document = self.model_dump(mode="json")
        body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return f'{body[:-1]},"checksum":"{_checksum(body)}"}}\n'.encode("utf-8", "strict")

    def save(self, path: Path) -> None:
        """Write the artifact in one step: the old file stays whole until the new one is.

        Raises BaselineError if it can't be written.
        """
        data = self.to_bytes()
        if path.suffix == ".gz":
            data = gzip.compress(data, 6, mtime=0)
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            temporary = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    os.fchmod(file.fileno(), 0o644)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as problem:
            raise BaselineError(
                f"{path}: can't write the baseline: {problem.strerror}"
            ) from problem


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _checksum(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def load_baseline(path: Path) -> Baseline:
    """Read an artifact and check it.

    Raises BaselineError if the file is missing, truncated, edited, not a baseline, or written by a
    newer version than this program can read.
    """
    text = _read(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BaselineError(
            f"{path}: the baseline is truncated or not JSON; build it again or copy it again"
        ) from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BaselineError(
            f"{path}: not a Driftwatch baseline; `driftwatch baseline build` makes one"
        )
    version = document.get("schema_version")
    if not isinstance(version, int) or version < 1:
        raise BaselineError(f"{path}: the baseline has no valid schema_version")
    if version > SCHEMA_VERSION:
        raise BaselineError(
            f"{path}: the baseline has schema version {version}, this program reads up to "
            f"{SCHEMA_VERSION}; upgrade Driftwatch or build the baseline with this version"
        )
    body = _checked_body(path, document)
    try:
        baseline = Baseline.model_validate_json(body)
        _check(baseline)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BaselineError(
            f"{path}: the baseline does not hold together: {place}: {first['msg']}"
        ) from problem
    except ValueError as problem:
        raise BaselineError(f"{path}: the baseline does not hold together: {problem}") from problem
    return baseline


def _checked_body(path: Path, document: dict[str, Any]) -> str:
    """The document without its checksum, as text, once the checksum has been found to match."""
    checksum = document.pop("checksum", None)
    try:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        if checksum == _checksum(body):
            return body
    except (ValueError, RecursionError):  # half characters, or a depth that no baseline has
        pass
    raise BaselineError(
        f"{path}: the baseline was edited or damaged after it was built "
        "(its checksum does not match); build it again or copy it again"
    )


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8")
    except FileNotFoundError as problem:
        raise BaselineError(f"{path}: no such baseline") from problem
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise BaselineError(
            f"{path}: the baseline is truncated (its compressed data ends early); copy it again"
        ) from problem
    except UnicodeDecodeError as problem:
        raise BaselineError(f"{path}: not a Driftwatch baseline (not UTF-8)") from problem
    except OSError as problem:
        raise BaselineError(f"{path}: can't read the baseline: {problem.strerror}") from problem


def _check(baseline: Baseline) -> None:
    """What types can't say. Raises ValueError."""
    names = [column.name for column in baseline.columns]
    if len(set(names)) != len(names):
        raise ValueError("two columns have one name")
    for column in baseline.columns:
        cells = column.cells()
        if min(cells) < 0 or sum(cells) != baseline.rows:
            raise ValueError(f"the counts of column {column.name!r} do not add up to the rows")
        if isinstance(column, NumericBaseline):
            _check_numeric(column)
        else:
            _check_categorical(column)


def _check_numeric(column: NumericBaseline) -> None:
    edges = np.array(column.edges)
    if len(column.bins) != len(edges) + 1 or (np.diff(edges) <= 0).any():
        raise ValueError(f"the edges of column {column.name!r} are not ascending")
    if len(edges) and not 0 <= column.low <= column.high < len(edges):
        raise ValueError(f"the range of column {column.name!r} is not among its edges")
    if column.count != sum(column.bins):
        raise ValueError(f"the bins of column {column.name!r} do not add up to its count")


def _check_categorical(column: CategoricalBaseline) -> None:
    words, hashes = column.vocabulary, column.hashes()
    if len(words) != len(column.counts) or len(set(words)) != len(words):
        raise ValueError(f"the vocabulary of column {column.name!r} does not fit its counts")
    if (hashes[1:] <= hashes[:-1]).any():
        raise ValueError(f"the hashes of column {column.name!r} are not ascending")
