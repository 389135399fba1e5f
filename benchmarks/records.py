"""Records to measure with: JSON of a given number of columns, two thirds of them numeric."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions

VALUE_BYTES = 673
"""Size of a record of 20 columns; a common size of a serving log's."""
MODEL, VERSION = "bench", "3"
FIRST_S = 1_767_225_600.0
"""Event time of the first record: 2026-01-01."""
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def features(columns: int, rows: int, seed: int) -> Iterator[dict[str, Any]]:
    """The features of some records: six-decimal numbers and short words."""
    rng = np.random.default_rng(seed)
    words = max(1, columns * 3 // 10)
    numbers = rng.normal(50.0, 20.0, (rows, columns - words)).round(6).tolist()
    chosen = rng.choice(len(WORDS), (rows, words), p=_shares()).tolist()
    names = [f"feature_{i:02}" for i in range(columns - words)]
    word_names = [f"category_{i:02}" for i in range(words)]
    for row, codes in zip(numbers, chosen, strict=True):
        record = dict(zip(names, row, strict=True))
        record.update(zip(word_names, (WORDS[code] for code in codes), strict=True))
        yield record


def _shares() -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 1.0 / np.arange(1, len(WORDS) + 1)
    return shares / np.sum(shares)


def values(
    columns: int,
    rows: int,
    *,
    per_second: float,
    seed: int = 1,
    first_s: float = FIRST_S,
    size: int | None = None,
) -> list[bytes]:
    """Records as bytes, `per_second` of them a second of event time; padded to `size` bytes."""
    found = []
    for i, record in enumerate(features(columns, rows, seed)):
        entry = {
            "ts": round(first_s + i / per_second, 3),
            "request_id": f"{i:032x}",
            "meta": {"version": VERSION},
            "features": record,
            "pad": "",
        }
        value = json.dumps(entry, separators=(",", ":")).encode()
        if size is not None:
            value = value[:-2] + b"." * max(0, size - len(value)) + value[-2:]
        found.append(value)
    return found


def baseline(columns: int, rows: int = 20_000) -> Baseline:
    """The baseline of such records."""
    chunk = Chunk.from_records(list(features(columns, rows, seed=7)))
    return build(lambda: iter([chunk]), BuildOptions(MODEL, VERSION))


def settings(source: dict[str, object], state: dict[str, object], **more: object) -> dict[str, Any]:
    """A configuration that reads such records."""
    return {
        "source": source,
        "decode": {
            "timestamp": "ts",
            "model": {"const": MODEL},
            "model_version": "meta.version",
            "features": "features",
        },
        "models": {MODEL: {"baselines": {VERSION: "bench.baseline.json.gz"}}},
        "state": state,
        "http": {"listen": "127.0.0.1:0"},
        **more,
    }
