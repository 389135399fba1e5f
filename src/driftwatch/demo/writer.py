"""Writes the serving log as time goes by: what a model server does, next to answering."""

import json
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from driftwatch.demo.rides import FEATURES, MODEL, PREDICTION, VERSION, Rides, draw, rows
from driftwatch.demo.story import Story
from driftwatch.records import FloatArray

PER_SECOND = 250.0
TICK_SECONDS = 0.1
CATCH_UP_SECONDS = 2.0
"""How much of the time that a machine was asleep is made up for."""
ROTATE_BYTES = 8 << 20
"""About a minute and a half of the log."""
FILES_KEPT = 9


class Sink(Protocol):
    """Where the log goes."""

    def write(self, records: Sequence[bytes]) -> None:
        """Write records, one JSON object each."""
        ...

    def close(self) -> None:
        """Write what is still held back, and end."""
        ...


class Writer(threading.Thread):
    """Writes about `PER_SECOND` records a second until `stop`.

    Args:
        sinks: each gets all records; closed at the end.
        story: what becomes of the rides on their way.
        seed: of the rides; their times are those of the clock.
    """

    def __init__(self, sinks: Sequence[Sink], story: Story, seed: int) -> None:
        super().__init__(name="demo-writer", daemon=True)
        self.error: Exception | None = None
        self._sinks = sinks
        self._story = story
        self._rng, self._hail_rng = map(
            np.random.default_rng, np.random.SeedSequence(seed).spawn(2)
        )
        self._stopping = threading.Event()
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the log began."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """See `threading.Thread.run`. What goes wrong is left in `error`."""
        try:
            self._began = last = time.monotonic()
            while not self._stopping.wait(TICK_SECONDS):
                now = time.monotonic()
                self._write(min(now - last, CATCH_UP_SECONDS))
                last = now
        except Exception as error:  # noqa: BLE001 (whoever reads `error` decides what it means)
            self.error = error
        finally:
            for sink in self._sinks:
                sink.close()

    def stop(self) -> None:
        """End the log, and return when it has ended."""
        self._stopping.set()
        if self.ident is not None:
            self.join()

    def _write(self, seconds: float) -> None:
        count = int(self._rng.poisson(PER_SECOND * seconds))
        rides = self._story.as_sent(draw(self._rng, count), self.elapsed_s, self._hail_rng)
        times = time.time() - np.sort(self._rng.random(count))[::-1] * seconds
        written = records(rides, times)
        for sink in self._sinks:
            sink.write(written)


def records(rides: Rides, times: FloatArray) -> list[bytes]:
    """What the model server logs of these rides.

    times: seconds since the epoch, one a ride.
    """
    return [
        json.dumps(
            {
                "ts": _rfc3339(seconds),
                "request_id": uuid.uuid4().hex,
                "model": MODEL,
                "version": VERSION,
                "features": {name: row[name] for name in FEATURES},
                "prediction": {PREDICTION: row[PREDICTION]},
            }
        ).encode()
        for row, seconds in zip(rows(rides), times.tolist(), strict=True)
    ]


class LogFile:
    """A log in a file that is rotated when it has grown large: `rides.jsonl`, `rides.jsonl.1`, ...

    Raises OSError where it can't be written, as does each call.
    """

    def __init__(self, folder: Path, rotate_bytes: int = ROTATE_BYTES) -> None:
        folder.mkdir(exist_ok=True)
        self._path = folder / "rides.jsonl"
        self._rotate_bytes = rotate_bytes
        self._file = self._path.open("ab")

    def write(self, records: Sequence[bytes]) -> None:
        """See `Sink.write`."""
        self._file.write(b"".join(record + b"\n" for record in records))
        self._file.flush()
        if self._file.tell() >= self._rotate_bytes:
            self._rotate()

    def close(self) -> None:
        """See `Sink.close`."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(FILES_KEPT, 0, -1):
            older = self._path.with_name(f"rides.jsonl.{number}")
            newer = older.with_name(f"rides.jsonl.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)
        self._file = self._path.open("ab")


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
