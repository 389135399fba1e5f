"""The demo as people run it: a process."""

import json
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from driftwatch.demo import run
from driftwatch.demo.files import DemoFiles
from driftwatch.errors import UsageError
from tests.conftest import StartDriftwatch
from tests.harness.broker import KafkaCluster
from tests.harness.ports import PortLease
from tests.harness.process import Driftwatch, http_get

READY = "Ctrl-C ends it."
SOON = ("--drift-after", "3")


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """Where the demo makes its folder."""
    folder = tmp_path / "temp"
    folder.mkdir()
    return folder


@pytest.fixture
def env(temp: Path) -> dict[str, str]:
    return {"TMPDIR": str(temp)}


def address(demo: Driftwatch) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", demo.stdout)
    assert found is not None, demo.stdout
    return found[0]


def test_it_shows_where_to_look_and_pages_for_the_temperature(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path, free_port: int
) -> None:
    demo = driftwatch("demo", "--port", str(free_port), *SOON, env=env)
    demo.wait_until_said(READY)
    for path in ("/", "/metrics", "/api/v1/status", "/config"):
        assert address(demo) + path in demo.stdout
        demo.wait_until_http(address(demo) + path)
    demo.wait_until_said("PAGE   temperature: ", timeout=60)
    demo.wait_until_said("PAGE   weather: ", timeout=60)
    _, body = http_get(f"{address(demo)}/api/v1/status")
    status = json.loads(body)
    pages = {alarm["column"] for alarm in status["alarms"] if alarm["severity"] == "page"}
    assert {"temperature", "weather"} <= pages <= {"temperature", "minutes", "weather"}
    assert status["records"]["rejected"] == dict.fromkeys(status["records"]["rejected"], 0)
    assert status["records"]["late"] == status["records"]["unrouted"] == 0
    assert demo.terminate(timeout=5) == 0
    assert demo.stderr == ""
    assert list(temp.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing(
    driftwatch: StartDriftwatch,
    env: dict[str, str],
    temp: Path,
    free_port: int,
    number: signal.Signals,
) -> None:
    demo = driftwatch("demo", "--port", str(free_port), env=env)
    demo.wait_until_said("00:00  ")
    assert len(list(temp.iterdir())) == 1
    demo.signal(number)
    assert demo.wait(timeout=5) == 0
    assert "Ended." in demo.stdout
    assert demo.stderr == ""
    assert list(temp.iterdir()) == []


def test_a_signal_while_it_gets_ready_leaves_nothing_either(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path, free_port: int
) -> None:
    demo = driftwatch("demo", "--port", str(free_port), env=env)
    demo.wait_until_said("Training data")
    demo.signal(signal.SIGINT)
    assert demo.wait(timeout=5) == 0
    assert demo.stderr == ""
    assert list(temp.iterdir()) == []


def test_it_ends_by_itself_after_the_seconds_that_were_asked_for(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path, free_port: int
) -> None:
    demo = driftwatch("demo", "--port", str(free_port), "--seconds", "2", env=env)
    demo.wait_until_said(READY)
    began = time.monotonic()
    assert demo.wait(timeout=15) == 0
    assert time.monotonic() - began > 1.5
    assert demo.stderr == ""
    assert list(temp.iterdir()) == []


def test_what_was_kept_goes_on_working(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path, tmp_path: Path, free_port: int
) -> None:
    kept = tmp_path / "kept here"
    demo = driftwatch(
        *("demo", "--port", str(free_port), "--keep", kept, "--seconds", "10", *SOON),
        env=env,
    )
    assert demo.wait(timeout=60) == 0, demo.stderr
    assert list(temp.iterdir()) == []
    files = DemoFiles(kept)
    for path in (files.training, files.baseline, files.config, files.own_log):
        assert path.stat().st_size > 0, path
    _, _, closing = demo.stdout.partition("Ended.")
    commands = [line.strip() for line in closing.splitlines() if line.startswith("  ")]
    assert len(commands) == 3
    outputs = [_run(command) for command in commands]
    assert "temperature: " in outputs[0]
    assert "pickup_zone" in outputs[1]
    assert "ok" in outputs[2]


def _run(command: str) -> str:
    words = shlex.split(command)
    if words[0].endswith("driftwatch"):
        words[:1] = [sys.executable, "-m", "driftwatch"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_with_files_in_it_is_not_kept_in(
    driftwatch: StartDriftwatch, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    demo = driftwatch("demo", "--keep", tmp_path / "mine", "--seconds", "1")
    assert demo.wait() == 2
    assert "there are files in it" in demo.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        demo = driftwatch("demo", "--port", str(free_port), env=env)
        assert demo.wait() == 2
    assert demo.stderr == f"--port {free_port}: can't listen there, another program does\n"
    assert list(temp.iterdir()) == []


def test_where_the_usual_port_is_taken_another_one_is_found_and_named(
    monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    said: list[str] = []
    monkeypatch.setattr(run, "PORT", free_port)
    with socket.create_server(("127.0.0.1", free_port)):
        found = run._port(None, said.append)
    assert found > free_port
    assert said == [f"Port {free_port} is taken, so this one listens on {found}."]


def test_where_all_ports_are_taken_one_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_is_free", lambda _: False)
    with pytest.raises(UsageError, match="choose one by --port"):
        run._port(None, lambda _: None)


def test_a_terminal_shows_a_table_and_gets_its_cursor_back(
    env: dict[str, str], temp: Path, free_port: int
) -> None:
    terminal, end = pty.openpty()
    demo = subprocess.Popen(
        [sys.executable, "-m", "driftwatch", "demo", "--port", str(free_port)],
        stdin=end,
        stdout=end,
        stderr=end,
        env={**os.environ, **env, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )
    os.close(end)
    shown = b""
    try:
        while b"pickup_zone" not in shown:
            shown += os.read(terminal, 65_536)
        demo.send_signal(signal.SIGINT)
        while part := _read(terminal):
            shown += part
        assert demo.wait(5) == 0
    finally:
        demo.kill()
        os.close(terminal)
    assert b"\x1b[?25h" in shown
    assert b"Ended." in shown
    assert list(temp.iterdir()) == []


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_an_address_that_is_none_is_refused(driftwatch: StartDriftwatch) -> None:
    demo = driftwatch("demo", "--kafka", "localhost")
    assert demo.wait() == 2
    assert "--kafka localhost: expected HOST:PORT, like localhost:9092" in demo.stderr


def test_a_broker_that_is_not_there_is_named(
    driftwatch: StartDriftwatch, env: dict[str, str], temp: Path
) -> None:
    with PortLease() as nobody:
        demo = driftwatch("demo", "--kafka", f"127.0.0.1:{nobody.port}", env=env)
        assert demo.wait() == 4
    assert demo.stderr == f"--kafka 127.0.0.1:{nobody.port}: no broker answers there\n"
    assert list(temp.iterdir()) == []


def test_with_kafka_it_pages_too_and_removes_its_topic_and_its_group(
    driftwatch: StartDriftwatch,
    kafka: KafkaCluster,
    env: dict[str, str],
    temp: Path,
    free_port: int,
) -> None:
    demo = driftwatch("demo", "--kafka", kafka.bootstrap, "--port", str(free_port), *SOON, env=env)
    demo.wait_until_said("PAGE   temperature: ", timeout=60)
    (topic,) = re.findall(r"driftwatch-demo-[0-9a-f]{8}", _config(demo))[:1]
    assert topic in names(kafka)
    demo.signal(signal.SIGINT)
    assert demo.wait(timeout=8) == 0
    assert demo.stderr == ""
    assert topic not in names(kafka)
    assert list(temp.iterdir()) == []


def _config(demo: Driftwatch) -> str:
    return http_get(f"{address(demo)}/config")[1]


def names(kafka: KafkaCluster) -> set[str]:
    """The topics and the consumer groups that a broker has."""
    admin = KafkaAdminClient(bootstrap_servers=[kafka.bootstrap])
    try:
        groups = {group["group_id"] for group in admin.list_groups()}
        return groups | set(admin.list_topics())
    finally:
        admin.close()
