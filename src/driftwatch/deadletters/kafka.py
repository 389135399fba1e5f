"""Dead letters in a Kafka topic: value and key as they came, why and from where in headers.

A thread of its own writes what the loop hands over, so that the loop waits for no broker. Letters
that are not acknowledged yet take a bounded amount of memory; what comes while that is full is
dropped.
"""

import threading
from collections import deque
from collections.abc import Sequence

from kafka.errors import MessageSizeTooLargeError

from driftwatch.deadletters.kafka_producer import KafkaLettersPolicy, LetterProducer
from driftwatch.deadletters.letter import Letter, letters
from driftwatch.deadletters.port import DELIVERIES, Delivery
from driftwatch.records import Cause, RawBatch

__all__ = ["KafkaDeadLetters", "KafkaLettersPolicy"]

_PAUSE_SECONDS = 1.0  # before what failed is tried again
_LETTER_BYTES = 1_000  # what a letter takes in memory beside its value and its key
_CLOSE_SECONDS = 1.5


class KafkaDeadLetters:
    """Letters in a topic. Making it neither fails nor waits."""

    def __init__(self, policy: KafkaLettersPolicy) -> None:
        self._policy = policy
        self._changed = threading.Condition()
        # What follows is read and written under it, by the loop, our thread and the library's.
        self._queue: deque[Letter] = deque()
        self._waiting = 0  # letters that are neither written nor dropped
        self._waiting_bytes = 0
        self._deliveries = dict.fromkeys(DELIVERIES, 0)
        self._problem: str | None = None
        self._patient = True
        self._failed = False  # the producer that we have, once
        self._stopping = False
        self._closed = False
        self._thread = threading.Thread(
            target=self._run, name="driftwatch-dead-letters", daemon=True
        )
        self._thread.start()

    @property
    def causes(self) -> frozenset[Cause]:
        """See `port.DeadLetters.causes`."""
        return self._policy.causes

    def send(self, raw: RawBatch, rejected: Sequence[tuple[int, Cause]]) -> None:
        """See `port.DeadLetters.send`."""
        with self._changed:
            for letter in letters(raw, rejected, self._policy.max_value_bytes):
                size = _memory(letter)
                if self._stopping or self._waiting_bytes + size > self._policy.max_waiting_bytes:
                    self._deliveries["dropped"] += 1
                    self._problem = self._problem or self._words(
                        "more records are rejected than it takes"
                    )
                    continue
                self._queue.append(letter)
                self._waiting += 1
                self._waiting_bytes += size
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """See `port.DeadLetters.flush`."""
        with self._changed:
            patience = timeout if self._patient else 0.0
            self._patient = self._changed.wait_for(lambda: not self._waiting, patience)
            return self._patient

    @property
    def deliveries(self) -> dict[Delivery, int]:
        """See `port.DeadLetters.deliveries`."""
        with self._changed:
            return dict(self._deliveries)

    @property
    def problem(self) -> str | None:
        """See `port.DeadLetters.problem`."""
        with self._changed:
            return self._problem

    def close(self) -> None:
        """See `port.DeadLetters.close`."""
        self.flush(_CLOSE_SECONDS)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        # If it waits for a broker just now, it ends by itself after that.
        self._thread.join(2 * _CLOSE_SECONDS)
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._deliveries["dropped"] += self._waiting
            self._waiting = self._waiting_bytes = 0

    def _run(self) -> None:
        producer: LetterProducer | None = None
        while (letter := self._next()) is not None:
            if self._failed and producer is not None:
                producer.close(_CLOSE_SECONDS)
                producer = None
            try:
                producer = producer or self._connect()
            except Exception as error:  # noqa: BLE001 (a broken client raises whatever it likes)
                self._put_back(letter, error)
                self._pause()
                continue
            try:
                sent = producer.send(letter)
            except (MessageSizeTooLargeError, TypeError, ValueError) as error:
                self._drop(letter, error)  # the letter's own fault
            except Exception as error:  # noqa: BLE001
                self._put_back(letter, error)
                self._pause()
            else:
                sent.add_callback(self._done, letter)
                sent.add_errback(self._not_done, letter)
        if producer is not None:
            producer.close(_CLOSE_SECONDS)

    def _connect(self) -> LetterProducer:
        self._failed = False
        return LetterProducer(self._policy)

    def _next(self) -> Letter | None:
        """The letter that is due; None once no more is to be written."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            return None if self._stopping else self._queue.popleft()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, _PAUSE_SECONDS)

    def _done(self, letter: Letter, _: object) -> None:
        with self._changed:
            self._problem = None
            self._patient = True
            self._settle(letter, "written" if letter.whole_bytes is None else "cut")

    def _not_done(self, letter: Letter, error: Exception) -> None:
        """A letter that was under way has failed; where it may pass, it begins anew."""
        self._failed = True
        if getattr(error, "retriable", False):
            self._put_back(letter, error)
        else:
            self._drop(letter, error)

    def _put_back(self, letter: Letter, error: Exception) -> None:
        with self._changed:
            self._problem = self._words(str(error) or type(error).__name__)
            self._queue.appendleft(letter)
            self._changed.notify_all()

    def _drop(self, letter: Letter, error: Exception) -> None:
        with self._changed:
            self._problem = self._words(str(error) or type(error).__name__)
            self._settle(letter, "dropped")

    def _settle(self, letter: Letter, delivery: Delivery) -> None:
        if self._closed:  # counted as dropped
            return
        self._deliveries[delivery] += 1
        self._waiting -= 1
        self._waiting_bytes -= _memory(letter)
        self._changed.notify_all()

    def _words(self, what: str) -> str:
        where = ", ".join(self._policy.bootstrap_servers)
        return f"topic {self._policy.topic} of Kafka at {where}: {what}"


def _memory(letter: Letter) -> int:
    return letter.size + _LETTER_BYTES
