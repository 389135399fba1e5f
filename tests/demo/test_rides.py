"""The demo's world and its model."""

import json

import numpy as np

from driftwatch.demo.rides import FEATURES, Rides, draw, in_celsius, predict, rows, with_hail
from driftwatch.demo.writer import records


def some_rides(seed: int = 1, count: int = 5_000) -> Rides:
    return draw(np.random.default_rng(seed), count)


def same(one: Rides, other: Rides) -> list[str]:
    """The features that are equal in both, ride by ride."""
    return [name for name in one if np.array_equal(one[name], other[name])]


def test_the_same_seed_gives_the_same_rides() -> None:
    assert same(some_rides(1), some_rides(1)) == list(FEATURES)


def test_another_seed_gives_other_rides() -> None:
    assert same(some_rides(1), some_rides(2)) == []


def test_celsius_touches_the_temperature_alone() -> None:
    rides = some_rides()
    changed = in_celsius(rides)
    assert same(rides, changed) == [name for name in FEATURES if name != "temperature"]
    back = changed["temperature"] * 1.8 + 32
    assert np.abs(back - rides["temperature"]).max() < 0.1


def test_hail_touches_the_weather_alone_and_is_rain_that_got_a_name() -> None:
    rides = some_rides()
    changed = with_hail(rides, np.random.default_rng(2))
    assert same(rides, changed) == [name for name in FEATURES if name != "weather"]
    hail = changed["weather"] == "hail"
    assert set(rides["weather"][hail]) == {"rain"}
    assert 0.02 < hail.mean() < 0.05


def test_hail_is_in_no_training_data() -> None:
    assert set(some_rides()["weather"]) == {"clear", "cloudy", "rain", "snow", "fog"}


def test_the_model_is_misled_a_little_by_celsius() -> None:
    rides = some_rides()
    believed, right = predict(in_celsius(rides)).mean(), predict(rides).mean()
    assert 1.05 < believed / right < 1.3


def test_the_model_takes_hail_for_fine_weather() -> None:
    rides = {**some_rides(), "weather": np.full(5_000, "hail")}
    fine = {**rides, "weather": np.full(5_000, "clear")}
    assert np.array_equal(predict(rides), predict(fine))


def test_rows_are_plain_json_and_hold_features_and_prediction() -> None:
    (row,) = rows(some_rides(count=1))
    assert list(row) == [*FEATURES, "minutes"]
    assert json.loads(json.dumps(row)) == row


def test_a_record_has_its_time_its_request_and_its_model() -> None:
    rides = some_rides(count=2)
    first, second = map(json.loads, records(rides, np.array([1_800_000_000.25, 1_800_000_001.0])))
    assert first["ts"] == "2027-01-15T08:00:00.250Z"
    assert (first["model"], first["version"]) == ("ride-time", "4")
    assert first["request_id"] != second["request_id"]
    (row, _) = rows(rides)
    assert first["prediction"] == {"minutes": row.pop("minutes")}
    assert first["features"] == row


def test_no_rides_are_no_records() -> None:
    assert records(some_rides(count=0), np.array([])) == []
