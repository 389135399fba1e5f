"""The baseline artifact: a JSON file, gzipped if its name ends in `.gz`.

It holds what the daemon compares with and nothing of the training data itself but the words of
categorical columns and the edges of numeric ones. A checksum over everything else in the file makes
an edited or damaged artifact an error instead of a wrong alarm.
"""

import gzip
import hashlib
import io
import json
import os
import tempfile
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from driftwatch.baseline.basis import basis_of
from driftwatch.baseline.checks import check_counts, check_measured
from driftwatch.baseline.columns import (
    CategoricalBaseline,
    ColumnBaseline,
    FalseAlarms,
    Half,
    NumericBaseline,
    Part,
)
from driftwatch.errors import BaselineError
from driftwatch.records import ModelVersion
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.layout import Layout
from driftwatch.stats.members import Basis

__all__ = [
    "Baseline",
    "CategoricalBaseline",
    "ColumnBaseline",
    "FalseAlarms",
    "Half",
    "NumericBaseline",
    "Order",
    "SelfTest",
    "load_baseline",
]

FORMAT = "driftwatch-baseline"
SCHEMA_VERSION = 1

MOST_BYTES = 1 << 28
"""Of the file, and of what it unpacks to: 100 columns of 100,000 words each take 160 MB."""
MOST_VALUES = 1 << 24
"""Of the JSON, before it is parsed: an empty list is two bytes of it, and 64 of memory."""
MOST_ROWS = 1 << 53
"""Counts are turned into shares; above it they would no longer be exact."""

Order = Literal["unknown", "timestamp", "rows"]


class SelfTest(Part):
    """The replay of the last rows of the training data against the ones before.

    panes, pane_rows: how many panes, of how many rows at most. false_alarms, tolerance: as the
    alarm was configured. The outcome stands with each column.
    """

    panes: int
    pane_rows: int
    false_alarms: str
    tolerance: float


class Baseline(Part):
    """What a model version's records are compared with.

    rows: records of the training data; data_fingerprint: a hash over their columns and values.
    timestamp: the column of the training data that held its times, if one was named.
    order: how it is known in which order the rows came. untimed: rows without a readable time,
        which were left out of everything that goes by that order.
    block_sizes: rows of the blocks in which dependence was measured; empty where it was not.
    self_test: what the last rows were replayed with; None where there was no order.
    """

    format: Literal["driftwatch-baseline"] = "driftwatch-baseline"
    schema_version: Literal[1] = 1
    model: str
    model_version: str
    rows: int
    data_fingerprint: str
    timestamp: str | None = None
    order: Order = "unknown"
    untimed: int = 0
    block_sizes: tuple[int, ...] = ()
    self_test: SelfTest | None = None
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

    def bases(self) -> tuple[Basis, ...]:
        """What the evidence bank asks of each column, and how much it excuses."""
        return tuple(basis_of(column, self.block_sizes) for column in self.columns)

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
    if sum(map(text.count, "[{,")) > MOST_VALUES:
        raise BaselineError(
            f"{path}: more than {MOST_VALUES:,} values in one file, which no baseline has"
        )
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
    except (ValueError, OverflowError) as problem:
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
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise BaselineError(
                f"{path}: larger than {MOST_BYTES:,} bytes (unpacked, where it is gzipped), which "
                "no baseline is"
            )
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
    if not 0 <= baseline.rows <= MOST_ROWS:
        raise ValueError(f"{baseline.rows} rows are not from 0 to {MOST_ROWS}")
    if not 0 <= baseline.untimed <= baseline.rows:
        raise ValueError("more rows are without a time than there are")
    sizes = baseline.block_sizes
    if list(sizes) != sorted(set(sizes)) or (sizes and sizes[0] < 1):
        raise ValueError("the block sizes are not ascending")
    for column in baseline.columns:
        check_counts(column, baseline.rows)
        check_measured(column, baseline.rows, baseline.untimed, len(sizes))
