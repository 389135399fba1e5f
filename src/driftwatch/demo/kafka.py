"""The serving log in Kafka: in a topic that is gone when the demo is, or in one with a name."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from driftwatch.errors import SourceError

PARTITIONS = 2
RETENTION_MS = 3_600_000
"""Should nobody be able to delete the topic, it at least stays small."""
CONNECT_SECONDS = 5.0
PATIENCE_SECONDS = 2.0
"""At the end nobody waits for a broker for longer than this."""

_GROUP_IN_USE_SECONDS = 1.5


@contextmanager
def own_topic(brokers: Sequence[str], say: Callable[[str], None]) -> Iterator[str]:
    """A new topic while the block runs; its name is also that of the consumer group.

    say: told what is done, and what could not be removed. Raises SourceError if there is no broker,
    or it refuses.
    """
    name = f"driftwatch-demo-{uuid.uuid4().hex[:8]}"
    say(f"Serving log: a topic of its own in Kafka at {', '.join(brokers)}.")
    _make(name, brokers)
    try:
        yield name
    finally:
        _remove(name, brokers, say)


def ensure_topic(brokers: Sequence[str], name: str, say: Callable[[str], None]) -> None:
    """Make this topic where it is missing; it stays. Raises SourceError as `own_topic` does."""
    say(f"Serving log: the topic {name} in Kafka at {', '.join(brokers)}.")
    with suppress(TopicAlreadyExistsError):
        _make(name, brokers)


def _make(name: str, brokers: Sequence[str]) -> None:
    """Raises SourceError; TopicAlreadyExistsError where there is one of this name."""
    topic = {
        "num_partitions": PARTITIONS,
        "replication_factor": -1,  # as many as the brokers are set up for
        "configs": {"retention.ms": str(RETENTION_MS)},
    }
    shown = ", ".join(brokers)
    try:
        admin = _admin(brokers, CONNECT_SECONDS)
    except KafkaError as problem:
        raise SourceError(f"--kafka {shown}: no broker answers there") from problem
    try:
        admin.create_topics({name: topic}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        raise
    except KafkaError as problem:
        raise SourceError(f"--kafka {shown}: no topic can be made there: {problem}") from problem
    finally:
        admin.close()


def _remove(name: str, brokers: Sequence[str], say: Callable[[str], None]) -> None:
    try:
        admin = _admin(brokers, PATIENCE_SECONDS)
        try:
            admin.delete_topics([name])
            _remove_group(name, admin)
        finally:
            admin.close()
    except KafkaError as problem:
        say(f"The topic {name} could not be deleted ({problem}); its records go within an hour.")


def _remove_group(name: str, admin: KafkaAdminClient) -> None:
    """The broker may take a moment to see that its last member has left."""
    deadline = time.monotonic() + _GROUP_IN_USE_SECONDS
    while True:
        try:
            admin.delete_groups([name])
        except KafkaError:
            if time.monotonic() > deadline:
                return  # without members and without a topic it goes by itself
            time.sleep(0.1)
        else:
            return


def _admin(brokers: Sequence[str], seconds: float) -> KafkaAdminClient:
    return KafkaAdminClient(
        bootstrap_servers=list(brokers),
        bootstrap_timeout_ms=int(seconds * 1000),
        request_timeout_ms=int(seconds * 1000),
    )


class Topic:
    """A sink that produces to a topic.

    What a broker does not take within two seconds is lost: a model server would not wait either.
    """

    def __init__(self, name: str, brokers: Sequence[str]) -> None:
        self._name = name
        self._producer = KafkaProducer(
            bootstrap_servers=list(brokers),
            bootstrap_timeout_ms=int(CONNECT_SECONDS * 1000),
            acks=1,
            enable_idempotence=False,
            retries=0,
            linger_ms=20,
            max_block_ms=500,
            request_timeout_ms=1500,
            delivery_timeout_ms=2000,
            allow_auto_create_topics=False,
        )

    def write(self, records: Sequence[bytes]) -> None:
        """See `Sink.write`."""
        with suppress(KafkaTimeoutError):
            for record in records:
                self._producer.send(self._name, value=record)

    def close(self) -> None:
        """See `Sink.close`."""
        # Longer than a record is waited for, or the library would complain when it is torn down.
        with suppress(KafkaTimeoutError):
            self._producer.close(timeout=PATIENCE_SECONDS + 1.0)
