"""The rows of the SQLite store: what each statement reads and writes.

Every function here works inside a transaction that its caller has begun, and takes the identity of
a stream or a partition by its row number in this file.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from driftwatch.errors import StateError
from driftwatch.records import Half, HalfKey, Partition, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.state.port import PaneKey, PartitionState, Retention
from driftwatch.state.sqlite_file import DamageError

_Place = tuple[int, int, int, int]
"""Where a pane belongs: stream, partition, start, length."""


def partitions(
    connection: sqlite3.Connection,
) -> list[tuple[int, Partition, PartitionState]]:
    """Every partition with the number of its row. Raises DamageError."""
    found = connection.execute(
        "SELECT id, topic, number, frontier, clock_us, tallies, suspects_us, topic_id "
        "FROM partitions"
    )
    return [(row, Partition(topic, number), _state(*rest)) for row, topic, number, *rest in found]


class Before(NamedTuple):
    """A partition before a checkpoint in doubt: None where it had no state. save: which one."""

    state: PartitionState | None
    save: int


def doubts(connection: sqlite3.Connection) -> dict[int, Before]:
    """By the row of each partition in doubt, what was before."""
    found = connection.execute(
        "SELECT partition_id, save, was_there, frontier, clock_us, tallies, suspects_us, topic_id "
        "FROM doubts"
    )
    return {
        row: Before(_state(*rest) if was_there else None, save)
        for row, save, was_there, *rest in found
    }


def doubt(connection: sqlite3.Connection, partition: Partition, save: int) -> None:
    """Keep the state of a partition as it is now, before it is changed. save: its number."""
    found = connection.execute(
        "INSERT INTO doubts SELECT id, 1, frontier, clock_us, tallies, suspects_us, topic_id, ? "
        "FROM partitions WHERE topic = ? AND number = ?",
        (save, partition.topic, int(partition.number)),
    )
    if found.rowcount == 0:
        put_partition(connection, partition, PartitionState(0))
        row = _partition_row(connection, partition)
        connection.execute(
            "INSERT INTO doubts VALUES (?, 0, 0, NULL, '{}', '[]', NULL, ?)", (row, save)
        )


def confirm(connection: sqlite3.Connection, row: int) -> None:
    """Let a partition stand as it was saved."""
    connection.execute("DELETE FROM halves WHERE freed_by = ?", (row,))
    connection.execute("UPDATE halves SET is_new = 0 WHERE partition_id = ? AND is_new", (row,))
    connection.execute("DELETE FROM undo WHERE partition_id = ?", (row,))
    connection.execute("DELETE FROM doubts WHERE partition_id = ?", (row,))


def undo(connection: sqlite3.Connection, row: int) -> None:
    """Put a partition, its panes and the halves of pairs back to what they were before."""
    connection.execute("UPDATE halves SET freed_by = NULL WHERE freed_by = ?", (row,))
    connection.execute("DELETE FROM halves WHERE partition_id = ? AND is_new", (row,))
    # What is NULL there was not there; the others are put back in their places.
    connection.execute(
        "DELETE FROM panes WHERE id IN (SELECT panes.id FROM undo JOIN panes "
        "USING (stream_id, partition_id, start_us, length_us) "
        "WHERE undo.partition_id = ? AND undo.counts IS NULL)",
        (row,),
    )
    connection.execute(
        "UPDATE panes SET counts = undo.counts FROM undo "
        "WHERE undo.partition_id = ? AND undo.counts IS NOT NULL "
        "AND panes.stream_id = undo.stream_id AND panes.partition_id = undo.partition_id "
        "AND panes.start_us = undo.start_us AND panes.length_us = undo.length_us",
        (row,),
    )
    (was_there,) = connection.execute(
        "SELECT was_there FROM doubts WHERE partition_id = ?", (row,)
    ).fetchone()
    if was_there:
        connection.execute(
            "UPDATE partitions SET (frontier, clock_us, tallies, suspects_us, topic_id) = "
            "(SELECT frontier, clock_us, tallies, suspects_us, topic_id FROM doubts "
            "WHERE partition_id = ?1) WHERE id = ?1",
            (row,),
        )
    confirm(connection, row)
    if not was_there:
        connection.execute("DELETE FROM panes WHERE partition_id = ?", (row,))
        connection.execute("DELETE FROM partitions WHERE id = ?", (row,))


def put_partition(
    connection: sqlite3.Connection, partition: Partition, state: PartitionState
) -> int:
    """Replace the state of a partition. Returns the bytes of its texts."""
    # Whole numbers may come out of arrays, as a type that neither JSON nor SQLite knows.
    tallies = json.dumps({name: int(count) for name, count in state.tallies.items()})
    suspects_us = json.dumps([int(time_us) for time_us in state.suspects_us])
    connection.execute(
        "INSERT INTO partitions "
        "(topic, number, frontier, clock_us, tallies, suspects_us, topic_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (topic, number) DO UPDATE SET "
        "frontier = excluded.frontier, clock_us = excluded.clock_us, tallies = excluded.tallies, "
        "suspects_us = excluded.suspects_us, topic_id = excluded.topic_id",
        (
            partition.topic,
            int(partition.number),
            int(state.frontier),
            None if state.clock_us is None else int(state.clock_us),
            tallies,
            suspects_us,
            state.topic_id,
        ),
    )
    return len(tallies) + len(suspects_us)


def set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Change a value of the table `meta`."""
    connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))


def streams(connection: sqlite3.Connection) -> list[tuple[int, StreamKey, str | None]]:
    """Every stream with the number of its row and its fingerprint."""
    return [
        (row, StreamKey(model, version, segment), fingerprint)
        for row, model, version, segment, fingerprint in connection.execute("SELECT * FROM streams")
    ]


def set_fingerprint(connection: sqlite3.Connection, stream: StreamKey, fingerprint: str) -> None:
    """Say how a stream is laid out; where that was otherwise, what it has goes first."""
    row = _stream_row(connection, stream)
    (stored,) = connection.execute(
        "SELECT fingerprint FROM streams WHERE id = ?", (row,)
    ).fetchone()
    if stored == fingerprint:
        return
    if stored is not None:
        forget(connection, stream)
        row = _stream_row(connection, stream)
    connection.execute("UPDATE streams SET fingerprint = ? WHERE id = ?", (fingerprint, row))


def forget(connection: sqlite3.Connection, stream: StreamKey) -> None:
    """Delete a stream. Its panes and its detector refer to it, and go with it."""
    connection.execute(
        "DELETE FROM streams WHERE model = ? AND model_version = ? AND segment = ?", stream
    )


def detectors(connection: sqlite3.Connection) -> dict[StreamKey, bytes]:
    """The detector of every stream that has one."""
    return {
        StreamKey(model, version, segment): state
        for model, version, segment, state in connection.execute(
            "SELECT model, model_version, segment, state "
            "FROM detector JOIN streams ON streams.id = stream_id"
        )
    }


def put_detector(connection: sqlite3.Connection, stream: StreamKey, state: bytes) -> int:
    """Replace the detector of a stream. Returns its bytes."""
    connection.execute(
        "INSERT INTO detector VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state",
        (_stream_row(connection, stream), state),
    )
    return len(state)


class StoredAt(NamedTuple):
    """Where the counts of a pane are: its row among the panes, or among what can be undone."""

    table: Literal["panes", "undo"]
    row: int


def panes(connection: sqlite3.Connection) -> Iterator[tuple[int, int, int, int, StoredAt]]:
    """(stream's row, partition's row, start, length, where) of every pane, without its counts.

    What is in doubt is not part of it.
    """
    before = {
        tuple(place): (row, was_there)
        for row, was_there, *place in connection.execute(
            "SELECT id, counts IS NOT NULL, stream_id, partition_id, start_us, length_us FROM undo"
        )
    }
    # All of this is in an index, here and in `retain`: no page of counts is read.
    for row, *found in connection.execute(
        "SELECT id, stream_id, partition_id, start_us, length_us FROM panes "
        "ORDER BY stream_id, partition_id, start_us, length_us"
    ):
        stream, partition, start_us, length_us = found
        undo_row, was_there = before.get((stream, partition, start_us, length_us), (None, True))
        if was_there:
            at = StoredAt("panes", row) if undo_row is None else StoredAt("undo", undo_row)
            yield stream, partition, start_us, length_us, at


def counts(connection: sqlite3.Connection, at: StoredAt) -> Counts:
    """The counts of a pane. Raises DamageError."""
    statement = f"SELECT counts FROM {at.table} WHERE id = ?"  # noqa: S608 (one of two names)
    found = connection.execute(statement, (at.row,)).fetchone()
    if found is None:
        raise DamageError("a pane is missing")
    return _decoded(found[0])


def add_panes(
    connection: sqlite3.Connection, deltas: Mapping[PaneKey, Counts], *, in_doubt: bool
) -> int:
    """Add to what is stored. Returns the bytes written. Raises DamageError.

    in_doubt: keep what is there, so that it can be put back.

    Raises ValueError for counts that can't be stored, or that don't fit what they are added to.
    """
    stream_rows = {s: _stream_row(connection, s) for s in {key.stream for key in deltas}}
    partition_rows = {p: _partition_row(connection, p) for p in {key.partition for key in deltas}}
    written = 0
    for key, delta in deltas.items():
        place = (
            stream_rows[key.stream],
            partition_rows[key.partition],
            key.start_us,
            key.length_us,
        )
        if in_doubt:
            _keep_pane(connection, place)
        written += _add_pane(connection, place, delta)
    return written


def halves(connection: sqlite3.Connection) -> Iterator[tuple[int, int, Half]]:
    """(partition's row, offset, half) of all that wait. Raises DamageError.

    What is in doubt is not part of it.
    """
    for row, offset, *rest in connection.execute(
        "SELECT partition_id, record, side, join_key, time_us, content FROM halves "
        "WHERE NOT is_new ORDER BY partition_id, record"
    ):
        yield row, offset, _half(*rest)


def put_halves(
    connection: sqlite3.Connection, added: Mapping[HalfKey, Half], *, in_doubt: bool
) -> int:
    """Let these wait. Returns their bytes. in_doubt: see `add_panes`."""
    rows = {p: _partition_row(connection, p) for p in {key.partition for key in added}}
    connection.executemany(
        # Where a topic was made again, an offset is given out a second time.
        "INSERT OR REPLACE INTO halves "
        "(partition_id, record, side, join_key, time_us, content, is_new) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                rows[key.partition],
                int(key.offset),
                half.side,
                half.join_key,
                int(half.time_us),
                half.content,
                int(in_doubt),
            )
            for key, half in added.items()
        ],
    )
    return sum(len(half.join_key) + len(half.content) for half in added.values())


def free_halves(
    connection: sqlite3.Connection, freed: Mapping[HalfKey, Partition], *, in_doubt: bool
) -> None:
    """Let these wait no more; one that is not there is passed over. in_doubt: see `add_panes`."""
    rows = {p: _partition_row(connection, p) for p in set(freed.values())}
    change = "UPDATE halves SET freed_by = ?1" if in_doubt else "DELETE FROM halves"
    connection.executemany(
        f"{change} WHERE record = ?2 AND partition_id = "  # noqa: S608 (one of two texts)
        "(SELECT id FROM partitions WHERE topic = ?3 AND number = ?4)",
        [
            (rows[by], int(key.offset), key.partition.topic, int(key.partition.number))
            for key, by in freed.items()
        ],
    )


def retain(connection: sqlite3.Connection, retention: Retention) -> int:
    """Roll up and drop. Returns the bytes written. Raises DamageError."""
    blocks: dict[_Place, list[int]] = defaultdict(list)
    for row, stream, partition, start_us, length_us in connection.execute(
        "SELECT id, stream_id, partition_id, start_us, length_us FROM panes "
        "WHERE start_us + length_us <= ? AND length_us < ? "
        "AND partition_id NOT IN (SELECT partition_id FROM doubts) "
        "ORDER BY stream_id, partition_id, start_us, length_us",
        (int(retention.roll_up_before_us), int(retention.block_us)),
    ):
        block = retention.block_of(start_us, length_us)
        # A block that is to be dropped need not be made: its panes go with it.
        if block is not None and not retention.drops(block, retention.block_us):
            blocks[stream, partition, block, retention.block_us].append(row)
    written = 0
    for place, rows in blocks.items():
        total = counts(connection, StoredAt("panes", rows[0]))
        for row in rows[1:]:
            total.add(counts(connection, StoredAt("panes", row)))
        connection.executemany("DELETE FROM panes WHERE id = ?", [(row,) for row in rows])
        written += _add_pane(connection, place, total)
    connection.execute(
        "DELETE FROM panes WHERE id IN (SELECT id FROM panes WHERE start_us + length_us <= ? "
        "AND partition_id NOT IN (SELECT partition_id FROM doubts))",
        (int(retention.drop_before_us),),
    )
    connection.execute(
        "DELETE FROM halves WHERE time_us < ? AND freed_by IS NULL "
        "AND partition_id NOT IN (SELECT partition_id FROM doubts)",
        (int(retention.drop_before_us),),
    )
    return written


def _state(
    frontier: int, clock_us: int | None, tallies: str, suspects_us: str, topic_id: str | None
) -> PartitionState:
    try:
        return PartitionState(
            frontier=frontier,
            clock_us=clock_us,
            tallies=json.loads(tallies),
            suspects_us=tuple(json.loads(suspects_us)),
            topic_id=topic_id,
        )
    except (TypeError, ValueError) as problem:
        raise DamageError(f"the state of a partition can't be read ({problem})") from problem


def _half(side: object, join_key: object, time_us: object, content: object) -> Half:
    match side, join_key, time_us, content:
        case ("request" | "response") as known, bytes(key), int(time), bytes(data):
            return Half(0, known, key, time, data)
    raise DamageError("half of a pair can't be read")


def _keep_pane(connection: sqlite3.Connection, place: _Place) -> None:
    place = (place[0], place[1], int(place[2]), int(place[3]))
    connection.execute(
        "INSERT INTO undo (stream_id, partition_id, start_us, length_us, counts) "
        "SELECT ?1, ?2, ?3, ?4, (SELECT counts FROM panes WHERE stream_id = ?1 "
        "AND partition_id = ?2 AND start_us = ?3 AND length_us = ?4)",
        place,
    )


def _add_pane(connection: sqlite3.Connection, place: _Place, delta: Counts) -> int:
    # SQLite takes a number out of an array for a string of bytes.
    place = (place[0], place[1], int(place[2]), int(place[3]))
    found = connection.execute(
        "SELECT id, counts FROM panes "
        "WHERE stream_id = ? AND partition_id = ? AND start_us = ? AND length_us = ?",
        place,
    ).fetchone()
    if found is None:
        data = delta.to_bytes()
        connection.execute(
            "INSERT INTO panes (stream_id, partition_id, start_us, length_us, counts) "
            "VALUES (?, ?, ?, ?, ?)",
            (*place, data),
        )
    else:
        row, stored = found
        total = _decoded(stored)
        total.add(delta)
        data = total.to_bytes()
        connection.execute("UPDATE panes SET counts = ? WHERE id = ?", (data, row))
    return len(data)


def _decoded(data: bytes) -> Counts:
    try:
        return Counts.from_bytes(data)
    except (StateError, TypeError) as problem:
        raise DamageError(f"{problem}") from problem


def _stream_row(connection: sqlite3.Connection, stream: StreamKey) -> int:
    """The number of a stream's row, which is made where it is missing."""
    found = connection.execute(
        "SELECT id FROM streams WHERE model = ? AND model_version = ? AND segment = ?", stream
    ).fetchone()
    if found is not None:
        return int(found[0])
    made = connection.execute(
        "INSERT INTO streams (model, model_version, segment) VALUES (?, ?, ?)", stream
    )
    assert made.lastrowid is not None
    return made.lastrowid


def _partition_row(connection: sqlite3.Connection, partition: Partition) -> int:
    found = connection.execute(
        "SELECT id FROM partitions WHERE topic = ? AND number = ?",
        (partition.topic, int(partition.number)),
    ).fetchone()
    if found is None:
        raise DamageError(f"the row of {partition} can't be found")
    return int(found[0])
