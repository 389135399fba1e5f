"""Which row of the log answers which golden input."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from driftwatch.parity.cells import Recorded
from driftwatch.records import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """golden, log: (P,) rows that belong together; an input that was asked twice is there twice.

    missing: (M,) golden rows that nothing answers. extra: rows of the log that answer none.
    golden_duplicates, log_duplicates: rows whose key an earlier row of the same side has. Of golden
        rows the first counts; of the log all do.
    """

    golden: IntArray
    log: IntArray
    missing: IntArray
    extra: int = 0
    golden_duplicates: int = 0
    log_duplicates: int = 0


def pairs_of(golden: Recorded, log: Recorded) -> Pairs:
    """Match by key; where there are no keys, row by row, as far as the shorter side goes."""
    if golden.keys is None or log.keys is None:
        both = np.arange(min(golden.rows, log.rows), dtype=np.int64)
        missing = np.arange(len(both), golden.rows, dtype=np.int64)
        return Pairs(both, both, missing, log.rows - len(both))
    first: dict[str, int] = {}
    for row, key in enumerate(golden.keys):
        if key is not None:
            first.setdefault(key, row)
    answered = [(first[key], row) for row, key in enumerate(log.keys) if key in first]
    matched = np.array(answered, dtype=np.int64).reshape(-1, 2)
    rows = np.array(sorted(first.values()), dtype=np.int64)
    keyless = [row for row, key in enumerate(golden.keys) if key is None]
    unanswered = np.setdiff1d(rows, matched[:, 0])
    return Pairs(
        matched[:, 0],
        matched[:, 1],
        np.sort(np.concatenate((unanswered, np.array(keyless, dtype=np.int64)))),
        log.rows - len(matched),
        golden.rows - len(keyless) - len(first),
        sum(count - 1 for key, count in Counter(log.keys).items() if key is not None),
    )
