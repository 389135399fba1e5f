"""Files that change while the process runs."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from driftwatch.errors import ConfigError
from driftwatch.web.watched import LOOK_SECONDS, Watched


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now

    def pass_a_look(self) -> None:
        self.now += LOOK_SECONDS


def number(contents: Sequence[bytes]) -> int:
    if not contents[0].isdigit():
        raise ConfigError("here: no number")
    return int(contents[0])


def test_what_a_file_holds_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file, clock = tmp_path / "file", Clock()
    file.write_text("1")
    watched = Watched({"here": file}, number, clock)
    file.write_text("2")
    assert watched.get() == 1
    clock.pass_a_look()
    assert watched.get() == 2


def test_a_file_is_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    file, clock = tmp_path / "file", Clock()
    file.write_text("1")
    watched = Watched({"here": file}, number, clock)
    clock.pass_a_look()
    assert watched.get() == 1
    file.write_text("2")
    clock.now += LOOK_SECONDS / 2
    assert watched.get() == 1


def test_a_file_that_is_only_touched_is_not_made_anew(tmp_path: Path) -> None:
    file, clock, made = tmp_path / "file", Clock(), []

    def make(contents: Sequence[bytes]) -> int:
        made.append(contents)
        return number(contents)

    file.write_text("1")
    watched = Watched({"here": file}, make, clock)
    file.write_text("1")
    clock.pass_a_look()
    assert (watched.get(), len(made)) == (1, 1)


def test_what_is_no_good_leaves_the_old_in_force_and_is_told_once(tmp_path: Path) -> None:
    file, clock = tmp_path / "file", Clock()
    file.write_text("1")
    watched = Watched({"here": file}, number, clock)
    file.write_text("one")
    with capture_logs() as logs:
        for _ in range(3):
            clock.pass_a_look()
            assert watched.get() == 1
        file.unlink()
        for _ in range(3):
            clock.pass_a_look()
            assert watched.get() == 1
    assert [entry["problem"] for entry in logs] == [
        "here: no number",
        f"here: {file} can't be read: No such file or directory",
    ]
    file.write_text("2")
    clock.pass_a_look()
    assert watched.get() == 2


def test_a_file_that_can_not_be_read_at_the_start_is_an_error_with_its_place(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError, match=r"^here: .*nothing can't be read: No such file"):
        Watched({"here": tmp_path / "nothing"}, number)
    with (tmp_path / "huge").open("wb") as sparse:
        sparse.truncate(1 << 30)
    with pytest.raises(ConfigError, match=r"^here: .*huge is larger than 1,048,576 bytes"):
        Watched({"here": tmp_path / "huge"}, number)
