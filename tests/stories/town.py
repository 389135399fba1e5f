"""The stories' world: an app that asks a model whether a rider will accept the offered fare.

Fourteen columns go into the model, and two come out: `accept`, a probability, and `offer`, the kind
of ride that is shown first. Everything is drawn from a generator that is handed in: the same seed
gives the same trips.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from driftwatch.records import FloatArray

MODEL = "fare-accept"
VERSION = "7"
PREDICTIONS = ("accept", "offer")
FEATURES = (
    "temperature",
    "wind_mph",
    "weather",
    "num_people",
    "trip_miles",
    "pickup_minutes",
    "surge",
    "fare_scaled",
    "rating",
    "account_days",
    "last_tip",
    "city",
    "vehicle",
    "client",
)
COLUMNS = (*FEATURES, *PREDICTIONS)

Trips = Mapping[str, np.ndarray[Any, Any]]
"""By feature, one value a trip: numbers, words, and None where nothing is known."""

CITIES = {"Northport": 0.41, "Alder": 0.27, "Fairview": 0.18, "Castle Hill": 0.12, "Brook": 0.02}
CLIENTS = {
    "ios/8.1": 0.34,
    "ios/8.0": 0.16,
    "android/8.1": 0.29,
    "android/8.0": 0.13,
    "web": 0.07,
    "partner-api": 0.01,
}
WEATHER = {"sunny": 0.36, "cloudy": 0.33, "rain": 0.2, "fog": 0.06, "snow": 0.05}
_PEOPLE = {1: 0.49, 2: 0.23, 3: 0.08, 4: 0.07, 5: 0.04, 6: 0.04, 7: 0.03, 8: 0.02}
_SLOWER = {"sunny": 0.0, "cloudy": 0.1, "rain": 0.7, "fog": 0.2, "snow": 0.9}
FARE_MEAN, FARE_STDDEV = 17.4, 9.6
"""Dollars; what the training pipeline standardizes fares by."""


def draw(rng: Generator, count: int, cities: Mapping[str, float] = CITIES) -> Trips:
    """Trips that riders ask for."""
    weather = _one_of(rng, WEATHER, count)
    miles = rng.lognormal(1.1, 0.6, count).round(2)
    busy = rng.random(count) + 0.2 * np.isin(weather, ("rain", "snow"))
    surge = np.array((1.0, 1.2, 1.5, 2.0))[np.searchsorted((0.78, 0.95, 1.1), busy)]
    fare = (3.2 + 3.1 * miles) * surge + rng.normal(0.0, 1.2, count)
    tip = rng.gamma(2.0, 1.4, count).round(2).astype(object)
    tip[rng.random(count) < 0.35] = None
    return {
        "temperature": (58.0 + rng.normal(0.0, 11.0, count)).round(1),  # degrees Fahrenheit
        "wind_mph": rng.gamma(3.0, 2.4, count).round(1),
        "weather": weather,
        "num_people": _one_of(rng, _PEOPLE, count),
        "trip_miles": miles,
        "pickup_minutes": (1.0 + rng.gamma(2.2, 1.9, count)).round(1),
        "surge": surge,
        "fare_scaled": ((fare - FARE_MEAN) / FARE_STDDEV).round(4),
        "rating": np.minimum(5.0, rng.normal(4.75, 0.2, count)).round(2),
        "account_days": rng.exponential(420.0, count).astype(np.int64),
        "last_tip": tip,
        "city": _one_of(rng, cities, count),
        "vehicle": _one_of(rng, {"car": 0.7, "van": 0.18, "bike": 0.12}, count),
        "client": _one_of(rng, CLIENTS, count),
    }


def _one_of(rng: Generator, shares: Mapping[Any, float], count: int) -> np.ndarray[Any, Any]:
    weights = np.array(list(shares.values()))
    return rng.choice(np.array(list(shares)), count, p=weights / weights.sum())


def in_celsius(trips: Trips, _: Generator) -> Trips:
    """The same trips, from a weather service that has changed its unit."""
    return {**trips, "temperature": ((trips["temperature"] - 32.0) / 1.8).round(1)}


def predict(trips: Trips) -> tuple[FloatArray, list[str]]:
    """The model: the probability of a yes, and the kind of ride to show first.

    Riders in the cold and the rain take what they get; it takes temperatures for Fahrenheit.
    """
    slower = np.array([_SLOWER.get(word, 0.0) for word in trips["weather"].tolist()])
    cold = np.maximum(0.0, 50.0 - trips["temperature"].astype(np.float64))
    logit = 0.2 + 0.04 * cold + slower - 0.8 * trips["fare_scaled"] - 0.09 * trips["pickup_minutes"]
    logit = logit + 0.8 * (trips["rating"] - 4.75)
    accept: FloatArray = (1.0 / (1.0 + np.exp(-logit))).round(6)
    people, miles = trips["num_people"], trips["trip_miles"]
    offer = np.select(
        [people > 4, accept > 0.65, (miles < 2.0) & (accept < 0.5)], ["xl", "comfort", "pool"], "go"
    )
    return accept, offer.tolist()


def rows(trips: Trips) -> Iterator[dict[str, Any]]:
    """Each trip with its predictions, as a flat record of plain values."""
    accept, offer = predict(trips)
    columns = [trips[name].tolist() for name in FEATURES]
    for *features, yes, kind in zip(*columns, accept.tolist(), offer, strict=True):
        yield {**dict(zip(FEATURES, features, strict=True)), "accept": yes, "offer": kind}
