"""The file of the SQLite store: its tables, how it comes to be, and what its errors mean."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from driftwatch.errors import StateError

SCHEMA_VERSION = 3

_TABLES = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE partitions (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    frontier INTEGER NOT NULL,
    clock_us INTEGER,
    tallies TEXT NOT NULL,      -- JSON, an object of integers
    suspects_us TEXT NOT NULL,  -- JSON, an array of integers
    topic_id TEXT,
    UNIQUE (topic, number)
);
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    segment TEXT NOT NULL,
    fingerprint TEXT,
    UNIQUE (model, model_version, segment)
);
CREATE TABLE detector (
    stream_id INTEGER PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
    state BLOB NOT NULL
);
CREATE TABLE panes (
    id INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
    partition_id INTEGER NOT NULL REFERENCES partitions,
    start_us INTEGER NOT NULL,
    length_us INTEGER NOT NULL,
    counts BLOB NOT NULL,       -- sketch.counts.Counts.to_bytes
    UNIQUE (stream_id, partition_id, start_us, length_us)
);
"""

_DOUBT_TABLES = """
-- What was there before the checkpoint in doubt: a partition's row, and each pane that it touched.
CREATE TABLE doubts (
    partition_id INTEGER PRIMARY KEY REFERENCES partitions,
    was_there INTEGER NOT NULL,  -- 0 where the partition is new
    frontier INTEGER NOT NULL,
    clock_us INTEGER,
    tallies TEXT NOT NULL,
    suspects_us TEXT NOT NULL,
    topic_id TEXT
);
CREATE TABLE undo (
    id INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
    partition_id INTEGER NOT NULL REFERENCES doubts,
    start_us INTEGER NOT NULL,
    length_us INTEGER NOT NULL,
    counts BLOB,                 -- NULL where the pane is new
    UNIQUE (partition_id, stream_id, start_us, length_us)
);
INSERT INTO meta VALUES ('saves', '0');
"""

_HALF_TABLES = """
-- Requests and responses that wait for each other.
CREATE TABLE halves (
    id INTEGER PRIMARY KEY,
    partition_id INTEGER NOT NULL REFERENCES partitions,
    record INTEGER NOT NULL,     -- its offset
    side TEXT NOT NULL,
    join_key BLOB NOT NULL,
    time_us INTEGER NOT NULL,
    content BLOB NOT NULL,
    is_new INTEGER NOT NULL,     -- 1 while the checkpoint that added it is in doubt
    freed_by INTEGER REFERENCES partitions,  -- in whose state in doubt it waits no more
    UNIQUE (partition_id, record)
);
CREATE INDEX halves_new ON halves (partition_id) WHERE is_new;
CREATE INDEX halves_freed ON halves (freed_by) WHERE freed_by IS NOT NULL;
ALTER TABLE doubts ADD COLUMN save INTEGER NOT NULL DEFAULT 0;  -- the number of the save
"""

_MIGRATIONS = {1: _DOUBT_TABLES, 2: _HALF_TABLES}
"""By schema version, what makes the next one of it."""

_SETTINGS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Blobs are rewritten all the time; some builds fill what they leave behind with zeros.
    "PRAGMA secure_delete = OFF",
    # The log is folded into the file every 1,000 pages (4 MB) and begins again at its start. Should
    # a reader have kept it from that for long, what grew meanwhile is given back.
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 16777216",
)


class DamageError(Exception):
    """What is wrong inside the file, as a clause: `explained` makes a StateError of it."""


def open_file(path: Path) -> sqlite3.Connection:
    """Open the state file, or make it where there is none. The caller holds the folder's lock.

    The connection begins no transaction by itself.

    Raises:
        StateError: it can't be read or written, is damaged, not ours, or newer than this program.
    """
    with explained(path):
        if not path.exists():
            _create(path)
        # SQLite opens a file that it may not write, and would only say so at the first save.
        os.close(os.open(path, os.O_RDWR))
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None
        )
        try:
            _check(connection, path)
            for setting in _SETTINGS:
                connection.execute(setting)
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def meta(connection: sqlite3.Connection, key: str) -> str:
    """A value of the table `meta`. Raises DamageError where it is missing."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise DamageError(f"its {key} is missing")
    return str(row[0])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Whatever goes wrong with the file inside becomes a StateError that a user can act on."""
    try:
        yield
    except (DamageError, UnicodeDecodeError) as problem:  # texts are UTF-8
        raise StateError(_damaged(path, problem)) from problem
    except sqlite3.Error as problem:
        raise StateError(_explanation(path, problem)) from problem
    except OSError as problem:
        raise StateError(f"{path} can't be used: {problem.strerror}") from problem


def _create(path: Path) -> None:
    # Made under another name and moved: the file exists whole or not at all, so that an empty one
    # is known to be damage. A log left over from a file that is gone must not be applied to this.
    new = path.with_name(f"{path.name}.new")
    for leftover in (new, f"{new}-journal", f"{path}-wal", f"{path}-shm"):
        Path(leftover).unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(f"BEGIN;{_TABLES}{_DOUBT_TABLES}{_HALF_TABLES}COMMIT;")
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("schema_version", str(SCHEMA_VERSION)), ("writer", secrets.token_urlsafe(12))],
        )
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size == 0:
        raise DamageError("it is empty")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "meta" not in tables:
        raise StateError(
            f"{path} is an SQLite database, but none of Driftwatch's. Move it away, or choose "
            "another folder (state.path)."
        )
    version = meta(connection, "schema_version")
    if not version.isdecimal() or not int(version):
        raise DamageError(f"its schema version is {version!r}")
    if int(version) > SCHEMA_VERSION:
        raise StateError(
            f"{path} was written by a newer Driftwatch: its schema version is {version}, and this "
            f"program knows those up to {SCHEMA_VERSION}. Run the newer program again, or give "
            "this one another folder (state.path); nothing was changed."
        )


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring a file of an older program up to this one, a version at a time, each all or nothing."""
    for version in range(int(meta(connection, "schema_version")), SCHEMA_VERSION):
        done = f"UPDATE meta SET value = '{version + 1}' WHERE key = 'schema_version'"  # noqa: S608
        connection.executescript(f"BEGIN IMMEDIATE;{_MIGRATIONS[version]}{done};COMMIT;")


def _damaged(path: Path, finding: Exception) -> str:
    return f"{path} is damaged: {finding}. Restore it from a copy, or move it away to start anew."


def _explanation(path: Path, problem: sqlite3.Error) -> str:
    # The primary code is the low byte; errors of Python's module itself have none.
    match getattr(problem, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(path, problem)
        case sqlite3.SQLITE_FULL:
            return f"{path} can't be written: no space is left. What was saved before is intact."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return (
                f"{path} can't be written: {problem}. The folder and the files in it have to be "
                "writable for this user."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} is held by another program for too long: {problem}. Close that one."
        case sqlite3.SQLITE_IOERR:
            return f"{path} can't be read or written: {problem}. Look at the disk."
        case _:
            return f"{path} can't be used: {problem}"
