"""Standard input as a log of one partition that can be read once and forwards only."""

import os
import select
import sys
import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from driftwatch.errors import SourceError
from driftwatch.records import Assigned, Partition, Progress, RawBatch, SourceEvent
from driftwatch.sources.groupless import Groupless
from driftwatch.sources.lines import LineLimits, Lines, split_lines
from driftwatch.sources.port import Start

STDIN = Partition("stdin", 0)

_READ_BYTES = 64 << 10


class StdinSource(Groupless):
    """Lines from a pipe or a redirected file as records.

    Offsets are bytes counted from where the first `seek` says the stream begins, so that a state
    that is kept over several runs goes on counting; what was read can't be read again.

    Args:
        descriptor: read instead of standard input.
        batch_bytes, batch_records, max_value_bytes: how much is read at a time, and how much of a
            line is handed out (see `LineLimits`).
    """

    def __init__(
        self,
        descriptor: int | None = None,
        *,
        batch_bytes: int = 1 << 20,
        batch_records: int = 5000,
        max_value_bytes: int = 1 << 20,
    ) -> None:
        self._limits = LineLimits(batch_bytes, batch_records, max_value_bytes)
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._events: list[SourceEvent] = [Assigned((STDIN,))]
        self._position: int | None = None  # of what was handed out
        self._rest = b""  # read, but not handed out; of an overlong line only its beginning
        self._dropped = 0  # bytes of an overlong line that are not in `_rest`
        self._ended = False

    def poll(self, timeout: float) -> Sequence[SourceEvent]:
        """See `port.Source.poll`."""
        if self._events:
            events, self._events = self._events, []
            return events
        deadline = time.monotonic() + timeout
        while True:
            if self._position is not None:
                self._fill()
                lines = self._take(self._position)
                if lines is not None:
                    self._position = lines.next_offset
                    return [RawBatch(STDIN, lines.values, lines.offsets, lines.next_offset)]
            remaining = deadline - time.monotonic()
            if remaining <= 0 or self._ended:
                return []
            if self._position is None:
                time.sleep(remaining)
            else:
                select.select([self._descriptor], [], [], remaining)

    def seek(self, positions: Mapping[Partition, int]) -> None:
        """Say which offset the stream begins at. Raises SourceError once something was read."""
        position = positions.get(STDIN)
        if position is None or position == self._position:
            return
        if self._position is not None:
            raise SourceError("standard input can't be read again; read a file instead")
        self._position = position

    def starts(
        self,
        partitions: Iterable[Partition],
        start: Start,  # noqa: ARG002 (the port's signature)
    ) -> Mapping[Partition, int]:
        """See `port.Source.starts`: wherever the stream is."""
        return dict.fromkeys(partitions, self._position or 0)

    def progress(self) -> Mapping[Partition, Progress]:
        """See `port.Source.progress`: nobody knows what is still to come."""
        position = self._position or 0
        at_end = self.exhausted
        end_offset = position if at_end else None
        lag = 0 if at_end else None
        return {STDIN: Progress(position, end_offset, lag, caught_up=at_end, ended=at_end)}

    def describe(self, partition: Partition) -> str:  # noqa: ARG002 (the port's signature)
        """See `port.Source.describe`."""
        return "standard input"

    @property
    def exhausted(self) -> bool:
        """See `port.Source.exhausted`: the stream has ended, and all of it was handed out."""
        return self._ended and not self._rest and not self._events

    def close(self) -> None:
        """See `port.Source.close`. Standard input itself is left open."""
        self._ended = True
        self._rest = b""

    def _fill(self) -> None:
        """Read what is there, up to one batch, unless there is a line to hand out."""
        if b"\n" in self._rest:
            return
        parts, have = [self._rest], 0
        while have < self._limits.batch_bytes and not self._ended and self._is_ready():
            try:
                part = os.read(self._descriptor, _READ_BYTES)
            except OSError as error:
                raise SourceError(f"standard input can't be read: {error}") from error
            if not part:
                self._ended = True
            parts.append(part)
            have += len(part)
        self._rest = b"".join(parts)

    def _is_ready(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _take(self, position: int) -> Lines | None:
        """The complete lines of what was read; at the end also what has no line end."""
        first_end = self._rest.find(b"\n") + 1
        if self._dropped and first_end:
            return self._take_long(position, first_end)
        if first_end:
            lines = split_lines(self._rest, position, self._limits)
            self._rest = self._rest[lines.next_offset - position :]
            return lines
        if self._ended and self._rest:
            return self._take_long(position, len(self._rest))
        keep = self._limits.max_value_bytes + 1
        if len(self._rest) > keep:
            self._dropped += len(self._rest) - keep
            self._rest = self._rest[:keep]
        return None

    def _take_long(self, position: int, length: int) -> Lines:
        """One line whose first byte is at `position`, with what was dropped of it."""
        value = self._rest[:length].removesuffix(b"\n").removesuffix(b"\r")
        next_offset = position + length + self._dropped
        self._rest, self._dropped = self._rest[length:], 0
        value = value[: self._limits.max_value_bytes + 1]
        if not value.strip():
            return Lines([], np.empty(0, np.int64), next_offset)
        return Lines([value], np.array([position], np.int64), next_offset)
