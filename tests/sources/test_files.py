"""Files that grow keep the contract, and keep their identity whatever is done to them."""

import errno
import gzip
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from driftwatch.errors import SourceError
from driftwatch.records import Assigned, Partition
from driftwatch.sources.content import Content, open_content
from driftwatch.sources.files import FilesPolicy, FilesSource
from driftwatch.sources.port import Gap, Problem, Source
from tests.sources.contract import Log, Reader, SourceContract


class FilesLog(Log):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> Source:
        return FilesSource(FilesPolicy((self._folder,), look_every_seconds=0.05))

    def write(self, values: Sequence[bytes | None], partition: int = 0) -> None:
        append(self._folder / f"{partition}.log", *(value for value in values if value))

    def leave_a_gap(self) -> None:
        append(self._folder / "0.log", b"", b"   ", b"\r")


class TestContract(SourceContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Log:
        return FilesLog(tmp_path)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in lines))


def numbered(name: str, count: int, first: int = 0) -> list[bytes]:
    return [b'{"from":"%s","n":%d}' % (name.encode(), n) for n in range(first, first + count)]


def event(time_us: int, text: str = "") -> bytes:
    return json.dumps({"ts": time_us, "text": text}).encode()


def peek(line: bytes) -> int | None:
    try:
        found = json.loads(line)["ts"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None


Start = Callable[..., Reader]


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Start]:
    """Follows the test's folder, quickly; every partition is read from its beginning."""
    started: list[FilesSource] = []

    def start(*paths: Path, **settings: object) -> Reader:
        quick: dict[str, object] = {"idle_seconds": 0.4, "look_every_seconds": 0.02}
        policy = FilesPolicy(paths or (tmp_path,), **(quick | settings))  # type: ignore[arg-type]
        started.append(FilesSource(policy, peek))
        return Following(started[-1])

    yield start
    for source in started:
        source.close()


class Following(Reader):
    """A reader that lets every new partition flow from its beginning at once."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._flowing: set[Partition] = set()

    def poll_until(self, done: Callable[[], object], *, seconds: float = 10.0) -> None:
        def seek_and_look() -> object:
            self._seek()
            return done()

        super().poll_until(seek_and_look, seconds=seconds)

    def poll_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        self.poll_until(lambda: time.monotonic() > deadline)

    def _seek(self) -> None:
        known = self.source.progress()
        for event in self.events:
            if isinstance(event, Assigned):
                new = [p for p in event.partitions if p not in self._flowing and p in known]
                self._flowing.update(new)
                self.source.seek(dict.fromkeys(new, 0))


def values(reader: Reader, partition: Partition | None = None) -> list[bytes | None]:
    return [value for _, value in reader.records(partition)]


# --- lines


def test_an_unfinished_line_is_no_record_while_the_file_may_grow(
    tmp_path: Path, follow: Start
) -> None:
    (tmp_path / "a.log").write_bytes(b"one\ntwo\nthr")
    reader = follow()
    reader.poll_for(1.0)
    assert values(reader) == [b"one", b"two"]
    append(tmp_path / "a.log", b"ee")
    assert [value for _, value in reader.read(3)] == [b"one", b"two", b"three"]


def test_an_unfinished_line_is_a_record_once_the_file_has_ended(
    tmp_path: Path, follow: Start
) -> None:
    (tmp_path / "a.log").write_bytes(b"one\ntwo\nthr")
    reader = follow()
    reader.read(2)
    append(tmp_path / "b.log", b"newer")
    reader.read(4)
    assert set(values(reader)) == {b"one", b"two", b"thr", b"newer"}
    old = reader.assigned[0]
    reader.poll_until(lambda: reader.source.progress()[old].ended)
    assert reader.source.progress()[old].position == 11


def test_blank_lines_and_carriage_returns_are_left_out(tmp_path: Path, follow: Start) -> None:
    (tmp_path / "a.log").write_bytes(b"\r\none\r\n\n  \ntwo\n")
    reader = follow()
    assert reader.read(2) == [(2, b"one"), (11, b"two")]
    assert reader.batches[-1].next_offset == 15


def test_a_line_that_is_too_long_comes_cut_and_reading_goes_on_behind_it(
    tmp_path: Path, follow: Start
) -> None:
    long = b"x" * 5000
    append(tmp_path / "a.log", b"first", b"y" * 100, long, b"z" * 101, b"last")
    reader = follow(max_value_bytes=100, batch_bytes=256)
    records = reader.read(5)
    assert [value for _, value in records] == [
        *(b"first", b"y" * 100, b"x" * 101, b"z" * 101, b"last")
    ]
    assert [offset for offset, _ in records] == [0, 6, 107, 5108, 5210]


def test_a_huge_line_takes_no_memory(tmp_path: Path, follow: Start) -> None:
    with (tmp_path / "a.log").open("wb") as file:
        file.write(b"first\n")
        file.truncate(1 << 30)  # a gigabyte of zeros that takes no space
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast\n")
    before = _resident_bytes()
    reader = follow()
    records = reader.read(3)
    assert [len(value or b"") for _, value in records] == [5, (1 << 20) + 1, 4]
    assert records[-1][0] == (1 << 30) + 1
    assert _resident_bytes() - before < 32 << 20


def test_a_line_longer_than_a_block_but_not_too_long_is_whole(
    tmp_path: Path, follow: Start
) -> None:
    append(tmp_path / "a.log", b"x" * 5000, b"last")
    reader = follow(batch_bytes=64, max_value_bytes=5000)
    assert [value for _, value in reader.read(2)] == [b"x" * 5000, b"last"]


def test_a_batch_holds_at_most_batch_records(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", *numbered("a", 100))
    reader = follow(batch_records=7)
    reader.read(100)
    assert values(reader) == numbered("a", 100)
    assert max(len(batch.values) for batch in reader.batches) == 7


# --- identity


def test_a_file_is_no_partition_before_its_first_line_is_complete(
    tmp_path: Path, follow: Start
) -> None:
    (tmp_path / "a.log").write_bytes(b"\n\nhalf a li")
    reader = follow()
    reader.poll_for(0.5)
    assert reader.assigned == []
    append(tmp_path / "a.log", b"ne")
    assert reader.read(1) == [(2, b"half a line")]


def test_a_file_that_ended_in_its_first_line_is_a_partition_after_all(
    tmp_path: Path, follow: Start
) -> None:
    (tmp_path / "a.log").write_bytes(b"no line end")
    append(tmp_path / "b.log", b"newer")
    reader = follow()
    reader.read(2)
    assert set(values(reader)) == {b"no line end", b"newer"}


def test_a_rotated_file_stays_the_same_partition(tmp_path: Path, follow: Start) -> None:
    log = tmp_path / "app.log"
    append(log, *numbered("a", 10))
    reader = follow()
    reader.read(10)
    (partition,) = reader.assigned
    with log.open("ab") as writer:  # one that still writes to the old file for a while
        log.rename(tmp_path / "app.log.1")
        append(log, *numbered("b", 5))
        writer.write(b"late\n")
    reader.read(16)
    assert values(reader, partition) == [*numbered("a", 10), b"late"]
    assert len(reader.assigned) == 2
    assert reader.source.describe(partition) == str(tmp_path / "app.log.1")
    reader.poll_until(lambda: reader.source.progress()[partition].ended)
    assert list(reader.source.take_gaps()) == []


def test_a_file_renamed_to_any_name_is_read_to_its_end(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "app.log", *numbered("a", 10))
    reader = follow()
    reader.read(10)
    (tmp_path / "app.log").rename(tmp_path / "archived")
    append(tmp_path / "archived", b"late")
    reader.read(11)
    assert len(reader.assigned) == 1


def test_a_file_that_is_gzipped_after_it_was_read_is_not_counted_again(
    tmp_path: Path, follow: Start
) -> None:
    log = tmp_path / "app.log"
    append(log, *numbered("a", 200))
    reader = follow(patterns=("*.log*",))
    reader.read(200)
    (partition,) = reader.assigned
    log.rename(tmp_path / "app.log.1")
    append(log, *numbered("b", 5))
    reader.read(205)
    reader.poll_until(lambda: reader.source.progress()[partition].ended)
    packed = tmp_path / "app.log.1.gz"  # shorter than what was read
    packed.write_bytes(gzip.compress((tmp_path / "app.log.1").read_bytes()))
    (tmp_path / "app.log.1").unlink()
    reader.poll_for(0.5)
    assert len(values(reader)) == 205
    assert len(reader.assigned) == 2
    assert list(reader.source.take_gaps()) == []


def test_after_a_restart_a_rotated_file_is_still_the_same_partition(
    tmp_path: Path, follow: Start
) -> None:
    append(tmp_path / "app.log", *numbered("a", 10))
    first = follow()
    first.read(10)
    (partition,) = first.assigned
    position = first.batches[-1].next_offset
    first.source.close()
    append(tmp_path / "app.log", b"unread")
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    append(tmp_path / "app.log", *numbered("b", 5))
    second = Reader(follow().source)
    second.take(2)
    assert partition in second.assigned
    second.source.seek({partition: position})
    assert second.read(1) == [(position, b"unread")]


def test_copytruncate_continues_in_the_copy(tmp_path: Path, follow: Start) -> None:
    log, copy = tmp_path / "app.log", tmp_path / "app.log.1"
    append(log, *numbered("a", 1000))
    reader = follow(batch_records=100)
    reader.poll_until(lambda: len(reader.records()) >= 100)
    (partition,) = reader.assigned
    shutil.copyfile(log, copy)
    os.truncate(log, 0)
    reader.poll_for(0.1)
    append(log, *numbered("b", 10))
    reader.read(1010)
    assert values(reader, partition) == numbered("a", 1000)
    assert sorted(values(reader), key=str) == sorted(
        numbered("a", 1000) + numbered("b", 10), key=str
    )
    assert list(reader.source.take_gaps()) == []
    assert reader.source.describe(partition) == str(copy)


def test_a_copy_is_not_counted_again(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", *numbered("a", 100))
    reader = follow()
    reader.read(100)
    shutil.copyfile(tmp_path / "a.log", tmp_path / "b.log")
    reader.poll_for(0.3)
    append(tmp_path / "a.log", b"more")
    reader.read(101)
    reader.poll_for(0.3)
    assert len(reader.records()) == 101
    assert [problem.where for problem in reader.source.problems] == [str(tmp_path / "b.log")]


def test_of_a_file_and_its_unfinished_copy_the_longer_is_read(
    tmp_path: Path, follow: Start
) -> None:
    append(tmp_path / "a.log", *numbered("a", 100))
    append(tmp_path / "copy.log", *numbered("a", 40))
    os.utime(tmp_path / "copy.log", (1, 1))  # so it is seen first
    reader = follow()
    reader.read(100)
    append(tmp_path / "a.log", b"more")
    reader.read(101)
    assert values(reader) == [*numbered("a", 100), b"more"]


def test_a_truncated_file_without_a_copy_is_a_gap_and_a_new_partition(
    tmp_path: Path, follow: Start
) -> None:
    log = tmp_path / "app.log"
    append(log, *numbered("a", 10))
    reader = follow()
    reader.read(10)
    (old,) = reader.assigned
    position = reader.batches[-1].next_offset
    os.truncate(log, 0)
    append(log, *numbered("b", 3))
    reader.read(13)
    (gap,) = reader.source.take_gaps()
    assert (gap.partition, gap.position, gap.resumed, gap.reason) == (
        *(old, position, None, "truncated"),
    )
    new = reader.assigned[-1]
    assert new != old
    assert values(reader, new) == numbered("b", 3)
    assert reader.source.progress()[old].ended


def test_a_file_cut_and_written_anew_past_where_we_were_is_noticed(
    tmp_path: Path, follow: Start
) -> None:
    log = tmp_path / "app.log"
    append(log, *numbered("a", 10))
    reader = follow()
    reader.read(10)
    log.write_bytes(b"".join(line + b"\n" for line in numbered("another", 50)))
    reader.read(60)
    assert [gap.reason for gap in reader.source.take_gaps()] == ["truncated"]
    assert values(reader, reader.assigned[-1]) == numbered("another", 50)


def test_a_file_that_begins_anew_with_the_same_line_is_read_from_its_beginning(
    tmp_path: Path, follow: Start
) -> None:
    log = tmp_path / "app.log"
    append(log, b"header", *numbered("a", 10))
    reader = follow()
    reader.read(11)
    os.truncate(log, 0)
    gaps: list[Gap] = []

    def told() -> bool:
        gaps.extend(reader.source.take_gaps())
        return bool(gaps)

    reader.poll_until(told)
    append(log, b"header", *numbered("b", 50))
    reader.read(62)
    assert values(reader, reader.assigned[-1]) == [b"header", *numbered("b", 50)]


def test_a_file_cut_while_we_were_away_is_a_gap(tmp_path: Path, follow: Start) -> None:
    log = tmp_path / "app.log"
    append(log, b"the same beginning", *numbered("b", 3))
    reader = Reader(follow().source)
    (partition,) = reader.take()
    reader.source.seek({partition: 100_000})
    reader.poll_until(lambda: len(reader.assigned) == 2)
    (gap,) = reader.source.take_gaps()
    assert (gap.position, gap.reason) == (100_000, "truncated")
    assert reader.batches == []


def test_files_that_begin_with_the_same_line_are_two(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", b"header", *numbered("a", 10))
    append(tmp_path / "b.log", b"header", *numbered("b", 10))
    reader = follow()
    reader.read(22)
    assert len(reader.assigned) == 2
    found = sorted(values(reader, partition)[1:] for partition in reader.assigned)
    assert found == [numbered("a", 10), numbered("b", 10)]
    assert ["same line" in problem.what for problem in reader.source.problems] == [True]


def test_of_twins_the_older_keeps_its_identity_over_a_restart(
    tmp_path: Path, follow: Start
) -> None:
    append(tmp_path / "z.log", b"header", *numbered("a", 10))
    first = follow()
    first.read(11)
    os.utime(tmp_path / "z.log", (1, 1))
    append(tmp_path / "a.log", b"header", *numbered("b", 10))
    first.read(22)
    second = follow()
    second.read(22)
    assert second.assigned == first.assigned


def test_a_twin_that_begins_as_a_copy_becomes_its_own(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", b"header")
    append(tmp_path / "b.log", b"header")
    reader = follow()
    reader.read(1)
    for n in range(5):
        append(tmp_path / "a.log", b"a%d" % n)
        append(tmp_path / "b.log", b"b%d" % n)
        reader.poll_for(0.1)
    reader.read(12)
    expected = [b"header", b"header", *(b"%c%d" % (c, n) for c in b"ab" for n in range(5))]
    assert sorted(values(reader), key=str) == sorted(expected, key=str)


# --- ends


def test_the_newest_file_never_ends(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", b"only")
    reader = follow(idle_seconds=0.1)
    reader.poll_for(0.6)
    (progress,) = reader.source.progress().values()
    assert not progress.ended
    assert progress.caught_up


def test_an_ended_file_that_grows_again_is_read_on(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", b"a1")
    reader = follow(idle_seconds=0.1)
    reader.read(1)
    old = reader.assigned[0]
    append(tmp_path / "b.log", b"b1")
    reader.poll_until(lambda: reader.source.progress()[old].ended)
    append(tmp_path / "a.log", b"a2")
    reader.read(3)
    assert values(reader, old) == [b"a1", b"a2"]


def test_a_deleted_file_is_read_to_its_end_and_then_forgotten(
    tmp_path: Path, follow: Start
) -> None:
    append(tmp_path / "a.log", b"a1")
    reader = follow(idle_seconds=0.2)
    reader.read(1)
    with (tmp_path / "a.log").open("ab") as writer:
        (tmp_path / "a.log").unlink()
        reader.poll_for(0.1)
        writer.write(b"a2\n")
    reader.read(2)
    reader.poll_until(lambda: not reader.source.progress())
    assert list(reader.source.take_gaps()) == []


def test_a_file_deleted_unread_is_a_gap_of_known_size(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", b"never read")
    reader = Reader(follow().source)
    (partition,) = reader.take()
    (tmp_path / "a.log").unlink()
    reader.poll_for(0.3)
    (gap,) = reader.source.take_gaps()
    assert (gap.partition, gap.position, gap.lost, gap.reason) == (partition, 0, 11, "deleted")


def test_a_file_deleted_before_it_is_placed_holds_nobody_up(tmp_path: Path, follow: Start) -> None:
    append(tmp_path / "a.log", event(1))
    append(tmp_path / "b.log", event(2))
    reader = Reader(follow(idle_seconds=0.2).source)
    gone, kept = reader.take(2)
    (tmp_path / "a.log").unlink()
    reader.poll_for(0.1)
    assert reader.source.describe(kept) == str(tmp_path / "b.log")
    reader.source.seek(reader.source.starts([gone, kept], 2))
    assert [value for _, value in reader.read(1)] == [event(2)]
    assert reader.source.progress()[gone].ended
    reader.poll_until(lambda: gone not in reader.source.progress())
    assert reader.source.starts([gone], 2) == {gone: 0}


def test_many_files_are_read_with_few_of_them_open(tmp_path: Path, follow: Start) -> None:
    for n in range(60):
        append(tmp_path / f"{n}.log", *numbered(str(n), 5))
    before = _open_files()
    reader = follow(max_open_files=4, idle_seconds=60)
    reader.source.starts(reader.take(60), "latest")
    assert _open_files() - before <= 5
    reader.read(300)
    assert _open_files() - before <= 5
    for n in range(60):
        append(tmp_path / f"{n}.log", b"more %d" % n)
    assert len(reader.read(360)) == 360


# --- which files


def test_a_folder_may_be_empty_yet(tmp_path: Path, follow: Start) -> None:
    reader = follow()
    reader.poll_for(0.2)
    append(tmp_path / "a.jsonl", b"first")
    assert reader.read(1) == [(0, b"first")]


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path, follow: Start) -> None:
    with pytest.raises(SourceError, match=r"nowhere.*does not exist"):
        follow(tmp_path / "nowhere")


def test_a_single_file_is_followed_through_its_rotation(tmp_path: Path, follow: Start) -> None:
    log = tmp_path / "app.log"
    append(log, b"a1")
    append(tmp_path / "other.log", b"other")
    reader = follow(log)
    reader.read(1)
    log.rename(tmp_path / "app.log.1")
    append(log, b"b1")
    reader.read(2)
    assert values(reader) == [b"a1", b"b1"]


def test_names_that_match_no_pattern_are_left_alone(tmp_path: Path, follow: Start) -> None:
    for name in ("a.log", "b.jsonl", "c.log.2", "d.log-20260131", "e.txt", "f.log.gz", "g.log.bak"):
        append(tmp_path / name, name.encode())
    reader = follow()
    reader.read(4)
    reader.poll_for(0.3)
    assert sorted(values(reader), key=str) == [b"a.log", b"b.jsonl", b"c.log.2", b"d.log-20260131"]


def test_an_unreadable_file_is_a_problem_and_the_others_are_read(
    tmp_path: Path, follow: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(tmp_path / "a.log", b"secret")
    append(tmp_path / "b.log", b"open")

    def refuse(path: Path) -> Content:  # root, whom tests may run as, is refused nothing
        if path.name == "a.log":
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_content(path)

    monkeypatch.setattr("driftwatch.sources.catalog.open_content", refuse)
    reader = follow()
    assert reader.read(1) == [(0, b"open")]
    expected = [Problem(str(tmp_path / "a.log"), "permission denied")]
    assert list(reader.source.problems) == expected
    reader.poll_for(0.2)
    assert list(reader.source.problems) == expected


def test_a_folder_that_is_gone_reads_as_disconnected(tmp_path: Path, follow: Start) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    append(folder / "a.log", b"a1")
    reader = follow(folder)
    reader.read(1)
    folder.rename(tmp_path / "elsewhere")
    reader.poll_until(lambda: not reader.source.connected)
    assert [problem.where for problem in reader.source.problems] == [str(folder)]
    (tmp_path / "elsewhere").rename(folder)
    reader.poll_until(lambda: reader.source.connected)
    assert len(reader.assigned) == 1


# --- starts


@pytest.mark.parametrize("count", [1, 10, 20_000])
def test_it_starts_at_the_first_line_of_a_time(tmp_path: Path, follow: Start, count: int) -> None:
    lines = [event(10 * n, "x" * (n % 70)) for n in range(count)]
    append(tmp_path / "a.log", *lines)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    reader = Reader(follow().source)
    (partition,) = reader.take()
    for time_us in (
        -5,
        0,
        1,
        10,
        10 * count // 2,
        10 * count // 2 + 3,
        10 * count - 10,
        10 * count,
    ):
        expected = offsets[min(count, max(0, -(-time_us // 10)))]
        assert reader.source.starts([partition], time_us) == {partition: expected}, time_us


def test_lines_without_a_time_do_not_mislead_the_search(tmp_path: Path, follow: Start) -> None:
    lines = [event(n) if n % 50 == 0 else b"no time here " + b"x" * 90 for n in range(20_000)]
    append(tmp_path / "a.log", *lines)
    reader = Reader(follow().source)
    (partition,) = reader.take()
    for time_us in (1, 7_001, 19_950):
        (position,) = reader.source.starts([partition], time_us).values()
        assert reader.read_again(partition, position, 1)[0][1] == event(-(-time_us // 50) * 50)


def test_another_file_in_its_place_is_not_taken_for_it(tmp_path: Path, follow: Start) -> None:
    log = tmp_path / "app.log"
    append(log, *numbered("a", 10))
    reader = Reader(follow().source)
    (partition,) = reader.take()
    log.rename(tmp_path / "app.log.1")
    append(log, *numbered("b", 3))
    with pytest.raises(SourceError, match="has been moved"):
        reader.source.starts([partition], "latest")
    reader.poll_for(0.2)
    assert reader.source.starts([partition], "latest") == {partition: 190}


def test_latest_is_the_end_of_the_last_finished_line(tmp_path: Path, follow: Start) -> None:
    (tmp_path / "a.log").write_bytes(b"one\ntwo\nunfinished")
    reader = Reader(follow().source)
    (partition,) = reader.take()
    assert reader.source.starts([partition], "latest") == {partition: 8}


def test_without_times_a_time_means_the_beginning(tmp_path: Path) -> None:
    append(tmp_path / "a.log", event(10), event(20))
    source = FilesSource(FilesPolicy((tmp_path,)))
    (partition,) = Reader(source).take()
    assert source.starts([partition], 15) == {partition: 0}
    source.close()


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
