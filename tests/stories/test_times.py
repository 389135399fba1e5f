"""What time does: cycles, a slow drift, records that come late."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

from driftwatch.records import FloatArray
from tests.conftest import StartDriftwatch
from tests.harness.process import Driftwatch
from tests.stories.conftest import Story
from tests.stories.log import START_S, Chapter, Record
from tests.stories.page import as_said, in_short
from tests.stories.stage import PATIENCE_S, TRAINING_ROWS, Stage
from tests.stories.town import (
    FEATURES,
    MODEL,
    PREDICTIONS,
    VERSION,
    WEATHER,
    Trips,
    draw,
    rows,
)

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
pytestmark = pytest.mark.timeout(300)


def test_a_slow_drift_is_told_before_it_matters(stage: Stage, story: Story) -> None:
    """23. A sensor ages, for a whole year.

    The anemometer turns more easily from day to day: `wind_mph` moves up by .01 standard deviations
    a day. There are 400 records a day. `info` tolerates nothing; a `page` is for what matters, by
    default more than 1.5 points of probability.
    """
    days, a_day = 365, 400

    def ageing(trips: Trips, _: Generator) -> Trips:
        wind = trips["wind_mph"]
        moved = wind + 0.01 * wind.std() * np.linspace(0.0, days, len(wind))
        return {**trips, "wind_mph": moved.round(1)}

    year = Chapter(days * 1440, sent=ageing, per_minute=a_day / 1440)
    said = stage.replay(year, pane="1h", windows=["1d", "7d"], max_ahead="1d")
    info, page = (a for a in said.alarms if a.column == "wind_mph")
    assert (info.severity, page.severity) == ("info", "page")
    started_s = START_S
    assert 5 < (info.raised_s - started_s) / DAY_S < (page.raised_s - started_s) / DAY_S < 90
    assert started_s <= page.onset_s < page.raised_s
    assert not info.cleared
    assert not page.cleared
    assert "shifted by +" in " ".join((page.looks, *page.ties))
    assert said.informed() == {"wind_mph"}
    story.told_as("info on `wind_mph`, later page", as_said(said, infos=True))


def test_late_records_are_counted_late_and_once(stage: Stage, story: Story) -> None:
    """21. Mobile clients send their records hours later.

    5% of the records were made without a network, and arrive up to four hours late. They are
    counted as late, and judged by nobody. After a storm it is 20%: too many of the newest records
    are missing, and the silence can't be believed.
    """

    def held_up(share: float) -> Chapter:
        def logged(record: Record, rng: Generator) -> Record:
            late_s = rng.uniform(0.5, 4.0) * 3_600 if rng.random() < share else 0.0
            return {**record, "ts": round(record["ts"] - late_s, 3)}

        return Chapter(120, logged=logged)

    few = stage.replay(held_up(0.05))
    assert few.document["records"]["late"] == late_lines(stage)
    assert few.document["records"]["counted"] == len(lines_of(stage)) - late_lines(stage)
    assert few.blind() == {}
    assert few.alarms == ()

    many = stage.replay(held_up(0.2))
    assert many.document["records"]["late"] == late_lines(stage)
    assert many.document["records"]["counted"] == len(lines_of(stage)) - late_lines(stage)
    assert list(many.blind()) == ["late"]
    assert re.fullmatch(r"(19|20)% of the recent records came too late .*", many.blind()["late"])
    assert many.alarms == ()
    shown = (
        f"of 5%: {few.document['records']['late']:,} of {len(lines_of(stage)):,} records late; "
        f"quiet: 16 of 16 columns\nof 20%: blind (late): {many.blind()['late']}"
    )
    story.told_as("quiet at 5%; blind, late at 20%", shown)


def lines_of(stage: Stage) -> list[str]:
    return (stage.folder / "log.jsonl").read_text().splitlines()


def late_lines(stage: Stage) -> int:
    """Records that are more than `lateness`, two minutes, behind the newest one before them."""
    newest, late = 0.0, 0
    for line in lines_of(stage):
        time_s = json.loads(line)["ts"]
        newest = max(newest, time_s)
        late += time_s < newest - 120
    return late


# How many records come

USUAL = TRAINING_ROWS / (14 * 1440)
"""Records a minute, in training."""
MEASURED: dict[str, Any] = {"pane": "10m", "windows": ["6h", "1d"]}


def test_a_campaign_is_a_matter_of_volume(stage: Stage, story: Story) -> None:
    """13. A marketing campaign.

    Twice as many riders ask for twice as many trips, which are trips as ever. There are two records
    a minute here, as there were in training, and four during the campaign; `volume: {high: 1.5}`
    asks to be told.
    """
    model = {MODEL: stage.model(volume={"high": 1.5})}
    before = stage.replay(Chapter(1440, per_minute=USUAL), models=model, **MEASURED)
    assert before.volume["alarm"] is None
    campaign = Chapter(1440, per_minute=2 * USUAL)
    said = stage.replay(Chapter(1440, per_minute=USUAL), campaign, models=model, **MEASURED)
    assert said.volume["alarm"] == "high"
    assert re.fullmatch(r"(1.9\d|2|2.0\d) times the records of .*", said.volume["words"])
    assert said.volume["words"] in said.page
    assert said.alarms == ()
    story.told_as("volume, high; quiet on all columns", as_said(said))


def test_bots_are_a_concentration(stage: Stage, story: Story) -> None:
    """20. Bots ask the same again and again.

    Somebody's script asks for one and the same trip, once a minute, beside the two riders a minute
    there always are. `partner-api` becomes a third of the clients. `volume: {high: 1.3}` asks to be
    told.
    """
    (trip,) = rows(draw(np.random.default_rng(3), 1))
    same = {name: trip[name] for name in FEATURES} | {"client": "partner-api"}

    def besieged(rng: Generator, count: int) -> Trips:
        bots = rng.random(count) < 1 / 3
        return {
            name: np.where(bots, same[name], column) if same[name] is not None else column
            for name, column in draw(rng, count).items()
        }

    siege = Chapter(720, drawn=besieged, per_minute=1.5 * USUAL)
    said = stage.replay(
        Chapter(720, per_minute=USUAL),
        siege,
        models={MODEL: stage.model(volume={"high": 1.3})},
        **MEASURED,
    )
    page = said.page_on("client")
    share = re.search(r"to (\d+.\d)%", page.moved)
    assert page.moved.startswith("the word 'partner-api' went from 1.0% to ")
    assert share is not None
    assert 30.0 < float(share[1]) < 40.0
    assert "'partner-api'" in page.looks
    assert abs(page.onset_s - START_S - 12 * 3_600) <= 1_200
    assert said.paged() >= {"client", "trip_miles", "temperature", *PREDICTIONS}
    assert said.volume["alarm"] == "high"
    assert said.volume["words"] in said.page
    story.told_as(f"volume, high; {in_short(said)}", as_said(said, first=("client",)))


# The town by day and by night

HOURLY = (2, 1, 1, 1, 1, 2, 5, 9, 11, 8, 6, 6, 7, 7, 6, 7, 9, 12, 12, 9, 7, 6, 5, 4)
"""How many more trips an hour has than the quietest one."""
TRAINED_WEEKS, TRAINED_AN_HOUR = 8, 340
WATCHED_WEEKS = 4
FIRST_MONDAY_S = START_S - 8 * 3_600 - TRAINED_WEEKS * WEEK_S
TURN_S = START_S - 8 * 3_600 + WATCHED_WEEKS * WEEK_S


def as_the_clock_has_it(
    rng: Generator, times_s: FloatArray, weekend: FloatArray | None = None
) -> Trips:
    """Trips that depend on the hour and on the day; weekend: where it is one, else by the clock."""
    hour = times_s / 3_600 % 24
    if weekend is None:
        weekend = ((times_s - FIRST_MONDAY_S) // DAY_S % 7 >= 5).astype(np.float64)
    office = (1.0 - weekend) * ((hour > 8) & (hour < 18))
    rush = (1.0 - weekend) * np.isin(hour.astype(int), (7, 8, 9, 17, 18, 19))
    count = len(times_s)
    degrees = 55.0 - 9.0 * np.cos((hour - 4) / 24 * 2 * np.pi) + rng.normal(0.0, 7.0, count)
    night = 0.2 * np.cos((hour - 2) / 24 * 2 * np.pi)
    miles = rng.lognormal(1.1 + 0.25 * weekend + night, 0.6)
    minutes = 1.0 + rng.gamma(2.2, 1.9 + 0.8 * rush)
    web = rng.random(count) < 0.04 + 0.14 * office
    cold = 0.03 * np.maximum(0.0, 50.0 - degrees)
    logit = 0.9 + cold - 0.15 * miles - 0.05 * minutes + 0.2 * weekend
    words, shares = list(WEATHER), list(WEATHER.values())
    return {
        "temperature": degrees.round(1),
        "trip_miles": miles.round(2),
        "num_people": np.minimum(8, 1 + rng.poisson(0.6 + weekend)),
        "pickup_minutes": minutes.round(1),
        "client": np.where(web, "web", np.where(rng.random(count) < 0.55, "ios", "android")),
        "weather": rng.choice(words, count, p=shares),
        "accept": (1.0 / (1.0 + np.exp(-(logit + rng.normal(0.0, 0.3, count))))).round(5),
    }


@pytest.fixture(scope="module")
def clockwork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline of eight weeks, with as many trips of every hour: the training set is a sample."""
    folder = tmp_path_factory.mktemp("clockwork")
    training, baseline = folder / "training.csv", folder / "clock.baseline.json.gz"
    rng = np.random.default_rng(1)
    hours = np.arange(TRAINED_WEEKS * 168).repeat(TRAINED_AN_HOUR)
    times = FIRST_MONDAY_S + 3_600 * np.sort(hours + rng.random(len(hours)))
    trips = as_the_clock_has_it(rng, times)
    with training.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ts", *trips])
        writer.writerows(
            zip(times.round(2).tolist(), *(c.tolist() for c in trips.values()), strict=True)
        )
    with Driftwatch(
        *("baseline", "build", training, "-o", baseline, "--timestamp", "ts", "--pane", "10m"),
        *("--model", MODEL, "--model-version", VERSION, "--prediction", "accept"),
        folder=folder,
    ) as build:
        assert build.wait(PATIENCE_S) == 0, build.stderr
        assert "by hour of the week (UTC): trip_miles, num_people" in build.stdout
        assert "no column would have paged" in build.stdout, build.stdout
    return baseline


def write_clockwork(path: Path, seed: int, an_hour: float) -> None:
    """Four weeks, and one Monday more on which people behave as on a Sunday."""
    rng = np.random.default_rng(seed)
    hours = np.arange(WATCHED_WEEKS * 168 + 24)
    share = np.array(HOURLY)[hours % 24] / np.mean(HOURLY)
    counts = rng.poisson(an_hour * share * np.where(hours // 24 % 7 >= 5, 1.2, 1.0))
    times = START_S - 8 * 3_600 + 3_600 * np.sort(hours.repeat(counts) + rng.random(counts.sum()))
    weekend = (hours // 24 % 7 >= 5) | (hours >= WATCHED_WEEKS * 168)
    trips = as_the_clock_has_it(rng, times, weekend.repeat(counts).astype(np.float64))
    with path.open("w", encoding="utf-8") as file:
        columns = [column.tolist() for column in trips.values()]
        for time_s, *values in zip(times.round(2).tolist(), *columns, strict=True):
            row: dict[str, Any] = dict(zip(trips, values, strict=True))
            accept = row.pop("accept")
            written = {"ts": time_s, "version": VERSION, "features": row, "accept": accept}
            file.write(json.dumps(written) + "\n")


def test_day_and_night_and_the_weekend_are_quiet(
    clockwork: Path, driftwatch: StartDriftwatch, tmp_path: Path, story: Story
) -> None:
    """12. Day and night, weekdays and weekends.

    At night it is cold and trips are long; in office hours people sit at their browsers; at the
    weekend they ride in groups; at six in the evening there are twelve times as many riders as at
    three in the morning. The baseline is of eight weeks. Four weeks go by as ever, some 170,000
    records: not one alarm. The Monday after them is a holiday, and people behave as on a Sunday.
    """
    log = tmp_path / "log.jsonl"
    write_clockwork(log, seed=2, an_hour=250)
    stage = Stage(tmp_path, clockwork, driftwatch)
    configuration = stage.configure(
        decode={**stage.decode, "predictions": {"accept": "accept"}},
        pane="10m",
        windows=["1d", "7d"],
        max_ahead="1h",
    )
    said = stage.replay_file(log, tmp_path / "report.html", configuration)
    assert [a for a in said.alarms if a.onset_s < TURN_S - 600 or a.raised_s < TURN_S] == []
    assert {"trip_miles", "num_people"} <= said.paged() <= said.informed()
    assert said.informed().isdisjoint(("temperature", "weather"))
    assert said.document["records"]["counted"] > 160_000
    story.told_as(f"quiet for four weeks; on the holiday {in_short(said)}", as_said(said))
