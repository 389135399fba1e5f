"""Who may read: HTTP Basic and Bearer, for everything but the health of the process."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from driftwatch.errors import ConfigError
from driftwatch.web.paths import HEALTH
from driftwatch.web.watched import Watched

Secret = Callable[[], str]
"""A password or a token, as it is now."""


def in_file(path: Path, where: str) -> Secret:
    """A secret that stands in a file; a newline at the end is no part of it.

    Raises:
        ConfigError: the file can't be read, or holds none.
    """

    def text(contents: Sequence[bytes]) -> str:
        try:
            found = contents[0].decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise ConfigError(f"{where}: {path} is not UTF-8 text") from None
        if not found:
            raise ConfigError(f"{where}: {path} is empty")
        return found

    return Watched({where: path}, text).get


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens the port: a login, a token, or either of them."""

    username: str = ""
    password: Secret | None = None
    token: Secret | None = None

    @property
    def challenges(self) -> tuple[str, ...]:
        """The values of `WWW-Authenticate`, one for each way in."""
        basic = ('Basic realm="driftwatch", charset="UTF-8"',) if self.password else ()
        bearer = ('Bearer realm="driftwatch"',) if self.token else ()
        return basic + bearer

    def admit(self, authorization: bytes) -> bool:
        """Whether the value of an `Authorization` header opens the port.

        Login and password are compared as one text, so that nothing tells which of them is wrong.
        """
        scheme, _, given = authorization.partition(b" ")
        given = given.strip(b" ")
        if self.password is not None and scheme.lower() == b"basic":
            try:
                login = base64.b64decode(given, validate=True)
            except binascii.Error:
                return False
            return _same(login, f"{self.username}:{self.password()}".encode())
        if self.token is not None and scheme.lower() == b"bearer":
            return _same(given, self.token().encode())
        return False


def _same(given: bytes, expected: bytes) -> bool:
    """Whether two texts are equal, in a time that depends on neither, nor on their lengths."""
    key = secrets.token_bytes(32)
    pair = (hmac.digest(key, text, "sha256") for text in (given, expected))
    return hmac.compare_digest(*pair)


class RequireCredentials:
    """Answers 401 to a request without them, whatever it asks for, and passes on the others."""

    def __init__(self, app: ASGIApp, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if scope["path"] in HEALTH or (len(given) == 1 and self._credentials.admit(given[0])):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("credentials are needed here\n", 401)
        for challenge in self._credentials.challenges:
            refusal.headers.append("www-authenticate", challenge)
        await refusal(scope, receive, send)
