"""The demo that only writes its log, as people and containers run it: a process."""

import json
import signal
import uuid
from pathlib import Path
from typing import Any

import pytest

from driftwatch.cli.demo import demo
from driftwatch.config import check_files, load
from driftwatch.demo.files import DemoFiles
from driftwatch.errors import UsageError
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster
from tests.harness.waiting import wait_until

FEED = ("demo", "--only-log")


def test_a_daemon_elsewhere_finds_what_it_needs(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    files = DemoFiles(tmp_path / "rides")
    feeder = driftwatch(*FEED, "--keep", files.folder, "--port", "18999", "--drift-after", "1")
    feeder.wait_until_said("now sends Celsius")
    settings = load(files.config, {})
    assert check_files(settings) == ()
    assert str(settings.http.listen) == "127.0.0.1:18999"
    lines = wait_until((files.log / "rides.jsonl").read_bytes, what="records").splitlines()
    assert json.loads(lines[0])["model"] == "ride-time"
    assert feeder.terminate(timeout=5) == 0
    assert feeder.stderr == ""


@pytest.mark.surfaces
def test_a_second_start_writes_on_where_the_first_one_ended(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    files = DemoFiles(tmp_path / "rides")
    first = driftwatch(*FEED, "--keep", files.folder, "--seconds", "1")
    assert first.wait() == 0, first.stderr
    made, written = files.baseline.stat().st_mtime_ns, (files.log / "rides.jsonl").read_bytes()
    second = driftwatch(*FEED, "--keep", files.folder, "--seconds", "1")
    assert second.wait() == 0, second.stderr
    assert files.baseline.stat().st_mtime_ns == made
    assert (files.log / "rides.jsonl").read_bytes().startswith(written)
    assert (files.log / "rides.jsonl").stat().st_size > len(written)


@pytest.mark.surfaces
def test_the_topic_is_made_once_and_stays(
    driftwatch: StartDriftwatch, kafka: KafkaCluster, tmp_path: Path
) -> None:
    topic = f"test-{uuid.uuid4().hex[:8]}"
    command = (*FEED, "--keep", tmp_path / "rides", "--kafka", kafka.bootstrap, "--topic", topic)
    first = driftwatch(*command)
    first.wait_until_said("00:00  world")

    def written() -> int:
        return sum(kafka.end_offsets(topic).values())

    wait_until(lambda: written() > 0, what="records in the topic", timeout=20)
    first.signal(signal.SIGTERM)
    assert first.wait() == 0, first.stderr
    before = written()
    second = driftwatch(*command, "--seconds", "2")
    assert second.wait() == 0, second.stderr
    assert written() > before
    assert topic in DemoFiles(tmp_path / "rides").config.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only_log": True}, "add --keep FOLDER"),
        ({"only_log": True, "keep": Path("x"), "topic": "rides"}, "go together"),
        ({"only_log": True, "keep": Path("x"), "kafka": "localhost:9092"}, "go together"),
        ({"topic": "rides"}, "has no effect without --only-log"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        demo(**options)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="there are files in it"):
        demo(only_log=True, keep=tmp_path / "mine", seconds=1.0)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
