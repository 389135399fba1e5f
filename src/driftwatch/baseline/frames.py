"""Baselines of tables that are in memory already: pandas, Arrow, numpy.

They are the same, byte for byte, as those of the same rows in a Parquet file: a table goes through
the reader of Parquet's columns, and an array becomes the cells that Arrow's would be. Only pandas
and Arrow need the `baseline` extra.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from driftwatch.baseline.build import ChunksFactory, build
from driftwatch.baseline.cells import EXACT_INTEGERS, Values, objects, values_of
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.files import require_pyarrow
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.times import TimesOf, column_times, own_times
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import parse_derivation
from driftwatch.errors import DataError, UsageError
from driftwatch.timestamps import parse_times

if TYPE_CHECKING:
    from driftwatch.baseline.artifact import Baseline

_CHUNK_ROWS = 65_536
_LISTS = ("predictions", "labels", "serving", "ignore", "numeric", "categorical")
_ROLES: tuple[tuple[str, Literal["segment", "rate", "contract"]], ...] = (
    ("segments", "segment"),
    ("rates", "rate"),
    ("contract", "contract"),
)


def options_of(model: str, model_version: str, **given: Any) -> BuildOptions:
    """The options of a build as a program writes them.

    A single name need not stand in a list; segments, rates and contract are conditions by name,
    and derive holds texts like `text:review`, as on the command line.

    >>> options = options_of("fraud", "3", predictions="score", contract={"adult": "age >= 18"})
    >>> options.predictions, options.conditions[0].column
    (('score',), 'contract.adult')
    """
    given |= {name: _tuple(given[name]) for name in _LISTS if name in given}
    conditions = [
        NamedCondition(name=name, role=role, text=text)
        for written, role in _ROLES
        for name, text in given.pop(written, {}).items()
    ]
    derived = map(parse_derivation, _tuple(given.pop("derive", ())))
    return BuildOptions(
        model, model_version, conditions=tuple(conditions), derived=tuple(derived), **given
    )


def baseline_of_pandas(frame: Any, options: BuildOptions) -> "Baseline":
    """The baseline of a `pandas.DataFrame`, as `to_parquet` would write it.

    So a NaN is a null, and an index with a name is a column. Raises DataError, UsageError.
    """
    require_pyarrow("a baseline of a pandas frame")
    import pyarrow as pa

    check_distinct([str(name) for name in frame.columns])
    try:
        table = pa.Table.from_pandas(frame)
    except (pa.ArrowException, TypeError, ValueError) as problem:
        words = "; ".join(str(part) for part in problem.args)
        raise DataError(f"the frame can't be read: {words}; give each column one type") from problem
    return baseline_of_arrow(table, options)


def baseline_of_arrow(table: Any, options: BuildOptions) -> "Baseline":
    """The baseline of a `pyarrow.Table`. Raises DataError, UsageError."""
    require_pyarrow("a baseline of an Arrow table")
    check_distinct(table.column_names)
    sources = sources_of(options.derived)
    return _build(lambda: _arrow_chunks(table, sources), options)


def baseline_of_numpy(array: Any, names: Sequence[str], options: BuildOptions) -> "Baseline":
    """The baseline of an array (rows, columns) of numbers, booleans, texts or objects.

    Raises DataError, UsageError.
    """
    found = np.asarray(array)
    if found.ndim != 2:
        raise UsageError(f"the array has the shape {found.shape}; expected (rows, columns)")
    if found.shape[1] != len(names):
        raise UsageError(f"the array has {found.shape[1]} columns, and {len(names)} have a name")
    if found.dtype.kind not in "fiubUO":
        raise UsageError(f"an array of {found.dtype}: expected numbers, booleans, texts or objects")
    check_distinct(names)
    sources = sources_of(options.derived)
    return _build(lambda: _array_chunks(found, names, sources), options)


def _build(chunks: ChunksFactory, options: BuildOptions) -> "Baseline":
    return build(chunks, options, times_of=times_of_column(options.timestamp))


def times_of_column(name: str | None) -> TimesOf:
    """Where a table has the times of its rows: in the column of this name, if any."""
    return own_times if name is None else column_times(name, parse_times)


def _arrow_chunks(table: Any, sources: Container[str]) -> Iterator[Chunk]:
    from driftwatch.baseline.read_parquet import chunk_of

    rows = np.arange(table.num_rows)
    for start in range(0, table.num_rows, _CHUNK_ROWS):
        # Taken, not sliced: a slice of lists still carries the elements of the whole table.
        part = table.take(rows[start : start + _CHUNK_ROWS]).combine_chunks()
        for batch in part.to_batches():
            yield chunk_of(batch, start / table.num_rows, sources)


def _array_chunks(array: Any, names: Sequence[str], sources: Container[str]) -> Iterator[Chunk]:
    for start in range(0, len(array), _CHUNK_ROWS):
        part = array[start : start + _CHUNK_ROWS]
        columns = {name: _cells(part[:, i]) for i, name in enumerate(names) if name not in sources}
        raw = {name: _plain(part[:, i]) for i, name in enumerate(names) if name in sources}
        yield Chunk(len(part), columns, True, start / len(array), raw=raw)


def _cells(column: Any) -> Values:
    kind = column.dtype.kind
    if kind not in "fiu":
        return values_of(_plain(column))
    numbers = column.astype(np.float64)
    integral, exact = kind != "f", None
    if integral and (np.abs(numbers) >= EXACT_INTEGERS).any():
        exact = objects(column.tolist())
    return Values(np.zeros(len(column), dtype=np.uint8), numbers, integral=integral, exact=exact)


def _plain(column: Any) -> list[Any]:
    """Cells as JSON has them."""
    return [cell.item() if isinstance(cell, np.generic) else cell for cell in column.tolist()]


def _tuple(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def check_distinct(names: Sequence[str]) -> None:
    """Raise DataError for two columns of one name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise DataError(f"two columns have the name {twice!r}; rename one")
