"""What confluent-kafka reports, as what `kafka_errors` has for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from driftwatch.errors import SourceError
from driftwatch.sources.kafka_errors import HopelessError, RefusedError, blames_certificates

STALE_MEMBERSHIP = (
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.REBALANCE_IN_PROGRESS,
)
LOST_MEMBERSHIP = (KafkaError.UNKNOWN_MEMBER_ID, KafkaError._ASSIGNMENT_LOST)  # noqa: SLF001
OUT_OF_RANGE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001
CORRUPT = (
    KafkaError._BAD_MSG,  # noqa: SLF001
    KafkaError._BAD_COMPRESSION,  # noqa: SLF001
    KafkaError.INVALID_MSG,
)
_LOGIN = (
    KafkaError._AUTHENTICATION,  # noqa: SLF001
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.UNSUPPORTED_SASL_MECHANISM,
)
# A connection that ended in the middle of a login, or that logged in anew a moment too soon.
_PASSES = ("transport failure", "current SASL state")
_FORBIDDEN = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)
_HOPELESS = (
    KafkaError._INVALID_ARG,  # noqa: SLF001
    KafkaError._UNSUPPORTED_FEATURE,  # noqa: SLF001
    KafkaError.INVALID_GROUP_ID,
    KafkaError.INVALID_SESSION_TIMEOUT,
)


@contextmanager
def our_errors() -> Iterator[None]:
    """Raises SourceError for a KafkaException."""
    try:
        yield
    except KafkaException as error:
        raise translated(error.args[0]) from error


def translated(error: KafkaError) -> SourceError:
    """The error that says the same."""
    code, text = error.code(), f"{error.name()}: {error.str()}"
    is_fatal = error.fatal() or code == KafkaError._FATAL  # noqa: SLF001
    if code == KafkaError.FENCED_INSTANCE_ID or (is_fatal and "fenced" in text):
        return HopelessError("another process has joined with the same group_instance_id")
    if is_fatal or code in _HOPELESS:
        return HopelessError(text)
    if code in _LOGIN and not any(words in text for words in _PASSES):
        return RefusedError.login(error.str())
    if code == KafkaError._SSL or blames_certificates(text):  # noqa: SLF001
        return RefusedError.tls(error.str())
    return RefusedError(text) if code in _FORBIDDEN else SourceError(text)
