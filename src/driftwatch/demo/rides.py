"""The demo's world: people who ask how long a ride would take, and the model that tells them.

They ask for rides of the coming week, at any hour of it. So every minute of the log holds all hours
and weekdays, just as the training data does. A log of rides under way would hold the hour of the
clock alone, and look unlike a month of training every minute of the day.

Everything is drawn from a generator that is handed in: the same seed gives the same rides.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from driftwatch.records import FloatArray

MODEL = "ride-time"
VERSION = "4"
PREDICTION = "minutes"
FEATURES = (
    "trip_miles",
    "temperature",
    "hour",
    "weekday",
    "weather",
    "vehicle",
    "surge",
    "passengers",
    "pickup_zone",
)

Rides = Mapping[str, np.ndarray[Any, Any]]
"""By feature, one value a ride: numbers as they are, words as texts."""

_HOURLY = np.array(
    (2, 1, 1, 1, 1, 2, 5, 9, 11, 8, 6, 6, 7, 7, 6, 7, 9, 12, 12, 9, 7, 6, 5, 4), dtype=np.float64
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAILY = (0.13, 0.13, 0.14, 0.14, 0.17, 0.16, 0.13)
_SURGES = np.array((1.0, 1.2, 1.5, 2.0))
_ZONES = (
    *("Harbor", "Old Town", "Station", "University", "Market", "Riverside", "Airport", "Museum"),
    *("Hillside", "Stadium", "Northgate", "Gardens", "Mill Lane", "Lakeview", "Foundry", "Chapel"),
)
_ZONE_SHARES = 1.0 / np.arange(2, len(_ZONES) + 2)

_SPEED_MPH = {"bike": 9.0, "scooter": 11.0, "car": 22.0}
_SLOWER = {"clear": 1.0, "cloudy": 1.0, "rain": 1.12, "snow": 1.4, "fog": 1.15}


def draw(rng: Generator, count: int) -> Rides:
    """Rides that people ask for, with the weather that is forecast for them.

    >>> rides = draw(np.random.default_rng(1), 1_000)
    >>> sorted(set(rides["vehicle"].tolist())), bool(50 < rides["temperature"].mean() < 60)
    (['bike', 'car', 'scooter'], True)
    """
    hour = rng.choice(24, count, p=_HOURLY / _HOURLY.sum())
    by_day = 9.0 * np.cos((hour - 15) / 24 * 2 * np.pi)
    temperature = 53.0 + by_day + rng.normal(0.0, 9.0, count)  # degrees Fahrenheit, in autumn
    weather = _weather(rng, temperature)
    vehicle = rng.choice(["bike", "scooter", "car"], count, p=(0.3, 0.2, 0.5))
    far = np.select([vehicle == "bike", vehicle == "scooter"], [0.6, 0.5], 1.4)
    rush = np.isin(hour, (7, 8, 9, 17, 18, 19))
    wet = np.isin(weather, ("rain", "snow"))
    wanted = rng.random(count) + 0.15 * rush + 0.15 * wet
    return {
        "trip_miles": (far * rng.lognormal(0.9, 0.55, count)).round(2),
        "temperature": temperature.round(1),
        "hour": hour,
        "weekday": rng.choice(_WEEKDAYS, count, p=_DAILY),
        "weather": weather,
        "vehicle": vehicle,
        "surge": _SURGES[np.searchsorted((0.8, 0.95, 1.1), wanted)],
        "passengers": np.where(vehicle == "car", rng.choice((1, 2, 3, 4), count, p=_PARTIES), 1),
        "pickup_zone": rng.choice(_ZONES, count, p=_ZONE_SHARES / _ZONE_SHARES.sum()),
    }


_PARTIES = (0.62, 0.24, 0.08, 0.06)


def _weather(rng: Generator, temperature: FloatArray) -> np.ndarray[Any, Any]:
    lot = rng.random(len(temperature))
    falls = np.where(temperature < 37.0, "snow", "rain")
    return np.select([lot < 0.2, lot < 0.25, lot < 0.55], [falls, "fog", "cloudy"], "clear")


def in_celsius(rides: Rides) -> Rides:
    """The same rides, from a weather service that has changed its unit.

    >>> in_celsius({"temperature": np.array([50.0, 32.0])})["temperature"].tolist()
    [10.0, 0.0]
    """
    return {**rides, "temperature": ((rides["temperature"] - 32.0) / 1.8).round(1)}


def with_hail(rides: Rides, rng: Generator) -> Rides:
    """The same rides, from a client that tells hail from rain: about 3 in 100 rides."""
    hail = (rides["weather"] == "rain") & (rng.random(len(rides["weather"])) < 0.18)
    return {**rides, "weather": np.where(hail, "hail", rides["weather"])}


def predict(rides: Rides) -> FloatArray:
    """The model: minutes from door to door.

    It takes temperatures for Fahrenheit and slows riders down in the cold. A weather that it does
    not know is fine weather to it.
    """
    speed = np.array([_SPEED_MPH[vehicle] for vehicle in rides["vehicle"].tolist()])
    slower = np.array([_SLOWER.get(weather, 1.0) for weather in rides["weather"].tolist()])
    rush = np.isin(rides["hour"], (7, 8, 9, 17, 18, 19)) & (rides["vehicle"] == "car")
    cold = np.maximum(0.0, 45.0 - rides["temperature"])
    riding = 60.0 * rides["trip_miles"] / speed * slower * (1.0 + 0.3 * rush + 0.006 * cold)
    found: FloatArray = (2.0 + riding + 0.4 * rides["passengers"]).round(1)
    return found


def rows(rides: Rides) -> Iterator[dict[str, Any]]:
    """Each ride with its prediction, as a flat record of plain values."""
    columns = [rides[name].tolist() for name in FEATURES]
    for *features, minutes in zip(*columns, predict(rides).tolist(), strict=True):
        yield {**dict(zip(FEATURES, features, strict=True)), PREDICTION: minutes}
