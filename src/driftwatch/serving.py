"""From settings to the port: who may connect, who may ask, and what it may cost."""

import time
from pathlib import Path

from pydantic import SecretStr
from starlette.types import ASGIApp

from driftwatch.config import HttpLimitSettings, Settings
from driftwatch.sources.http import HttpSource
from driftwatch.sources.port import Source
from driftwatch.web.auth import Credentials, RequireCredentials, Secret, in_file
from driftwatch.web.cloud_events import Reading
from driftwatch.web.ingest import Intake, IntakePolicy
from driftwatch.web.limits import Limits
from driftwatch.web.tls import Tls, TlsFiles

PLAIN = frozenset({"json", "sagemaker"})
"""Formats whose records need not be events: what they say is all in them."""


def make_limits(settings: HttpLimitSettings) -> Limits:
    """What a connection may take, and all of them together."""
    return Limits(
        connections=settings.connections,
        connections_per_address=settings.connections_per_address or settings.connections // 2,
        cpu_ratio=settings.cpu_ratio,
        request_timeout_seconds=settings.request_timeout.seconds,
        response_timeout_seconds=settings.response_timeout.seconds,
        max_header_bytes=settings.max_header_bytes,
    )


def make_tls(settings: Settings) -> Tls | None:
    """The certificate of the port; None where it has none. Raises ConfigError."""
    tls = settings.http.tls
    if tls is None:
        return None
    places = {key: settings.where("http", "tls", key) for key in type(tls).model_fields}
    return Tls(TlsFiles(tls.certfile, tls.keyfile, tls.client_cafile, places))


def make_credentials(settings: Settings) -> Credentials | None:
    """Who may ask; None where everybody may. Raises ConfigError for a secret that is not there."""
    auth = settings.http.auth
    if auth is None:
        return None
    username, password, token = "", None, None
    if auth.basic is not None:
        where = settings.where("http", "auth", "basic", "password_file")
        username = auth.basic.username
        password = _secret(auth.basic.password, auth.basic.password_file, where)
    if auth.bearer is not None:
        where = settings.where("http", "auth", "bearer", "token_file")
        token = _secret(auth.bearer.token, auth.bearer.token_file, where)
    return Credentials(username, password, token)


def make_intake(
    settings: Settings, source: Source, credentials: Credentials | None
) -> ASGIApp | None:
    """What takes events in, for those who may ask; None where none are to come."""
    if not isinstance(source, HttpSource):
        return None
    decode = settings.decode
    reading = Reading(decode.format in PLAIN, decode.limits.max_value_bytes)
    intake = Intake(
        IntakePolicy(reading, settings.http.limits.request_timeout.seconds),
        source.spool,
        lambda: None if source.is_placed else "it is not known yet which event comes next",
        lambda: time.time_ns() // 1000,
        source.answered,
    )
    return intake if credentials is None else RequireCredentials(intake, credentials)


def _secret(given: SecretStr | None, path: Path | None, where: str) -> Secret | None:
    if path is not None:
        return in_file(path, where)
    return None if given is None else given.get_secret_value
