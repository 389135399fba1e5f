"""Slices are found where they drift alone, and nowhere else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.times import column_times
from driftwatch.cli import main
from driftwatch.conditions import parse_condition
from driftwatch.derive.deriver import kinds_of
from driftwatch.errors import DataError
from driftwatch.slices import Found, SearchPolicy, Table, read_table, search
from driftwatch.slices import table as reading
from driftwatch.timestamps import parse_times
from tests.slices.logs import log

OPTIONS = BuildOptions("orders", "1", ignore=("ts",))


def table_of(data: list[dict[str, Any]]) -> Table:
    chunk = Chunk.from_records(data)
    baseline = build(lambda: iter([chunk]), OPTIONS)
    return read_table(baseline, [chunk], column_times("ts", parse_times))


def found_in(data: list[dict[str, Any]], **policy: Any) -> list[Found]:
    table = table_of(data)
    return search(table, int(np.median(table.times_us)), SearchPolicy(**policy))


def dearer_in_the_sun(row: dict[str, Any]) -> None:
    if row["weather"] == "sunny" and row["people"] > 5:
        row["amount"] *= 2.0


@pytest.fixture(scope="module")
def sunny() -> list[dict[str, Any]]:
    return log(1, 6_000, dearer_in_the_sun)


def test_a_slice_of_two_columns_is_found_and_nothing_beside_it(
    sunny: list[dict[str, Any]],
) -> None:
    (found,) = found_in(sunny)
    assert found.condition == "weather = 'sunny' AND people >= 6"
    assert found.column == "amount"
    before, after = found.shares
    assert before - after > 0.1
    assert abs(found.others[0] - found.others[1]) < 0.05
    assert found.p_value < 1e-6

    # Both are conditions that `baseline build --segment` takes.
    kinds = kinds_of(build(lambda: iter([Chunk.from_records(sunny)]), OPTIONS).layout())
    condition = parse_condition(found.condition, kinds)
    assert sum(found.rows) == sum(condition.judge(row) is True for row in sunny)
    assert parse_condition(found.event, kinds).columns == {"amount"}


def test_two_slices_are_both_found() -> None:
    def change(row: dict[str, Any]) -> None:
        if row["weather"] == "snow":
            row["amount"] += 40.0
        if row["people"] <= 2:
            row["tip"] = None

    found = found_in(log(2, 6_000, change))
    assert [(each.condition, each.column) for each in found] == [
        ("people < 3", "tip"),
        ("weather = 'snow'", "amount"),
    ]


def test_what_moves_everywhere_alike_is_no_slice() -> None:
    def change(row: dict[str, Any]) -> None:
        row["amount"] *= 2.0

    assert found_in(log(3, 5_000, change)) == []


def test_a_slice_that_grows_but_looks_the_same_is_no_drift_within_it() -> None:
    data = log(4, 5_000)
    more = [row for row in data[3_000:] if row["weather"] == "snow"]
    assert found_in(sorted(data + more, key=lambda row: int(row["ts"]))) == []


def test_slices_that_do_not_drift_are_found_no_more_often_than_stated() -> None:
    rate, trials = 0.2, 20
    alarms = sum(bool(found_in(log(seed, 1_000), false_alarm_rate=rate)) for seed in range(trials))
    assert alarms <= stats.binom.ppf(0.999, trials, rate)


def test_of_a_long_log_every_second_record_is_enough(
    monkeypatch: pytest.MonkeyPatch, sunny: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 5_000)
    chunks = [Chunk.from_records(sunny[i : i + 731]) for i in range(0, len(sunny), 731)]
    baseline = build(lambda: iter(chunks), OPTIONS)
    table = read_table(baseline, chunks, column_times("ts", parse_times))
    assert table.every == 2
    times = table.times_us // 1_000_000 - 1_700_000_000
    assert times.tolist() == list(range(0, 6_000, 2))


def test_records_without_a_time_are_left_out_and_counted() -> None:
    data = log(5, 500)
    data[3]["ts"] = None
    del data[4]["ts"]
    table = table_of(data)
    assert (table.untimed, len(table.times_us)) == (2, 498)
    with pytest.raises(DataError, match="no record has a readable time"):
        table_of([{"weather": "sunny", "ts": None}] * 10)


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["driftwatch", "segments", "suggest", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_command_prints_conditions_or_that_there_are_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sunny: list[dict[str, Any]],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("slice.jsonl", sunny), ("calm.jsonl", log(1, 1_000))):
        Path(name).write_text("\n".join(map(json.dumps, data)))
    assert run(monkeypatch, "slice.jsonl", "--timestamp", "ts") == 0
    out = capsys.readouterr().out
    assert "6,000 records, 3,000 of them from 2023-11-14T23:03:19Z on" in out
    assert "\nweather = 'sunny' AND people >= 6\n" in out
    assert "amount moved: amount < " in out
    assert run(monkeypatch, "calm.jsonl", "--timestamp", "ts") == 0
    assert "nothing found" in capsys.readouterr().out
    assert run(monkeypatch, "slice.jsonl", "--timestamp", "ts", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["slices"]
    assert found["condition"] == "weather = 'sunny' AND people >= 6"


def test_a_split_decides_what_is_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("calm.jsonl").write_text("\n".join(map(json.dumps, log(1, 1_000))))
    words = ("calm.jsonl", "--timestamp", "ts", "--split")
    assert run(monkeypatch, *words, "2023-11-14T22:23:20Z") == 0
    assert "1,000 records, 400 of them from 2023-11-14T22:23:20Z on" in capsys.readouterr().out
    assert run(monkeypatch, *words, "soon") == 2
    assert "--split soon: expected a time" in capsys.readouterr().err


def test_without_a_column_of_times_it_asks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("calm.jsonl").write_text("\n".join(map(json.dumps, log(1, 100))))
    assert run(monkeypatch, "calm.jsonl") == 2
    assert "--timestamp COLUMN" in capsys.readouterr().err
