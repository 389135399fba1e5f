"""What the README and the tutorial tell people to do works from a clean clone, to the letter."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.blocks import Reader, blocks
from tests.docs.clone import clone
from tests.docs.follow import Follower
from tests.harness.ports import PortLease
from tests.harness.tools import ROOT, alertmanager, program

pytestmark = [pytest.mark.surfaces, pytest.mark.timeout(600)]

PORTS = ("8710", "9090", "9093")


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    return clone(tmp_path / "driftwatch")


@pytest.fixture
def ports() -> Iterator[dict[str, str]]:
    """The ports of the documents, and one that is free for each."""
    with ExitStack() as leases:
        yield {usual: str(leases.enter_context(PortLease()).port) for usual in PORTS}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Prometheus and Alertmanager by the names that their authors gave them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    found = {"prometheus": program("prometheus"), "promtool": program("promtool")}
    for name, path in {
        **found,
        "alertmanager": alertmanager(),
        "amtool": program("amtool"),
    }.items():
        (folder / name).symlink_to(path)
    return folder


def test_the_tutorial_works(
    cloned: Path, programs: Path, ports: dict[str, str], tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with Follower(Reader(cloned, ports, (programs,)), logs) as somebody:
        somebody.follow(blocks(ROOT / "docs" / "tutorial.md"))
        assert (tmp_path / "delivery" / "venv" / "bin" / "driftwatch").is_file()
