"""Avro schemas from a Confluent-compatible schema registry, by HTTP.

The loop that counts records asks for schemas, so it must never wait for long: a thread of its own
talks to the registry, one schema at a time, and who asks waits for it a few seconds at most. While
the registry is away, it is asked again at growing intervals, and who asks gets nothing at once.
"""

import base64
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastavro.types import Schema

from driftwatch.decode.avro_schemas import SchemaError, parsed_schema

log = structlog.get_logger(__name__)

_MOST_BYTES = 4 << 20
_MOST_KNOWN = 2_000
_MOST_REFERENCES = 50
_LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RegistryPolicy:
    """Where the registry is, and how to log in.

    Files are read again for each request. wait_seconds: the longest that who asks waits.
    retry_seconds: how soon after a failure it is tried again; doubled each time, up to a minute.
    """

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    cafile: Path | None = None
    wait_seconds: float = 3.0
    retry_seconds: float = 1.0


class _UnavailableError(Exception):
    """The registry could not be asked."""


class SchemaRegistry:
    """Asks for each schema once, and keeps what came."""

    def __init__(
        self, policy: RegistryPolicy, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._known: dict[int, Schema] = {}
        self._refused_until: dict[int, float] = {}
        self._quiet_until = 0.0
        self._failures = 0
        self._asking: threading.Thread | None = None

    def __call__(self, number: int) -> Schema | None:
        """The schema of this number; None where it can't be had now."""
        if number in self._known:
            return self._known[number]
        now = self._monotonic()
        if now < max(self._quiet_until, self._refused_until.get(number, 0.0)):
            return None
        if self._asking is not None and self._asking.is_alive():
            return None
        self._asking = threading.Thread(
            target=self._ask, args=(number,), name="schema-registry", daemon=True
        )
        self._asking.start()
        self._asking.join(self._policy.wait_seconds)
        return self._known.get(number)

    def _ask(self, number: int) -> None:
        """Fetch a schema, and note what came of it."""
        try:
            schema = self._fetch(number)
        except SchemaError as problem:
            # It won't change by itself, but somebody may register it, or mend it.
            _keep(self._refused_until, number, self._monotonic() + _LONGEST_SECONDS)
            log.warning("schema refused", schema=number, problem=str(problem))
            return
        except _UnavailableError as problem:
            pause = min(self._policy.retry_seconds * 2**self._failures, _LONGEST_SECONDS)
            self._failures = min(self._failures + 1, 10)
            self._quiet_until = self._monotonic() + pause
            log.warning("schema registry unavailable", problem=str(problem), retry_seconds=pause)
            return
        self._failures = 0
        _keep(self._known, number, schema)

    def _fetch(self, number: int) -> Schema:
        """Raises SchemaError where the registry has no such schema or it can't be used."""
        answer = self._get(f"/schemas/ids/{number}")
        named: dict[str, Any] = {}
        self._refer(answer, named, set())
        return parsed_schema(_text(answer), named)

    def _refer(
        self, answer: dict[str, Any], named: dict[str, Any], seen: set[tuple[str, int]]
    ) -> None:
        """Fetch the schemas that one refers to, each once. Raises SchemaError."""
        for reference in answer.get("references") or ():
            try:
                place = quote(reference["subject"], safe=""), int(reference["version"])
            except (KeyError, TypeError, ValueError) as error:
                raise SchemaError("its references can't be read") from error
            if place in seen:
                continue
            seen.add(place)
            if len(seen) > _MOST_REFERENCES:
                raise SchemaError(f"refers to more than {_MOST_REFERENCES} others")
            found = self._get(f"/subjects/{place[0]}/versions/{place[1]}")
            self._refer(found, named, seen)
            parsed_schema(_text(found), named)

    def _get(self, path: str) -> dict[str, Any]:
        """What the registry answers. Raises SchemaError or _UnavailableError."""
        url = f"{self._policy.url.rstrip('/')}{path}"
        try:
            request = urllib.request.Request(url, headers=self._headers())  # noqa: S310 (checked)
            with self._opener().open(request, timeout=self._policy.wait_seconds) as response:
                body = response.read(_MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise SchemaError("the registry does not have it") from error
            raise _UnavailableError(f"{path}: HTTP {error.code}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise _UnavailableError(f"{path}: {error}") from error
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _UnavailableError(f"{path}: the answer is no JSON") from error
        if len(body) > _MOST_BYTES or not isinstance(found, dict):
            raise _UnavailableError(f"{path}: the answer is no schema")
        return found

    def _headers(self) -> dict[str, str]:
        policy = self._policy
        headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
        token = _secret(policy.token, policy.token_file)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        elif policy.username is not None:
            password = _secret(policy.password, policy.password_file) or ""
            login = base64.b64encode(f"{policy.username}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        return headers

    def _opener(self) -> urllib.request.OpenerDirector:
        """Speaks HTTP, and follows no redirect: the login would go wherever it leads."""
        opener = urllib.request.OpenerDirector()
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ]
        if self._policy.url.startswith("https:"):  # reading the system's certificates takes long
            cafile = self._policy.cafile
            context = ssl.create_default_context(cafile=None if cafile is None else str(cafile))
            handlers.append(urllib.request.HTTPSHandler(context=context))
        for handler in handlers:
            opener.add_handler(handler)
        return opener


def _text(answer: dict[str, Any]) -> str:
    kind, text = answer.get("schemaType", "AVRO"), answer.get("schema")
    if kind != "AVRO" or not isinstance(text, str):
        raise SchemaError(f"expected an Avro schema, found {kind}")
    return text


def _secret(text: str | None, file: Path | None) -> str | None:
    return text if file is None else file.read_text(encoding="utf-8").strip("\r\n")


def _keep(known: dict[int, Any], number: int, value: Any) -> None:
    """Remember it; where there are too many, forget the oldest."""
    while len(known) >= _MOST_KNOWN:
        del known[next(iter(known))]
    known[number] = value
