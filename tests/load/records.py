"""The log of the load tests: JSON of 20 columns, the training data's own rows over and over.

So nothing in it ever drifts, however long it is, and a record costs its writer next to nothing.
"""

import json

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions

ROWS = 20_000
RECORD_BYTES = 673
"""A common size of a serving log's records."""
_NUMBERS = tuple(f"feature_{i:02}" for i in range(14))
_CATEGORIES = tuple(f"category_{i:02}" for i in range(6))
_WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def baseline() -> Baseline:
    """The baseline of these rows."""
    chunk = Chunk.from_records(_rows())
    return build(lambda: iter([chunk]), BuildOptions("m", "1"))


def record(time_s: float, rest: bytes) -> bytes:
    """A record, its event time to the millisecond."""
    return b'{"ts":%.3f,%b' % (time_s, rest)


def rests() -> list[bytes]:
    """What follows the event time in each row's record."""
    found = []
    for i, row in enumerate(_rows()):
        entry = {"request_id": f"{i:032x}", "features": row, "pad": ""}
        rest = json.dumps(entry, separators=(",", ":")).encode()[1:]
        missing = RECORD_BYTES - len(record(1e9, rest))
        found.append(rest[:-2] + b"." * missing + rest[-2:])
    return found


def _rows() -> list[dict[str, object]]:
    rng = np.random.default_rng(1)
    numbers = rng.normal(50.0, 20.0, (ROWS, len(_NUMBERS))).round(6).tolist()
    words = rng.choice(_WORDS, (ROWS, len(_CATEGORIES))).tolist()
    return [
        {**dict(zip(_NUMBERS, row, strict=True)), **dict(zip(_CATEGORIES, chosen, strict=True))}
        for row, chosen in zip(numbers, words, strict=True)
    ]
