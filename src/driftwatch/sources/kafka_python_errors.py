"""What kafka-python raises, as what `kafka_member` has for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    KafkaConfigurationError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedCodecError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)

from driftwatch.errors import CommitRefusedError, SourceError
from driftwatch.sources.kafka_errors import HopelessError, RefusedError, blames_certificates

_HOPELESS = (KafkaConfigurationError, UnsupportedCodecError)
_LOGIN = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)
_REFUSED = (AuthorizationError, UnsupportedVersionError)


@contextmanager
def our_errors() -> Iterator[None]:
    """Raises SourceError for a KafkaError."""
    try:
        yield
    except KafkaError as error:
        raise translated(error) from error


def translated(error: Exception) -> SourceError:
    """The error that says the same."""
    text = str(error)
    if isinstance(error, FencedInstanceIdError):
        return HopelessError("another process has joined with the same group_instance_id")
    if isinstance(error, _HOPELESS):
        return HopelessError(text)
    if isinstance(error, _LOGIN):
        return RefusedError.login(text)
    if blames_certificates(text):
        return RefusedError.tls(text)
    if isinstance(error, _REFUSED):
        return RefusedError(text)
    return CommitRefusedError(text) if isinstance(error, CommitFailedError) else SourceError(text)
