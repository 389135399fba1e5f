import os
from pathlib import Path

import pytest

from driftwatch.errors import StateLockedError
from driftwatch.state.lock import FolderLock


def test_a_folder_that_is_held_is_refused_to_a_second(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)

    with pytest.raises(StateLockedError, match=f"{tmp_path}.*process {os.getpid()}\\b"):
        FolderLock(tmp_path)

    first.release()


def test_a_folder_that_was_let_go_can_be_held_again(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.release()
    first.release()

    FolderLock(tmp_path).release()


def test_a_lock_file_that_lies_about_holds_nobody_off(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1234567890123\n")

    lock = FolderLock(tmp_path)

    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_a_refusal_leaves_the_holder_s_number_in_place(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    with pytest.raises(StateLockedError):
        FolderLock(tmp_path)

    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    first.release()
