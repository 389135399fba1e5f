"""Rows and offsets in one transaction of Kafka, by confluent-kafka.

What it takes, as found by trying (confluent-kafka 2.16 against Kafka 4.1):

- A fatal error is raised out of whatever the library calls back then, where Python calls it a
  `SystemError` whose cause is the error; where another callback comes between, the cause is lost,
  and the producer says it again to whoever begins a transaction.
- A producer that made one mistake may do the next transaction wrong. So it is thrown away after any
  error; the next one with the same id ends what it left open, which takes a fraction of a second.
- `commit_transaction` that ran out of time may be called again, and then says what became of it.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from driftwatch.errors import DriftwatchError, HopelessStateError, StateError
from driftwatch.records import Partition
from driftwatch.sources.kafka_errors import RefusedError
from driftwatch.sources.port import Committed
from driftwatch.state.changelog.errors import explained
from driftwatch.state.changelog.policy import ChangelogPolicy

_QUEUE_SECONDS = 0.1  # between two looks at a queue that is full


class Transactions:
    """Transactions of one replica, one at a time. Making it neither fails nor waits.

    Every method raises FencedError, HopelessStateError or StateError, and RefusedError where the
    login can't be read.
    """

    def __init__(self, policy: ChangelogPolicy) -> None:
        self._policy = policy
        self._producer: Producer | None = None
        self._is_open = False
        self._has_written = False
        self._errors: list[KafkaError] = []  # of the rows of a transaction

    def open(self, seconds: float) -> bool:
        """End whatever an earlier producer of our name has left open.

        False where that is not done yet; to be called again, and goes on.
        """
        if self._is_open:
            return True
        if self._producer is None:
            self._producer = self._made()
        try:
            self._producer.init_transactions(max(0.0, seconds))
        except (KafkaException, SystemError) as error:
            reason = _reason(error, self._producer)
            if reason.retriable():
                return False
            self.discard()
            raise self._explained(reason) from error
        self._is_open = True
        return True

    def write(
        self,
        rows: Iterable[tuple[int, bytes, bytes | None]],
        offsets: Mapping[Partition, Committed],
        membership: Any,
        seconds: float,
    ) -> int:
        """Write rows and tell the group of offsets, all or nothing. Returns the bytes of the rows.

        Where it raises nobody knows which: the producer is gone, and `open` has to be called before
        the group is asked.

        Args:
            rows: partition of the changelog, key and value.
            offsets: what the group is told.
            membership: who we are in it (`ConfluentSource.group_metadata`).
            seconds: what all of it may take.
        """
        assert self._producer is not None
        deadline = time.monotonic() + seconds
        producer, written = self._producer, 0
        self._errors.clear()
        try:
            producer.begin_transaction()
            for slot, key, value in rows:
                self._produce(producer, slot, key, value, deadline)
                written += len(value or b"")
            if producer.flush(_left(deadline)):
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
            if offsets:
                # Where rows have failed, this says why.
                wheres = [TopicPartition(*p, *committed) for p, committed in offsets.items()]
                producer.send_offsets_to_transaction(wheres, membership, _left(deadline))
            if self._errors:
                raise KafkaException(self._errors[0])
            self._commit(producer, deadline)
        except (KafkaException, SystemError) as error:
            self.discard()
            raise self._explained(_reason(error, producer)) from error
        except BaseException:
            self.discard()
            raise
        self._has_written = True
        return written

    def _explained(self, error: KafkaError) -> DriftwatchError:
        found = explained(self._policy, error)
        if self._has_written and isinstance(found, HopelessStateError):
            # It was allowed before: whoever took that away may give it back.
            return StateError(str(found))
        return found

    def discard(self) -> None:
        """Do without this producer."""
        producer, self._producer, self._is_open = self._producer, None, False
        if producer is not None:
            # Not closed: that would end its transaction, and wait for brokers that may be away.
            producer.purge()

    def _made(self) -> Producer:
        try:
            return Producer(
                {
                    **self._policy.client_settings(),
                    "transactional.id": self._policy.transactional_id,
                    "transaction.timeout.ms": int(self._policy.transaction_timeout_seconds * 1000),
                    "compression.type": "lz4",
                    "linger.ms": 5,
                }
            )
        except RefusedError as error:
            raise StateError(str(error)) from error
        except (KafkaException, ValueError) as error:
            raise StateError(
                f"no producer can be made for {self._policy.topic}: {error}"
            ) from error

    def _produce(
        self, producer: Producer, slot: int, key: bytes, value: bytes | None, deadline: float
    ) -> None:
        topic = self._policy.topic
        while True:
            try:
                producer.produce(topic, value, key, slot, on_delivery=self._delivered)
            except BufferError:
                if not _left(deadline):
                    raise KafkaException(KafkaError(KafkaError._QUEUE_FULL)) from None  # noqa: SLF001
                producer.poll(_QUEUE_SECONDS)
            else:
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        # What is raised here, the library raises in the wrong place.
        if error is not None:
            self._errors.append(error)

    def _commit(self, producer: Producer, deadline: float) -> None:
        while True:
            try:
                producer.commit_transaction(max(1.0, _left(deadline)))
            except KafkaException as error:
                if not error.args[0].retriable() or not _left(deadline):
                    raise
            else:
                return


def _reason(error: KafkaException | SystemError, producer: Producer) -> KafkaError:
    """What went wrong, by what was raised (see the module)."""
    raised = error.__cause__ if isinstance(error, SystemError) else error
    if not isinstance(raised, KafkaException):
        try:
            producer.begin_transaction()
        except KafkaException as fatal:
            raised = fatal
        else:
            raise error
    reason: KafkaError = raised.args[0]
    return reason


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
