"""What a format reads, and what it makes of it.

An entry of a log is a `Message`. A format makes complete records of it, or one `Side` of a pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from driftwatch.records import Headers, Reason
from driftwatch.timestamps import MISSING, parse_times

Record = dict[str, Any]
"""A record in the shape that every format of events ends in.

time: microseconds since the epoch, or None. model, model_version, id: texts, where the event says
them. features, predictions: the columns. event: what else the event says of itself, such as its
`endpoint`.
"""

MAX_INSTANCES = 4_096
"""Instances of one request; each becomes a record, so they must not cost memory without bound."""

SideName = Literal["request", "response"]


class UnreadableError(ValueError):
    """An entry that no record can be made of."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Message(NamedTuple):
    """One entry of a log. headers: by name in small letters. time_us: the broker's time."""

    value: bytes
    headers: Mapping[str, str]
    key: bytes | None = None
    topic: str = ""
    time_us: int | None = None


class Content(msgspec.Struct, array_like=True):
    """What one side of a pair holds.

    rows: the columns of each instance. values: instead of rows, a list of which nobody knows yet
    whether it holds one value for each instance, or several for a single one.
    """

    rows: list[dict[str, Any]]
    model: str | None = None
    model_version: str | None = None
    id: str | None = None
    event: dict[str, Any] = {}
    values: list[Any] = []


@dataclass(frozen=True, slots=True)
class Side:
    """Half of a pair, and by what it finds the other half.

    join_on: the same for both sides, and for no other pair. time_us: None where nobody says it.
    """

    side: SideName
    join_on: tuple[str, ...]
    time_us: int | None
    content: Content


@dataclass(frozen=True, slots=True)
class Reading:
    """How bodies are read.

    feature_names, prediction_names: of columns that the bodies themselves have no names for.
    """

    feature_names: tuple[str, ...] = ()
    prediction_names: tuple[str, ...] = ()
    max_bytes: int = 1 << 20
    max_nesting: int = 400


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a format that tells requests from responses by them."""

    requests: str = "mlserver-input"
    responses: str = "mlserver-output"


@dataclass(frozen=True, slots=True)
class EventPolicy:
    """What is said of the format itself, whichever it is."""

    reading: Reading = field(default_factory=Reading)
    topics: Topics = field(default_factory=Topics)


class Format(Protocol):
    """Reads one format."""

    def __call__(self, message: Message, policy: EventPolicy) -> Side | list[Record]:
        """The records of an entry, or its side of a pair. Raises UnreadableError."""
        ...


def by_name(headers: Headers) -> dict[str, str]:
    """Headers by name, in small letters and with `ce_` for `ce-`; of two alike the first counts.

    >>> by_name([("Ce-Id", b"7"), ("content-type", b"application/json"), ("ce_id", b"8")])
    {'ce_id': '7', 'content-type': 'application/json'}
    """
    found: dict[str, str] = {}
    for name, value in headers:
        plain, text = name.lower(), value or b""
        if plain.startswith("ce-"):  # as HTTP has it, which takes few characters as they are
            plain, text = f"ce_{plain[3:]}", unquote_to_bytes(text)
        if value is not None:
            found.setdefault(plain, text.decode("utf-8", "replace"))
    return found


def time_of(text: object, otherwise: int | None = None) -> int | None:
    """A time as an event says it, in microseconds; `otherwise` where that is none.

    >>> time_of("2026-01-01T00:00:00Z"), time_of("soon", 7), time_of(None)
    (1767225600000000, 7, None)
    """
    found = int(parse_times([text])[0])
    return otherwise if found == MISSING else found


def text_of(value: object) -> str | None:
    """A name as an event says it: a text that is not empty, or a whole number.

    >>> text_of("a"), text_of(3), text_of(""), text_of(True), text_of(None)
    ('a', '3', None, None, None)
    """
    if isinstance(value, bool):
        return None
    return (
        str(value)
        if isinstance(value, int)
        else value
        if isinstance(value, str) and value
        else None
    )
