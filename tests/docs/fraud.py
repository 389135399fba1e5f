"""What somebody has who follows the README: training data, a log, a table of last month."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tests.docs.blocks import blocks
from tests.harness.tools import ROOT

LIVE_ROWS = 12_000
_LIVE_SECONDS = 7_200


def make_data(folder: Path) -> Path:
    """training.csv, last-month.csv, and log/: two hours of amounts that are 1.9 times as large."""
    (folder / "log").mkdir(parents=True)
    _write_table(folder / "training.csv", _rows(1, 5_000), "customer_id")
    _write_table(folder / "last-month.csv", _rows(2, 3_000), "customer_id")
    lines = b"".join(record + b"\n" for record in live_records())
    (folder / "log" / "fraud.jsonl").write_bytes(lines)
    return folder


def live_records() -> list[bytes]:
    """The last two hours of a serving log, each record like the one in the README."""
    (shown,) = [
        json.loads(block.text) for block in blocks(ROOT / "README.md") if block.language == "json"
    ]
    data = _rows(3, LIVE_ROWS, amount_factor=1.9)
    # From a whole minute on, so that the panes hold the same records on every run.
    began = time.time() // 60 * 60 - _LIVE_SECONDS
    found = []
    for i, row in enumerate(data):
        at = datetime.fromtimestamp(began + i * _LIVE_SECONDS / len(data), UTC)
        record = {
            "ts": at.isoformat().replace("+00:00", "Z"),
            "version": "3",
            "features": {"amount": row["amount"], "country": row["country"]},
            "score": row["score"],
        }
        assert record.keys() == shown.keys()
        assert record["features"].keys() == shown["features"].keys()
        found.append(json.dumps(record).encode())
    return found


def _rows(seed: int, count: int, amount_factor: float = 1.0) -> list[dict[str, Any]]:
    """Features and predictions of the README's model."""
    rng = np.random.default_rng(seed)
    amounts = (rng.lognormal(3.0, 0.7, count) * amount_factor).round(2)
    countries = rng.choice(["DE", "FR", "PL", "SE"], count, p=(0.5, 0.3, 0.15, 0.05))
    scores = rng.beta(2, 8, count).round(4)
    columns = zip(amounts.tolist(), countries.tolist(), scores.tolist(), strict=True)
    return [{"amount": a, "country": c, "score": s} for a, c, s in columns]


def _write_table(path: Path, data: Iterable[dict[str, Any]], first: str) -> None:
    lines = [f"{first},amount,country,score"]
    lines += [f"{i},{row['amount']},{row['country']},{row['score']}" for i, row in enumerate(data)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
