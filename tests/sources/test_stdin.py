"""Standard input is read as it comes, from pipes and from files, and never waited for too long."""

import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftwatch.errors import SourceError
from driftwatch.records import Assigned, RawBatch
from driftwatch.sources.port import Committed
from driftwatch.sources.stdin import STDIN, StdinSource
from tests.sources.contract import Reader


class Pipe:
    def __init__(self) -> None:
        self.reads, self._writes = os.pipe()
        self._open = True

    def write(self, content: bytes) -> None:
        assert os.write(self._writes, content) == len(content)

    def end(self) -> None:
        if self._open:
            os.close(self._writes)
            self._open = False

    def close(self) -> None:
        self.end()
        os.close(self.reads)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def reading(source: StdinSource, position: int = 0) -> Reader:
    reader = Reader(source)
    reader.take()
    source.seek({STDIN: position})
    return reader


def test_it_is_one_partition_that_waits_for_seek(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    pipe.write(b"one\n")
    assert source.poll(0) == [Assigned((STDIN,))]
    assert source.poll(0.1) == []
    assert source.starts([STDIN], "latest") == {STDIN: 0}
    source.seek({STDIN: 0})
    (batch,) = source.poll(1)
    assert isinstance(batch, RawBatch)
    assert batch.values == [b"one"]


def test_lines_come_as_they_are_finished(pipe: Pipe) -> None:
    reader = reading(StdinSource(pipe.reads))
    pipe.write(b"one\ntw")
    assert reader.read(1) == [(0, b"one")]
    reader.poll_for(0.2)
    assert len(reader.records()) == 1
    pipe.write(b"o\r\n\nthree\n")
    assert reader.read(3) == [(0, b"one"), (4, b"two"), (10, b"three")]
    assert reader.batches[-1].next_offset == 16


def test_a_silent_pipe_is_waited_for_no_longer_than_asked(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    reading(source)
    began = time.monotonic()
    assert source.poll(0.3) == []
    assert 0.25 < time.monotonic() - began < 1
    assert not source.exhausted


def test_at_the_end_what_has_no_line_end_is_a_record_too(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    reader = reading(source)
    pipe.write(b"one\nlast")
    pipe.end()
    reader.poll_until(lambda: source.exhausted)
    assert reader.records() == [(0, b"one"), (4, b"last")]
    assert source.progress()[STDIN].ended
    assert source.poll(60) == []  # and does not wait


def test_a_file_can_be_redirected_to_it(tmp_path: Path) -> None:
    lines = [b'{"n":%d}' % n for n in range(50_000)]
    (tmp_path / "log").write_bytes(b"\n".join(lines))
    with (tmp_path / "log").open("rb") as file:
        source = StdinSource(file.fileno(), batch_bytes=10_000, batch_records=100)
        reader = reading(source)
        reader.poll_until(lambda: source.exhausted)
    assert [value for _, value in reader.records()] == lines
    assert max(len(batch.values) for batch in reader.batches) == 100


def test_a_big_file_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a short line\n" * 500_000)
    with (tmp_path / "log").open("rb") as file:
        source = StdinSource(file.fileno(), batch_bytes=10_000, batch_records=100)
        reading(source)
        tracemalloc.start()
        count = 0
        while not source.exhausted:
            count += sum(len(b.values) for b in source.poll(1) if isinstance(b, RawBatch))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 500_000
    assert peak < 500_000


def test_a_line_that_is_too_long_comes_cut_and_takes_no_memory(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads, max_value_bytes=1000, batch_bytes=4000)
    reader = reading(source)

    def write() -> None:
        pipe.write(b"first\n")
        for _ in range(1000):
            pipe.write(b"x" * 1000)
        pipe.write(b"\nlast\n")
        pipe.end()

    writer = threading.Thread(target=write)
    writer.start()
    tracemalloc.start()
    reader.poll_until(lambda: source.exhausted)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    writer.join()
    assert peak < 500_000
    assert reader.records() == [(0, b"first"), (6, b"x" * 1001), (1_000_007, b"last")]
    assert source.progress()[STDIN].position == 1_000_012


def test_offsets_go_on_from_where_an_earlier_run_stopped(pipe: Pipe) -> None:
    reader = reading(StdinSource(pipe.reads), position=5000)
    pipe.write(b"one\ntwo\n")
    assert reader.read(2) == [(5000, b"one"), (5004, b"two")]


def test_it_can_not_be_read_again(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    reader = reading(source)
    pipe.write(b"one\n")
    reader.read(1)
    source.seek({STDIN: 4})  # which is where it is
    with pytest.raises(SourceError, match="can't be read again"):
        source.seek({STDIN: 0})


def test_there_is_no_group(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    source.commit({STDIN: Committed(3)})
    assert source.committed([STDIN]) == {STDIN: None}


def test_by_default_it_reads_the_standard_input_of_the_process() -> None:
    program = (
        "from driftwatch.sources.stdin import STDIN, StdinSource\n"
        "source = StdinSource()\n"
        "source.poll(0)\n"
        "source.seek({STDIN: 0})\n"
        "while not source.exhausted:\n"
        "    for batch in source.poll(1):\n"
        "        print(*batch.values)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=b"one\ntwo\n", capture_output=True, check=True
    )
    assert done.stdout == b"b'one' b'two'\n"


def test_it_may_be_closed_twice_and_leaves_the_input_open(pipe: Pipe) -> None:
    source = StdinSource(pipe.reads)
    source.close()
    source.close()
    os.fstat(pipe.reads)
