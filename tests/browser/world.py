"""A small world for the status page: a model of rides, its training data and its serving log.

Each column is there for something that a page has to show: numbers, few numbers, words, values that
are missing, a name and words that would do harm in a page that believed them.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from driftwatch.records import FloatArray

MODEL, VERSION = "rides", "7"
PREDICTION, LABEL = "minutes", "actual_minutes"
HOSTILE_NAME = "preis \"netto\" <b>€</b>/km & 'Größe' %2F"
HOSTILE_WORDS = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=1">',
    "plain",
)
NEW_HOSTILE_WORD = "</td></tr><svg onload=\"document.title='taken'\">{{ 7 * 7 }}"
SECRET_WORDS = ("secret-one.example", "secret-two.example")
NEW_SECRET_WORD = "secret-three.example"

_ZONES = ("Harbor", "Old Town", "Station", "University", "Market", "Riverside", "Airport")
_WEATHER = ("clear", "cloudy", "rain", "fog")

Rows = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Drift:
    """What goes wrong upstream; as it is made by default, nothing does."""

    celsius: bool = False
    ratings_missing: float = 0.0
    new_words: bool = False


NOTHING = Drift()
EVERYTHING = Drift(celsius=True, ratings_missing=0.3, new_words=True)


def draw(rng: Generator, count: int, drift: Drift = NOTHING) -> Rows:
    """So many rides, by column."""
    temperature = rng.normal(54.0, 9.0, count).round(1)
    miles = rng.lognormal(0.9, 0.5, count).round(2)
    surge = rng.choice((1.0, 1.2, 1.5, 2.0), count, p=(0.75, 0.13, 0.08, 0.04))
    sent = ((temperature - 32.0) / 1.8).round(1) if drift.celsius else temperature
    minutes = _predict(miles, sent)
    missing = rng.random(count) < 0.02 + drift.ratings_missing
    return {
        "trip_miles": miles.tolist(),
        "temperature": sent.tolist(),
        "hour": rng.choice(24, count).tolist(),
        "surge": surge.tolist(),
        "passengers": rng.choice((1, 2, 3, 4), count, p=(0.6, 0.25, 0.1, 0.05)).tolist(),
        "rating": _without(rng.normal(4.4, 0.4, count).clip(1, 5).round(2).tolist(), missing),
        "weather": _words(rng, count, _WEATHER, "hail" if drift.new_words else None),
        "vehicle": _words(rng, count, ("car", "bike", "scooter")),
        "pickup_zone": _words(rng, count, _ZONES),
        "app": _words(rng, count, ("ios", "android")),
        "promo": _words(rng, count, HOSTILE_WORDS, NEW_HOSTILE_WORD if drift.new_words else None),
        "email_domain": _words(
            rng, count, SECRET_WORDS, NEW_SECRET_WORD if drift.new_words else None
        ),
        HOSTILE_NAME: rng.gamma(3.0, 1.0, count).round(2).tolist(),
        PREDICTION: minutes.tolist(),
        LABEL: (_predict(miles, temperature) * rng.normal(1.0, 0.1, count)).round(1).tolist(),
    }


def _predict(miles: FloatArray, temperature: FloatArray) -> FloatArray:
    """The model's answer: riders are slower in the cold."""
    cold = np.maximum(0.0, 45.0 - temperature)
    found: FloatArray = (2.0 + 4.0 * miles * (1.0 + 0.01 * cold)).round(1)
    return found


def _words(rng: Generator, count: int, words: Sequence[str], new: str | None = None) -> list[str]:
    found: list[str] = rng.choice(words, count).tolist()
    if new is None:
        return found
    return [new if lot < 0.08 else word for word, lot in zip(found, rng.random(count), strict=True)]


def _without(values: Sequence[float], missing: Any) -> list[float | None]:
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]


def write_training_data(path: Path, rows: int = 6_000, drift: Drift = NOTHING) -> None:
    """The training data as CSV, or a batch like them in which something went wrong."""
    columns = draw(np.random.default_rng(1), rows, drift)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def records(rng: Generator, times: Sequence[float], drift: Drift = NOTHING) -> Iterator[str]:
    """The log of rides at these times (seconds since the epoch), one line each."""
    columns = draw(rng, len(times), drift)
    for at, *values in zip(times, *columns.values(), strict=True):
        ride = dict(zip(columns, values, strict=True))
        record = {
            "ts": datetime.fromtimestamp(at, UTC).isoformat(),
            "model": MODEL,
            "version": VERSION,
            "prediction": {PREDICTION: ride.pop(PREDICTION)},
            "label": {LABEL: ride.pop(LABEL)},
            "features": ride,
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"
