"""The check as a whole: read both sides, match them, compare, and say what it comes to."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import named, nearest
from driftwatch.baseline.read import open_data
from driftwatch.errors import UsageError
from driftwatch.flatten import flatten
from driftwatch.parity.cells import Recorded, read_recorded
from driftwatch.parity.columns import compared_columns
from driftwatch.parity.outcome import Parity, ParityPolicy
from driftwatch.parity.pairs import pairs_of
from driftwatch.parity.told import Teller

_ELEMENT = re.compile(r"(.+)\.\d+")

Data = str | Path | Iterable[Mapping[str, Any]]
"""Where rows are (CSV, JSON Lines, Parquet), or the rows themselves as `json.loads` gives them."""


def parity(golden: Data, log: Data, policy: ParityPolicy | None = None, **settings: Any) -> Parity:
    """Compare what a model predicted elsewhere with its golden predictions.

    policy: what counts as the same; or its settings by name. Raises DataError for rows that can't
    be read, UsageError for a column that the golden rows lack.

    >>> golden = [{"id": "a", "score": 0.25}, {"id": "b", "score": 0.5}]
    >>> log = [{"id": "b", "score": 0.503}, {"id": "a", "score": 0.25}]
    >>> found = parity(golden, log, key="id")
    >>> found.verdict, found.reason
    ('differs', '1 of 2 golden inputs differs')
    >>> found.differences[0].name, f"{found.differences[0].size:.3f}"
    ('b', '0.003')
    """
    asked = policy or ParityPolicy(**settings)

    def wanted(name: str) -> bool:
        picked = not asked.predictions or named(name, asked.predictions)
        return picked and not named(name, asked.ignore)

    return compare(
        read_recorded(_chunks(golden), asked.key, wanted),
        read_recorded(_chunks(log), asked.key, wanted),
        asked,
    )


def _chunks(data: Data) -> Iterable[Chunk]:
    if isinstance(data, str | Path):
        return open_data([str(data)]).chunks()
    return [Chunk.from_records([flatten(record) for record in data])]


def compare(golden: Recorded, log: Recorded, policy: ParityPolicy) -> Parity:
    """Compare rows that have been read."""
    pairs = pairs_of(golden, log)
    told = Teller(golden, log, pairs, policy)
    if not golden.rows or not log.rows:
        return told.unknown("there are no golden rows" if not golden.rows else "the log is empty")
    vectors = _vectors(golden.columns)
    _check_names(vectors, policy)
    if policy.key is None and golden.rows != log.rows:
        return told.unknown(
            f"{golden.rows:,} golden rows and {log.rows:,} in the log can't be matched by their "
            "order; name a key"
        )
    if not len(pairs.golden):
        return told.unknown(f"no {policy.key} of the log is that of a golden row")
    lacking = [
        name for name, elements in vectors.items() if log.columns.keys().isdisjoint(elements)
    ]
    columns = [
        column
        for name, elements in vectors.items()
        if name not in lacking
        for column in compared_columns(name, elements, golden, log, pairs, policy)
    ]
    return told.outcome(columns, lacking)


def _vectors(columns: Iterable[str]) -> dict[str, list[str]]:
    """The columns by name; the elements of a vector, `p.0` and `p.1`, together as `p`."""
    found: dict[str, list[str]] = {}
    for name in columns:
        element = _ELEMENT.fullmatch(name)
        found.setdefault(element[1] if element else name, []).append(name)
    return found


def _check_names(vectors: Mapping[str, list[str]], policy: ParityPolicy) -> None:
    if not vectors:
        raise UsageError("no column is left to compare; leave out some --ignore")
    for name in policy.tolerances:
        if name not in vectors:
            raise UsageError(
                f"--column {name}: the golden rows have no such column to compare; "
                f"{nearest(name, vectors)}"
            )
