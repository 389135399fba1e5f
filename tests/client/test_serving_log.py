"""The client of a model server: it writes what it can, counts what it can't, and never waits."""

import json
import logging
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from driftwatch.client import ServingLog
from tests.harness.ports import PortLease


def log_in(folder: Path, **settings: Any) -> ServingLog:
    return ServingLog(path=folder / "m.jsonl", model="m", version="1", **settings)


def records(folder: Path) -> list[dict[str, Any]]:
    """All that is in the folder; every line is whole."""
    found = []
    for path in sorted(folder.glob("m-*")):
        lines = path.read_text().splitlines(keepends=True)
        assert all(line.endswith("\n") for line in lines)
        found += [json.loads(line) for line in lines]
    return found


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write beyond this size in a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_logged_is_written_as_it_was_when_it_was_logged(tmp_path: Path) -> None:
    features = {"x": 1.0}
    with log_in(tmp_path) as log:
        before = time.time()
        log.log(features=features, predictions={"score": 0.5}, request_id="7", latency_ms=3)
        features["x"] = 2.0
        assert log.flush()
        assert (log.written, log.dropped, log.failed) == (1, 0, 0)
        (found,) = records(tmp_path)
    assert before <= found.pop("ts") <= time.time()
    assert found == {
        "model": "m",
        "version": "1",
        "features": {"x": 1.0},
        "predictions": {"score": 0.5},
        "request_id": "7",
        "serving": {"latency_ms": 3},
    }


def test_it_is_written_in_a_file_of_this_process(tmp_path: Path) -> None:
    with log_in(tmp_path / "new") as log:
        log.log(features={})
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"m-{os.getpid()}.jsonl"]


def test_many_threads_log_at_a_time_and_nothing_is_lost(tmp_path: Path) -> None:
    with log_in(tmp_path, queue_records=100_000) as log:

        def many(thread: int) -> None:
            for n in range(1_000):
                log.log(features={"thread": thread, "n": n})

        threads = [threading.Thread(target=many, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert log.flush(20)
        assert log.written == 8_000
    found = [(r["features"]["thread"], r["features"]["n"]) for r in records(tmp_path)]
    assert sorted(found) == [(thread, n) for thread in range(8) for n in range(1_000)]
    # Of one thread in the order in which it logged.
    assert [n for thread, n in found if thread == 3] == list(range(1_000))


def test_a_full_queue_drops_and_counts_and_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = log_in(tmp_path / "file" / "no-folder", queue_records=10)  # nothing is ever written there
    begin = time.monotonic()
    for n in range(1_000):
        log.log(features={"n": n})
    assert time.monotonic() - begin < 0.5
    assert (log.written, log.dropped) == (0, 990)
    assert not log.flush(0.3)
    log.close(0.2)
    assert (log.written, log.dropped, log.failed) == (0, 1_000, 0)


def test_what_it_could_not_open_it_writes_once_it_can(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("in the way")
    with log_in(tmp_path / "in" / "here") as log:
        log.log(features={"n": 1})
        time.sleep(0.3)
        (tmp_path / "in").unlink()
        assert log.flush(10)
        assert log.written == 1
    assert len(records(tmp_path / "in" / "here")) == 1


def test_a_full_disk_costs_what_does_not_fit_and_leaves_no_half_line(tmp_path: Path) -> None:
    with log_in(tmp_path) as log:
        log.log(features={"n": 1})
        assert log.flush()
        with largest_file(300):
            log.log(features={"n": 2, "text": "x" * 1_000})
            assert log.flush()
        log.log(features={"n": 3})
        assert log.flush()
        assert (log.written, log.failed) == (2, 1)
    assert [record["features"]["n"] for record in records(tmp_path)] == [1, 3]


def test_a_value_that_cannot_be_written_costs_its_record_alone(tmp_path: Path) -> None:
    class Strange:
        def tolist(self) -> None:
            raise RuntimeError("no")

    with log_in(tmp_path) as log:
        for value in (1, object(), Strange(), 2):
            log.log(features={"x": value})
        assert log.flush()
        assert (log.written, log.failed) == (2, 2)
    assert [record["features"]["x"] for record in records(tmp_path)] == [1, 2]


def test_nothing_that_is_handed_in_makes_it_raise(tmp_path: Path) -> None:
    class Hostile(dict[str, float]):
        def copy(self) -> "Hostile":
            raise RuntimeError("no")

    with log_in(tmp_path) as log:
        log.log(features=Hostile())
        assert log.failed == 1


def test_it_complains_once_a_minute_and_without_values(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "driftwatch.client"), log_in(tmp_path) as log:
        for _ in range(5):
            log.log(features={"secret": object()})
            log.flush()
    assert len(caplog.records) == 1
    assert "a record can't be logged" in caplog.text
    assert "secret" not in caplog.text


def test_files_rotate_by_size_and_the_oldest_goes(tmp_path: Path) -> None:
    with log_in(tmp_path, max_file_bytes=1_000, old_files=2) as log:
        for n in range(30):
            log.log(features={"n": n, "text": "x" * 200})
            assert log.flush()
    names = {path.name.removeprefix(f"m-{os.getpid()}") for path in tmp_path.iterdir()}
    assert names == {".jsonl", ".jsonl.1", ".jsonl.2"}
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())
    found = [record["features"]["n"] for record in records(tmp_path)]
    assert sorted(found) == list(range(30 - len(found), 30))
    assert len(found) > 6


def test_files_rotate_by_age(tmp_path: Path) -> None:
    with log_in(tmp_path, max_file_seconds=0.05) as log:
        for n in range(3):
            log.log(features={"n": n})
            assert log.flush()
            time.sleep(0.1)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_that_somebody_moves_away_is_followed_by_a_new_one(tmp_path: Path) -> None:
    with log_in(tmp_path) as log:
        log.log(features={"n": 1})
        assert log.flush()
        path = tmp_path / f"m-{os.getpid()}.jsonl"
        path.rename(tmp_path / "m-moved")
        log.log(features={"n": 2})
        assert log.flush()
        assert json.loads(path.read_text())["features"] == {"n": 2}


def test_a_line_that_a_killed_process_left_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / f"m-{os.getpid()}.jsonl").write_text('{"torn')
    with log_in(tmp_path) as log:
        log.log(features={})
    torn, whole = (tmp_path / f"m-{os.getpid()}.jsonl").read_text().splitlines()
    assert (torn, json.loads(whole)["features"]) == ('{"torn', {})


def test_after_the_end_records_are_dropped(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.log(features={})
    log.close()
    log.close()
    log.log(features={})
    assert (log.written, log.dropped) == (1, 1)
    assert len(records(tmp_path)) == 1


def test_a_child_after_a_fork_has_a_log_of_its_own(tmp_path: Path) -> None:
    program = """
import os, sys
from driftwatch import ServingLog
log = ServingLog(path=sys.argv[1] + "/m.jsonl", model="m", version="1")
log.log(features={"from": "parent"})  # its thread runs, and has not written it
children = []
for number in range(3):
    child = os.fork()
    if not child:
        log.log(features={"from": f"child {number}"})
        assert log.flush(), "not written"
        assert log.written == 1, log.written
        os._exit(0)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
assert codes == [0, 0, 0], codes
assert log.flush() and log.written == 1
"""
    done = run(program, tmp_path)
    assert done.returncode == 0, done.stderr
    found = sorted(record["features"]["from"] for record in records(tmp_path))
    assert found == ["child 0", "child 1", "child 2", "parent"]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_program_that_ends_without_closing_it_loses_nothing(tmp_path: Path) -> None:
    program = """
import sys
from driftwatch import ServingLog
log = ServingLog(path=sys.argv[1] + "/m.jsonl", model="m", version="1")
for n in range(2_000):
    log.log(features={"n": n})
"""
    assert run(program, tmp_path).returncode == 0
    assert len(records(tmp_path)) == 2_000


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_a_broker_that_is_not_there_holds_nobody_up(client: str, tmp_path: Path) -> None:
    program = """
import sys, time
from driftwatch import ServingLog
kafka = {"bootstrap_servers": sys.argv[2], "topic": "t", "client": sys.argv[3]}
log = ServingLog(kafka=kafka, model="m", version="1", queue_records=10)
begin = time.monotonic()
for _ in range(50):
    log.log(features={})
assert time.monotonic() - begin < 0.1
time.sleep(0.5)
log.close(1.0)
assert time.monotonic() - begin < 3
assert log.written == 0 and log.dropped >= 40, (log.written, log.dropped)
assert log.dropped + log.failed == 50, (log.dropped, log.failed)
"""
    with PortLease() as lease:
        done = run(program, tmp_path, f"127.0.0.1:{lease.port}", client)
    assert done.returncode == 0, done.stderr
    assert "driftwatch-serving-log" not in done.stderr  # librdkafka's own complaints


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "one of path and kafka"),
        ({"path": "x", "kafka": {}}, "one of path and kafka"),
        ({"kafka": {"topic": "t"}}, "'bootstrap_servers' is missing"),
        ({"kafka": {"bootstrap_servers": "x"}}, "'topic' is missing"),
        ({"kafka": {"bootstrap_servers": "x", "topic": "t", "client": "x"}}, "kafka-python or"),
    ],
)
def test_settings_that_make_no_sense_are_told_at_once(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ServingLog(model="m", version="1", **settings)


def run(program: str, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", program, str(folder), *more]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
