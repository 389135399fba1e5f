"""What the README tells people to type works in a clean clone, with what `make demo` installs."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.docs.clone import clone
from tests.docs.fraud import make_data
from tests.docs.test_readme import QuickStart
from tests.harness.process import Driftwatch, OwnedProcess

pytestmark = [pytest.mark.surfaces, pytest.mark.timeout(600)]


class Installed(Driftwatch):
    """The program as `make demo` has installed it in a clone."""

    def __init__(self, program: Path, *arguments: str | Path, folder: Path) -> None:
        OwnedProcess.__init__(
            self,
            [program, *arguments],
            stdout=folder / "stdout.log",
            stderr=folder / "stderr.log",
            cwd=folder,
        )


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("clean") / "driftwatch")


@pytest.fixture(scope="module")
def demo(cloned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnedProcess]:
    """`make demo`, until it has paged."""
    # These tests may have been started by make, which would hand its own variables on.
    of_make = {name: "" for name in os.environ if "MAKE" in name}
    log = tmp_path_factory.mktemp("demo") / "log"
    with OwnedProcess(["make", "demo"], stdout=log, cwd=cloned, env=of_make) as process:
        process.wait_until_said("temperature", timeout=400)
        yield process


def test_make_demo_pages_and_ends_at_ctrl_c(demo: OwnedProcess, cloned: Path) -> None:
    demo.wait_until_said("PAGE", timeout=120)
    os.killpg(demo.pid, signal.SIGINT)
    demo.wait(30)
    assert "Traceback" not in demo.stdout
    assert _left_behind(cloned) == ""


def test_the_quick_start_works_with_what_the_demo_installed(
    demo: OwnedProcess, cloned: Path, tmp_path: Path, free_port: int
) -> None:
    program = cloned / ".venv" / "bin" / "driftwatch"
    data = make_data(tmp_path / "data")
    started: list[Driftwatch] = []

    def start(
        *arguments: str | Path, stdin: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Driftwatch:
        started.append(Installed(program, *arguments, folder=data))
        return started[-1]

    reader = QuickStart(data, start, free_port, path=(program.parent,))
    try:
        reader.follow()
    finally:
        for process in started:
            process.kill()
    alarms = reader.output_of("driftwatch_drift_alarm")
    assert re.search(r'column="amount".*severity="page".* 1\.0', alarms)


def _left_behind(cloned: Path) -> str:
    """What git sees in the clone that was not there before."""
    done = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "--directory"],
        cwd=cloned,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
