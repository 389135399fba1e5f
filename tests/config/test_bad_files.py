"""Every way to get a configuration wrong, and what is said about it."""

from pathlib import Path
from typing import get_args

import pytest

from driftwatch.config import explain, load
from driftwatch.config.load import examine
from driftwatch.config.problems import Kind
from driftwatch.errors import ConfigError
from tests.config.corpus import BAD, ENV

# These need more than one file, or one that is no YAML; the tests of `files` and `load` have them.
ELSEWHERE = {
    "missing_file",
    "unreadable_file",
    "too_large",
    "baseline_file",
    "baseline_pattern",
    "certificate_file",
}


@pytest.fixture
def beside_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that messages name the files alone."""
    monkeypatch.chdir(BAD[0].parent)


@pytest.mark.usefixtures("beside_the_files")
@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_wrong_file_is_answered_with_its_message(file: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(Path(file.name), ENV)
    assert f"{error.value}\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_message_holds_no_secret_and_no_line_without_its_file(file: Path) -> None:
    message = file.with_suffix(".expected").read_text(encoding="utf-8")
    assert "hunter2" not in message
    assert all(line.startswith(f"{file.name}:") for line in message.splitlines())


def test_every_message_has_its_file() -> None:
    messages = {file.stem for file in BAD[0].parent.glob("*.expected")}
    assert messages == {file.stem for file in BAD}


def test_every_kind_of_problem_has_a_file() -> None:
    kinds = {problem.kind for file in BAD for problem in examine(file, ENV)[1]}
    assert kinds == set(get_args(Kind)) - ELSEWHERE


def test_every_type_of_error_that_is_told_in_our_words_has_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = set()
    original = explain._kind_and_text

    def spy(detail, path):  # type: ignore[no-untyped-def]  # as the original has it
        seen.add(detail["type"])
        return original(detail, path)

    monkeypatch.setattr(explain, "_kind_and_text", spy)
    for file in BAD:
        examine(file, ENV)
    told = {*explain._EXPECTED, *explain._BOUNDS}
    told |= {"missing", "extra_forbidden", "literal_error", "too_short"}
    assert told - seen == set()
