"""`driftwatch replay`: an old log, and the alarms that it would have raised."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch

FIRST_S = 1_767_225_600
GAUGES = {
    "ks_statistic",
    "ks_upper_bound",
    "psi",
    "psi_debiased",
    "wasserstein_normalized",
    "missing_ratio",
    "out_of_range_ratio",
    "column_mean",
    "column_stddev",
}


def rides(count: int, celsius_from: int | None = None) -> list[dict[str, Any]]:
    chance = random.Random(7)
    found = []
    for i in range(count):
        fahrenheit = chance.gauss(60, 12)
        drifted = celsius_from is not None and i >= celsius_from
        found.append(
            {
                "time": FIRST_S + i + 0.5,
                "temperature": round((fahrenheit - 32) / 1.8 if drifted else fahrenheit, 2),
                "weather": chance.choice(("clear", "rain", "snow")),
                "riders": chance.choice((1, 1, 1, 2, 4)),
                "shared": chance.random() < 0.25,
                "minutes": round(chance.lognormvariate(2.5, 0.4), 3),
            }
        )
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    training = Chunk.from_records(rides(20_000))
    options = BuildOptions("rides", "1", predictions=("minutes",), timestamp="time")
    build(lambda: iter([training]), options).save(tmp_path / "rides.baseline.json.gz")
    return tmp_path


def write_csv(path: Path, data: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(data[0]))
        writer.writeheader()
        writer.writerows(data)


def write_parquet(path: Path, data: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(data), path)


def write_jsonl(path: Path, data: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in data))


WRITERS = {"csv": write_csv, "parquet": write_parquet, "jsonl": write_jsonl}


def replay(driftwatch: StartDriftwatch, *arguments: str | Path) -> Any:
    process = driftwatch("replay", "--json", *map(str, arguments))
    assert process.wait() == 0, process.stderr
    assert process.stderr == ""
    return json.loads(process.stdout)


@pytest.mark.parametrize("form", WRITERS)
def test_a_change_of_units_in_an_old_log_is_paged_whatever_its_format(
    driftwatch: StartDriftwatch, home: Path, form: str
) -> None:
    log = home / f"log.{form}"
    WRITERS[form](log, rides(20_000, celsius_from=12_000))
    found = replay(driftwatch, "--baseline", home / "rides.baseline.json.gz", log)
    assert found["records"]["counted"] == 20_000
    (stream,) = found["streams"]
    assert (stream["model"], stream["model_version"], stream["segment"]) == ("rides", "1", "all")
    assert stream["records"] == 20_000
    columns = {column["name"]: column for column in stream["columns"]}
    assert {name: column["kind"] for name, column in columns.items()} == {
        "temperature": "numeric",
        "weather": "categorical",
        "riders": "categorical",
        "shared": "categorical",
        "minutes": "numeric",
    }
    assert columns["minutes"]["role"] == "prediction"
    hour, day = columns["temperature"]["windows"]
    assert (hour["name"], day["name"]) == ("1h", "1d")
    assert hour.keys() >= GAUGES
    assert columns["temperature"]["state"] == "page"
    pages = [a for a in found["alarms"] if a["severity"] == "page"]
    assert [page["column"] for page in pages] == ["temperature"]
    (page,) = pages
    assert page["cleared_at"] is None
    # The log drifts at 03:20; an hour's window passes the threshold some minutes later.
    assert "2026-01-01T03:20" < page["raised_at"] < "2026-01-01T04:20"


def test_formats_of_one_log_give_one_answer(driftwatch: StartDriftwatch, home: Path) -> None:
    answers = []
    for form, write in WRITERS.items():
        write(home / f"log.{form}", rides(5_000))
        found = replay(
            driftwatch, "--baseline", home / "rides.baseline.json.gz", home / f"log.{form}"
        )
        answers.append((found["records"], found["streams"], found["alarms"]))
    assert answers[0] == answers[1] == answers[2]


def test_a_folder_of_shards_and_periods_is_one_log(driftwatch: StartDriftwatch, home: Path) -> None:
    whole, parts = rides(6_000), home / "parts"
    parts.mkdir()
    write_jsonl(home / "whole.jsonl", whole)
    for shard in range(3):
        write_jsonl(parts / f"a-{shard}.jsonl", whole[shard:4_000:3])
    write_jsonl(parts / "b.jsonl", whole[4_000:])
    baseline = home / "rides.baseline.json.gz"
    one = replay(driftwatch, "--baseline", baseline, home / "whole.jsonl")
    many = replay(driftwatch, "--baseline", baseline, parts)
    assert many["records"] == one["records"]
    assert many["alarms"] == one["alarms"]
    for a, b in zip(one["streams"][0]["columns"], many["streams"][0]["columns"], strict=True):
        assert a["windows"][0]["records"] == b["windows"][0]["records"]
        assert a["windows"][0]["psi"] == b["windows"][0]["psi"]


def test_rows_without_times_are_spread_evenly_so_many_a_pane(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    write_csv(home / "log.csv", rides(6_000))
    found = replay(
        driftwatch,
        *("--baseline", home / "rides.baseline.json.gz", "--rows-per-pane", "50"),
        *("--window", "30m", "--window", "1h", home / "log.csv"),
    )
    assert found["records"]["counted"] == 6_000
    half_hour, hour = found["streams"][0]["columns"][0]["windows"]
    assert (half_hour["records"], hour["records"]) == (1_500, 3_000)


def test_a_log_that_sleeps_at_night_loses_nothing_of_the_morning(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    data = rides(2_000)
    for i, ride in enumerate(data):
        ride["time"] = FIRST_S + i + (9 * 3600 if i >= 1_000 else 0)
    write_csv(home / "log.csv", data)
    found = replay(
        driftwatch,
        *("--baseline", home / "rides.baseline.json.gz", "--timestamp", "time", home / "log.csv"),
    )
    assert found["records"]["counted"] == 2_000


def test_what_was_refused_is_said_by_reason_and_an_empty_answer_is_no_success(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    (home / "log.jsonl").write_text('{"temperature": 1}\n{nonsense\n')
    process = driftwatch(
        *("replay", "--baseline", str(home / "rides.baseline.json.gz")), str(home / "log.jsonl")
    )
    assert process.wait() == 3
    assert "1 missing_time" in process.stdout
    assert "1 unparsable" in process.stdout
    assert "--timestamp" in process.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("log.csv",), "--baseline FILE"),
        (("--baseline", "missing.json", "log.csv"), "no such baseline"),
        (("--baseline", "B", "--timestamp", "t", "--rows-per-pane", "5", "log.csv"), "leave out"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(
    driftwatch: StartDriftwatch, home: Path, arguments: tuple[str, ...], words: str
) -> None:
    write_csv(home / "log.csv", rides(10))
    given = [str(home / "rides.baseline.json.gz") if a == "B" else a for a in arguments]
    process = driftwatch("replay", *(str(home / a) if a == "log.csv" else a for a in given))
    assert process.wait() == 2
    assert words in process.stderr
    assert "Traceback" not in process.stderr
