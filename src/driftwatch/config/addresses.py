"""`host:port`, for the port that is listened on and for the brokers."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from driftwatch.config.problems import wrong
from driftwatch.config.shown import Filled, found, or_variable
from driftwatch.config.written import Written

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\]:([0-9]{1,5})")
_NAMED = re.compile(r"([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))?:([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address(Written):
    """A host and a port; port 0 lets the system choose one.

    >>> Address.parse("[::1]:8710")
    Address(host='::1', port=8710)
    >>> str(Address.parse(":8710"))
    '0.0.0.0:8710'
    """

    PATTERN: ClassVar[str] = or_variable(r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):[0-9]{1,5}$")

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """No host means all IPv4 interfaces. Raises ValueError for other text."""
        if match := _BRACKETED.fullmatch(text):
            host = str(ipaddress.IPv6Address(match[1]))
        elif match := _NAMED.fullmatch(text):
            host = match[1] or "0.0.0.0"
        else:
            raise ValueError("not an address")
        port = int(match[2])
        if port > 65535:
            raise ValueError("no such port")
        return cls(host, port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def validate(cls, value: object) -> "Address":
        """What `http.listen` becomes; the error tells the nearest right form."""
        if isinstance(value, Address):
            return value
        if isinstance(value, str) and parses(value):
            return cls.parse(value)
        near = next(filter(parses, near_forms(value, "0.0.0.0", 8710)), None)
        hint = f'; did you mean "{near}"?' if near else ""
        raise wrong("address", f"expected an address like 0.0.0.0:8710, found {found(value)}{hint}")


def near_forms(value: object, host: str, port: int) -> Iterator[str]:
    """What an address that lacks a part may have meant; `host` and `port` are the usual ones."""
    if isinstance(value, bool | Filled) or not isinstance(value, int | str):
        return
    text = re.sub(r"^[A-Za-z_]+://", "", str(value)).rstrip("/")
    before, _, after = text.rpartition(":")
    yield text
    yield f"[{before}]:{after}"
    yield f"{host}{text}"
    yield f"{host}:{text}" if text.isdigit() else f"{text}:{port}"


def parses(text: str) -> bool:
    """Whether text is an address."""
    try:
        Address.parse(text)
    except ValueError:
        return False
    return True
