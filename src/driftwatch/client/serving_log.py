"""A serving log that a model server writes from within, and that never holds it up.

`log` puts a record in a queue and returns; a thread of its own makes lines of them and writes them.
What does not fit in the queue is dropped, what can't be written is lost, and both are counted:
the server answers its requests either way.
"""

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from driftwatch.client.line_file import FilePolicy, LineFile
from driftwatch.client.lines import Record, line
from driftwatch.client.sink import Sink
from driftwatch.client.topic import Topic, TopicPolicy

BATCH_RECORDS = 500
LINGER_SECONDS = 0.2
"""For so long a record waits for others that are written with it."""
RETRY_SECONDS = 1.0
"""Between two attempts to open what lines go to."""
COMPLAIN_SECONDS = 60.0
CLOSE_SECONDS = 5.0

_log = logging.getLogger("driftwatch.client")


class ServingLog:
    """Writes the format `json` to a file of each process, or to a Kafka topic.

    Safe to use from many threads, and across a fork: a child begins with a queue and counters of
    its own. Memory: what waits in the queue. At the end of the process it is closed.

    Args:
        path: `/var/log/fraud/fraud.jsonl` stands for `fraud-PID.jsonl`, which rotates.
        kafka: `bootstrap_servers` and `topic`; `client: "confluent"` for librdkafka; and settings
            of the library, by its own names. Either this or `path`.
        model, version: what answers; a `version` that changes takes a log of its own.
        queue_records: so many may wait to be written.
        max_file_bytes, max_file_seconds, old_files: see `FilePolicy`.

    Raises:
        ValueError: neither or both of `path` and `kafka`, or something missing in `kafka`. Whether
            it can be written there shows later, in the counters and in Python's log.
    """

    def __init__(
        self,
        *,
        model: str,
        version: str,
        path: str | os.PathLike[str] | None = None,
        kafka: Mapping[str, Any] | None = None,
        queue_records: int = 10_000,
        max_file_bytes: int = 64 << 20,
        max_file_seconds: float = 3600.0,
        old_files: int = 3,
    ) -> None:
        if (path is None) == (kafka is None):
            raise ValueError("give one of path and kafka")
        self._sink: Sink
        if kafka is not None:
            self._sink = Topic(TopicPolicy.of(kafka))
        else:
            assert path is not None
            policy = FilePolicy(Path(path).absolute(), max_file_bytes, max_file_seconds, old_files)
            self._sink = LineFile(policy)
        self._model = model
        self._version = version
        self._most = queue_records
        self._begin()
        _forget_in_children(self)
        atexit.register(self.close)

    def log(
        self,
        *,
        features: Any,
        predictions: Any = None,
        request_id: str | None = None,
        timestamp: Any = None,
        **serving: Any,
    ) -> None:
        """Log an answer of the model. Takes a few microseconds, and never raises.

        What is handed in is copied one level deep, and made a line of later: an array within
        `features` is not to be changed afterwards.

        Args:
            features: by name; a dict, or a row of pandas.
            predictions: by name.
            request_id: what else knows this request by.
            timestamp: seconds since the epoch or a datetime; now, where it is left out.
            serving: what the server knows of the answer, such as `latency_ms`.
        """
        try:
            if len(self._queue) >= self._most or self._is_closed:
                self._drop()
                return
            when = time.time() if timestamp is None else timestamp
            self._queue.append(
                Record(when, _copied(features), _copied(predictions), request_id, serving)
            )
            if self._thread is None:
                self._start()
        except Exception as problem:  # noqa: BLE001 (whatever it is, the server goes on)
            self._count(0, 1)
            self._complain("a record can't be logged", problem)

    @property
    def written(self) -> int:
        """Records that were written: in a file, or acknowledged by the broker."""
        return self._written

    @property
    def dropped(self) -> int:
        """Records that came while the queue was full, or after the end."""
        return self._dropped

    @property
    def failed(self) -> int:
        """Records that could not be made a line of, or not be written."""
        return self._failed

    def flush(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Wait until all that was logged so far is written or has failed; False where it is not."""
        if self._thread is None:
            return not self._queue
        done = threading.Event()
        self._flushes.append((done, time.monotonic() + timeout))
        self._wake.set()
        return done.wait(timeout)

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Write what waits, as far as there is time for it, and end. May be called twice."""
        # The rest is for what could not be written by then to be given up, and counted.
        self._deadline = time.monotonic() + 0.8 * timeout
        self._is_closed = True
        self._wake.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        atexit.unregister(self.close)
        left = len(self._queue)
        self._queue.clear()
        with self._lock:
            self._dropped += left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _begin(self) -> None:
        """As new: at first, and in a child after a fork, whose parent writes what it had queued."""
        self._queue: deque[Record] = deque()
        self._flushes: deque[tuple[threading.Event, float]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._deadline = 0.0
        self._complained = -COMPLAIN_SECONDS
        self._written = self._dropped = self._failed = 0

    def _forget(self) -> None:
        self._begin()
        self._sink.forget()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="serving-log", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while not self._is_closed:
            self._wake.wait(LINGER_SECONDS)
            self._wake.clear()
            if not self._write() and not self._is_closed:
                self._wake.wait(RETRY_SECONDS)
        self._write()
        try:
            self._sink.close(max(0.0, self._deadline - time.monotonic()))
        except Exception as problem:  # noqa: BLE001
            self._complain("the serving log can't be closed", problem)

    def _write(self) -> bool:
        """Write all that waits. False, and it waits on, where there is nothing to write it to."""
        flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
        try:
            if self._queue or flushes:
                self._sink.open()
        except Exception as problem:  # noqa: BLE001
            self._flushes.extendleft(reversed(flushes))
            self._complain("the serving log can't be opened", problem)
            return False
        while self._queue and not self._is_late():
            lines = self._take(min(len(self._queue), BATCH_RECORDS))
            try:
                if lines:
                    self._sink.write(lines, self._count)
            except Exception as problem:  # noqa: BLE001
                self._complain("records can't be written to the serving log", problem)
                if self._is_closed:
                    break
        for done, deadline in flushes:
            try:
                self._sink.flush(max(0.0, deadline - time.monotonic()))
            except Exception as problem:  # noqa: BLE001
                self._complain("the serving log can't be flushed", problem)
            else:
                done.set()
        return True

    def _take(self, count: int) -> list[bytes]:
        """The next records as lines; those that can't be made lines of are counted and left out."""
        lines = []
        for _ in range(count):
            record = self._queue.popleft()
            try:
                lines.append(line(record, self._model, self._version))
            except Exception as problem:  # noqa: BLE001 (conversions of any library run here)
                self._count(0, 1)
                self._complain("a record can't be logged", problem)
        return lines

    def _is_late(self) -> bool:
        return self._is_closed and time.monotonic() > self._deadline

    def _count(self, written: int, failed: int, why: object = None) -> None:
        with self._lock:
            self._written += written
            self._failed += failed
        if why is not None:
            self._complain("records can't be written to the serving log", why)

    def _drop(self) -> None:
        with self._lock:
            self._dropped += 1
        if not self._is_closed:
            self._complain(f"records are dropped: {self._most} wait to be written", None)

    def _complain(self, what: str, problem: object) -> None:
        """Say it once a minute, with no values in it."""
        now = time.monotonic()
        if now - self._complained >= COMPLAIN_SECONDS:
            self._complained = now
            why = "" if problem is None else f" ({type(problem).__name__}: {problem})"
            counts = f"{self._dropped} dropped and {self._failed} failed so far"
            _log.warning("%s%s; %s", what, why, counts)


def _copied(value: Any) -> Any:
    copy = getattr(value, "copy", None)
    return value if copy is None else copy()


def _forget_in_children(log: ServingLog) -> None:
    """After a fork the child has no thread, and may have locks that one held."""
    known = weakref.ref(log)

    def forget() -> None:
        if (found := known()) is not None:
            found._forget()  # noqa: SLF001

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
