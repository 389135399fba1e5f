"""Records of a shape, its training rows and its baseline, as files that every measurement reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.records import MODEL, VERSION
from benchmarks.throughput.shapes import NULL_SHARE, WORDS, Shape
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.derive.derivation import NamedCondition

TRAINING_CELLS = 2_000_000
TRAINING_ROWS = 20_000
"""At most; fewer where the columns are many."""
CHUNK_ROWS = 5_000
PAD = "." * 90
"""What else a record holds that nobody monitors."""


@dataclass(frozen=True, slots=True)
class Log:
    """Where the files of a shape are: `records.jsonl`, `train.jsonl` and the baseline."""

    folder: Path
    shape: Shape
    records: int

    @property
    def values(self) -> Path:
        """The records."""
        return self.folder / "records.jsonl"

    @property
    def train(self) -> Path:
        """The training rows, features only."""
        return self.folder / "train.jsonl"


def prepare(folder: Path, shape: Shape, records: int, first_s: float) -> Log:
    """Write the files of a shape. first_s: event time of the first record."""
    log = Log(folder / f"{shape.name}-{records}", shape, records)
    log.folder.mkdir()
    rows = min(TRAINING_ROWS, TRAINING_CELLS // shape.columns)
    train = list(_features(shape, rows, seed=7))
    log.train.write_bytes(b"\n".join(map(msgspec.json.encode, train)) + b"\n")
    conditions = tuple(
        NamedCondition(name=f"part_{i}", role="segment", text=f"feature_000 > {30 + 10 * i}")
        for i in range(shape.segments)
    )
    options = BuildOptions(MODEL, VERSION, conditions=conditions)
    chunk = Chunk.from_records(train)
    build(lambda: iter([chunk]), options).save(log.folder / "bench.baseline.json.gz")
    with log.values.open("wb") as file:
        for i, features in enumerate(_features(shape, records, seed=1)):
            entry = {
                "ts": round(first_s + i / shape.per_second, 3),
                "request_id": f"{i:032x}",
                "meta": {"version": VERSION},
                "features": features,
                "pad": PAD,
            }
            file.write(msgspec.json.encode(entry) + b"\n")
    return log


def _features(shape: Shape, rows: int, seed: int) -> Iterator[dict[str, Any]]:
    """The features of some records: numbers of six decimals and short words."""
    rng = np.random.default_rng(seed)
    shares = 1.0 / np.arange(1, len(WORDS) + 1)
    shares /= shares.sum()
    names = (*shape.numbers, *shape.words)
    for first in range(0, rows, CHUNK_ROWS):
        count = min(CHUNK_ROWS, rows - first)
        numbers = rng.normal(50.0, 20.0, (count, len(shape.numbers))).round(6).tolist()
        words = np.array(WORDS)[rng.choice(len(WORDS), (count, len(shape.words)), p=shares)]
        missing = rng.random((count, len(names))) < (NULL_SHARE if shape.nulls else 0.0)
        for row, chosen, gone in zip(numbers, words.tolist(), missing.tolist(), strict=True):
            values = [*row, *chosen]
            if shape.nulls:
                values = [None if g else v for g, v in zip(gone, values, strict=True)]
            yield dict(zip(names, values, strict=True))
