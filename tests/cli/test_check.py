"""`driftwatch check`: one batch as a gate."""

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.cli import main
from tests.conftest import StartDriftwatch

BASELINE = "rides.baseline.json.gz"


def rides(count: int, seed: int, factor: float = 1.0) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "minutes": round(chance.lognormvariate(2.5, 0.4) * factor, 3),
            "weather": chance.choice(("clear", "rain", "snow")),
            "riders": chance.choice((1, 1, 1, 2, 4)),
            "shared": chance.random() < 0.25,
            "tip": round(chance.gauss(3, 1), 2) if chance.random() < 0.9 else None,
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    training = Chunk.from_records(rides(20_000, 7))
    return build(lambda: iter([training]), BuildOptions("rides", "1", predictions=("minutes",)))


@pytest.fixture
def home(tmp_path: Path, baseline: Baseline) -> Path:
    baseline.save(tmp_path / BASELINE)
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


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "jsonl": write_jsonl,
}


class Outcome(NamedTuple):
    """Of one run of the command."""

    code: object
    stdout: str
    stderr: str


class Gate:
    """Runs the command, in this process, on data in a folder that has the baseline."""

    def __init__(
        self, home: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.home = home
        self._capsys = capsys
        self._patch = patch

    def run(self, data: list[dict[str, Any]] | str, *arguments: str) -> Outcome:
        name = data if isinstance(data, str) else "batch.jsonl"
        if not isinstance(data, str):
            write_jsonl(self.home / name, data)
        baseline = ("--baseline", str(self.home / BASELINE))
        command = ["driftwatch", "check", *baseline, *arguments, str(self.home / name)]
        self._patch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        return Outcome(ended.value.code, *self._capsys.readouterr())

    def document(self, data: list[dict[str, Any]] | str, *arguments: str) -> Any:
        return json.loads(self.run(data, "--json", *arguments).stdout)


@pytest.fixture
def gate(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(home, capsys, monkeypatch)


def test_a_batch_like_the_baseline_passes(gate: Gate) -> None:
    outcome = gate.run(rides(2_000, 8))
    assert outcome.code == 0
    assert outcome.stdout.splitlines()[0] == "ok: no column has drifted"
    assert outcome.stderr == ""


def test_a_batch_that_has_drifted_fails_and_says_where(gate: Gate) -> None:
    outcome = gate.run(rides(2_000, 8, factor=1.3))
    assert outcome.code == 1
    verdict, sizes, titles, worst, *_ = outcome.stdout.splitlines()
    assert verdict == "drift: 1 of 5 columns has drifted"
    assert "2,000 rows against 20,000 rows of rides version 1" in sizes
    assert titles.split() == ["column", "verdict", "p", "threshold", "ks", "psi", "evidence"]
    assert worst.split()[:2] == ["minutes", "drift"]
    assert "values as a whole are higher; values" in worst
    assert "% in training)" in worst


@pytest.mark.parametrize("form", WRITERS)
def test_the_document_says_it_all_whatever_the_format(
    driftwatch: StartDriftwatch, home: Path, form: str
) -> None:
    WRITERS[form](home / f"batch.{form}", rides(2_000, 8, factor=1.3))
    process = driftwatch(
        *("check", "--baseline", str(home / BASELINE), "--json", str(home / f"batch.{form}"))
    )
    assert (process.wait(), process.stderr) == (1, "")
    found = json.loads(process.stdout)
    assert (found["verdict"], found["rows"], found["false_alarm_rate"]) == ("drift", 2_000, 0.01)
    assert found["unknown_columns"] == found["lacking_columns"] == []
    minutes, *others = found["columns"]
    assert (minutes["name"], minutes["role"], minutes["drift"]) == ("minutes", "prediction", True)
    assert minutes["p_value"] < minutes["threshold"] < 0.01 / 2 / 5
    assert minutes["ks_statistic"] > 0.2
    assert minutes["ks_p_value"] < 1e-12
    assert minutes["live_ratio"] != minutes["baseline_ratio"]
    assert {column["name"] for column in others} == {"weather", "riders", "shared", "tip"}
    assert not any(column["drift"] for column in others)
    assert all(0 < column["p_value"] <= 1 for column in others)


def test_neither_format_nor_order_nor_number_of_files_matters(gate: Gate) -> None:
    whole = rides(3_000, 9, factor=1.05)
    answers = [gate.document(whole), gate.document(sorted(whole, key=str))]
    for form, write in WRITERS.items():
        folder = gate.home / form
        folder.mkdir()
        write(folder / f"a.{form}", whole[:1_000])
        write(folder / f"b.{form}", whole[1_000:])
        answers.append(gate.document(form))
    for answer in answers[1:]:
        for one, other in zip(answer["columns"], answers[0]["columns"], strict=True):
            assert one == pytest.approx(other)


def test_columns_that_only_one_side_has_are_named(gate: Gate) -> None:
    batch = [{**row, "driver": i} for i, row in enumerate(rides(1_000, 8))]
    for row in batch:
        del row["tip"]
    outcome = gate.run(batch)
    assert outcome.code == 1
    assert "columns that the baseline lacks: driver" in outcome.stdout
    assert "columns that the data lacks: tip" in outcome.stdout
    assert "absent: 100% (0% in training)" in outcome.stdout
    ignoring = gate.run(batch, "--ignore", "tip,driver")
    assert ignoring.code == 0
    assert "lacks" not in ignoring.stdout


def test_too_few_rows_are_no_verdict(gate: Gate) -> None:
    outcome = gate.run(rides(49, 8, factor=10))
    assert outcome.code == 3
    assert outcome.stdout.startswith("unknown: the data has 49 rows; with fewer than 50")
    assert gate.run(rides(49, 8, factor=10), "--min-rows", "20").code == 1


def test_too_small_a_baseline_is_no_verdict(gate: Gate) -> None:
    small = Chunk.from_records(rides(2, 7))
    build(lambda: iter([small]), BuildOptions("rides", "1")).save(gate.home / BASELINE)
    found = gate.document(rides(500, 8))
    assert (found["verdict"], found["columns"]) == ("unknown", [])
    assert "the baseline has 2 rows" in found["reason"]


@pytest.mark.parametrize("content", ["{nonsense\n", '{"minutes": 1}\n[]\n', None])
def test_unreadable_data_are_no_verdict_and_still_a_document(
    gate: Gate, content: str | None
) -> None:
    if content is not None:
        (gate.home / "batch.jsonl").write_text(content)
    outcome = gate.run("batch.jsonl", "--json")
    assert outcome.code == 3
    found = json.loads(outcome.stdout)
    assert (found["verdict"], found["rows"]) == ("unknown", None)
    assert found["reason"] in outcome.stderr
    assert "batch.jsonl" in found["reason"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--false-alarm-rate", "0"), "expected more than 0"),
        (("--false-alarm-rate", "nan"), "expected more than 0"),
        (("--tolerance", "-0.1"), "expected 0 to 1"),
        (("--min-rows", "0"), "--min-rows"),
        (("--ignore", "minutes,weather,riders,shared,tip"), "no column of the baseline is left"),
        (("-c", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(
    gate: Gate, arguments: tuple[str, ...], words: str
) -> None:
    outcome = gate.run(rides(100, 8), *arguments)
    assert outcome.code == 2
    assert words in outcome.stderr
    assert outcome.stdout == ""


def test_a_missing_baseline_is_a_wrong_call(gate: Gate) -> None:
    (gate.home / BASELINE).unlink()
    outcome = gate.run(rides(100, 8))
    assert outcome.code == 2
    assert "no such baseline" in outcome.stderr


def test_a_failure_of_our_own_is_told_apart_and_shows_no_traceback(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("driftwatch.check.check", broken)
    outcome = gate.run(rides(100, 8))
    assert outcome.code == 4
    assert "a bug" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_stricter_rate_and_a_larger_tolerance_let_more_pass(gate: Gate) -> None:
    batch = rides(2_000, 8, factor=1.06)
    assert gate.run(batch).code == 1
    assert gate.run(batch, "--false-alarm-rate", "1e-12").code == 0
    assert gate.run(batch, "--tolerance", "0.5").code == 0


CONFIG = """
source: {{stdin: {{}}}}
decode: {{model: {{const: {model}}}, model_version: {{const: "1"}}, timestamp: time}}
models:
  {model}:
    baselines: {{"1": rides.baseline.json.gz}}
    columns: {columns}
state: {{memory: true}}
"""


def configured(home: Path, columns: str, model: str = "rides") -> tuple[str, str]:
    (home / "driftwatch.yaml").write_text(CONFIG.format(columns=columns, model=model))
    return "-c", str(home / "driftwatch.yaml")


def test_of_a_sensitive_column_no_value_is_shown(gate: Gate) -> None:
    batch = [{**row, "weather": "snow"} for row in rides(1_000, 8)]
    assert "the word 'snow': 100%" in gate.run(batch).stdout
    hidden = gate.run(batch, *configured(gate.home, "{weather: {sensitive: true}}"))
    assert hidden.code == 1
    assert "one of the words" in hidden.stdout
    assert "'" not in hidden.stdout


def test_what_the_settings_say_of_a_column_holds(gate: Gate) -> None:
    batch = rides(2_000, 8, factor=1.3)
    assert gate.run(batch, *configured(gate.home, "{minutes: {monitor: false}}")).code == 0
    assert gate.run(batch, *configured(gate.home, "{minutes: {tolerance: 1.0}}")).code == 0
    assert gate.run(batch, *configured(gate.home, "{tip: {tolerance: 1.0}}")).code == 1


def test_settings_without_the_model_of_the_baseline_are_a_wrong_call(gate: Gate) -> None:
    outcome = gate.run(rides(100, 8), *configured(gate.home, "{}", model="fraud"))
    assert outcome.code == 2
    assert "no model 'rides'" in outcome.stderr
