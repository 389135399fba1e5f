"""`driftwatch baseline build` and `driftwatch baseline show`."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from driftwatch.baseline.artifact import load_baseline
from driftwatch.cli.baseline import app
from driftwatch.errors import BaselineError, DataError, DriftwatchError, UsageError

NAMES = ("--model", "fraud", "--model-version", "3")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Training data in the current folder."""
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "id": f"id-{i}",
            "ts": f"2026-01-01T00:{i % 60:02}:00Z",
            "amount": i / 4,
            "country": "DE" if i % 4 else None,
            "score": i / 600,
            "fraud": i % 50 == 0,
        }
        for i in range(600)
    ]
    Path("train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def build(*arguments: str) -> Result:
    return run("build", "train.jsonl", "-o", "fraud.json.gz", *NAMES, *arguments)


def error(result: Result, kind: type[DriftwatchError]) -> str:
    assert isinstance(result.exception, kind)
    assert result.stdout == ""
    return str(result.exception)


def test_build_writes_a_baseline_and_says_what_it_chose(folder: Path) -> None:
    result = build("--prediction", "score", "--label=fraud", "--timestamp", "ts", "--ignore=id")
    assert result.exit_code == 0
    *lines, _, _, _ = [line.split() for line in result.stdout.splitlines()]
    measured = result.stdout.splitlines()[-3:]
    assert lines == [
        ["column", "role", "kind", "distinct", "missing", "values"],
        ["amount", "feature", "numeric", "600", "0%", "0", "to", "149.75"],
        ["country", "feature", "categorical", "1", "25.0%", "DE", "100%"],
        ["score", "prediction", "numeric", "600", "0%", "0", "to", "0.998333"],
        ["fraud", "label", "categorical", "2", "0%", "false", "98.0%,", "true", "2.0%"],
        ["note:", "country", "has", "one", "value", "only"],
    ]
    assert measured[0] == "order: by the time in ts"
    baseline = load_baseline(Path("fraud.json.gz"))
    assert (baseline.model, baseline.model_version, baseline.rows) == ("fraud", "3", 600)
    assert baseline.timestamp == "ts"


def test_build_ends_with_one_line_on_standard_error(folder: Path) -> None:
    result = build()
    size = Path("fraud.json.gz").stat().st_size
    assert result.stderr == (
        f"wrote fraud.json.gz: 600 rows, 6 columns, {size:,} bytes; for fraud version 3\n"
    )


def test_building_twice_gives_the_same_file(folder: Path) -> None:
    build()
    first = Path("fraud.json.gz").read_bytes()
    build()
    assert Path("fraud.json.gz").read_bytes() == first


def test_ids_are_noted_with_the_option_that_leaves_them_out(folder: Path) -> None:
    assert "note: id has 600 different values in 600 rows" in build().stdout
    assert "note: id" not in build("--ignore", "id").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ignore", "id,ts", "--ignore", "amount,country"),
        ("--ignore", "id, ts ,amount", "--ignore=country"),
        ("--ignore", '"id",ts,amount,country'),
    ],
)
def test_names_may_be_repeated_or_separated_by_commas(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    build(*arguments)
    baseline = load_baseline(Path("fraud.json.gz"))
    assert [column.name for column in baseline.columns] == ["score", "fraud"]


def test_a_kind_may_be_chosen(folder: Path) -> None:
    build("--categorical", "amount", "--numeric", "country,fraud")
    kinds = {c.name: c.kind for c in load_baseline(Path("fraud.json.gz")).columns}
    assert (kinds["amount"], kinds["country"], kinds["fraud"]) == (
        "categorical",
        "numeric",
        "numeric",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ignore", "amuont"), "--ignore amuont: the data has no such column; did you mean"),
        (("--ignore", "id,"), "--ignore: a name is empty"),
        (("--label", "id", "--ignore", "id"), "id: given to both --label and --ignore; choose one"),
        (("--model", ""), "--model '': a name is expected"),
        (("-o", "missing/fraud.json"), "--output missing/fraud.json: no such folder: missing"),
        (("-o", "."), "--output .: a folder; expected the name of a file"),
        (("train.csv.xz",), "train.csv.xz: no such file or folder"),
    ],
)
def test_what_can_not_be_is_an_error(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    kind = DataError if "no such file" in words else UsageError
    assert words in error(build(*arguments), kind)
    assert not Path("fraud.json.gz").exists()


def test_data_that_can_not_be_read_leave_the_old_baseline_as_it_is(folder: Path) -> None:
    build()
    before = Path("fraud.json.gz").read_bytes()
    with Path("train.jsonl").open("a") as file:
        file.write("{\n")
    assert "train.jsonl:601: not JSON" in error(build(), DataError)
    assert Path("fraud.json.gz").read_bytes() == before


def test_show_says_what_each_column_looks_like(folder: Path) -> None:
    build("--ignore", "id,ts", "--prediction", "score")
    result = run("show", "fraud.json.gz")
    assert result.exit_code == 0
    first, *lines = result.stdout.splitlines()
    assert first.startswith("fraud, version 3: 600 rows, 4 columns; data ")
    amount = next(line for line in lines if line.startswith("amount "))
    assert "0 to 149.8 (1% 1.5, 25% 37.5, 50% 75" in amount
    assert "█" in amount
    assert any("DE 100%" in line and "25.0%" in line for line in lines)


def test_show_json_is_one_document_and_nothing_else(folder: Path) -> None:
    build("--ignore", "id", "--timestamp", "ts")
    result = run("show", "--json", "fraud.json.gz")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert (document["model"], document["rows"], document["timestamp"]) == ("fraud", 600, "ts")
    assert [column["name"] for column in document["columns"]] == [
        "amount",
        "country",
        "score",
        "fraud",
    ]


def test_show_of_no_baseline_is_an_error(folder: Path) -> None:
    assert error(run("show", "missing.json"), BaselineError) == "missing.json: no such baseline"
    assert "not JSON" in error(run("show", "train.jsonl"), BaselineError)


def test_what_the_data_hold_can_do_a_terminal_no_harm(folder: Path) -> None:
    row = {"\x1b[31mred": "\x1b]0;\x07[bold]x[/bold]\n", "n": 1.5}
    Path("train.jsonl").write_text(json.dumps(row))
    shown = build().stdout + run("show", "fraud.json.gz").stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]x[/bold]?" in shown


@pytest.mark.parametrize("width", ["60", "200"])
def test_on_a_terminal_the_progress_is_a_bar_that_leaves_nothing_behind(
    folder: Path, width: str
) -> None:
    ours, theirs = pty.openpty()
    code = "from driftwatch.cli.baseline import app; app()"
    command = ["build", "train.jsonl", "-o", "fraud.json", *NAMES]
    child = subprocess.Popen(
        [sys.executable, "-c", code, *command],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "COLUMNS": width, "TERM": "xterm"},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    stdout, _ = child.communicate()
    assert child.returncode == 0
    assert b"pass 2 of 2: 600 rows" in said
    assert said.rstrip().split(b"\n")[-1].find(b"wrote fraud.json: 600 rows") >= 0
    assert b"\x1b" not in stdout


def test_what_is_no_file_is_not_replaced_by_one(folder: Path) -> None:
    os.mkfifo("pipe")
    result = run("build", "train.jsonl", "-o", "pipe", *NAMES)
    assert "pipe: no regular file" in error(result, UsageError)
    assert Path("pipe").is_fifo()


def test_help_loads_neither_numpy_nor_pyarrow() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from driftwatch.cli.baseline import app\n"
        "assert CliRunner().invoke(app, ['build', '--help']).exit_code == 0\n"
        "print(sorted({'numpy', 'pyarrow', 'rich.progress'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_a_csv_is_read_without_pyarrow(folder: Path) -> None:
    Path("train.csv").write_text("x,c\n1.5,a\n2.5,b\n")
    code = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "from driftwatch.cli.baseline import app\n"
        "app()\n"
    )
    command = ["build", "train.csv", "-o", "a.json", *NAMES]
    subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True)
    assert load_baseline(Path("a.json")).rows == 2


def ordered(folder: Path, shift: float) -> None:
    """Rows in order, the last fifth of them shifted."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=5_000)
    values[4_000:] += shift
    rows = "".join(f"{value},{'ab'[i % 2]}\n" for i, value in enumerate(values.tolist()))
    Path("train.csv").write_text(f"x,c\n{rows}")


def build_ordered(*arguments: str) -> Result:
    return run("build", "train.csv", "-o", "a.json", *NAMES, "--in-order", *arguments)


def test_build_says_what_was_measured_and_show_says_it_again(folder: Path) -> None:
    ordered(folder, 0.0)
    said = build_ordered("--rows-per-pane", "100").stdout.splitlines()[-3:]
    assert said[0] == "order: as the rows stand in the data"
    assert said[1].startswith("dependence: measured in blocks of 100 rows; the largest phi is ")
    assert said[2] == (
        "self-test: the last 20% of the rows against the first 80%, 10 panes of up to 100 rows, "
        "1 per 30d, tolerance 0.03: no column would have paged"
    )
    assert run("show", "a.json").stdout.splitlines()[-3:] == said


def test_a_drift_inside_the_training_data_is_told_with_a_hint(folder: Path) -> None:
    ordered(folder, 1.0)
    result = build_ordered("--rows-per-pane", "100", "--false-alarms", "1 per 7d")
    assert "1 per 7d, tolerance 0.03\n" in result.stdout
    assert "self-test: x would have paged once: it drifts inside the training" in result.stdout
    assert "c would have paged" not in result.stdout
    document = json.loads(run("show", "--json", "a.json").stdout)
    assert document["order"] == "rows"
    assert document["self_test"]["false_alarms"] == "1 per 7d"
    assert [column["self_test"]["page"] for column in document["columns"]] == [1, 0]


def test_a_large_tolerance_tolerates_it(folder: Path) -> None:
    ordered(folder, 0.4)
    assert "x would have paged" in build_ordered().stdout
    assert "x would have paged" not in build_ordered("--tolerance", "0.9").stdout


def test_without_an_order_it_is_said_what_that_means(folder: Path) -> None:
    for result in (build(), run("show", "fraud.json.gz")):
        assert "order: unknown, so rows are taken to be independent" in result.stdout


def test_panes_of_another_length_hold_other_rows(folder: Path) -> None:
    rows = "".join(f"{1_700_000_000 + i},{i % 97 / 7}\n" for i in range(8_000))
    Path("train.csv").write_text(f"ts,x\n{rows}")
    for pane, size in (("1m", 60), ("2m", 120), ("10s", 50)):
        run("build", "train.csv", "-o", "a.json", *NAMES, "--timestamp", "ts", "--pane", pane)
        assert load_baseline(Path("a.json")).block_sizes[0] == size


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--in-order", "--timestamp", "ts"), "--in-order and --timestamp: choose one"),
        (("--pane", "1y"), "--pane 1y: expected a duration like 30s, 1m or 1h"),
        (("--pane", "0s"), "--pane 0s: expected a duration"),
        (("--false-alarms", "often"), "--false-alarms: expected false alarms like '1 per 30d'"),
        (("--rows-per-pane", "0"), "--rows-per-pane 0: expected 1 to 10,000,000"),
        (("--tolerance", "nan"), "--tolerance nan: expected 0 to 1"),
    ],
)
def test_measuring_options_that_can_not_be_are_an_error(
    folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in error(build(*arguments), UsageError)
    assert not Path("fraud.json.gz").exists()


def test_times_that_can_not_be_read_are_an_error(folder: Path) -> None:
    assert "the column 'country' holds no time" in error(build("--timestamp", "country"), DataError)
