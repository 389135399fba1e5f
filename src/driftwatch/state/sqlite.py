"""The default store: one SQLite file in the state folder.

A checkpoint is one transaction with a synced write-ahead log: a crash, a kill or a power cut leaves
the last checkpoint whole, or the one before it. Only the panes that a checkpoint touches are read
back, added to and written again.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from driftwatch.errors import StateError
from driftwatch.records import Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state import sqlite_rows as rows
from driftwatch.state.lock import FolderLock
from driftwatch.state.panes import StoredPanes
from driftwatch.state.port import Checkpoint, PaneKey, PartitionState, Snapshot
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
        with explained(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FolderLock(folder)
        try:
            self._connection = open_file(self._path)
            with explained(self._path):
                self._writer = meta(self._connection, "writer")
        except BaseException:
            self.close()
            raise

    @property
    def writer(self) -> str:
        """The id that was made with the file: whose counts these are."""
        return self._writer

    def save(self, checkpoint: Checkpoint) -> int:
        """See `Store.save`."""
        with self._transaction() as connection:
            for stream, fingerprint in checkpoint.fingerprints.items():
                rows.set_fingerprint(connection, stream, fingerprint)
            written = 0
            for partition, state in checkpoint.partitions.items():
                written += rows.put_partition(connection, partition, state)
            written += rows.add_panes(connection, checkpoint.panes)
            for stream, detector in checkpoint.detector.items():
                written += rows.put_detector(connection, stream, detector)
            if checkpoint.retention is not None:
                written += rows.retain(connection, checkpoint.retention)
        return written

    def load(self, partitions: Iterable[Partition] | None = None) -> Snapshot:
        """See `Store.load`."""
        connection = self._open()
        wanted = None if partitions is None else set(partitions)
        with explained(self._path):
            names: dict[int, Partition] = {}
            states: dict[Partition, PartitionState] = {}
            for row, partition, state in rows.partitions(connection):
                if wanted is None or partition in wanted:
                    names[row] = partition
                    states[partition] = state
            streams, fingerprints = {}, {}
            for row, stream, fingerprint in rows.streams(connection):
                streams[row] = stream
                if fingerprint is not None:
                    fingerprints[stream] = fingerprint
            panes = {}
            for row, of, part, start_us, length_us in rows.panes(connection):
                if of not in streams:
                    raise DamageError("a pane belongs to no stream")
                if part in names:
                    panes[PaneKey(streams[of], names[part], start_us, length_us)] = row
            detector = rows.detectors(connection)
        as_of = self._changes
        return Snapshot(
            panes=StoredPanes(panes, lambda row: self._counts(row, as_of)),
            partitions=states,
            detector=detector,
            fingerprints=fingerprints,
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

    def _counts(self, row: int, as_of: int) -> Counts:
        connection = self._open()
        if as_of != self._changes:
            raise StateError("the state has changed since this snapshot of it was loaded")
        with explained(self._path):
            return rows.counts(connection, row)
