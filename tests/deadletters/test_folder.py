"""Dead letters in a folder: what holds of every place, and its files."""

import base64
import json
import os
from pathlib import Path

import pytest

from driftwatch.deadletters.folder import FolderDeadLetters, FolderPolicy
from tests.deadletters.contract import (
    LOG,
    MOST_BYTES,
    DeadLettersContract,
    Found,
    Place,
    batch,
)


def lines(folder: Path) -> list[dict[str, object]]:
    """Every line of every file, the oldest first."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


class Folder(Place):
    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> FolderDeadLetters:
        return FolderDeadLetters(FolderPolicy(self.path, max_value_bytes=MOST_BYTES))

    def read(self) -> list[Found]:
        return [
            Found(
                line["reason"],  # type: ignore[arg-type]
                line["topic"],  # type: ignore[arg-type]
                line["partition"],  # type: ignore[arg-type]
                line["offset"],  # type: ignore[arg-type]
                self._value(line),
                line.get("whole_bytes"),  # type: ignore[arg-type]
            )
            for line in (lines(self.path) if self.path.is_dir() else [])
        ]

    @staticmethod
    def _value(line: dict[str, object]) -> bytes | None:
        if "value_base64" in line:
            return base64.b64decode(str(line["value_base64"]))
        return None if line["value"] is None else str(line["value"]).encode()

    def shut(self) -> None:
        self.path.write_text("not a folder", encoding="utf-8")

    def mend(self) -> None:
        self.path.unlink()


class TestFolder(DeadLettersContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path / "dead")


def filled(dead: FolderDeadLetters, count: int, size: int = 100, first: int = 0) -> None:
    """Send letters of `size` bytes one by one."""
    for offset in range(first, first + count):
        dead.send(batch([b"x" * size], first=offset), [(0, "unparsable")])


def test_the_folder_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        dead = FolderDeadLetters(FolderPolicy(tmp_path / "dead"))
        filled(dead, 1)
        dead.close()
    finally:
        os.umask(before)
    (file,) = (tmp_path / "dead").iterdir()
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_no_folder_is_made_before_there_is_a_letter(tmp_path: Path) -> None:
    FolderDeadLetters(FolderPolicy(tmp_path / "dead")).close()
    assert not (tmp_path / "dead").exists()


def test_all_files_together_stay_below_the_allowed_size_and_keep_the_newest(
    tmp_path: Path,
) -> None:
    dead = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    for first in range(0, 1_000, 10):
        filled(dead, 10, first=first)
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000
    dead.close()
    kept = [line["offset"] for line in lines(tmp_path)]
    assert kept == list(range(1_000 - len(kept), 1_000))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) > 15_000
    assert dead.deliveries["written"] == 1_000
    assert dead.deliveries["removed"] == 1_000 - len(kept)


def test_what_an_earlier_process_left_counts_towards_the_size(tmp_path: Path) -> None:
    first = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    filled(first, 80)
    first.close()
    second = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    filled(second, 80, first=80)
    second.close()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 20_000
    assert second.deliveries["removed"] == 160 - len(lines(tmp_path)) > 0


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl").write_text("{}\n" * 10_000, encoding="utf-8")
    dead = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    filled(dead, 1_000)
    dead.close()
    assert (tmp_path / "notes.jsonl").stat().st_size == 30_000


def test_two_processes_never_write_to_one_file(tmp_path: Path) -> None:
    one, other = (FolderDeadLetters(FolderPolicy(tmp_path)) for _ in range(2))
    filled(one, 1, first=1)
    filled(other, 1, first=2)
    filled(one, 1, first=3)
    one.close()
    other.close()
    assert [line["offset"] for line in lines(tmp_path)] == [1, 3, 2]


def test_a_letter_that_alone_is_larger_than_all_files_may_be_is_dropped(tmp_path: Path) -> None:
    dead = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    filled(dead, 1, size=30_000)
    assert dead.problem is not None
    filled(dead, 1)
    dead.close()
    assert (dead.deliveries["dropped"], dead.deliveries["written"]) == (1, 1)
    assert dead.problem is None


def test_a_letter_larger_than_one_file_has_a_file_of_its_own(tmp_path: Path) -> None:
    dead = FolderDeadLetters(FolderPolicy(tmp_path, max_bytes=20_000))
    for size in (100, 5_000, 100):
        filled(dead, 1, size=size)
    dead.close()
    assert [len(file.read_bytes().splitlines()) for file in sorted(tmp_path.iterdir())] == [1, 1, 1]


def test_a_disk_that_is_full_leaves_no_half_line_and_no_empty_file(tmp_path: Path) -> None:
    # A limit on the size of files stands in for the disk: the system writes up to it, then refuses.
    import resource
    import signal

    dead = FolderDeadLetters(FolderPolicy(tmp_path))
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        filled(dead, 1, size=500)
        filled(dead, 3, size=2_000, first=1)
        assert dead.problem is not None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    filled(dead, 1, first=4)
    dead.close()
    assert [line["offset"] for line in lines(tmp_path)] == [0, 4]
    assert dict(dead.deliveries) == {"written": 2, "cut": 0, "dropped": 3, "removed": 0}


def test_a_file_of_the_log_is_called_by_its_path(tmp_path: Path) -> None:
    dead = FolderDeadLetters(FolderPolicy(tmp_path), lambda _: "/var/log/fraud/a.jsonl")
    filled(dead, 1)
    dead.close()
    assert lines(tmp_path)[0]["path"] == "/var/log/fraud/a.jsonl"


def test_a_partition_of_a_topic_has_no_path(tmp_path: Path) -> None:
    dead = FolderDeadLetters(FolderPolicy(tmp_path), lambda _: str(LOG))
    filled(dead, 1)
    dead.close()
    assert "path" not in lines(tmp_path)[0]
