"""`driftwatch compare A B`."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from driftwatch.cli import main
from tests.baseline.data import built_of, write_csv, write_jsonl, write_parquet


class Outcome(NamedTuple):
    code: object
    stdout: str
    stderr: str


class Compare:
    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._patch = patch

    def run(self, *arguments: str | Path) -> Outcome:
        self._patch.setattr("sys.argv", ["driftwatch", "compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Outcome(ended.value.code, *self._capsys.readouterr())


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Compare:
    return Compare(capsys, monkeypatch)


def rows(seed: int, add: float = 0.0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {"amount": float(a), "country": str(c)}
        for a, c in zip(
            rng.normal(add, 1.0, 2_000), rng.choice(["DE", "FR", "IT"], 2_000), strict=True
        )
    ]


def test_two_logs_of_two_formats(command: Compare, tmp_path: Path) -> None:
    a = write_csv(tmp_path / "a.csv", rows(1))
    b = write_parquet(tmp_path / "b.parquet", rows(2))
    outcome = command.run(a, b)
    lines = outcome.stdout.splitlines()
    assert outcome.code == 0
    assert lines[0] == "ok: no column differs by more than is tolerated"
    assert lines[1] == (
        f"2,000 rows of {b} against 2,000 of {a}, false-alarm rate 0.01, tolerance 0.03"
    )
    assert lines[2].split()[:5] == ["column", "verdict", "p", "ks", "psi"]
    assert {line.split()[0] for line in lines[3:5]} == {"amount", "country"}


def test_a_log_and_a_baseline_that_differ(command: Compare, tmp_path: Path) -> None:
    log = write_jsonl(tmp_path / "new.jsonl", rows(2, add=0.5))
    built_of(write_jsonl(tmp_path / "old.jsonl", rows(1))).save(tmp_path / "old.json")
    outcome = command.run(tmp_path / "old.json", log)
    assert outcome.code == 1
    assert outcome.stdout.startswith("drift: 1 of 2 columns differs\n")
    assert "\namount: " in outcome.stdout
    assert f"in {tmp_path / 'old.json'})" in outcome.stdout


def test_the_document_has_both_sides(command: Compare, tmp_path: Path) -> None:
    for name, data in (("a", rows(1)), ("b", rows(2, add=0.5))):
        built_of(write_jsonl(tmp_path / f"{name}.jsonl", data)).save(tmp_path / f"{name}.json")
    outcome = command.run(tmp_path / "a.json", tmp_path / "b.json", "--json")
    found = json.loads(outcome.stdout)
    assert (outcome.code, found["verdict"]) == (1, "drift")
    first = found["columns"][0]
    assert (first["name"], first["differs"]) == ("amount", True)
    assert first["b"]["mean"] - first["a"]["mean"] == pytest.approx(0.5, abs=0.1)
    assert first["ks_statistic"] < first["ks_upper_bound"] < first["ks_statistic"] + 0.05
    assert any("edges of their own" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--false-alarm-rate", "1"), 2, "--false-alarm-rate 1.0: expected more than 0"),
        (("--tolerance", "2"), 2, "--tolerance 2.0: expected 0 to 1"),
        (("--ignore", "amuont"), 2, "did you mean amount?"),
        (("--ignore", "amount,country"), 2, "no column"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(
    command: Compare, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    log = write_jsonl(tmp_path / "a.jsonl", rows(1)[:100])
    outcome = command.run(log, log, *arguments)
    assert outcome.code == code
    assert words in outcome.stderr


def test_what_is_not_there_can_not_be_compared(command: Compare, tmp_path: Path) -> None:
    log = write_jsonl(tmp_path / "a.jsonl", rows(1)[:100])
    outcome = command.run(log, tmp_path / "none.csv")
    assert (outcome.code, outcome.stdout) == (3, "")
    assert "none.csv: no such file or folder" in outcome.stderr
    few = write_jsonl(tmp_path / "few.jsonl", rows(1)[:10])
    assert command.run(log, few).code == 3
