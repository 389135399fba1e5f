"""Records as plain objects, whatever the format of a log: for whom columns are not known yet.

A reader is made anew for each pass over a log, and is handed its batches in order.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from driftwatch.decode.event_records import FORMATS, EventFormat, half_in, messages_of
from driftwatch.decode.events.halves import joined
from driftwatch.decode.events.message import EventPolicy, UnreadableError
from driftwatch.records import Half, RawBatch

Plain = dict[str, Any]

Reader = Callable[[RawBatch], Iterable[list[Plain] | None]]
"""The records that each entry of a batch completes, in order; None where it can't be read."""


def json_reader() -> Reader:
    """Reads the `json` format."""

    def read(raw: RawBatch) -> Iterable[list[Plain] | None]:
        for value in raw.values:
            try:
                record = json.loads((value or b"").decode("utf-8-sig"))
            except (ValueError, RecursionError):
                record = None
            yield [record] if isinstance(record, dict) else None

    return read


def value_reader(read_value: Callable[[bytes | None], Plain]) -> Reader:
    """Reads a format of one record an entry; `read_value` raises UnreadableError."""

    def read(raw: RawBatch) -> Iterable[list[Plain] | None]:
        for value in raw.values:
            try:
                yield [read_value(value)]
            except UnreadableError:
                yield None

    return read


class EventReader:
    """Reads a format of events; what waits for its other half is kept in memory.

    max_waiting: most halves that wait; beyond it the oldest is forgotten.
    """

    def __init__(self, format_name: EventFormat, policy: EventPolicy, max_waiting: int) -> None:
        self._read = FORMATS[format_name]
        self._policy = policy
        self._max_waiting = max_waiting
        self._waiting: dict[bytes, Half] = {}

    def __call__(self, raw: RawBatch) -> Iterable[list[Plain] | None]:
        """See `Reader`. Half of a pair completes no record, the other half those of both."""
        for message in messages_of(raw):
            try:
                found = None if message is None else self._read(message, self._policy)
                if found is None or isinstance(found, list):
                    yield found
                    continue
                yield self._pair(half_in(found, 0))
            except UnreadableError:
                yield None

    def _pair(self, half: Half) -> list[Plain]:
        other = self._waiting.get(half.join_key)
        if other is None or other.side == half.side:
            while len(self._waiting) >= self._max_waiting:
                del self._waiting[next(iter(self._waiting))]
            self._waiting.setdefault(half.join_key, half)
            return []
        del self._waiting[half.join_key]
        pair = (other, half) if half.side == "response" else (half, other)
        return joined(*pair, self._policy.reading.prediction_names)
