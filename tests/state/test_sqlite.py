import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from driftwatch.errors import StateError, StateLockedError
from driftwatch.sketch.counts import Counts
from driftwatch.state.port import Store
from driftwatch.state.sqlite import SqliteStore
from tests.harness.process import OwnedProcess
from tests.state.contract import ALL, StoreContract, checkpoint, counts, large, pane
from tests.state.saver import LOG, STREAMS, record


def wal_bytes(folder: Path) -> int:
    return (folder / "state.sqlite3-wal").stat().st_size


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def new_store(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        self.opened: list[tuple[Path, Store]] = []
        yield lambda: self.open(tmp_path / str(len(self.opened)))
        for _, store in self.opened:
            store.close()

    def reopened(self, store: Store) -> Store:
        folder = next(folder for folder, opened in self.opened if opened is store)
        store.close()
        return self.open(folder)

    def open(self, folder: Path) -> Store:
        store = SqliteStore(folder)
        self.opened.append((folder, store))
        return store


def test_a_save_says_how_much_it_wrote(store: SqliteStore) -> None:
    delta = large(1)

    small = store.save(checkpoint({pane(9): counts(1)}, detector={ALL: b""}))
    more = store.save(checkpoint({pane(7): delta}, detector={ALL: b"d" * 1_000}))

    assert 0 < small < 300
    assert more == pytest.approx(len(delta.to_bytes()) + 1_000, abs=100)


def test_a_save_reads_back_only_the_panes_that_it_changes(store: SqliteStore) -> None:
    said: list[str] = []
    assert store._connection is not None
    store._connection.set_trace_callback(said.append)

    store.save(checkpoint({pane(3): counts(1, 1)}))

    assert len([line for line in said if line.startswith("SELECT") and "counts" in line]) == 1


def test_a_pane_of_a_snapshot_that_has_grown_old_is_refused(store: SqliteStore) -> None:
    snapshot = store.load()
    store.save(checkpoint({pane(3): counts(1, 1)}))

    with pytest.raises(StateError, match="has changed since"):
        snapshot.panes[pane(3)]


def test_a_pane_of_a_closed_store_is_refused(store: SqliteStore) -> None:
    snapshot = store.load()
    store.close()

    with pytest.raises(StateError, match="closed"):
        snapshot.panes[pane(3)]


def test_the_log_stays_small_however_much_is_saved(store: SqliteStore, folder: Path) -> None:
    for number in range(60):
        store.save(checkpoint({pane(n): large(n) for n in (100, 101 + number % 2)}))

        assert wal_bytes(folder) < 6_000_000


def test_a_log_that_a_reader_held_up_shrinks_when_the_reader_is_gone(
    store: SqliteStore, folder: Path
) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM panes").fetchone()
        number = 0
        while wal_bytes(folder) < 18_000_000:
            number += 1
            store.save(checkpoint({pane(100 + n): large(n) for n in range(5)}))
    for _ in range(2):
        store.save(checkpoint({pane(100): large(0)}))

    assert wal_bytes(folder) <= 16 * 2**20


def saver(folder: Path, tmp_path: Path) -> OwnedProcess:
    """A process that has opened this folder and saves without end."""
    program = Path(__file__).with_name("saver.py")
    process = OwnedProcess([sys.executable, program, folder], stdout=tmp_path / "said")
    process.wait_until_said("opened")
    return process


def test_a_second_process_is_refused_until_the_first_is_killed(
    folder: Path, tmp_path: Path
) -> None:
    with saver(folder, tmp_path) as holder:
        with pytest.raises(StateLockedError, match=f"{folder} is in use by process {holder.pid}:"):
            SqliteStore(folder)
        assert holder.is_running
        holder.kill()

        SqliteStore(folder).close()


def test_a_kill_leaves_the_last_checkpoint_whole(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng()
    before = 0
    for _ in range(5):
        with saver(folder, tmp_path) as process:
            process.wait_until_said(f"\n{before + 5}\n")
            time.sleep(rng.uniform(0, 0.05))
            process.kill()
            said = int(process.stdout.split()[-1])

        with closing(SqliteStore(folder)) as store:
            snapshot = store.load()
            frontier = snapshot.partitions[LOG].frontier
            # What was said is saved; one more may be, killed before it could say so.
            assert said <= frontier <= said + 1
            assert snapshot.partitions[LOG].tallies == {"counted": frontier}
            assert snapshot.detector == {STREAMS[0]: str(frontier).encode()}
            # Every stream has each record below the frontier once, and none above it.
            expected = Counts.total([record(offset) for offset in range(frontier)], 2_000, 0)
            for stream in STREAMS:
                held = [pane for key, pane in snapshot.panes.items() if key.stream == stream]
                assert Counts.total(held, 2_000, 0) == expected
        before = frontier
