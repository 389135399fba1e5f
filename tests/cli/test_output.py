"""Where standard output goes wrong: a reader that has gone, a full disk, none at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions

COMMANDS = (("--version",), ("config", "schema"), ("baseline", "show", "m.json"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    training = Chunk.from_records([{"x": i / 2} for i in range(100)])
    build(lambda: iter([training]), BuildOptions("m", "1")).save(tmp_path / "m.json")
    return tmp_path


def run(folder: Path, arguments: tuple[str, ...], stdout: int) -> tuple[int, str]:
    command = [sys.executable, "-m", "driftwatch", *arguments]
    done = subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, cwd=folder, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_reader_that_has_gone_ends_a_command_as_it_ends_others(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        assert run(folder, arguments, theirs) == (141, "")
    finally:
        os.close(theirs)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_full_disk_is_no_fault_of_the_program(folder: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = run(folder, arguments, full.fileno())
    assert (code, said) == (4, "the output can't be written: No space left on device\n")


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_needs_no_standard_output(folder: Path, arguments: tuple[str, ...]) -> None:
    words = " ".join((sys.executable, "-m", "driftwatch", *arguments))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} >&-"],
        stderr=subprocess.PIPE,
        cwd=folder,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
