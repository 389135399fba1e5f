"""Something happens to a column: what is said of it, and that nothing is said of the others."""

import json
import re

import numpy as np
from numpy.random import Generator

from tests.stories.conftest import Story
from tests.stories.log import START_S, Chapter, Record
from tests.stories.stage import Stage
from tests.stories.town import (
    FARE_MEAN,
    FARE_STDDEV,
    PREDICTIONS,
    Trips,
    in_celsius,
)

HOUR_S = 3_600.0
AS_EVER = Chapter(60)
CHANGE_S = START_S + HOUR_S
"""When something happens, after an hour as ever."""


def first_percent(words: str) -> float:
    """The first share that is named, in percent."""
    found = re.search(r"([\d.]+)%", words)
    assert found is not None, words
    return float(found[1])


def test_a_change_of_units_is_named(stage: Stage, story: Story) -> None:
    """1. The weather team sends Celsius instead of Fahrenheit.

    Nobody was told. From 09:00 on `temperature` is (x - 32) / 1.8; the model goes on to take it for
    Fahrenheit, and finds that everybody freezes.
    """
    said = stage.replay(AS_EVER, Chapter(60, sent=in_celsius))
    page = said.page_on("temperature")
    assert page.kind == "units"
    assert page.looks == "looks like Fahrenheit turned into Celsius"
    assert abs(page.onset_s - CHANGE_S) <= 60
    assert page.raised_s - CHANGE_S <= 120
    assert said.informed() == said.paged() == {"temperature", *PREDICTIONS}
    printed = stage.printed()
    assert [alarm for alarm in said.alarms if alarm.sentence not in printed] == []
    story.told(said)


def test_a_field_that_is_not_sent_is_told_apart_from_null(stage: Stage, story: Story) -> None:
    """2. A new release of the client stops sending a field.

    It reaches 30% of the riders within ten minutes. Their records have no `last_tip` any more. That
    is not `null`, which 35% of the records have always had: these riders never gave a tip.
    """

    def without_tip(share: float) -> Chapter:
        def logged(record: Record, rng: Generator) -> Record:
            if rng.random() < share:
                del record["features"]["last_tip"]
            return record

        return Chapter(5 if share < 0.3 else 80, logged=logged)

    said = stage.replay(AS_EVER, without_tip(0.1), without_tip(0.2), without_tip(0.3))
    page = said.page_on("last_tip")
    assert page.kind == "missing"
    assert page.moved.startswith("absent went from 0% to ")
    assert page.looks.startswith("absent from ")
    assert abs(page.onset_s - CHANGE_S) <= 60
    missing = said.window("last_tip")["missing"]
    records = said.window("last_tip")["records"]
    assert abs(missing["absent"] / records - 0.3) < 0.02
    assert abs(missing["null"] / records - 0.7 * 0.35) < 0.02
    assert said.informed() == {"last_tip"}
    story.told(said)


def test_a_default_that_is_filled_in_is_named_with_its_share(stage: Stage, story: Story) -> None:
    """3. A join upstream fails, and a default is filled in.

    For four records of five the account is not found, and `account_days` is 0.
    """

    def unjoined(trips: Trips, rng: Generator) -> Trips:
        days = trips["account_days"]
        return {**trips, "account_days": np.where(rng.random(len(days)) < 0.8, 0, days)}

    said = stage.replay(AS_EVER, Chapter(60, sent=unjoined))
    page = said.page_on("account_days")
    assert page.kind == "default"
    assert 78.0 < first_percent(page.looks) < 82.0
    assert "of the values are now 0 (" in page.looks
    assert "a default filled in?" in page.looks
    assert said.informed() == {"account_days"}
    story.told(said)


def test_a_value_that_is_stuck_is_named(stage: Stage, story: Story) -> None:
    """4. A cache stops refreshing.

    From 09:00 on every rider gets the `wind_mph` of that moment.
    """

    def cached(trips: Trips, _: Generator) -> Trips:
        return {**trips, "wind_mph": np.full(len(trips["wind_mph"]), 6.4)}

    said = stage.replay(AS_EVER, Chapter(60, sent=cached))
    page = said.page_on("wind_mph")
    assert page.kind == "stuck"
    assert page.looks.startswith("stuck at 6.4 ")
    assert page.minutes_unseen <= 2
    assert said.informed() == {"wind_mph"}
    story.told(said)


def test_nan_in_a_prediction_pages_and_the_records_count(stage: Stage, story: Story) -> None:
    """5. NaN creeps into the predictions.

    One answer in a hundred is the token `NaN`, which is not even JSON.
    """

    def broken(record: Record, rng: Generator) -> Record:
        return {**record, "accept": float("nan")} if rng.random() < 0.01 else record

    said = stage.replay(AS_EVER, Chapter(60, logged=broken))
    page = said.page_on("accept")
    assert (page.role, page.kind) == ("prediction", "missing")
    assert page.looks.startswith("not a number (NaN) in ")
    assert 0.5 < first_percent(page.looks) < 1.5
    assert said.informed() == {"accept"}
    log = (stage.folder / "log.jsonl").read_text().splitlines()
    assert said.document["records"]["counted"] == len(log)
    assert sum("NaN" in line for line in log) > 60
    story.told(said)


def test_a_prediction_that_is_always_zero_has_a_name(stage: Stage, story: Story) -> None:
    """6. A bad push of the model: every prediction is 0.

    The new weights did not load, and nothing fails.
    """

    def unloaded(record: Record, _: Generator) -> Record:
        return {**record, "accept": 0.0}

    said = stage.replay(AS_EVER, Chapter(60, logged=unloaded))
    page = said.page_on("accept")
    assert page.kind == "all_zero"
    assert "all predictions are zero" in page.looks
    assert said.informed() == {"accept"}
    story.told(said)


def test_a_class_that_takes_over_has_a_name(stage: Stage, story: Story) -> None:
    """6b. Another bad push: one class takes nearly all.

    97% of the offers are `go`; in training it were two thirds.
    """

    def biased(record: Record, rng: Generator) -> Record:
        return {**record, "offer": "go"} if rng.random() < 0.91 else record

    said = stage.replay(AS_EVER, Chapter(60, logged=biased))
    page = said.page_on("offer")
    assert page.kind == "concentrated"
    assert page.looks.startswith("'go' takes over: ")
    assert 96.0 < first_percent(page.looks) < 98.0
    assert said.informed() == {"offer"}
    story.told(said)


def test_a_class_never_seen_in_training_is_named(stage: Stage, story: Story) -> None:
    """7. A class is predicted that training never saw.

    One offer in two hundred is `helicopter`. Were the column `sensitive`, everything would be said
    but the word.
    """

    def flying(record: Record, rng: Generator) -> Record:
        return {**record, "offer": "helicopter"} if rng.random() < 0.005 else record

    chapters = AS_EVER, Chapter(60, logged=flying)
    said = stage.replay(*chapters)
    page = said.page_on("offer")
    assert page.kind == "new_value"
    assert "a class never predicted before" in page.looks
    assert "new value 'helicopter' in " in page.looks
    assert 0.3 < first_percent(page.looks) < 0.9
    assert said.informed() == {"offer"}
    story.told(said)

    hidden = stage.model(columns={"offer": {"sensitive": True}})
    silent = stage.replay(*chapters, models={"fare-accept": hidden})
    assert silent.page_on("offer").raised_s == page.raised_s
    assert first_percent(silent.page_on("offer").looks) == first_percent(page.looks)
    assert "helicopter" not in json.dumps(silent.document) + silent.page


def test_another_preprocessing_is_named_by_its_numbers(stage: Stage, story: Story) -> None:
    """8. A feature is served raw that was standardized in training.

    `fare_scaled` is (fare - 17.4) / 9.6 in the training data. The new service forgets that, and
    sends dollars.
    """

    def unscaled(trips: Trips, _: Generator) -> Trips:
        dollars = trips["fare_scaled"] * FARE_STDDEV + FARE_MEAN
        return {**trips, "fare_scaled": dollars.round(2)}

    said = stage.replay(AS_EVER, Chapter(60, sent=unscaled))
    page = said.page_on("fare_scaled")
    assert page.kind == "scale"
    scale, shift = page.looks.removeprefix("multiplied by ").split(", then shifted by ")
    assert abs(float(scale) - FARE_STDDEV) < 0.3
    assert abs(float(shift) - FARE_MEAN) < 0.3
    assert said.informed() == said.paged() == {"fare_scaled", *PREDICTIONS}
    story.told(said)


def test_two_exchanged_columns_are_named_as_such(stage: Stage, story: Story) -> None:
    """9. A refactoring exchanges two columns.

    `trip_miles` gets the minutes until pickup, and `pickup_minutes` the miles.
    """

    def exchanged(trips: Trips, _: Generator) -> Trips:
        miles, minutes = trips["trip_miles"], trips["pickup_minutes"]
        return {**trips, "trip_miles": minutes, "pickup_minutes": miles}

    said = stage.replay(AS_EVER, Chapter(60, sent=exchanged))
    for one, other in (("trip_miles", "pickup_minutes"), ("pickup_minutes", "trip_miles")):
        page = said.page_on(one)
        assert page.kind == "exchanged"
        assert page.looks.startswith(f"holds what {other} held, and the other way round")
    assert said.informed() == {"trip_miles", "pickup_minutes", *PREDICTIONS}
    story.told(said)
