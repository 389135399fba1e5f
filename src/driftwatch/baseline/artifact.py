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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from driftwatch.baseline.basis import basis_of
from driftwatch.baseline.checks import (
    check_conditions,
    check_counts,
    check_derived,
    check_measured,
    check_segments,
)
from driftwatch.baseline.columns import (
    CategoricalBaseline,
    ColumnBaseline,
    FalseAlarms,
    Half,
    NumericBaseline,
)
from driftwatch.baseline.volume import Volume
from driftwatch.derive.derivation import NamedCondition, Part
from driftwatch.derive.kinds import AnyDerivation
from driftwatch.errors import BaselineError
from driftwatch.records import WHOLE, ModelVersion
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
    "Segment",
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


class Segment(Part):
    """Training rows for which the condition of this name holds, on the cells of the whole."""

    name: str
    baseline: "Baseline"


class Baseline(Part):
    """What a model version's records are compared with.

    rows: records of the training data; data_fingerprint: a hash over their columns and values.
    timestamp: the column of the training data that held its times, if one was named.
    order: how it is known in which order the rows came. untimed: rows without a readable time,
        which were left out of everything that goes by that order.
    block_sizes: rows of the blocks in which dependence was measured; empty where it was not.
    self_test: what the last rows were replayed with; None where there was no order.
    derived: how columns are made that no record holds. conditions: what every record is asked; each
        has a categorical column of the words `true` and `false`. segments: one for each condition
        of that role.
    volume: how many rows came in each hour of the week; None where their times are not known, or
        span less than an hour.
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
    volume: Volume | None = None
    derived: tuple[AnyDerivation, ...] = ()
    conditions: tuple[NamedCondition, ...] = ()
    columns: tuple[ColumnBaseline, ...]
    segments: tuple[Segment, ...] = ()

    @classmethod
    def load(cls, path: Path | str) -> "Baseline":
        """Read an artifact and check it (see `load_baseline`). Raises BaselineError."""
        return load_baseline(Path(path))

    @classmethod
    def from_pandas(
        cls, frame: Any, *, model: str, model_version: str, **options: Any
    ) -> "Baseline":
        """Make a baseline of a `pandas.DataFrame`, as `driftwatch baseline build` makes one.

        options: predictions, labels, timestamp, ignore and the others of `BuildOptions`; segments,
            rates and contract are conditions by name. A single name need not stand in a list.

        NaN is taken for null, as it is when pandas writes Parquet.

        Raises DataError for a frame that can't be read, UsageError for options that don't fit it.
        """
        from driftwatch.baseline.frames import baseline_of_pandas, options_of

        return baseline_of_pandas(frame, options_of(model, model_version, **options))

    @classmethod
    def from_arrow(
        cls, table: Any, *, model: str, model_version: str, **options: Any
    ) -> "Baseline":
        """The same of a `pyarrow.Table`, whose NaN are NaN."""
        from driftwatch.baseline.frames import baseline_of_arrow, options_of

        return baseline_of_arrow(table, options_of(model, model_version, **options))

    @classmethod
    def from_numpy(
        cls, array: Any, names: Sequence[str], *, model: str, model_version: str, **options: Any
    ) -> "Baseline":
        """The same of an array of shape (rows, columns); names: of its columns, in their order."""
        from driftwatch.baseline.frames import baseline_of_numpy, options_of

        return baseline_of_numpy(array, names, options_of(model, model_version, **options))

    @classmethod
    def from_spark(
        cls, frame: Any, *, model: str, model_version: str, **options: Any
    ) -> "Baseline":
        """The same of a `pyspark.sql.DataFrame`, whose rows stay on the workers of its cluster."""
        from driftwatch.baseline.frames import options_of
        from driftwatch.baseline.spark import baseline_of_spark

        return baseline_of_spark(frame, options_of(model, model_version, **options))

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
        segments = tuple(
            segment.model_copy(update={"baseline": segment.baseline.without(names)})
            for segment in self.segments
        )
        return self.model_copy(update={"columns": kept, "segments": segments})

    def of(self, segment: str) -> "Baseline":
        """That of a segment; `all` is this one itself. Raises KeyError."""
        if segment == WHOLE:
            return self
        return {each.name: each.baseline for each in self.segments}[segment]

    def meaning(self, segment: str) -> str:
        """Changes where the records of a segment are counted otherwise in the same cells.

        Empty where nothing is derived and nothing asked.
        """
        if not self.derived and not self.conditions:
            return ""
        digest = hashlib.blake2b(segment.encode(), digest_size=8)
        for derivation in self.derived:
            digest.update(derivation.model_dump_json().encode())
        for condition in self.conditions:
            digest.update(condition.model_dump_json(exclude={"read"}).encode())
        return digest.hexdigest()

    def to_bytes(self) -> bytes:
        """The file's content, before any compression: the same baseline gives the same bytes."""
        document = self.model_dump(mode="json")
        body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return f'{body[:-1]},"checksum":"{_checksum(body)}"}}\n'.encode("utf-8", "strict")

    def save(self, path: Path | str) -> None:
        """Write the artifact in one step: the old file stays whole until the new one is.

        Raises BaselineError if it can't be written.
        """
        path = Path(path)
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
    check_derived(baseline.derived)
    check_conditions(baseline.conditions, baseline.columns)
    check_segments(baseline.conditions, [segment.name for segment in baseline.segments])
    fingerprint = baseline.layout().fingerprint if baseline.segments else ""
    for segment in baseline.segments:
        own = segment.baseline
        if own.route != baseline.route or own.derived or own.conditions or own.segments:
            raise ValueError(f"segment {segment.name!r} is not a part of this baseline")
        if own.rows > baseline.rows or own.layout().fingerprint != fingerprint:
            raise ValueError(f"the cells of segment {segment.name!r} are not those of the whole")
        _check(own)
