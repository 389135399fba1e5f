"""Old files are read once, as one log in the order of event time, with flat memory."""

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from driftwatch.records import Assigned, Partition, RawBatch, SourceEvent
from driftwatch.sources.files import FilesPolicy, FilesSource

MINUTE_US = 60_000_000


def line(time_us: int, origin: str = "") -> bytes:
    return json.dumps({"ts": time_us, "from": origin}).encode()


def peek(raw: bytes) -> int | None:
    try:
        found = json.loads(raw)["ts"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None


def write(path: Path, lines: Iterable[bytes]) -> None:
    content = b"".join(raw + b"\n" for raw in lines)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def replay(source: FilesSource, limit: int = 100_000) -> Iterator[SourceEvent]:
    """Every event of a replay that begins each file at its beginning."""
    for _ in range(limit):
        if source.exhausted:
            source.close()
            return
        for event in source.poll(5):
            if isinstance(event, Assigned):
                source.seek(dict.fromkeys(event.partitions, 0))
            yield event
    raise AssertionError("the replay does not end")


def batches(source: FilesSource) -> list[RawBatch]:
    return [event for event in replay(source) if isinstance(event, RawBatch)]


def values(source: FilesSource) -> list[bytes | None]:
    return [value for batch in batches(source) for value in batch.values]


def policy(*paths: Path, **settings: int) -> FilesPolicy:
    return FilesPolicy(paths, follow=False, **settings)  # type: ignore[arg-type]


def test_all_files_are_read_to_their_ends_and_then_it_is_exhausted(tmp_path: Path) -> None:
    write(tmp_path / "a.log", [b"one", b"two"])
    (tmp_path / "b.log").write_bytes(b"three\nunfinished")
    source = FilesSource(policy(tmp_path))
    assert values(source) == [b"one", b"two", b"three", b"unfinished"]
    assert all(progress.ended for progress in source.progress().values())
    assert source.poll(60) == []  # and does not wait


def test_an_empty_folder_is_exhausted_at_once(tmp_path: Path) -> None:
    source = FilesSource(policy(tmp_path))
    assert source.poll(60) == []
    assert source.exhausted


def test_a_file_of_one_unfinished_line_has_one_record(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"only")
    assert values(FilesSource(policy(tmp_path))) == [b"only"]


def test_shards_of_one_period_are_merged(tmp_path: Path) -> None:
    for shard in range(4):
        times = range(shard, 4000, 4)
        write(tmp_path / f"shard-{shard}.jsonl", (line(t * MINUTE_US) for t in times))
    source = FilesSource(policy(tmp_path, batch_records=10), peek)
    seen = [peek(value or b"") or 0 for value in values(source)]
    assert sorted(seen) == [t * MINUTE_US for t in range(4000)]
    behind = max(earlier - later for earlier, later in pairwise(seen))
    assert behind <= 40 * MINUTE_US  # one batch of each of four shards


def test_periods_are_read_one_after_another(tmp_path: Path) -> None:
    for day in range(30):
        for shard in range(2):
            times = range(day * 1440 + shard, (day + 1) * 1440, 2)
            write(tmp_path / f"{shard}-{day:02}.jsonl", (line(t * MINUTE_US) for t in times))
    source = FilesSource(policy(tmp_path, batch_records=50), peek)
    under_way = [sum(not p.ended for p in source.progress().values()) for _ in replay(source)]
    assert max(under_way) <= 4
    assert len(source.progress()) == 60


def test_a_file_is_assigned_before_another_is_read_past_its_beginning(tmp_path: Path) -> None:
    write(tmp_path / "long.jsonl", (line(t * MINUTE_US) for t in range(1000)))
    for start in (200, 500, 501, 900):
        write(tmp_path / f"from-{start}.jsonl", [line(start * MINUTE_US, str(start))])
    source = FilesSource(policy(tmp_path, batch_records=64), peek)
    assigned: dict[str, int] = {}
    latest = -1
    for event in replay(source):
        if isinstance(event, Assigned):
            for partition in event.partitions:
                assigned[Path(source.describe(partition)).stem] = latest
        elif isinstance(event, RawBatch):
            latest = max(latest, peek(event.values[-1] or b"") or 0)
    for start in (200, 500, 501, 900):
        assert assigned[f"from-{start}"] < start * MINUTE_US


def test_files_without_times_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        write(tmp_path / f"{name}.log", [b"%s%d" % (name.encode(), n) for n in range(100)])
    expected = [b"%s%d" % (name, n) for name in (b"a", b"b", b"c") for n in range(100)]
    assert values(FilesSource(policy(tmp_path, batch_records=7), peek)) == expected
    assert values(FilesSource(policy(tmp_path, batch_records=7))) == expected


def test_lines_without_a_time_stay_among_their_neighbours(tmp_path: Path) -> None:
    lines = [line(t) if t % 3 == 0 else b"trace %d" % t for t in range(1000)]
    write(tmp_path / "a.log", lines[:500])
    write(tmp_path / "b.log", lines[500:])
    assert values(FilesSource(policy(tmp_path, batch_records=11), peek)) == lines


def test_gzipped_and_rotated_files_belong_to_an_old_log(tmp_path: Path) -> None:
    write(tmp_path / "app.log.2.gz", [line(1), line(2)])
    write(tmp_path / "app.log.1", [line(3), line(4)])
    write(tmp_path / "app.log", [line(5)])
    write(tmp_path / "more.jsonl.gz", [line(6)])
    source = FilesSource(policy(tmp_path), peek)
    assert values(source) == [line(t) for t in range(1, 7)]


def test_a_gzipped_file_is_the_same_partition_as_the_plain_one(tmp_path: Path) -> None:
    write(tmp_path / "app.log", [line(t) for t in range(10)])
    (plain,) = partitions(FilesSource(policy(tmp_path)))
    (tmp_path / "app.log").unlink()
    write(tmp_path / "app.log.gz", [line(t) for t in range(10)])
    assert partitions(FilesSource(policy(tmp_path))) == [plain]


def test_a_file_that_is_there_packed_and_unpacked_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "app.log", [line(t) for t in range(10)])
    write(tmp_path / "app.log.gz", [line(t) for t in range(10)])
    source = FilesSource(policy(tmp_path), peek)
    assert values(source) == [line(t) for t in range(10)]
    assert ["holds the same lines" in problem.what for problem in source.problems] == [True]


def test_a_big_gzipped_file_is_unpacked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewound: list[gzip.GzipFile] = []
    monkeypatch.setattr(gzip.GzipFile, "rewind", rewound.append)
    lines = [line(t, "x" * 500) for t in range(20_000)]
    write(tmp_path / "a.jsonl.gz", lines)
    source = FilesSource(policy(tmp_path, batch_bytes=1 << 16), peek)
    assert values(source) == lines
    assert rewound == []
    assert next(iter(source.progress().values())).end_offset == sum(len(raw) + 1 for raw in lines)


def test_a_gzipped_file_can_be_read_from_the_middle(tmp_path: Path) -> None:
    lines = [line(t, "x" * 500) for t in range(5_000)]
    write(tmp_path / "a.jsonl.gz", lines)
    source = FilesSource(policy(tmp_path), peek)
    (partition,) = partitions(source)
    assert source.starts([partition], "latest") == {partition: sum(len(raw) + 1 for raw in lines)}
    position = source.starts([partition], 4_000)[partition]
    source.seek({partition: position})
    (batch, *_) = [event for event in source.poll(5) if isinstance(event, RawBatch)]
    assert batch.values[0] == lines[4_000]


def test_a_damaged_gzipped_file_is_a_gap_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl.gz", [line(t, "x" * 100) for t in range(5_000)])
    packed = (tmp_path / "a.jsonl.gz").read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    write(tmp_path / "b.jsonl", [line(9_999_999)])
    source = FilesSource(policy(tmp_path, batch_bytes=1 << 14), peek)
    found = values(source)
    assert found[-1] == line(9_999_999)
    assert found[0] == line(0, "x" * 100)
    assert [gap.reason for gap in source.take_gaps()] == ["corrupt"]
    assert ["damaged gzip" in problem.what for problem in source.problems] == [True]


def test_what_is_no_gzip_at_all_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"plain text\n")
    write(tmp_path / "b.jsonl", [b"fine"])
    source = FilesSource(policy(tmp_path))
    assert values(source) == [b"fine"]
    assert [problem.where for problem in source.problems] == [str(tmp_path / "a.jsonl.gz")]


def test_a_replay_can_resume_where_an_earlier_one_stopped(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [line(t) for t in range(0, 100, 2)])
    write(tmp_path / "b.jsonl", [line(t) for t in range(1, 100, 2)])
    first = FilesSource(policy(tmp_path, batch_records=10), peek)
    frontiers: dict[Partition, int] = {}
    seen: list[bytes | None] = []
    for event in replay(first):
        if isinstance(event, RawBatch):
            seen += event.values
            frontiers[event.partition] = event.next_offset
            if len(seen) >= 50:
                break
    first.close()
    second = FilesSource(policy(tmp_path, batch_records=10), peek)
    while not second.exhausted:
        for event in second.poll(5):
            if isinstance(event, Assigned):
                second.seek({p: frontiers.get(p, 0) for p in event.partitions})
            elif isinstance(event, RawBatch):
                seen += event.values
    second.close()
    assert sorted(peek(value or b"") or 0 for value in seen) == list(range(100))


def test_a_frontier_past_the_end_of_a_file_is_a_gap(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [line(1)])
    source = FilesSource(policy(tmp_path), peek)
    (partition,) = partitions(source)
    source.seek({partition: 1000})
    assert source.poll(5) == []
    assert source.exhausted
    assert [(gap.position, gap.reason) for gap in source.take_gaps()] == [(1000, "truncated")]


def test_paths_may_be_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs" / "a.jsonl", [b"in the folder"])
    write(tmp_path / "b.txt", [b"by its name"])
    write(tmp_path / "c[1].gz", [b"packed"])
    paths = (tmp_path / "logs", tmp_path / "b.txt", tmp_path / "c[1].gz", tmp_path / "b.txt")
    source = FilesSource(policy(*paths))
    assert sorted(value or b"" for value in values(source)) == [
        *(b"by its name", b"in the folder", b"packed")
    ]


@pytest.mark.parametrize("follow", [True, False])
def test_nothing_is_written_to_a_log(tmp_path: Path, follow: bool) -> None:
    write(tmp_path / "a.log", [b"one"])
    (tmp_path / "a.log").chmod(0o444)
    tmp_path.chmod(0o555)
    source = FilesSource(FilesPolicy((tmp_path,), follow=follow))
    source.poll(0.1)
    source.close()
    tmp_path.chmod(0o755)
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]


def partitions(source: FilesSource) -> list[Partition]:
    return [
        partition
        for event in source.poll(5)
        if isinstance(event, Assigned)
        for partition in event.partitions
    ]
