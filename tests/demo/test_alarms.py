"""What the daemon says to the demo's story: soon enough, and nothing else."""

from pathlib import Path

import pytest

from driftwatch.demo.files import DemoFiles
from driftwatch.demo.story import Story
from tests.demo.quick import NOTHING_HAPPENS, START_S, make_files, report_of, write_log

SEEDS = range(100, 104)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return make_files(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_said_while_nothing_happens(files: DemoFiles, tmp_path: Path, seed: int) -> None:
    write_log(tmp_path / "log.jsonl", NOTHING_HAPPENS, seed, seconds=75)
    assert report_of(files, tmp_path / "log.jsonl").alarms == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_change_is_said_within_seconds(files: DemoFiles, tmp_path: Path, seed: int) -> None:
    write_log(tmp_path / "log.jsonl", Story(30.0, 60.0), seed, seconds=95)
    said = {
        (alarm.column, alarm.severity): alarm.raised_us / 1e6 - START_S
        for alarm in report_of(files, tmp_path / "log.jsonl").alarms
    }
    # The model is slower with riders who freeze, as it takes it: its answers change as well.
    changed = {"temperature", "minutes", "weather"}
    assert said.keys() == {(name, level) for name in changed for level in ("info", "page")}
    assert 30 < said["temperature", "info"] <= said["temperature", "page"] < 36
    assert 30 < said["minutes", "info"] <= said["minutes", "page"] < 50
    assert 60 < said["weather", "info"] <= said["weather", "page"] < 70
