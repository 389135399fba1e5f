"""`driftwatch parity`: story 18, another runtime or other hardware."""

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from driftwatch.cli import main
from tests.baseline.data import write_csv, write_jsonl, write_parquet


class Outcome(NamedTuple):
    code: object
    stdout: str
    stderr: str


class Parity:
    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def run(self, *arguments: str | Path) -> Outcome:
        self._patch.setattr("sys.argv", ["driftwatch", "parity", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Outcome(ended.value.code, *self._capsys.readouterr())


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Parity:
    return Parity(capsys, monkeypatch)


def golden_rows() -> list[dict[str, Any]]:
    """Inputs, and what a small model predicts of them in double precision."""
    rng = np.random.default_rng(8)
    inputs = rng.normal(size=(1_000, 4))
    odds = inputs @ np.array([0.7, -1.2, 0.4, 2.0])
    return [
        {"request_id": f"q-{i:04}", "x0": float(inputs[i, 0]), "score": 1.0 / (1.0 + np.exp(-odd))}
        for i, odd in enumerate(odds.tolist())
    ]


def on_other_hardware(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Single precision everywhere, another third digit for 2% of the inputs, in another order."""
    found = [{"request_id": r["request_id"], "score": float(np.float32(r["score"]))} for r in rows]
    for row in found[::50]:
        row["score"] += 0.004
    random.Random(1).shuffle(found)
    return found


def test_another_runtime_is_told_by_which_inputs_how_far_and_how_many(
    command: Parity, tmp_path: Path
) -> None:
    rows = golden_rows()
    golden = write_parquet(tmp_path / "golden.parquet", rows)
    log = write_jsonl(tmp_path / "log.jsonl", on_other_hardware(rows))
    outcome = command.run(golden, log, "--key", "request_id", "--prediction", "score")
    lines = outcome.stdout.splitlines()
    assert outcome.code == 1
    assert lines[0] == "differs: 20 of 1,000 golden inputs differ"
    assert lines[2] == "differing: 20 of 1,000 inputs, 2.0% (1.2% to 3.1% with 95% confidence)"
    assert lines[4].split()[:3] == ["score", "20", "2.0%"]
    told = {line.split()[0] for line in lines if line.startswith("q-")}
    assert told == {f"q-{i:04}" for i in range(0, 1_000, 50)}
    assert outcome.stderr == ""


def test_single_precision_is_within(command: Parity, tmp_path: Path) -> None:
    rows = golden_rows()
    single = [{**row, "score": float(np.float32(row["score"]))} for row in rows]
    golden, log = write_csv(tmp_path / "g.csv", rows), write_csv(tmp_path / "l.csv", single)
    outcome = command.run(golden, log)
    assert (outcome.code, outcome.stdout.splitlines()[0]) == (
        0,
        "within: all 1,000 golden inputs are within tolerance",
    )
    assert command.run(golden, log, "--tolerance", "0", "--relative", "0").code == 1
    exact = ("--tolerance", "0", "--relative", "0", "--column", "score=1e-6")
    assert command.run(golden, log, *exact).code == 0


def test_the_document_says_the_same(command: Parity, tmp_path: Path) -> None:
    rows = golden_rows()
    golden = write_jsonl(tmp_path / "golden.jsonl", rows)
    log = write_jsonl(tmp_path / "log.jsonl", on_other_hardware(rows)[:-1])
    outcome = command.run(golden, log, "--key", "request_id", "--json", "--ignore", "x0")
    found = json.loads(outcome.stdout)
    assert (outcome.code, found["verdict"]) == (1, "differs")
    assert found["inputs"]["compared"] == 999
    assert found["missing_count"] == len(found["missing"]) == 1
    assert found["columns"][0]["name"] == "score"
    assert found["columns"][0]["largest"] == pytest.approx(0.004, rel=1e-3)
    assert found["differences"][0]["column"] == "score"
    assert found["notes"] == ["1 of 1,000 golden inputs have no answer in the log"]


def test_an_answer_that_lacks_is_no_parity(command: Parity, tmp_path: Path) -> None:
    rows = golden_rows()
    golden = write_jsonl(tmp_path / "golden.jsonl", rows)
    log = write_jsonl(tmp_path / "log.jsonl", rows[:-3])
    outcome = command.run(golden, log, "--key", "request_id")
    assert outcome.code == 3
    assert outcome.stdout.splitlines()[0] == (
        "unknown: 3 of 1,000 golden inputs have no answer in the log"
    )
    assert "without an answer: q-0997, q-0998, q-0999" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--tolerance", "-1"), 2, "--tolerance -1.0: expected 0 or more"),
        (("--column", "score"), 2, "--column score: expected NAME=TOLERANCE, as in score=0.001"),
        (("--column", "scroe=1"), 2, "did you mean score?"),
        (("--key", "id"), 3, "no column 'id' to match by; there are score"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(
    command: Parity, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    golden = write_jsonl(tmp_path / "g.jsonl", [{"score": 1.0}])
    outcome = command.run(golden, golden, *arguments)
    assert outcome.code == code
    assert words in outcome.stderr


def test_a_terminal_is_safe_from_what_the_log_holds(command: Parity, tmp_path: Path) -> None:
    golden = write_jsonl(tmp_path / "g.jsonl", [{"id": "a\x1b[31m", "label": "x"}])
    log = write_jsonl(tmp_path / "l.jsonl", [{"id": "a\x1b[31m", "label": "\x1b]0;y"}])
    outcome = command.run(golden, log, "--key", "id")
    assert outcome.code == 1
    assert "\x1b" not in outcome.stdout
