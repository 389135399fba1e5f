"""The default store: one SQLite file in the state folder.

A checkpoint is one transaction with a synced write-ahead log: a crash, a kill or a power cut leaves
the last checkpoint whole, or the one before it. Only the panes that a checkpoint touches are read
back, added to and written again; while it is in doubt, they are kept as they were as well.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from driftwatch.errors import StateError
from driftwatch.records import HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state import sqlite_rows as rows
from driftwatch.state.lock import FolderLock
from driftwatch.state.panes import StoredPanes
from driftwatch.state.port import (
    Checkpoint,
    Doubt,
    PaneKey,
    PartitionState,
    Retention,
    Snapshot,
)
from driftwatch.state.sqlite_file import DamageError, explained, meta, open_file


class SqliteStore:
    """A `Store` in `state.sqlite3` of a folder, which is made (mode 0700) where it is missing.

    One process at a time, and in it one thread. Cost: about 1 ms for each pane that a checkpoint
    touches (100 columns), and what the disk takes to sync.

    Args:
        folder: the state folder. On a disk of this machine: SQLite's log does not work over NFS.

    Raises:
        StateLockedError: another process works on the folder.
        StateError: the file can't be opened, is damaged, or is newer than this program.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.sqlite3"
        self._connection: sqlite3.Connection | None = None
        self._changes = 0
        self._attempted = 0  # the number of a save whose outcome is not known; 0 where none is
        with explained(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FolderLock(folder)
        try:
            self._connection = open_file(self._path)
            with explained(self._path):
                self._writer = meta(self._connection, "writer")
                self._file = _identity(self._path)
        except BaseException:
            self.close()
            raise

    @property
    def writer(self) -> str:
        """See `Store.writer`: made with the file."""
        return self._writer

    def save(self, checkpoint: Checkpoint, *, in_doubt: bool = False) -> int:
        """See `Store.save`."""
        with explained(self._path):
            done = int(meta(self._open(), "saves"))
        attempted, self._attempted = self._attempted, done + 1
        if attempted == done > 0:
            # We were told that it failed, and it was done all the same.
            self._attempted = 0
            return 0
        with self._transaction() as connection:
            rows.set_meta(connection, "saves", str(done + 1))
            if strange := self.doubts().keys() & checkpoint.partitions.keys():
                raise StateError(f"in doubt already: {', '.join(map(str, sorted(strange)))}")
            for stream, fingerprint in checkpoint.fingerprints.items():
                rows.set_fingerprint(connection, stream, fingerprint)
            written = 0
            for partition, state in checkpoint.partitions.items():
                if in_doubt:
                    rows.doubt(connection, partition, done + 1)
                written += rows.put_partition(connection, partition, state)
            written += rows.add_panes(connection, checkpoint.panes, in_doubt=in_doubt)
            rows.free_halves(connection, checkpoint.freed, in_doubt=in_doubt)
            written += rows.put_halves(connection, checkpoint.halves, in_doubt=in_doubt)
            for stream, detector in checkpoint.detector.items():
                written += rows.put_detector(connection, stream, detector)
            if checkpoint.retention is not None and not in_doubt:
                written += rows.retain(connection, checkpoint.retention)
        self._attempted = 0
        return written

    def doubts(self) -> Mapping[Partition, Doubt]:
        """See `Store.doubts`."""
        connection = self._open()
        with explained(self._path):
            before = rows.doubts(connection)
            return {
                partition: Doubt(before[row].state, state, before[row].save)
                for row, partition, state in rows.partitions(connection)
                if row in before
            }

    def settle(
        self,
        confirmed: Iterable[Partition],
        undone: Iterable[Partition] = (),
        retention: Retention | None = None,
    ) -> int:
        """See `Store.settle`."""
        right, wrong = set(confirmed), set(undone)
        written = 0
        with self._transaction() as connection:
            doubtful = rows.doubts(connection)
            for row, partition, _ in rows.partitions(connection):
                if row in doubtful and partition in wrong:
                    rows.undo(connection, row)
                elif row in doubtful and partition in right:
                    rows.confirm(connection, row)
            if retention is not None:
                written = rows.retain(connection, retention)
        return written

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        """See `Store.load`."""
        connection = self._open()
        wanted = None if partitions is None else set(partitions)
        with explained(self._path):
            names: dict[int, Partition] = {}
            states: dict[Partition, PartitionState] = {}
            doubtful = rows.doubts(connection)
            for row, partition, saved in rows.partitions(connection):
                state = doubtful[row].state if row in doubtful else saved
                if state is not None and (wanted is None or partition in wanted):
                    names[row] = partition
                    states[partition] = state
            streams, fingerprints = {}, {}
            for row, stream, fingerprint in rows.streams(connection):
                streams[row] = stream
                if fingerprint is not None:
                    fingerprints[stream] = fingerprint
            panes = {}
            for of, part, start_us, length_us, at in rows.panes(connection):
                if of not in streams:
                    raise DamageError("a pane belongs to no stream")
                if part in names:
                    panes[PaneKey(streams[of], names[part], start_us, length_us)] = at
            halves = {
                HalfKey(names[row], offset): half
                for row, offset, half in rows.halves(connection)
                if row in names
            }
            detector = rows.detectors(connection)
        as_of = self._changes
        return Snapshot(
            panes=StoredPanes(panes, lambda at: self._counts(at, as_of)),
            partitions=states,
            detector=detector,
            fingerprints=fingerprints,
            halves=halves,
        )

    def forget(self, streams: Iterable[StreamKey]) -> None:
        """See `Store.forget`."""
        with self._transaction() as connection:
            for stream in streams:
                rows.forget(connection, stream)

    def close(self) -> None:
        """See `Store.close`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._lock.release()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StateError(f"{self._path} is closed")
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        self._changes += 1
        with explained(self._path):
            if _identity(self._path) != self._file:
                raise StateError(
                    f"{self._path} is not the file that was opened: somebody replaced or deleted "
                    "it while the daemon ran. What was saved went with it; restart the daemon"
                )
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException as problem:
                # Where the disk is full, SQLite may have ended the transaction itself.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                if isinstance(problem, ValueError | OverflowError):
                    raise StateError(f"the checkpoint can't be saved: {problem}") from problem
                raise

    def _counts(self, at: rows.StoredAt, as_of: int) -> Counts:
        connection = self._open()
        if as_of != self._changes:
            raise StateError("the state has changed since this snapshot of it was loaded")
        with explained(self._path):
            return rows.counts(connection, at)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
