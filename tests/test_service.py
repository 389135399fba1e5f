"""The daemon as a process: starting, stopping, reloading, refusing."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.conftest import StartDriftwatch
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

CONFIGURATION = """
source: {files: {path: log, start: earliest}}
decode: {timestamp: ts, model: {const: m}, model_version: version}
models: {m: {baselines: "m-*.baseline.json"}}
pane: 2s
windows: [1m]
checkpoint_every: 200ms
state: {path: state}
http: {listen: "127.0.0.1:0", reload: true}
"""


def write_baseline(folder: Path, version: str) -> None:
    training = Chunk.from_records([{"x": i} for i in range(1_000)])
    baseline = build(lambda: iter([training]), BuildOptions("m", version))
    baseline.save(folder / f"m-{version}.baseline.json")


def write_records(folder: Path, count: int, version: str = "1") -> None:
    now = time.time()
    with (folder / "log" / "a.jsonl").open("a") as file:
        for i in range(count):
            file.write(json.dumps({"ts": now, "version": version, "x": i}) + "\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    write_baseline(tmp_path, "1")
    (tmp_path / "driftwatch.yaml").write_text(CONFIGURATION)
    return tmp_path


class Running:
    """A daemon that is ready, and what it says of itself."""

    def __init__(self, start: StartDriftwatch, home: Path) -> None:
        self.process: Driftwatch = start("run", "-c", str(home / "driftwatch.yaml"))
        self.process.wait_until_said("started")
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', self.process.stderr)
        assert found is not None
        self.port = int(found[1])
        self.process.wait_until_ready(self.port)

    def status(self) -> Any:
        return json.loads(http_get(f"http://127.0.0.1:{self.port}/api/v1/status")[1])

    def counted(self, count: int) -> None:
        wait_until(
            lambda: self.status()["records"]["counted"] == count,
            what=f"{count} records counted, not {self.status()['records']}",
        )

    def metric(self, line: str) -> float:
        page = http_get(f"http://127.0.0.1:{self.port}/metrics")[1]
        found = re.search(rf"^{re.escape(line)} (\S+)$", page, re.MULTILINE)
        assert found is not None, line
        return float(found[1])


def test_a_stop_saves_what_was_counted_and_a_start_goes_on_from_there(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    first = Running(driftwatch, home)
    write_records(home, 100)
    first.counted(100)
    begin = time.monotonic()
    assert first.process.terminate(timeout=10) == 0
    assert time.monotonic() - begin < 10
    write_records(home, 50)
    second = Running(driftwatch, home)
    second.counted(50)
    assert second.status()["streams"][0]["columns"][0]["windows"][0]["records"] == 150


def test_a_killed_daemon_counts_nothing_twice_and_nothing_never(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    for turn in range(3):
        daemon = Running(driftwatch, home)
        write_records(home, 1_000)
        time.sleep(0.15 * turn)
        daemon.process.kill()
    last = Running(driftwatch, home)
    wait_until(
        lambda: last.status()["streams"][0]["columns"][0]["windows"][0]["records"] == 3_000,
        what="all records in the window",
    )


def test_a_broken_configuration_leaves_the_running_one_as_it_is(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    daemon = Running(driftwatch, home)
    (home / "driftwatch.yaml").write_text(CONFIGURATION.replace("windows", "widnows"))
    daemon.process.signal(signal.SIGHUP)
    daemon.process.wait_until_said("not reloaded")
    assert "did you mean" in daemon.process.stderr
    wait_until(
        lambda: daemon.metric("driftwatch_config_last_reload_successful") == 0,
        what="the gauge to say so",
    )
    write_records(home, 10)
    daemon.counted(10)
    (home / "driftwatch.yaml").write_text(CONFIGURATION)
    daemon.process.signal(signal.SIGHUP)
    wait_until(
        lambda: daemon.metric("driftwatch_config_last_reload_successful") == 1,
        what="the gauge to say so",
    )


def test_a_reload_picks_up_the_baseline_of_a_new_version(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    daemon = Running(driftwatch, home)
    write_records(home, 10)
    write_records(home, 5, version="2")
    daemon.counted(10)
    wait_until(lambda: daemon.status()["records"]["unrouted"] == 5, what="the unknown version")
    assert "unrouted" in daemon.status()["streams"][0]["blind"]
    write_baseline(home, "2")
    daemon.process.signal(signal.SIGHUP)
    daemon.process.wait_until_said("configuration reloaded")
    write_records(home, 7, version="2")
    daemon.counted(17)
    versions = {stream["model_version"]: stream["records"] for stream in daemon.status()["streams"]}
    assert versions == {"1": 10, "2": 7}


def test_a_reload_that_adds_columns_divides_the_budget_anew(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    daemon = Running(driftwatch, home)
    month = 30 * 24 * 3600
    assert daemon.metric("driftwatch_watched_columns") == 1
    assert daemon.metric("driftwatch_column_false_alarm_interval_seconds") == month
    write_baseline(home, "2")
    daemon.process.signal(signal.SIGHUP)
    wait_until(lambda: daemon.metric("driftwatch_watched_columns") == 2, what="the second column")
    assert daemon.metric("driftwatch_column_false_alarm_interval_seconds") == 2 * month
    assert daemon.process.stderr.count('"budget of false alarms"') == 2
    assert "one false alarm in 60.0 days" in daemon.process.stderr


def test_what_takes_a_restart_is_refused_at_a_reload(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    daemon = Running(driftwatch, home)
    (home / "driftwatch.yaml").write_text(CONFIGURATION.replace("path: log", "path: elsewhere"))
    code, body = http_get(f"http://127.0.0.1:{daemon.port}/-/reload", method="POST")
    assert code == 400
    assert "source" in body
    assert "restart" in body


def test_a_second_daemon_on_the_same_state_is_refused_and_told_of_the_first(
    driftwatch: StartDriftwatch, home: Path
) -> None:
    first = Running(driftwatch, home)
    second = driftwatch("run", "-c", str(home / "driftwatch.yaml"))
    assert second.wait() == 4
    assert str(first.process.pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_second_sigterm_ends_at_once(driftwatch: StartDriftwatch, home: Path) -> None:
    codes = []
    for _ in range(5):  # the first one may have done its work before the second arrives
        daemon = Running(driftwatch, home)
        daemon.process.signal(signal.SIGTERM)
        time.sleep(0.005)
        daemon.process.signal(signal.SIGTERM)
        codes.append(daemon.process.wait(timeout=5))
        if codes[-1] == 1:
            return
    pytest.fail(f"ended with {codes}")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("m-*.baseline.json", "m-1.baseline.jsn"), 2, "m-1.baseline.jsn"),
        (("pane: 2s", "pane: 2"), 2, '"2s"'),
        (('listen: "127.0.0.1:0"', 'listen: "127.0.0.1:port"'), 2, "listen"),
        (("path: log", "path: nowhere"), 4, "nowhere"),
    ],
)
def test_what_can_not_be_run_ends_with_a_sentence(
    driftwatch: StartDriftwatch, home: Path, change: tuple[str, str], code: int, words: str
) -> None:
    (home / "driftwatch.yaml").write_text(CONFIGURATION.replace(*change))
    daemon = driftwatch("run", "-c", str(home / "driftwatch.yaml"))
    assert daemon.wait() == code
    assert words in daemon.stderr
    assert "Traceback" not in daemon.stderr
