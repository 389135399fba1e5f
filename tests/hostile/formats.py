"""The log formats that are attacked. A new decoder needs one entry in `FORMATS`.

All of them say the same records, of a model with two versions, so that one world reads them all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.records import ModelVersion
from tests.decode.baselines import baseline_of, by_route

TIME = 1_767_225_600
"""Stands in an example for the event time (2026-01-01)."""


@dataclass(frozen=True)
class Format:
    """One log format. decode: its section of the configuration. examples: good records."""

    decode: Mapping[str, Any]
    examples: tuple[bytes, ...]


def world() -> dict[ModelVersion, Baseline]:
    """What the records are compared with: numbers, words, booleans, nested objects, vectors."""
    rng = np.random.default_rng(1)
    rows = 400
    columns = {
        "amount": rng.normal(50.0, 20.0, rows).round(3).tolist(),
        "country": rng.choice(["DE", "FR", "3", "été"], rows).tolist(),
        "flag": (rng.random(rows) < 0.3).tolist(),
        "user.age": rng.integers(18, 90, rows).tolist(),
        "user.plan": rng.choice(["free", "paid"], rows).tolist(),
        "v.0": rng.random(rows).tolist(),
        "v.1": rng.random(rows).tolist(),
        "score": rng.random(rows).round(4).tolist(),
        "probs.0": rng.random(rows).tolist(),
        "probs.1": rng.random(rows).tolist(),
    }
    predictions = ("score", "probs.*")
    return by_route(
        baseline_of(columns, predictions=predictions),
        baseline_of({**columns, "amount": columns["country"]}, version="2", predictions=("score",)),
    )


def _nested(version: object, vectors: bool, **features: Any) -> bytes:
    record: dict[str, Any] = {
        "ts": TIME,
        "model": "fraud",
        "version": version,
        "request_id": "1f-2e",
        "features": {
            "amount": 12.5,
            "country": "DE",
            "flag": True,
            "user": {"age": 41, "plan": "free"},
            **features,
        },
        "out": {"score": 0.125},
    }
    if vectors:  # these keep a record from the decoder's fast path
        record["features"]["v"] = [0.25, 0.75]
        record["out"]["probs"] = [0.5, 0.5]
    return json.dumps(record, separators=(",", ":")).encode()


def _flat(version: object, vectors: bool, **features: Any) -> bytes:
    record = json.loads(_nested(version, vectors, **features))
    out = record.pop("out")
    return json.dumps({**record.pop("features"), **record, **out}, separators=(",", ":")).encode()


_VARIATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"amount": -3, "country": "FR"},
    {"flag": False, "user": {"plan": "paid", "age": 1e2}},
    {"amount": None, "country": "new word", "user": {"age": 20}},
)
_NAMES = {"timestamp": "ts", "model": "model", "model_version": "version"}

FORMATS: Mapping[str, Format] = {
    "json": Format(
        {
            **_NAMES,
            "features": "features",
            "predictions": {"score": "out.score", "probs": "out.probs"},
        },
        tuple(_nested(v, w, **f) for v, w, f in product(("1", 2), (True, False), _VARIATIONS)),
    ),
    "flat json": Format(
        {**_NAMES, "features": ".", "predictions": {"score": "score", "probs": "probs"}},
        tuple(_flat(v, w, **f) for v, w, f in product(("1", 2), (True, False), _VARIATIONS)),
    ),
}
