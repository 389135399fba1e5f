"""The cells run in two processes beside the tests, which only wait for them and judge."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol

import pytest

from tests.statistics.cells import COVERING, FULL, Cell, Outcome, run
from tests.statistics.power import Drifted, Rows, rows_until_alarm

PROCESSES = 2
_lines: dict[str, list[str]] = {}


class Say(Protocol):
    """Adds a line to a table that is printed when all is done."""

    def __call__(self, table: str, line: str) -> None: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full-grid`."""
    parser.addoption(
        "--full-grid", action="store_true", help="all null cells, not a covering choice of them"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A null test for each cell."""
    if "null_cell" in metafunc.fixturenames:
        cells = FULL if metafunc.config.getoption("--full-grid") else COVERING
        metafunc.parametrize("null_cell", cells, ids=str)


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two processes. They are started afresh: a fork would share threads that hold locks."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as executor:
        yield executor
        executor.shutdown(cancel_futures=True)


def asked(request: pytest.FixtureRequest) -> list[object]:
    """What the session's tests are parametrized with."""
    items: Sequence[pytest.Item] = request.session.items
    functions = [item for item in items if isinstance(item, pytest.Function)]
    specs = [item.callspec for item in functions if hasattr(item, "callspec")]
    return [value for spec in specs for value in spec.params.values()]


@pytest.fixture(scope="session", autouse=True)
def runs(request: pytest.FixtureRequest, pool: ProcessPoolExecutor) -> dict[Cell, Future[Outcome]]:
    """All cells that the session's tests ask for, under way from the first test on."""
    cells = [value for value in asked(request) if isinstance(value, Cell)]
    wanted = cells + [cell._replace(mutation="none") for cell in cells]
    return {cell: pool.submit(run, cell) for cell in dict.fromkeys(wanted)}


@pytest.fixture(scope="session", autouse=True)
def powers(
    request: pytest.FixtureRequest, pool: ProcessPoolExecutor
) -> dict[Drifted, Future[Rows]]:
    """The drifts that the session's tests ask for, under way."""
    drifts = [value for value in asked(request) if isinstance(value, Drifted)]
    return {drift: pool.submit(rows_until_alarm, *drift) for drift in drifts}


@pytest.fixture(scope="session")
def say() -> Say:
    """Adds a line to the report at the end."""

    def add(table: str, line: str) -> None:
        _lines.setdefault(table, []).append(line)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The tables of what was measured."""
    for table, lines in _lines.items():
        terminalreporter.section(table.splitlines()[0])
        for line in (*table.splitlines()[1:], *lines):
            terminalreporter.write_line(line)
