"""A web server on a free port, with parts that a test may change, and a client for it."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from typing import Any, NamedTuple

from driftwatch.errors import DriftwatchError
from driftwatch.export.exporter import Exporter
from driftwatch.export.series import ExportPolicy
from driftwatch.web.app import WebParts, make_app
from driftwatch.web.auth import Credentials
from driftwatch.web.limits import Limits
from driftwatch.web.server import WebServer
from driftwatch.web.tls import Tls
from tests.harness.waiting import wait_until

UNHURRIED = Limits(cpu_ratio=1.0)
"""Tests ask as fast as they can."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def kind(self) -> str:
        return self.headers["content-type"]


class Site:
    """What stands behind the pages.

    now, last_progress: monotonic seconds. missing: why it is not ready. refusal: what is wrong at a
    reload. hold_reloads: a reload ends only while this is set. reloads: how many began.
    """

    def __init__(self) -> None:
        self.exporter = Exporter(ExportPolicy())
        self.port = 0
        self.reset()

    def reset(self) -> None:
        """As at the start, but for what the exporter holds."""
        self.now = 100.0
        self.last_progress = 99.0
        self.missing: str | None = None
        self.refusal: DriftwatchError | None = None
        self.reloads = 0
        self.hold_reloads = threading.Event()
        self.hold_reloads.set()
        self.settings: dict[str, Any] = {}

    def reload(self) -> None:
        self.reloads += 1
        assert self.hold_reloads.wait(10)
        if self.refusal is not None:
            raise self.refusal

    def wait_until_reloading(self) -> None:
        wait_until(lambda: self.reloads, what="a reload has begun")

    def parts(self, may_reload: bool = True) -> WebParts:
        return WebParts(
            exporter=self.exporter,
            last_progress=lambda: self.last_progress,
            why_not_ready=lambda: self.missing,
            reload=self.reload if may_reload else None,
            settings=lambda: self.settings,
            now=lambda: self.now,
        )

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request; the path as it stands in the address, percent signs and all."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, method=method, headers=given)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, lowered(answer.headers), answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, lowered(refusal.headers), refusal.read())


def lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def serving(
    site: Site,
    credentials: Credentials | None = None,
    limits: Limits = UNHURRIED,
    tls: Tls | None = None,
    may_reload: bool = True,
) -> Iterator[Site]:
    """The site on a free port, until the block ends."""
    app = make_app(site.parts(may_reload), credentials)
    with WebServer(app, "127.0.0.1", 0, limits=limits, tls=tls) as server:
        site.port = server.port
        yield site


def answer_of(sent: bytes, connection: socket.socket) -> tuple[bytes, bytes]:
    """Send bytes and read until the other side closes: the head and the body."""
    connection.sendall(sent)
    with connection.makefile("rb") as received:
        head, _, body = received.read().partition(b"\r\n\r\n")
    return head, body
