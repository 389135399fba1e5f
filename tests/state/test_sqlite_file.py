"""The file itself: how it is made, what is wrong with it, what can't be written to it."""

import os
import re
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from driftwatch.errors import StateError
from driftwatch.state.port import PartitionState
from driftwatch.state.sqlite import SqliteStore
from driftwatch.state.sqlite_file import SCHEMA_VERSION
from tests.state.contract import ALL, LOG0, NEW, checkpoint, counts, large, pane
from tests.state.model import Model, everything


def sql(folder: Path, statement: str, *values: object) -> None:
    """Do something to the file behind the store's back."""
    with closing(sqlite3.connect(folder / "state.sqlite3")) as connection, connection:
        connection.execute(statement, values)


def test_a_missing_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "state"
    SqliteStore(folder).close()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "state.sqlite3").stat().st_mode) == 0o600


def test_a_folder_with_odd_signs_in_its_name_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "50% of ?what #1"
    with closing(SqliteStore(folder)) as store:
        writer = store.writer
    with closing(SqliteStore(folder)) as store:
        assert store.writer == writer
    assert (folder / "state.sqlite3").exists()


def test_a_relative_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SqliteStore(Path("state")).close()

    assert (tmp_path / "state" / "state.sqlite3").exists()


def test_the_writer_is_made_with_the_file_and_stays(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "a")) as one, closing(SqliteStore(tmp_path / "b")) as other:
        first = one.writer
        assert first != other.writer
    with closing(SqliteStore(tmp_path / "a")) as again:
        assert again.writer == first


def test_what_is_saved_is_synced_to_a_write_ahead_log(store: SqliteStore) -> None:
    assert store._connection is not None
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def attempt(folder: Path) -> None:
    """Open the store and touch all that it has."""
    with closing(SqliteStore(folder)) as store:
        everything(store)
        store.save(checkpoint({pane(3): counts(1, 1), pane(8): counts(1)}, detector={ALL: b"e"}))
        store.forget([ALL])


@pytest.mark.parametrize("content", [b"", b"not SQLite", b"model: fraud\n" * 1_000])
def test_a_file_that_is_not_sqlite_is_named_and_left_alone(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "state.sqlite3").write_bytes(content)

    with pytest.raises(StateError, match=f"{folder}/state.sqlite3 is damaged: .* start anew"):
        SqliteStore(folder)

    assert (folder / "state.sqlite3").read_bytes() == content


def test_a_database_of_another_program_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    sql(folder, "CREATE TABLE cookies (name TEXT)")
    before = (folder / "state.sqlite3").read_bytes()

    with pytest.raises(StateError, match="is an SQLite database, but none of"):
        SqliteStore(folder)

    assert (folder / "state.sqlite3").read_bytes() == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_named(store: SqliteStore, folder: Path, share: float) -> None:
    store.save(checkpoint({pane(n): large(n) for n in range(100, 103)}))
    store.close()
    path = folder / "state.sqlite3"
    os.truncate(path, int(path.stat().st_size * share))

    with pytest.raises(StateError, match=re.escape(str(path))):
        attempt(folder)


def test_damage_anywhere_in_the_file_never_shows_as_anything_else(
    store: SqliteStore, folder: Path
) -> None:
    store.save(checkpoint({pane(n, NEW): large(n) for n in range(100, 102)}))
    store.close()
    path = folder / "state.sqlite3"
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    noticed = 0
    for page in range(len(whole) // 4096):
        for size in (16, 4096):
            at = page * 4096 + int(rng.integers(0, 4096 - size + 1))
            path.write_bytes(whole[:at] + rng.bytes(size) + whole[at + size :])
            try:
                attempt(folder)
            except StateError as error:
                assert str(path) in str(error)  # noqa: PT017
                noticed += 1
            for log in folder.glob("state.sqlite3-*"):
                log.unlink()
    assert noticed > 20


def test_a_text_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    file = tmp_path / "state.sqlite3"
    data = file.read_bytes()
    assert data.count(b"tablepartitions") == 1
    file.write_bytes(data.replace(b"tablepartitions", b"tableparti\xfbions"))
    with pytest.raises(StateError, match=r"state\.sqlite3 is damaged: .utf-8. codec"):
        SqliteStore(tmp_path)


def test_a_damaged_pane_names_the_file_and_spares_the_others(
    store: SqliteStore, folder: Path
) -> None:
    sql(folder, "UPDATE panes SET counts = ? WHERE start_us = ?", b"DWc1?", pane(3).start_us)
    panes = store.load().panes

    with pytest.raises(StateError, match=f"{folder}/state.sqlite3 is damaged: stored counts"):
        panes[pane(3)]
    assert panes[pane(4)] == counts(3, 4)
    with pytest.raises(StateError, match="is damaged: stored counts"):
        store.save(checkpoint({pane(4): counts(1, 1), pane(3): counts(1, 1)}))
    assert store.load().panes[pane(4)] == counts(3, 4)
    store.save(checkpoint({pane(4): counts(1, 1)}))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE partitions SET tallies = '{'",
        "UPDATE partitions SET suspects_us = '7'",
        "UPDATE panes SET counts = 7",
        "INSERT INTO halves VALUES (1, 1, 0, 'both', x'00', 0, x'', 0, NULL)",
        "DELETE FROM streams",
        "DELETE FROM meta WHERE key = 'writer'",
        "UPDATE meta SET value = 'one' WHERE key = 'schema_version'",
        "DROP TABLE detector",
    ],
)
def test_rows_that_make_no_sense_name_the_file(
    store: SqliteStore, folder: Path, statement: str
) -> None:
    store.close()
    sql(folder, statement)

    with pytest.raises(StateError, match=f"{folder}/state.sqlite3"):
        attempt(folder)


def test_a_store_that_could_not_be_opened_lets_go_of_the_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "state.sqlite3").write_bytes(b"?")
    with pytest.raises(StateError):
        SqliteStore(folder)

    (folder / "state.sqlite3").unlink()

    SqliteStore(folder).close()


def test_a_newer_schema_is_refused_with_what_to_do(store: SqliteStore, folder: Path) -> None:
    store.close()
    sql(folder, "UPDATE meta SET value = '4' WHERE key = 'schema_version'")
    before = (folder / "state.sqlite3").read_bytes()

    with pytest.raises(
        StateError, match=r"newer Driftwatch: its schema version is 4, .*up to 3\. Run the newer"
    ):
        SqliteStore(folder)

    assert (folder / "state.sqlite3").read_bytes() == before


OLDER = {
    "1": (
        "DROP TABLE undo",
        "DROP TABLE doubts",
        "DROP TABLE halves",
        "DELETE FROM meta WHERE key = 'saves'",
    ),
    "2": ("DROP TABLE halves", "ALTER TABLE doubts DROP COLUMN save"),
}


@pytest.mark.parametrize("version", OLDER)
def test_a_file_of_an_older_schema_is_brought_up_to_this_one(
    store: SqliteStore, folder: Path, version: str
) -> None:
    before = everything(store)
    store.close()
    for statement in OLDER[version]:
        sql(folder, statement)
    sql(folder, "UPDATE meta SET value = ? WHERE key = 'schema_version'", version)

    with closing(SqliteStore(folder)) as newer:
        assert everything(newer) == before
        newer.save(checkpoint({pane(3): counts(1, 1)}), in_doubt=True)
        newer.settle([], [LOG0])
        assert everything(newer) == before
    with closing(sqlite3.connect(folder / "state.sqlite3")) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'")
        assert found.fetchone() == (str(SCHEMA_VERSION),)


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_file_that_is_taken_away_while_it_is_used_is_missed(
    store: SqliteStore, folder: Path, how: str
) -> None:
    path = folder / "state.sqlite3"
    path.rename(folder / "elsewhere")
    if how == "replaced":
        path.write_bytes((folder / "elsewhere").read_bytes())

    with pytest.raises(StateError, match=r"state\.sqlite3"):
        store.save(checkpoint({pane(3): counts(1, 1)}))
    with pytest.raises(StateError, match=r"state\.sqlite3"):
        store.settle([LOG0])


def test_a_save_that_was_done_and_seemed_to_fail_is_not_done_twice(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store._transaction

    @contextmanager
    def unsure() -> Iterator[sqlite3.Connection]:
        with whole() as connection:
            yield connection
        raise StateError("the disk did not say")

    change = checkpoint({pane(3): counts(1, 1)}, partitions={LOG0: PartitionState(7)})
    monkeypatch.setattr(store, "_transaction", unsure)
    with pytest.raises(StateError, match="did not say"):
        store.save(change)
    monkeypatch.undo()
    store.save(change)
    assert store.load().panes[pane(3)].cells.tolist() == [2, 3]
    store.save(change)
    assert store.load().panes[pane(3)].cells.tolist() == [3, 4]


def test_the_log_of_a_file_that_is_gone_is_not_applied_to_a_new_one(
    store: SqliteStore, folder: Path
) -> None:
    wal = (folder / "state.sqlite3-wal").read_bytes()
    store.close()
    (folder / "state.sqlite3").unlink()
    (folder / "state.sqlite3-wal").write_bytes(wal)

    with closing(SqliteStore(folder)) as new:
        assert everything(new) == Model()


def test_a_file_that_was_being_made_when_the_process_died_is_made_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "state.sqlite3.new").write_bytes(b"half a file")
    (folder / "state.sqlite3.new-journal").write_bytes(b"half a journal")

    with closing(SqliteStore(folder)) as store:
        assert everything(store) == Model()


def test_a_full_disk_saves_nothing_and_harms_nothing(store: SqliteStore) -> None:
    before = everything(store)
    connection = store._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    change = checkpoint(
        {pane(3): counts(1, 1), pane(9): large(1), pane(10): large(2)},
        partitions={LOG0: PartitionState(frontier=99)},
    )

    with pytest.raises(StateError, match=r"no space is left.*is intact"):
        store.save(change)

    assert everything(store) == before
    connection.execute("PRAGMA max_page_count = 1000000")
    store.save(change)
    assert store.load().partitions[LOG0].frontier == 99


def test_a_write_that_the_system_refuses_harms_nothing(store: SqliteStore, folder: Path) -> None:
    resource = pytest.importorskip("resource")
    before = everything(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, ((folder / "state.sqlite3-wal").stat().st_size + 50_000, hard)
    )
    try:
        with pytest.raises(StateError, match="can't be read or written"):
            store.save(checkpoint({pane(3): counts(1, 1), pane(9): large(1)}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert everything(store) == before
    store.close()
    with closing(SqliteStore(folder)) as again:
        assert everything(again) == before


def test_a_store_that_becomes_read_only_says_so(store: SqliteStore) -> None:
    assert store._connection is not None
    store._connection.execute("PRAGMA query_only = ON")

    with pytest.raises(StateError, match=r"can't be written: .* writable"):
        store.save(checkpoint({pane(3): counts(1, 1)}))


def test_a_database_held_by_another_program_is_named(store: SqliteStore, folder: Path) -> None:
    assert store._connection is not None
    store._connection.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(folder / "state.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match="held by another program"):
            store.save(checkpoint({pane(3): counts(1, 1)}))

    store.save(checkpoint({pane(3): counts(1, 1)}))


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, and a user whom permissions hold off: they don't do that to root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if user == 0:
                os.seteuid(0)


def test_a_folder_that_can_t_be_made_is_named(as_nobody: Path) -> None:
    (as_nobody / "var").mkdir(mode=0o500)

    with pytest.raises(StateError, match=f"{as_nobody}/var/state can't be used: Permission denied"):
        SqliteStore(as_nobody / "var" / "state")


@pytest.mark.parametrize("used_before", [False, True])
def test_a_folder_that_can_t_be_written_is_named(as_nobody: Path, used_before: bool) -> None:
    folder = as_nobody / "state"
    folder.mkdir()
    if used_before:
        SqliteStore(folder).close()
        (folder / "lock").unlink()
    folder.chmod(0o500)

    with pytest.raises(StateError, match=f"{folder} can't be used: Permission denied"):
        SqliteStore(folder)

    folder.chmod(0o700)
    SqliteStore(folder).close()


def test_a_file_that_can_t_be_written_is_named_before_anything_is_counted(as_nobody: Path) -> None:
    folder = as_nobody / "state"
    SqliteStore(folder).close()
    (folder / "state.sqlite3").chmod(0o400)

    with pytest.raises(StateError, match=f"{folder}/state.sqlite3 can't be used: Permission"):
        SqliteStore(folder)

    (folder / "state.sqlite3").chmod(0o600)
    SqliteStore(folder).close()


def test_a_file_where_the_folder_should_be_is_named(folder: Path) -> None:
    folder.write_text("")

    with pytest.raises(StateError, match=f"{folder} can't be used: "):
        SqliteStore(folder)
