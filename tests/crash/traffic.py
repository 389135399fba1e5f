"""A serving log under way: good records, and all that a log has of others.

Records of several streams over several panes; late ones, future ones, records that can't be read or
belong to no model, values of a wrong type; transactions, committed and aborted, in between.
"""

import json
import random
import threading
import time
import uuid
from typing import Literal

from confluent_kafka import KafkaException, Producer

from tests.crash.pairs import Pairs
from tests.crash.settings import STREAMS, WORDS

_BAD = (b"{", b"", b"[1]", b'{"ts": "yesterday"}', b"\xff\xfe")
_TRANSACTION_SECONDS = 5


class Traffic:
    """Writes records until it is stopped, in a thread of its own.

    partitions: how many the topic has; may grow.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partitions: int,
        rate: float,
        seed: str,
        pairs: Literal["together", "anywhere"] | None = None,
    ) -> None:
        """rate: records a second. pairs: see `Scene`."""
        self.partitions = partitions
        self._topic = topic
        self._rate = rate
        self._random = random.Random(seed)
        self._pairs = Pairs(self._random, together=pairs == "together") if pairs else None
        self._settings = {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "linger.ms": 5,
            "log_level": 0,
            "allow.auto.create.topics": False,
        }
        self._name = uuid.uuid4().hex
        self._plain = Producer(dict(self._settings))
        self._transactions: Producer | None = None
        self._flowing = threading.Event()
        self._resting = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def resume(self) -> None:
        """Let records flow."""
        self._resting.clear()
        self._flowing.set()

    def pause(self, timeout: float = 120.0) -> None:
        """Stop, with aborted records at the end of each partition. Waits until all is written."""
        self._flowing.clear()
        if not self._resting.wait(timeout):
            raise TimeoutError("the records could not be written")

    def close(self) -> None:
        """Write no more."""
        self._ended.set()
        self._flowing.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._flowing.is_set():
                self._write_some()
                self._ended.wait(self._random.uniform(0.0, 0.1))
            elif not self._resting.is_set() and self._finish():
                self._resting.set()
            else:
                self._ended.wait(0.05)

    def _write_some(self) -> None:
        count = max(1, int(self._rate * 0.05))
        if self._random.random() < 0.1:
            self._transaction(count, commit=self._random.random() < 0.5)
            return
        for _ in range(count):
            self._write(self._plain, self._random.randrange(self.partitions))
        self._plain.poll(0)

    def _finish(self) -> bool:
        if self._plain.flush(5):
            return False
        return self._transaction(3 * self.partitions, commit=False, spread=True)

    def _transaction(self, count: int, *, commit: bool, spread: bool = False) -> bool:
        """Write records that are committed or aborted together. False where some may be missing."""
        try:
            producer = self._transactional()
            producer.begin_transaction()
            for i in range(count):
                to = i % self.partitions if spread else self._random.randrange(self.partitions)
                self._write(producer, to)
            unsent = producer.flush(5)
            if commit:
                producer.commit_transaction(5)
            else:
                producer.abort_transaction(5)
        except KafkaException:
            self._transactions = None  # the next one ends what this one has left open
            return False
        return unsent == 0

    def _transactional(self) -> Producer:
        if self._transactions is None:
            producer = Producer(
                {
                    **self._settings,
                    "transactional.id": self._name,
                    "transaction.timeout.ms": _TRANSACTION_SECONDS * 1000,
                }
            )
            producer.init_transactions(10)
            self._transactions = producer
        return self._transactions

    def _write(self, producer: Producer, partition: int) -> None:
        value = self._record() if self._pairs is None else b""
        if self._pairs is not None:
            partition, value = self._pairs.record(partition)
        try:
            producer.produce(self._topic, value, partition=partition)
        except BufferError:
            producer.poll(0.2)

    def _record(self) -> bytes:
        dice = self._random.random()
        if dice < 0.03:
            return self._random.choice(_BAD)
        model, version = self._random.choice(STREAMS)
        if dice < 0.06:
            version = "77"
        elif dice < 0.09:
            model = "nobody's"
        behind = self._random.expovariate(1 / 6.0)
        if dice > 0.97:
            behind = self._random.uniform(40.0, 400.0)
        elif dice > 0.95:
            behind = -7_200.0
        x: object = round(self._random.gauss(50.0, 30.0), 3)
        if 0.5 < dice < 0.55:
            x = self._random.choice((None, "much", True, [1], 1e400))
        record = {
            "ts": time.time() - behind,
            "model": model,
            "version": version,
            "features": {"x": x, "w": self._random.choice(WORDS)},
        }
        if 0.6 < dice < 0.62:
            del record["features"]
        return json.dumps(record).encode()
