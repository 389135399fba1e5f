"""What can go wrong between a Kafka source and its member; none of these leaves the source."""

from collections.abc import Iterable, Mapping
from typing import Self

from driftwatch.errors import SourceError
from driftwatch.records import Partition


class HopelessError(SourceError):
    """Trying again can't help: a setting is wrong, or another process has our name."""


class RefusedError(SourceError):
    """A broker refuses us. Where it has worked before, that may pass."""

    @classmethod
    def login(cls, why: str) -> Self:
        """The login was refused."""
        hint = "check sasl_mechanism, sasl_username and the password or token"
        return cls(f"the login was refused ({why}); {hint}")

    @classmethod
    def tls(cls, why: str) -> Self:
        """No encrypted connection could be made."""
        hint = "check ssl_cafile, ssl_certfile, and the host names in bootstrap_servers"
        return cls(f"no TLS connection could be made ({why}); {hint}")


class OutOfRangeError(SourceError):
    """There is nothing at these offsets."""

    def __init__(self, positions: Mapping[Partition, int]) -> None:
        super().__init__(f"no such offsets: {dict(positions)}")
        self.positions = positions


class TruncatedError(SourceError):
    """The ends of these partitions were lost, with records that were read."""

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self.partitions = tuple(partitions)
        super().__init__(f"lost their ends: {', '.join(map(str, self.partitions))}")


class CorruptError(SourceError):
    """The records at the position of a partition can't be read; None where it isn't known whose."""

    def __init__(self, partition: Partition | None, why: str) -> None:
        super().__init__(why)
        self.partition = partition


def blames_certificates(why: str) -> bool:
    """Whether a connection failed for a certificate, ours or the broker's, by what is said.

    >>> blames_certificates("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    True
    """
    return any(word in why.lower() for word in ("certificate", "unknown ca", "unknown_ca"))
