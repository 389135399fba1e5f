"""What the port lets others do to the process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on connections, requests and answers.

    connections: at a time, in all. connections_per_address: of one address.
    cpu_ratio: of one core, the most that answers may take over time; beyond it they wait.
    request_timeout_seconds: from the first byte of a request (of a connection, for its first one)
        to its last.
    response_timeout_seconds: within these an answer has to be taken.
    max_header_bytes: of a request's first line and headers.
    """

    connections: int = 256
    connections_per_address: int = 128
    cpu_ratio: float = 0.05
    request_timeout_seconds: float = 10.0
    response_timeout_seconds: float = 20.0
    max_header_bytes: int = 16 << 10


MOST_BODY_BYTES = 16 << 10
"""Nothing that is served here reads a body; this much of one is overlooked."""
