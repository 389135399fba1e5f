"""Logs of orders in which nothing moves, all of them move, or one slice alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

Change = Callable[[dict[str, Any]], None]


def log(seed: int, count: int, change: Change | None = None) -> list[dict[str, Any]]:
    """One record a second; the change is made to the last 40 of 100."""
    rng = np.random.default_rng(seed)
    columns = {
        "weather": rng.choice(["sunny", "rainy", "snow"], count, p=[0.5, 0.3, 0.2]),
        "people": rng.integers(1, 9, count),
        "amount": rng.exponential(50, count),
        "age": rng.normal(40, 10, count),
        "member": rng.random(count) < 0.5,
        "tip": np.where(rng.random(count) < 0.9, rng.normal(3, 1, count), np.nan),
    }
    rows = [
        dict(zip(columns, row, strict=True))
        for row in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]
    for i, row in enumerate(rows):
        row["tip"] = None if row["tip"] != row["tip"] else row["tip"]
        row["ts"] = 1_700_000_000 + i
        if change is not None and i >= 0.6 * count:
            change(row)
    return rows
