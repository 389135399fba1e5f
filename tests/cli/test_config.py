"""`driftwatch config check` and `driftwatch config schema`."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from driftwatch.cli.config import app
from driftwatch.errors import ConfigError

GOOD = """\
source:
  kafka: {bootstrap_servers: "kafka-1:9092,kafka-2:9092", topics: [fraud-log, churn-log]}
decode: {model: model, model_version: version}
models:
  fraud: {baselines: {3: fraud-3.json, 4: fraud-4.json}}
  churn: {baselines: "baselines/*.json"}
state: {path: state}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration and its baselines, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("driftwatch.yaml").write_text(GOOD, encoding="utf-8")
    Path("baselines").mkdir()
    for name in ("fraud-3.json", "fraud-4.json", "baselines/churn.json"):
        Path(name).touch()
    return tmp_path


def test_a_good_file_is_ok_with_a_summary(folder: Path) -> None:
    result = CliRunner().invoke(app, ["check", "driftwatch.yaml"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout
        == """\
driftwatch.yaml: ok
  reads    fraud-log, churn-log from Kafka at kafka-1:9092, kafka-2:9092 as driftwatch
  watches  fraud: versions 3 and 4
  watches  churn: 1 baseline file
  windows  1h and 1d, in panes of 1m
  alarms   1 per 30d false alarms of each severity, over all columns
  state    state
  listens  0.0.0.0:8710
"""
    )


def test_warnings_go_to_standard_error_and_change_nothing_else(folder: Path) -> None:
    Path("baselines/churn.json").unlink()
    result = CliRunner().invoke(app, ["check", "driftwatch.yaml"])
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: driftwatch.yaml:6:11: models.churn.baselines: "
        "baselines/*.json finds no file yet\n"
    )
    assert "churn: 0 baseline files" in result.stdout


def test_the_other_sources_and_settings_have_their_words_too(folder: Path) -> None:
    decode = (
        "decode: {timestamp: ts, model: {const: fraud}}\nmodels: {fraud: {baselines: fraud-3.json}}"
    )
    rest = f"{decode}\nstate: {{memory: true}}\nalarms: {{enabled: false}}\n"
    Path("a.yaml").write_text(f"source: {{files: {{path: [baselines, .]}}}}\n{rest}")
    Path("b.yaml").write_text(f"source: {{stdin: {{}}}}\n{rest}")
    files = CliRunner().invoke(app, ["check", "a.yaml"]).stdout
    assert "reads    files in baselines and .\n" in files
    assert "alarms   off\n" in files
    assert "state    in memory only\n" in files
    assert "reads    standard input\n" in CliRunner().invoke(app, ["check", "b.yaml"]).stdout


def test_variables_come_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("driftwatch.yaml").write_text(GOOD + 'http: {listen: "${LISTEN}"}\n', encoding="utf-8")
    monkeypatch.setenv("LISTEN", "127.0.0.1:1")
    result = CliRunner().invoke(app, ["check", "driftwatch.yaml"])
    assert "listens  127.0.0.1:1\n" in result.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("pain: 1m", 'driftwatch.yaml:8:1: pain: unknown key; did you mean "pane"?'),
        (None, "driftwatch.yaml:5:23: models.fraud.baselines.3: there is no file fraud-3.json"),
    ],
)
def test_a_wrong_file_is_an_error_of_the_configuration(
    folder: Path, change: str | None, message: str
) -> None:
    if change is None:
        Path("fraud-3.json").unlink()
    else:
        Path("driftwatch.yaml").write_text(f"{GOOD}{change}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "driftwatch.yaml"])
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert str(result.exception) == message
    assert result.stdout == ""


def test_the_schema_is_one_json_document_on_standard_output() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert (result.exit_code, result.stderr) == (0, "")
    Draft202012Validator.check_schema(json.loads(result.stdout))
