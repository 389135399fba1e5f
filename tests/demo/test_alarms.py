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
def test_each_change_is_said_within_half_a_minute(
    files: DemoFiles, tmp_path: Path, seed: int
) -> None:
    write_log(tmp_path / "log.jsonl", Story(30.0, 60.0), seed, seconds=95)
    said = {
        (alarm.column, alarm.severity): alarm.raised_us / 1e6 - START_S
        for alarm in report_of(files, tmp_path / "log.jsonl").alarms
    }
    assert said.keys() == {("temperature", "info"), ("temperature", "page"), ("weather", "info")}
    assert 30 < said["temperature", "info"] <= said["temperature", "page"] < 45
    assert 60 < said["weather", "info"] < 90
