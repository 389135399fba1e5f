"""The rows that this process knows of, as they are in the topic, on its own disk.

An SQLite database without a name: a temporary file that has no entry in any folder, so that nothing
of it is left however the process ends. What is held is what was read from the topic or committed to
it, and nothing else.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from driftwatch.errors import StateError
from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.changelog.errors import DamageError
from driftwatch.state.changelog.keys import Kind, Owner, Replica, RowKey
from driftwatch.state.changelog.values import (
    HEADER_BYTES,
    DetectorRow,
    HalfRow,
    PartitionRow,
    joined,
    part_count,
)

Row = tuple[RowKey, bytes | None]
"""A row that is put in place of the one before; without a value it deletes that one."""


class Mirror:
    """Rows by their keys. Every method raises StateError where the disk can't be used.

    changes: grows with every change.
    """

    def __init__(self) -> None:
        self.changes = 0
        with _explained():
            self._connection = sqlite3.connect("", isolation_level=None)
            self._connection.execute(
                "CREATE TABLE rows (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, "
                "key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (owner, key))"
            )

    def put(self, rows: Iterable[Row]) -> int:
        """Put rows in their places, all or none. Returns their bytes."""
        self.changes += 1
        written = 0
        with _explained():
            self._connection.execute("BEGIN")
            try:
                for key, value in rows:
                    written += self._put(key, value)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
        return written

    def clear(self, owner: Owner) -> None:
        """Forget all rows of an owner."""
        self.changes += 1
        with _explained():
            self._connection.execute("DELETE FROM rows WHERE owner = ?", (_name(owner),))

    def partition(self, partition: Partition) -> PartitionRow | None:
        """Where a partition stands; None where its rows are not all here."""
        value = self._value(RowKey("partition", partition))
        return None if value is None else PartitionRow.parse(value)

    def streams(self, partition: Partition) -> dict[StreamKey, str]:
        """How the panes of each stream are laid out that has some from this partition."""
        found = {}
        for key in self._keys(partition, "stream"):
            assert key.stream is not None
            found[key.stream] = joined([self._value(key) or b""]).decode()
        return found

    def panes(self, partition: Partition) -> dict[PaneKey, int]:
        """The panes of a partition, and in how many parts each is written."""
        found: dict[PaneKey, int] = {}
        for key in self._keys(partition, "pane"):
            found[key.pane] = max(key.part + 1, found.get(key.pane, 0))
        return found

    def counts(self, pane: PaneKey) -> Counts:
        """What a pane holds. Raises DamageError."""
        try:
            return Counts.from_bytes(joined(self._parts(RowKey.of_pane(pane))))
        except (StateError, DamageError) as problem:
            raise DamageError(f"a pane of {pane.partition}: {problem}") from problem

    def half_parts(self, partition: Partition) -> dict[HalfKey, int]:
        """The halves of pairs that wait, and in how many parts each is written."""
        found: dict[HalfKey, int] = {}
        for key in self._keys(partition, "half"):
            found[key.half] = max(key.part + 1, found.get(key.half, 0))
        return found

    def halves(self, partition: Partition) -> dict[HalfKey, Half]:
        """The halves of pairs that wait. Raises DamageError."""
        return {
            key: HalfRow.parse(self._parts(RowKey.of_half(key))).half
            for key in self.half_parts(partition)
        }

    def detectors(self, replica: Replica) -> dict[StreamKey, DetectorRow | DamageError]:
        """Where the alarms of each stream stood, or what is wrong with that."""
        found: dict[StreamKey, DetectorRow | DamageError] = {}
        for key in self._keys(replica, "detector"):
            assert key.stream is not None
            try:
                found[key.stream] = DetectorRow.parse(self._parts(key._replace(part=0)))
            except DamageError as problem:
                found[key.stream] = problem
        return found

    def detector_parts(self, replica: Replica, stream: StreamKey) -> int:
        """In how many parts a detector is written."""
        keys = self._keys(replica, "detector")
        return max((key.part + 1 for key in keys if key.stream == stream), default=0)

    def check(self, partition: Partition) -> None:
        """Raises DamageError where a part of a row is missing, NewerError for one of a newer."""
        with _explained():
            found = self._connection.execute(
                "SELECT key, substr(value, 1, ?) FROM rows WHERE owner = ?",
                (HEADER_BYTES, _name(partition)),
            ).fetchall()
        there = {key for key, _ in found}
        for data, header in found:
            key = RowKey.parse(data)
            assert key is not None
            # Of any other part the first one is looked for, which then looks for all of them.
            wanted = range(1 if key.part else part_count(header))
            missing = [n for n in wanted if key._replace(part=n).data not in there]
            if missing:
                kind = "half of a pair" if key.kind == "half" else "a pane"
                raise DamageError(f"part {missing[0]} of {kind} is missing")

    def close(self) -> None:
        """Let go of it all. Calling it twice is allowed."""
        self._connection.close()

    def _put(self, key: RowKey, value: bytes | None) -> int:
        place = (_name(key.owner), key.data)
        if value is None:
            self._connection.execute("DELETE FROM rows WHERE owner = ? AND key = ?", place)
            return 0
        self._connection.execute(
            "INSERT INTO rows (owner, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value",
            (*place, value),
        )
        return len(value)

    def _keys(self, owner: Owner, kind: Kind) -> list[RowKey]:
        first = f'["{kind}",'.encode()
        with _explained():
            # In the index alone: no page of counts is read.
            found = self._connection.execute(
                "SELECT key FROM rows WHERE owner = ? AND key >= ? AND key < ? ORDER BY key",
                (_name(owner), first, first + b"\xff"),
            ).fetchall()
        keys = (RowKey.parse(data) for (data,) in found)
        return [key for key in keys if key is not None]

    def _value(self, key: RowKey) -> bytes | None:
        with _explained():
            found = self._connection.execute(
                "SELECT value FROM rows WHERE owner = ? AND key = ?", (_name(key.owner), key.data)
            ).fetchone()
        return None if found is None else bytes(found[0])

    def _parts(self, first: RowKey) -> list[bytes]:
        value = self._value(first)
        if value is None:
            raise DamageError("its first part is missing")
        parts = [value]
        while len(parts) < part_count(value):
            part = self._value(first._replace(part=len(parts)))
            if part is None:
                break
            parts.append(part)
        return parts


def _name(owner: Owner) -> str:
    return f"partition {owner}" if isinstance(owner, Partition) else f"replica {owner.name}"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise StateError(
            f"the rows of the state can't be kept on this disk: {problem}. They are in a temporary "
            "file; SQLITE_TMPDIR names another folder for it"
        ) from problem
