"""The first process of a sidecar's container: it stays, whatever becomes of the daemon."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from driftwatch.demo.files import DemoFiles, prepare
from driftwatch.sidecar import SidecarPolicy, Times
from tests.harness.process import OwnedProcess, http_get
from tests.harness.waiting import wait_until

QUICK = Times(tick=0.05, pause=0.2, longest_pause=0.4, health=0.1, start=0.3, end=0.5)
STAYS = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0))\n"
WRITES_DOWN_HUPS = """
import signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: open(sys.argv[1], "a").write("read again\\n"))
open(sys.argv[1], "a").write("started\\n")
while True:
    time.sleep(0.05)
"""


class Container(OwnedProcess):
    """A sidecar with this policy. Its daemon ends with it, also where a test fails."""

    def __init__(self, policy: SidecarPolicy, folder: Path) -> None:
        what = f"from pathlib import *\nfrom driftwatch.sidecar import *\nSidecar({policy!r}).run()"
        super().__init__([sys.executable, "-c", what], stdout=folder / "sidecar.log", cwd=folder)

    @property
    def daemon(self) -> int | None:
        """The id of the daemon; None while there is none."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(found[0]) if found else None

    def wait_for_daemon(self, other_than: int | None = None) -> int:
        def there() -> int | None:
            return found if (found := self.daemon) != other_than else None

        return wait_until(there, what="a daemon runs", timeout=15) or 0

    def kill(self) -> None:
        if self.is_running and (daemon := self.daemon):
            os.kill(daemon, signal.SIGKILL)
        super().kill()


StartContainer = Callable[..., Container]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartContainer]:
    """Starts a sidecar; the code of the daemon is the first argument."""
    begun: list[Container] = []
    config = tmp_path / "driftwatch.yaml"
    config.write_text("first\n")

    def begin(
        code: str, *arguments: str, memory_bytes: int | None = None, port: int = 0
    ) -> Container:
        command = (sys.executable, "-c", code, *arguments)
        address = ("127.0.0.1", port) if port else None
        policy = SidecarPolicy(command, config, address, memory_bytes, QUICK)
        begun.append(Container(policy, tmp_path))
        return begun[-1]

    yield begin
    for container in begun:
        container.kill()


def test_a_daemon_that_ends_is_started_again_in_the_same_container(start: StartContainer) -> None:
    container = start(STAYS + "time.sleep(60)")
    first = container.wait_for_daemon()
    os.kill(first, signal.SIGKILL)
    container.wait_for_daemon(other_than=first)
    assert container.is_running
    assert '"event": "the daemon has ended", "next_start_in_seconds": 0.2' in container.stderr


def test_each_further_start_waits_longer(start: StartContainer) -> None:
    container = start("exit(2)")
    container.wait_until_said('"next_start_in_seconds": 0.4')
    assert container.is_running


def test_it_ends_when_it_is_told_to_and_its_daemon_with_it(start: StartContainer) -> None:
    container = start(STAYS + "print('up', flush=True); time.sleep(60)")
    container.wait_until_said("up")
    daemon = container.wait_for_daemon()
    assert container.terminate(timeout=5) == 0
    assert not Path(f"/proc/{daemon}").exists()


def test_a_daemon_that_does_not_end_is_killed(start: StartContainer) -> None:
    container = start(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True); time.sleep(60)"
    )
    container.wait_until_said("up")
    assert container.terminate(timeout=5) == 0


def test_a_daemon_near_the_limit_of_memory_is_ended_in_order(start: StartContainer) -> None:
    container = start(STAYS + "kept = bytearray(80 << 20); time.sleep(60)", memory_bytes=64 << 20)
    container.wait_until_said("ending the daemon: its memory comes near the limit")
    container.wait_until_said("the daemon has ended")
    assert '"limit_bytes": 67108864' in container.stderr


def test_a_daemon_that_does_not_answer_is_ended(start: StartContainer, free_port: int) -> None:
    container = start(STAYS + "time.sleep(60)", port=free_port)
    container.wait_until_said("ending the daemon: it is not healthy")


def test_a_daemon_that_answers_is_left_alone(start: StartContainer, free_port: int) -> None:
    serves = f"""
import http.server
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", {free_port}), Healthy).serve_forever()
"""
    container = start(serves, port=free_port)
    wait_until(lambda: container.stdout.count("asked for /-/healthy") > 6, what="it is asked")
    assert "not healthy" not in container.stderr


def test_a_changed_configuration_is_read_again(start: StartContainer, tmp_path: Path) -> None:
    told = tmp_path / "told"
    start(WRITES_DOWN_HUPS, str(told))
    wait_until(told.exists, what="the daemon runs")
    (tmp_path / "driftwatch.yaml").write_text("second\n")
    wait_until(lambda: told.read_text() == "started\nread again\n", what="it is told")


@pytest.mark.surfaces
def test_a_model_keeps_its_container_while_the_configuration_is_wrong(
    tmp_path: Path, free_port: int
) -> None:
    files = DemoFiles(tmp_path)
    files.log.mkdir()
    prepare(files, "files: {path: log}", free_port, lambda _: None)
    right = files.config.read_text(encoding="utf-8")
    files.config.write_text(right.replace("source:", "sauce:"), encoding="utf-8")
    command = [sys.executable, "-m", "driftwatch.sidecar", "-c", str(files.config)]
    port = {"DRIFTWATCH_SIDECAR_PORT": str(free_port)}
    with OwnedProcess(command, stdout=tmp_path / "out.log", cwd=tmp_path, env=port) as container:
        container.wait_until_said("the daemon has ended")
        assert "sauce" in container.stdout
        files.config.write_text(right, encoding="utf-8")
        container.wait_until_http(f"http://127.0.0.1:{free_port}/-/healthy", timeout=20)
        assert "driftwatch_build_info" in http_get(f"http://127.0.0.1:{free_port}/metrics")[1]
        assert container.terminate(timeout=20) == 0
    assert '"event": "stopped"' in container.stdout


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        ([], {}, "usage: driftwatch-sidecar -c FILE"),
        (["-c", "x", "--help"], {}, "usage: driftwatch-sidecar -c FILE"),
        (["-c", "x"], {"DRIFTWATCH_MEMORY_LIMIT": "256Mi"}, "expected whole numbers"),
    ],
)
def test_a_wrong_start_is_said_in_words(
    tmp_path: Path, arguments: list[str], env: dict[str, str], words: str
) -> None:
    command = [sys.executable, "-m", "driftwatch.sidecar", *arguments]
    with OwnedProcess(command, stdout=tmp_path / "out.log", env=env) as container:
        assert container.wait() == 2
        assert words in container.stdout
