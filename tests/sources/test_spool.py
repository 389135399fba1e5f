"""The spool keeps what it said it kept, whatever becomes of the process, the disk and the files."""

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from driftwatch.errors import SourceError
from driftwatch.sources.frames import Event, encode
from driftwatch.sources.spool import DamagedSpoolError, Spool, SpoolFullError, SpoolPolicy
from tests.harness.waiting import wait_until

Open = Callable[..., Spool]
FRAME = len(encode(Event((), b"0000", 0)))


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Open]:
    """Opens the test's spool, which has files of four small events each."""
    opened: list[Spool] = []

    def open_one(max_bytes: int = 1 << 20, file_bytes: int = 4 * FRAME) -> Spool:
        for one in opened:
            one.close()
        opened.append(Spool(SpoolPolicy(tmp_path / "spool", max_bytes, file_bytes)))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def events(first: int, count: int) -> list[Event]:
    return [Event((), b"%04d" % n, n) for n in range(first, first + count)]


def fill(spool: Spool, count: int) -> None:
    """Append that many, one at a time."""
    for event in events(spool.end, count):
        spool.append([event])


def rest(spool: Spool, number: int = 0) -> list[bytes]:
    """The bodies from this number on."""
    found: list[bytes] = []
    while number < spool.end:
        first, more = spool.read(number, 3, 1 << 20)
        found += [event.body for event in more]
        number = first + len(more)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "spool").glob("*.events"))


def test_what_was_kept_is_there_after_a_restart(open_spool: Open) -> None:
    fill(open_spool(), 11)
    assert rest(open_spool()) == [b"%04d" % n for n in range(11)]
    spool = open_spool()
    fill(spool, 2)
    assert rest(spool, 10) == [b"0010", b"0011", b"0012"]


def test_any_event_can_be_read_first(open_spool: Open) -> None:
    fill(open_spool(), 11)
    for number in (0, 3, 4, 7, 10, 2, 11):
        assert rest(open_spool(), number) == [b"%04d" % n for n in range(number, 11)]


def test_an_append_is_on_the_disk_before_it_returns(
    open_spool: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        real(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    spool = open_spool()
    monkeypatch.setattr(os, "fsync", note)
    spool.append(events(0, 3))
    assert synced == [3 * FRAME]


@pytest.mark.parametrize("kept", range(1, FRAME))
def test_what_a_crash_tore_is_cut_off(open_spool: Open, tmp_path: Path, kept: int) -> None:
    fill(open_spool(), 2)
    path = tmp_path / "spool" / names(tmp_path)[-1]
    with path.open("ab") as file:
        file.write(encode(Event((), b"torn", 0))[:kept])
    spool = open_spool()
    fill(spool, 1)
    assert rest(spool) == [b"0000", b"0001", b"0002"]


def test_what_a_crash_left_behind_a_torn_event_never_comes_back(
    open_spool: Open, tmp_path: Path
) -> None:
    fill(open_spool(), 2)
    path = tmp_path / "spool" / names(tmp_path)[-1]
    torn, behind = bytearray(encode(events(90, 1)[0])), encode(events(91, 1)[0])
    torn[-1] ^= 1
    with path.open("ab") as file:  # the disk wrote the later page first
        file.write(torn + behind)
    fill(open_spool(), 1)
    assert rest(open_spool()) == [b"0000", b"0001", b"0002"]


def test_files_that_are_counted_are_deleted_and_numbers_go_on(
    open_spool: Open, tmp_path: Path
) -> None:
    spool = open_spool()
    fill(spool, 11)
    spool.delete_below(7)
    assert spool.first == 4
    spool.delete_below(11)
    assert len(names(tmp_path)) == 1
    spool = open_spool()
    assert (spool.first, spool.end) == (8, 11)
    fill(spool, 1)
    assert rest(spool, 11) == [b"0011"]


def test_a_full_spool_takes_nothing_until_something_was_deleted(open_spool: Open) -> None:
    spool = open_spool(max_bytes=8 * FRAME)
    fill(spool, 8)
    with pytest.raises(SpoolFullError, match=r"is full: .*max_spool_bytes"):
        fill(spool, 1)
    problems = [spool.problem]
    spool.delete_below(8)
    fill(spool, 1)
    problems.append(spool.problem)
    assert [problem is None for problem in problems] == [False, True]
    assert rest(spool, 8) == [b"0008"]


def test_what_fits_in_part_is_refused_whole(open_spool: Open) -> None:
    spool = open_spool(max_bytes=4 * FRAME)
    with pytest.raises(SpoolFullError):
        spool.append(events(0, 5))
    assert (spool.end, rest(spool)) == (0, [])


def test_another_one_on_the_same_folder_is_refused(open_spool: Open, tmp_path: Path) -> None:
    open_spool()
    with pytest.raises(SourceError, match=r"in use by another process.*source\.http\.spool"):
        Spool(SpoolPolicy(tmp_path / "spool"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="can't be used"):
        Spool(SpoolPolicy(tmp_path / "file" / "spool"))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to write beyond this size in a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_disk_takes_in_part_is_refused_and_leaves_nothing_behind(
    open_spool: Open, tmp_path: Path
) -> None:
    spool = open_spool(file_bytes=1 << 20)
    fill(spool, 2)
    with largest_file(4 * FRAME + 5), pytest.raises(SourceError, match="can't be kept"):
        spool.append(events(50, 3))  # two of them fit whole, the third one in part
    assert (tmp_path / "spool" / names(tmp_path)[0]).stat().st_size == 2 * FRAME
    problems = [spool.problem]
    fill(spool, 1)
    problems.append(spool.problem)
    assert [problem is None for problem in problems] == [False, True]
    assert rest(spool) == [b"0000", b"0001", b"0002"]
    assert rest(open_spool()) == [b"0000", b"0001", b"0002"]


def test_an_event_that_is_damaged_is_told_and_passed_over(open_spool: Open, tmp_path: Path) -> None:
    fill(open_spool(), 11)
    path = tmp_path / "spool" / names(tmp_path)[0]
    written = bytearray(path.read_bytes())
    written[2 * FRAME + 10] ^= 1
    path.write_bytes(written)
    spool = open_spool()
    assert [event.body for event in spool.read(0, 9, 1 << 20)[1]] == [b"0000", b"0001"]
    with pytest.raises(DamagedSpoolError) as damage:
        spool.read(2, 9, 1 << 20)
    assert damage.value.resumed == 4
    assert rest(spool, 4) == [b"%04d" % n for n in range(4, 11)]


def test_damage_in_the_newest_file_does_not_stop_what_comes_later(
    open_spool: Open, tmp_path: Path
) -> None:
    spool = open_spool(file_bytes=1 << 20)
    fill(spool, 3)
    path = tmp_path / "spool" / names(tmp_path)[0]
    written = bytearray(path.read_bytes())
    written[FRAME + 10] ^= 1
    path.write_bytes(written)
    spool.read(0, 1, 1 << 20)
    with pytest.raises(DamagedSpoolError) as damage:
        spool.read(1, 9, 1 << 20)
    assert damage.value.resumed == 3
    fill(spool, 1)
    assert rest(spool, 3) == [b"0003"]


def test_an_event_larger_than_what_is_read_at_a_time_comes_whole(open_spool: Open) -> None:
    spool = open_spool()
    spool.append([Event((), b"x" * 5000, 0), Event((), b"y", 0)])
    assert [event.body for event in spool.read(0, 9, 100)[1]] == [b"x" * 5000]
    assert [event.body for event in spool.read(1, 9, 100)[1]] == [b"y"]


def test_one_reads_while_another_one_writes(open_spool: Open) -> None:
    spool = open_spool()
    writer = threading.Thread(target=fill, args=(spool, 300))
    writer.start()
    found: list[bytes] = []
    while len(found) < 300:
        spool.wait_for(len(found), 5)
        found += rest(spool, len(found))
        spool.delete_below(len(found))
    writer.join()
    assert found == [b"%04d" % n for n in range(300)]


def test_waiting_ends_with_the_event_that_is_waited_for(open_spool: Open) -> None:
    spool = open_spool()
    waiting = threading.Thread(target=spool.wait_for, args=(1, 30))
    waiting.start()
    fill(spool, 1)
    waiting.join(0.1)
    assert waiting.is_alive()
    fill(spool, 1)
    wait_until(lambda: not waiting.is_alive(), what="the event is there")
