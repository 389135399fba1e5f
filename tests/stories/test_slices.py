"""Something happens to a part of the traffic, or of a record: segments and derived columns."""

import json
from pathlib import Path

import numpy as np
from numpy.random import Generator

from tests.conftest import StartDriftwatch
from tests.stories.conftest import Story
from tests.stories.log import START_S, Chapter, Record
from tests.stories.stage import Stage, build_baseline
from tests.stories.town import CITIES, COLUMNS, Trips, draw

CHANGE_S = START_S + 3_600.0
AS_EVER = Chapter(60)
BROOK = "brook"
SUNNY_CROWD = "sunny_crowd"


def test_a_launch_in_a_new_market_moves_the_share_and_nothing_else(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """10. A launch in a new market.

    The app is advertised in Brook. 2% of the trips were from there, now it is 20%; they are trips
    like those in Brook ever were. `brook` is a segment of the baseline: `city = 'Brook'`.
    """
    others = sum(CITIES.values()) - CITIES["Brook"]
    launched = {**CITIES, "Brook": 0.25 * others}

    def with_brook(rng: Generator, count: int) -> Trips:
        return draw(rng, count, launched)

    baseline = build_baseline(tmp_path, "--segment", f"{BROOK}=city = 'Brook'")
    stage = Stage(tmp_path, baseline, driftwatch)
    said = stage.replay(AS_EVER, Chapter(60, drawn=with_brook))
    page = said.page_on(f"segment.{BROOK}")
    assert abs(page.onset_s - CHANGE_S) <= 60
    assert said.informed() == said.paged() == {"city", f"segment.{BROOK}"}
    assert said.of_segment(BROOK) == ()
    assert said.blind(BROOK) == {}
    assert said.window("trip_miles", BROOK)["records"] > 2_000
    story.told(said)


def test_a_slice_that_breaks_alone_pages_alone(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """11. Only one slice breaks.

    When it is sunny and more than five people ride, which is 3% of the trips, the service that
    plans detours is off: `trip_miles` is 40% longer. Everything else is as it was. `sunny_crowd` is
    a segment of the baseline: `weather = 'sunny' AND num_people > 5`.
    """

    def detoured(trips: Trips, _: Generator) -> Trips:
        slice_ = (trips["weather"] == "sunny") & (trips["num_people"] > 5)
        miles = np.where(slice_, 1.4 * trips["trip_miles"], trips["trip_miles"]).round(2)
        return {**trips, "trip_miles": miles}

    condition = "weather = 'sunny' AND num_people > 5"
    baseline = build_baseline(tmp_path, "--segment", f"{SUNNY_CROWD}={condition}")
    stage = Stage(tmp_path, baseline, driftwatch)
    said = stage.replay(AS_EVER, Chapter(300, sent=detoured))
    assert said.informed(SUNNY_CROWD) == said.paged(SUNNY_CROWD) == {"trip_miles"}
    assert abs(said.page_on("trip_miles", SUNNY_CROWD).onset_s - CHANGE_S) <= 15 * 60
    assert said.of_segment("all") == ()
    story.told(said)


PHOTO_ROWS = 10_000


def photo(pixels: int) -> list[list[int]]:
    return [[0] * pixels] * pixels


def test_images_of_another_size_are_a_new_shape(
    driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """8b. Images arrive at another size.

    Records have a `photo` as well, an array of 8 x 8 numbers, of which the baseline keeps the shape
    (`--derive shape:photo`). A new release sends 12 x 12.
    """
    baseline = build_baseline(
        tmp_path,
        "--derive",
        "shape:photo",
        count=PHOTO_ROWS,
        trained=lambda row, _: {**row, "photo": photo(8)},
    )

    def pictured(pixels: int) -> Chapter:
        def logged(record: Record, _: Generator) -> Record:
            return {**record, "features": {**record["features"], "photo": photo(pixels)}}

        return Chapter(30, logged=logged)

    said = Stage(tmp_path, baseline, driftwatch).replay(pictured(8), pictured(12))
    (column,) = set(said.columns()) - set(COLUMNS)
    page = said.page_on(column)
    assert page.kind == "new_value"
    assert "12x12" in page.looks
    assert said.informed() == {column}
    assert json.dumps(said.document).count('"unparsable": 0') == 1
    story.told(said)
