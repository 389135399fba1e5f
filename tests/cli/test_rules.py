"""`driftwatch rules`."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from driftwatch.cli.rules import rules
from driftwatch.errors import ConfigError
from driftwatch.generate.rules.files import FLEET, RESOURCE, RULES, rule_files
from driftwatch.generate.rules.policy import ANY

CONFIGURATION = """\
source: {files: {path: log}}
decode: {timestamp: ts, model: {const: fraud}}
models: {fraud: {baselines: {"3": fraud.json}}}
state: {memory: true}
windows: [10m]
links: {status_page: "https://drift.example"}
"""

app = typer.Typer()
app.command()(rules)


def test_three_files_are_written_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    result = CliRunner().invoke(app, ["-o", str(folder)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [str(folder / name) for name in (RULES, FLEET, RESOURCE)]
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == (
        rule_files(ANY)
    )


def test_a_configuration_decides_what_is_written(tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    result = CliRunner().invoke(app, ["-c", str(config), "-o", str(tmp_path / "made")])
    assert (result.exit_code, result.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "made").iterdir()} == {RULES, RESOURCE}
    text = (tmp_path / "made" / RULES).read_text(encoding="utf-8")
    assert "https://drift.example/columns/" in text
    assert 'window="10m"' in text
    assert "DriftwatchCheckpointStale" not in text


def test_a_wrong_configuration_writes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION.replace("status_page", "statuspage"), encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean"):
        CliRunner().invoke(
            app, ["-c", str(config), "-o", str(tmp_path / "made")], catch_exceptions=False
        )
    assert not (tmp_path / "made").exists()
