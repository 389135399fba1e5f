"""A state that can't be written: the daemon goes on, says so, ends in time, and loses nothing."""

import json
import re
import resource
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.state.sqlite import SqliteStore
from tests.conftest import StartDriftwatch
from tests.harness.process import Driftwatch, http_get
from tests.harness.waiting import wait_until

pytestmark = pytest.mark.timeout(240)

FAILED = "checkpoint not saved"


def configuration(give_up_after: str) -> str:
    return f"""
source: {{files: {{path: log, start: earliest}}}}
decode: {{timestamp: ts, model: {{const: m}}}}
models: {{m: {{baselines: {{"1": m.baseline.json}}}}}}
pane: 2s
windows: [1h]
checkpoint_every: 200ms
state: {{path: state, give_up_after: {give_up_after}}}
http: {{listen: "127.0.0.1:0"}}
"""


class Home:
    """A folder with a configuration and a log, and how many records that has."""

    def __init__(self, folder: Path, start: StartDriftwatch, give_up_after: str) -> None:
        self.state = folder / "state" / "state.sqlite3"
        self.records = 0
        self._start = start
        self._config = folder / "driftwatch.yaml"
        self._log = folder / "log" / "a.jsonl"
        self._log.parent.mkdir()
        self._config.write_text(configuration(give_up_after))
        training = Chunk.from_records([{"x": i} for i in range(1_000)])
        built = build(lambda: iter([training]), BuildOptions("m", "1"))
        built.save(folder / "m.baseline.json")

    def write(self, count: int) -> None:
        with self._log.open("a") as file:
            for i in range(count):
                file.write(json.dumps({"ts": time.time(), "x": i}) + "\n")
        self.records += count

    def start(self) -> "Running":
        return Running(self._start("run", "-c", self._config))


class Running:
    """A daemon that is ready, and its metrics."""

    def __init__(self, process: Driftwatch) -> None:
        self.process = process
        process.wait_until_said("started")
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', process.stderr)
        assert found is not None
        self.url = f"http://127.0.0.1:{found[1]}"
        process.wait_until_ready(int(found[1]))

    def metric(self, series: str) -> float:
        page = http_get(f"{self.url}/metrics")[1]
        found = re.search(rf"^driftwatch_{re.escape(series)} (\S+)$", page, re.MULTILINE)
        assert found is not None, series
        return float(found[1])

    @property
    def counted(self) -> float:
        return self.metric('records_total{outcome="counted"}')

    @property
    def in_the_window(self) -> float:
        labels = 'model="m",model_version="1",segment="all",window="1h"'
        return self.metric(f"window_records{{{labels}}}")

    @property
    def decoding_seconds(self) -> float:
        return self.metric('loop_seconds_total{step="decode"}')

    @property
    def is_stale(self) -> bool:
        labels = 'model="m",model_version="1",reason="stale_checkpoint",segment="all"'
        return self.metric(f"blind{{{labels}}}") == 1.0

    @property
    def has_failed(self) -> bool:
        return FAILED in self.process.stderr


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write beyond this size in a file of whoever is started meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_up(home: Home, daemon: Running) -> None:
    """Let a daemon save until there is no more room."""

    def saved_or_failed() -> bool:
        return daemon.counted == home.records or daemon.has_failed

    while not daemon.has_failed:
        home.write(10)
        wait_until(saved_or_failed, what="the records are saved, or can't be", timeout=20)


def test_a_full_disk_ends_in_a_clear_text_and_costs_no_record(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    home = Home(tmp_path, driftwatch, give_up_after="40s")
    with largest_file(500_000):
        daemon = home.start()
    fill_up(home, daemon)
    saved, decoded = daemon.counted, daemon.decoding_seconds
    assert 0 < saved < home.records

    home.write(1_000)
    wait_until(lambda: daemon.decoding_seconds > decoded, what="it goes on reading")
    wait_until(lambda: daemon.is_stale, what="it is blind", timeout=40)
    assert http_get(f"{daemon.url}/-/healthy")[0] == 200
    assert daemon.counted == saved

    assert daemon.process.wait(timeout=30) == 4
    assert re.search(
        r"nothing could be saved for 4\d s, .*state\.give_up_after.*state\.sqlite3 can't be",
        daemon.process.stderr,
    )
    assert "Traceback" not in daemon.process.stderr
    with closing(SqliteStore(home.state.parent)) as store:
        assert sum(counts.rows for counts in store.load().panes.values()) == saved

    again = home.start()
    wait_until(lambda: again.counted == home.records - saved, what="the rest is counted")
    assert again.in_the_window == home.records


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_state_file_that_was_taken_away_is_said_and_ends_the_daemon_and_costs_no_record(
    driftwatch: StartDriftwatch, tmp_path: Path, how: str
) -> None:
    home = Home(tmp_path, driftwatch, give_up_after="10s")
    daemon = home.start()
    home.write(100)
    wait_until(lambda: daemon.counted == 100, what="the first records")
    if how == "deleted":
        home.state.unlink()
    else:
        older = home.state.with_name("older")
        older.write_bytes(home.state.read_bytes())
        older.rename(home.state)

    home.write(50)
    wait_until(lambda: daemon.has_failed, what="it is said")
    assert daemon.process.wait(timeout=30) == 4
    assert re.search(r"nothing could be saved for .*state\.sqlite3", daemon.process.stderr)
    assert "intact" not in daemon.process.stderr

    again = home.start()
    wait_until(lambda: again.in_the_window == 150, what="all records in the window")


def test_a_state_file_that_comes_back_is_gone_on_with(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    home = Home(tmp_path, driftwatch, give_up_after="1h")
    daemon = home.start()
    home.write(100)
    wait_until(lambda: daemon.counted == 100, what="the first records")
    elsewhere = home.state.rename(tmp_path / "elsewhere")
    home.write(50)
    wait_until(lambda: daemon.has_failed, what="it is said")
    home.write(25)
    elsewhere.rename(home.state)
    wait_until(lambda: daemon.counted == 175, what="all records")
    assert daemon.in_the_window == 175
