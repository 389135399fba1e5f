"""What a story is told with: the town, in which the program runs, and the page it gets to."""

import inspect
from pathlib import Path

import pytest

from tests.conftest import StartDriftwatch
from tests.stories.page import DOCUMENT, Section, as_said, in_short, with_section
from tests.stories.said import Said
from tests.stories.stage import Stage, build_baseline


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-page`."""
    parser.addoption(
        "--write-page", action="store_true", help="write docs/explanation/stories.md anew"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them take long together."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.stories)


class Story:
    """The section of the page that a test tells.

    The first line of the test's docstring is the story's number and title, the rest what happens.
    """

    def __init__(self, docstring: str, write: bool) -> None:
        heading, _, happens = inspect.cleandoc(docstring).partition("\n\n")
        self._number, _, self._title = heading.removesuffix(".").partition(". ")
        self._happens = happens
        self._write = write

    def told(self, said: Said) -> None:
        """The page has what was said, word by word."""
        self.told_as(in_short(said), as_said(said))

    def told_as(self, says: str, shown: str) -> None:
        """The same of what is neither an alarm nor blindness."""
        section = Section(self._number, self._title, self._happens, says, shown)
        before = DOCUMENT.read_text(encoding="utf-8")
        after = with_section(before, section)
        if self._write:
            DOCUMENT.write_text(after, encoding="utf-8")
        else:
            assert before == after, "pytest tests/stories --write-page"


@pytest.fixture
def story(request: pytest.FixtureRequest) -> Story:
    """The section that this test tells."""
    docstring = request.function.__doc__
    assert docstring, "a story's docstring says what happens"
    return Story(docstring, request.config.getoption("--write-page", default=False))


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baseline of the town's model."""
    return build_baseline(tmp_path_factory.mktemp("town"))


@pytest.fixture
def stage(baseline: Path, driftwatch: StartDriftwatch, tmp_path: Path) -> Stage:
    """A folder of this story's own, in which the program runs."""
    return Stage(tmp_path, baseline, driftwatch)
