"""`--seconds`, and the figures that the load tests print at their end."""

from pathlib import Path
from typing import Protocol

import pytest

_lines: list[str] = []


class Say(Protocol):
    """Adds a line to the figures."""

    def __call__(self, line: str) -> None: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seconds`."""
    parser.addoption("--seconds", type=int, default=60, help="for how long records are written")


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """What is written has to be read as well, and that takes its time."""
    seconds: int = config.getoption("--seconds")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(6 * seconds + 600))


@pytest.fixture(scope="session")
def seconds(request: pytest.FixtureRequest) -> int:
    """For how long records are to be written."""
    found: int = request.config.getoption("--seconds")
    return found


@pytest.fixture(scope="session")
def say() -> Say:
    """Adds a line to the figures that are printed when all is done."""

    def add(line: str) -> None:
        _lines.append(line)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures, whether the tests passed or not."""
    if _lines:
        terminalreporter.section("figures")
        for line in _lines:
            terminalreporter.line(line)
