"""`baseline build` with derived columns, segments, rates and a contract."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from driftwatch.baseline.artifact import load_baseline
from driftwatch.baseline.build import build as make_baseline
from driftwatch.baseline.options import BuildOptions
from driftwatch.cli.baseline import app
from driftwatch.cli.contract_file import read_contract
from driftwatch.config import Const, DecodeSettings
from driftwatch.derive.kinds import parse_derivation
from driftwatch.errors import UsageError
from driftwatch.records import ModelVersion, Partition
from driftwatch.sources.memory import MemorySource
from driftwatch.training_log import TrainingLog

OWN = ("--model", "m", "--model-version", "1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "review": "good " * (i % 3),
            "people": i % 60,
            "latency": i / 7,
            "p": [i / 200, 1 - i / 200],
        }
        for i in range(200)
    ]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("contract.yaml").write_text("people: people BETWEEN 0 AND 50\n")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_what_is_asked_for_is_in_the_baseline_and_told() -> None:
    made = ("--derive", "text:review", "--derive", "probabilities:p=no,yes")
    asked = ("--segment", "large=people > 30", "--rate", "sure = p.confidence >= 0.9")
    more = ("--contract", "contract.yaml", "--serving", "latency", "-o", "b.json")
    runner = CliRunner()
    built = runner.invoke(app, ["build", "rows.jsonl", *OWN, *made, *asked, *more])
    assert built.exit_code == 0, built.output
    baseline = load_baseline(Path("b.json"))
    assert {column.name: column.role for column in baseline.columns} == {
        "people": "feature",
        "latency": "serving",
        "review.length": "feature",
        "review.words": "feature",
        "review.non_ascii": "feature",
        "review.empty": "feature",
        "p.top_class": "prediction",
        "p.confidence": "prediction",
        "p.margin": "prediction",
        "p.entropy": "prediction",
        "segment.large": "segment",
        "rate.sure": "rate",
        "contract.people": "contract",
    }
    shown = runner.invoke(app, ["show", "b.json"])
    told = shown.stdout.splitlines()
    large = sum(i % 60 > 30 for i in range(200))
    assert f"segment large: {large / 2:.1f}% of the rows ({large}): people > 30" in told
    assert any(line.startswith("rate sure: ") for line in told)
    assert any(line.startswith("contract people: violated by ") for line in told)
    assert any(line.startswith("derived from review (text): review.length, ") for line in told)
    document = json.loads(runner.invoke(app, ["show", "b.json", "--json"]).stdout)
    assert document["segments"] == [{"name": "large", "rows": large, "ratio": large / 200}]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--segment", "large"), "--segment large: expected NAME=CONDITION"),
        (("--segment", "large="), "--segment large=: expected NAME=CONDITION"),
        (("--rate", "a b=people > 1"), "a name has letters, digits and _ only"),
        (("--derive", "review"), "--derive review: expected KIND:SOURCE"),
        (("--derive", "text:review", "--derive", "text:review"), "would be made twice"),
        (("--contract", "none.yaml"), "none.yaml: can't read the contract: No such file"),
    ],
)
def test_what_can_not_be_is_an_error(arguments: tuple[str, ...], said: str) -> None:
    command = ["build", "rows.jsonl", *OWN, "-o", "b.json", *arguments]
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not Path("b.json").exists()


def test_a_contract_may_stand_below_its_key(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text("contract:\n  off: people > 1\n  'no': x IS NULL\n")
    assert read_contract(path) == {"off": "people > 1", "no": "x IS NULL"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no contract"),
        ("- people > 1\n", "expected a mapping"),
        ("age: [1]\n", r"age: expected a condition, found \[1\]"),
        ("age: 5\n", "age: expected a condition, found 5"),
        ("age: x > 1\nage: x > 2\n", "age"),
        ("age: 'x\n", "no contract"),
    ],
)
def test_a_file_that_is_no_contract_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=f"(?s)contract.yaml: .*{said}"):
        read_contract(path)


def test_csv_and_json_lines_have_the_same_segments_and_derived_columns(folder: Path) -> None:
    rows = [
        {"review": "good " * (i % 3 + 1), "people": i % 60, "flag": i % 7 == 0, "v": [i % 5, i / 3]}
        for i in range(300)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(lines)
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        writer.writerows([*list(row.values())[:3], json.dumps(row["v"])] for row in rows)
    asked = ("--segment", "large=people > 30 AND flag = 'true'", "--rate", "near=v.norm < 50")
    made = ("--derive", "text:review", "--derive", "vector:v", "--in-order")
    for name in ("rows.csv", "rows.jsonl"):
        found = CliRunner().invoke(app, ["build", name, *OWN, *made, *asked, "-o", f"{name}.b"])
        assert found.exit_code == 0, found.output
    assert (folder / "rows.csv.b").read_bytes() == (folder / "rows.jsonl.b").read_bytes()


def test_a_log_hands_on_what_columns_are_derived_from() -> None:
    source = MemorySource()
    partition = Partition("log", 0)
    source.assign(partition)
    records = [{"f": {"review": "a b", "x": i / 7}, "out": {"p": [0.25, 0.75]}} for i in range(60)]
    source.append(partition, [json.dumps(record).encode() for record in records])
    decode = DecodeSettings(
        model=Const(const="m"),
        model_version=Const(const="1"),
        features="f",
        predictions={"scores": "out.p"},
    )
    wanted = frozenset(("review", "scores"))
    log = TrainingLog(source, decode, ModelVersion("m", "1"), "earliest", sources=wanted)
    derived = tuple(map(parse_derivation, ("text:review", "probabilities:scores=no,yes")))
    options = BuildOptions("m", "1", predictions=("scores",), derived=derived)
    baseline = make_baseline(log.chunks, options)
    words = {c.name: c.vocabulary for c in baseline.columns if c.kind == "categorical"}
    assert words["scores.top_class"] == ("yes",)
    assert next(c for c in baseline.columns if c.name == "review.words").kind == "numeric"
