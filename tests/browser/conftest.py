"""The browser, and a daemon for each state; whatever a file asks for is started once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.daemons import Daemon, State, build_baseline, daemon

_HERE = Path(__file__).parent

StartState = Callable[[State], Daemon]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of this folder to `make surfaces`."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.surfaces)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that the tests of a file share, each with a context of its own.

    No longer than a file: as long as Playwright runs, nobody else may run an event loop.
    """
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made of the training data by the program, once."""
    return build_baseline(tmp_path_factory.mktemp("baseline"))


@pytest.fixture(scope="session")
def in_state(tmp_path_factory: pytest.TempPathFactory, baseline: Path) -> Iterator[StartState]:
    """A daemon in the state that is asked for; each is started once and ends with the session."""
    running: dict[State, Daemon] = {}
    with ExitStack() as started:

        def start(state: State) -> Daemon:
            if state not in running:
                folder = tmp_path_factory.mktemp(state)
                running[state] = started.enter_context(daemon(state, folder, baseline))
            return running[state]

        yield start
