"""`driftwatch dashboards`."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from driftwatch.cli.dashboards import dashboards
from driftwatch.errors import ConfigError, DriftwatchError
from driftwatch.generate.dashboards import DashboardPolicy, files

CONFIGURATION = """\
source: {files: {path: log}}
decode: {timestamp: ts, model: {const: fraud}}
models: {fraud: {baselines: {"3": fraud.json}}}
state: {memory: true}
links: {status_page: "https://drift.example"}
"""

app = typer.Typer()
app.command()(dashboards)


def test_three_files_are_written_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    result = CliRunner().invoke(app, ["-o", str(folder)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [str(folder / name) for name in files(DashboardPolicy())]
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == files(DashboardPolicy())


def test_a_newer_file_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    old = tmp_path / "driftwatch-itself.json"
    old.write_text("old", encoding="utf-8")
    CliRunner().invoke(app, ["-o", str(tmp_path)])
    assert json.loads(old.read_text(encoding="utf-8"))["uid"] == "driftwatch-itself"


def test_a_configuration_decides_where_links_lead(tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    result = CliRunner().invoke(app, ["-c", str(config), "-o", str(tmp_path / "made")])
    assert (result.exit_code, result.stderr) == (0, "")
    overview = (tmp_path / "made" / "driftwatch-overview.json").read_text(encoding="utf-8")
    assert "https://drift.example" in overview
    assert "localhost:8710" not in overview


def test_a_wrong_configuration_writes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "driftwatch.yaml"
    config.write_text(CONFIGURATION.replace("status_page", "statuspage"), encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean"):
        CliRunner().invoke(
            app, ["-c", str(config), "-o", str(tmp_path / "made")], catch_exceptions=False
        )
    assert not (tmp_path / "made").exists()


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "made").touch()
    with pytest.raises(DriftwatchError, match="made: can't be written: "):
        CliRunner().invoke(app, ["-o", str(tmp_path / "made")], catch_exceptions=False)
