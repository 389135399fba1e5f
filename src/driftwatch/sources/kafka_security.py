"""How to log in to a Kafka cluster and how to encrypt: read from files whenever it is asked for.

Nothing of it is in a `repr` or in an error. A secret that was rotated is used by the next
connection that asks for it.
"""

import json
import ssl
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from driftwatch.sources.kafka_errors import RefusedError

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

_MOST_BYTES = 1 << 16
_OPAQUE_TOKEN_SECONDS = 300.0


class Token(NamedTuple):
    """A bearer token, who it is of, and when it expires, in seconds since the epoch."""

    text: str
    principal: str
    expires: float


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """Which login and which certificates; a file goes over the text beside it."""

    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    token_file: Path | None = None
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    key_password_file: Path | None = None

    @property
    def encrypts(self) -> bool:
        """Whether connections use TLS."""
        return self.protocol in ("SSL", "SASL_SSL")

    @property
    def logs_in(self) -> bool:
        """Whether connections begin with a login."""
        return self.protocol.startswith("SASL")

    def read_password(self) -> str | None:
        """The password as it is now. Raises RefusedError for a file that can't be used."""
        return self.password if self.password_file is None else _read(self.password_file)

    def read_key_password(self) -> str | None:
        """The password of the key as it is now. Raises RefusedError."""
        return (
            self.key_password if self.key_password_file is None else _read(self.key_password_file)
        )

    def read_token(self) -> Token:
        """The token as it is now. Raises RefusedError."""
        if self.token_file is None:
            raise RefusedError("OAUTHBEARER needs sasl_token_file")
        return parse_token(_read(self.token_file), time.time())

    def check(self) -> None:
        """Read everything once, so that what can't be used is told by its name.

        Raises RefusedError: it may only be half written yet.
        """
        if self.encrypts:
            self.tls_context()
        if self.logs_in and self.mechanism == "OAUTHBEARER":
            self.read_token()
        elif self.logs_in:
            self.read_password()

    def tls_context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer that checks the brokers' certificates and names. Raises RefusedError."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cafile is not None:
            try:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.load_verify_locations(self.cafile)
            except (OSError, ssl.SSLError) as error:
                raise RefusedError(f"ssl_cafile {self.cafile} can't be used: {error}") from error
        if self.certfile is not None:
            # Without a password OpenSSL would ask for one on the terminal.
            password = self.read_key_password() or ""
            try:
                context.load_cert_chain(self.certfile, self.keyfile, lambda: password)
            except (OSError, ssl.SSLError) as error:
                files = " with ssl_keyfile ".join(
                    str(f) for f in (self.certfile, self.keyfile) if f
                )
                text = f"ssl_certfile {files} can't be used: {error}; is it the right key"
                raise RefusedError(f"{text}, and ssl_keyfile_password its password?") from error
        return context


def parse_token(text: str, now: float) -> Token:
    """What a token says of itself; one that is no JWT is asked for again after five minutes.

    >>> parse_token("e30.eyJzdWIiOiJkcmlmdHdhdGNoIiwiZXhwIjoxNzAwMDAwMDAwfQ.", now=0.0)[1:]
    ('driftwatch', 1700000000.0)
    >>> parse_token("opaque", now=1000.0)[1:]
    ('driftwatch', 1300.0)
    """
    try:
        payload = text.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expires, principal = float(claims["exp"]), str(claims.get("sub") or "driftwatch")
    except (ValueError, LookupError, TypeError, AttributeError):
        return Token(text, "driftwatch", now + _OPAQUE_TOKEN_SECONDS)
    return Token(text, principal, expires)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        text = data.decode().strip("\r\n")
    except OSError as error:
        raise RefusedError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise RefusedError(f"{path} is not UTF-8 text") from None
    if not text:
        raise RefusedError(f"{path} is empty")
    if len(data) > _MOST_BYTES:
        raise RefusedError(f"{path} is larger than {_MOST_BYTES:,} bytes, so it is no secret")
    return text
