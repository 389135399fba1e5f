"""The thread that writes the demo's log."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftwatch.demo.story import Story
from driftwatch.demo.writer import FILES_KEPT, PER_SECOND, LogFile, Writer
from tests.harness.waiting import wait_until


class Memory:
    """A sink that keeps what it gets; fails where it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.records: list[bytes] = []
        self.closed = False
        self._error = error

    def write(self, records: Sequence[bytes]) -> None:
        if self._error is not None:
            raise self._error
        self.records += records

    def close(self) -> None:
        self.closed = True


def test_it_writes_at_its_pace_until_it_is_stopped() -> None:
    sink = Memory()
    writer = Writer([sink], Story(), seed=1)
    writer.start()
    wait_until(lambda: writer.elapsed_s > 1.0, what="a second has passed")
    writer.stop()
    elapsed = writer.elapsed_s
    assert sink.closed
    assert writer.error is None
    assert 0.5 * PER_SECOND < len(sink.records) < 1.5 * PER_SECOND * elapsed
    assert len(sink.records) == len(set(sink.records))


def test_times_are_those_of_the_clock_and_in_order() -> None:
    sink = Memory()
    before = time.time()
    writer = Writer([sink], Story(), seed=1)
    writer.start()
    wait_until(lambda: len(sink.records) > 50, what="some records are written")
    writer.stop()
    times = [json.loads(record)["ts"] for record in sink.records]
    assert times == sorted(times)
    year = time.gmtime(before).tm_year
    assert times[0].startswith((str(year), str(year + 1)))


def test_the_story_changes_what_is_written() -> None:
    sink = Memory()
    writer = Writer([sink], Story(celsius_at_s=0.0, hail_at_s=0.0), seed=1)
    writer.start()
    wait_until(lambda: len(sink.records) > 100, what="some records are written")
    writer.stop()
    temperatures = [json.loads(record)["features"]["temperature"] for record in sink.records]
    assert sum(temperatures) / len(temperatures) < 25


def test_every_sink_gets_every_record() -> None:
    one, other = Memory(), Memory()
    writer = Writer([one, other], Story(), seed=1)
    writer.start()
    wait_until(lambda: len(other.records) > 20, what="some records are written")
    writer.stop()
    assert one.records == other.records


def test_an_error_is_left_for_whoever_asks() -> None:
    error = OSError("no space left on device")
    sink = Memory(error)
    writer = Writer([sink], Story(), seed=1)
    writer.start()
    wait_until(lambda: writer.error is not None, what="the writer has failed")
    writer.stop()
    assert writer.error is error
    assert sink.closed


def test_a_writer_that_never_began_can_be_stopped() -> None:
    Writer([Memory()], Story(), seed=1).stop()


def test_a_file_is_rotated_when_it_is_full(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log", rotate_bytes=10)
    for number in range(3):
        log.write([b"record %d" % number, b"and more"])
    log.write([b"last"])
    log.close()
    found = {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}
    assert found == {
        "rides.jsonl": "last\n",
        "rides.jsonl.1": "record 2\nand more\n",
        "rides.jsonl.2": "record 1\nand more\n",
        "rides.jsonl.3": "record 0\nand more\n",
    }


def test_old_files_go_so_that_no_disk_fills_up(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log", rotate_bytes=1)
    for number in range(FILES_KEPT + 5):
        log.write([b"%d" % number])
    log.close()
    assert len(list((tmp_path / "log").iterdir())) == FILES_KEPT + 1


def test_a_folder_that_can_not_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    with pytest.raises(OSError, match="log"):
        LogFile(tmp_path / "log")
