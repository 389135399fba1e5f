"""DuckDB: one query that counts the baseline's tenths and words of every column, then PSI.

The records come as an Arrow table, or as texts that it parses itself, or as a file in memory.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.throughput.peers.decoding import by_arrow
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.peers.shares import psi
from benchmarks.throughput.shapes import Shape

IN_MEMORY = Path("/dev/shm")  # a file there is never written to a disk


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Ask for all the counts at once."""
    connection = duckdb.connect(config={"threads": 1})
    edges = {n: np.quantile(train[n], np.arange(1, 10) / 10).tolist() for n in shape.numbers}
    known = {n: Counter(train[n]) for n in shape.words}
    flat = np.full(10, 0.1)
    asked = [f"histogram({name}, {cuts})" for name, cuts in edges.items()]
    asked += [f"histogram({name})" for name in known]

    def distances(source: str) -> Mapping[str, float]:
        rows: Any = connection.execute(f"SELECT {', '.join(asked)} FROM {source}").fetchall()
        live = dict(zip((*edges, *known), rows[0], strict=True))
        found = {n: psi(np.array(list(live[n].values()), dtype=float), flat) for n in edges}
        for name, words in known.items():
            each = words.keys() | live[name].keys()
            found[name] = psi(
                np.array([live[name].get(w, 0) for w in each]), np.array([words[w] for w in each])
            )
        return found

    return {
        "pyarrow": _through_arrow(connection, by_arrow(shape), distances),
        "from_json": _through_texts(connection, shape, distances),
        "read_json": _through_a_file(shape, distances),
    }


Ask = Callable[[str], Mapping[str, float]]


def _through_arrow(connection: Any, decode: Callable[..., Any], ask: Ask) -> Way:
    def way(values: Sequence[bytes]) -> Mapping[str, float]:
        connection.register("batch", decode(values))
        return ask("batch")

    return way


def _through_texts(connection: Any, shape: Shape, ask: Ask) -> Way:
    fields = [f'"{n}": "DOUBLE"' for n in shape.numbers] + [
        f'"{n}": "VARCHAR"' for n in shape.words
    ]
    structure = f'{{"features": {{{", ".join(fields)}}}}}'
    parsed = f"(SELECT unnest(from_json(text, '{structure}').features) FROM batch)"

    def way(values: Sequence[bytes]) -> Mapping[str, float]:
        connection.register(
            "batch", pa.table({"text": pa.array(values, pa.binary()).cast("string")})
        )
        return ask(parsed)

    return way


def _through_a_file(shape: Shape, ask: Ask) -> Way:
    fields = [f"{n} DOUBLE" for n in shape.numbers] + [f"{n} VARCHAR" for n in shape.words]
    columns = f"{{features: 'STRUCT({', '.join(fields)})'}}"
    folder = IN_MEMORY if IN_MEMORY.is_dir() else None

    def way(values: Sequence[bytes]) -> Mapping[str, float]:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".jsonl") as file:
            file.write(b"\n".join(values))
            file.flush()
            read = f"read_json('{file.name}', format = 'newline_delimited', columns = {columns})"
            return ask(f"(SELECT unnest(features) FROM {read})")

    return way


if __name__ == "__main__":
    run(make, Package("duckdb", ("pyarrow",)))
