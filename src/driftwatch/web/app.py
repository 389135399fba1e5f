"""The HTTP interface: what is asked for on the one port, and who answers it.

All of it reads the exporter, which holds whatever the loop has published last; nothing here waits
for the loop but a reload.
"""

import asyncio
import gzip
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import yaml
from prometheus_client.exposition import gzip_accepted
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from driftwatch.errors import DriftwatchError
from driftwatch.export.document import Document, Selection, document, to_json
from driftwatch.export.exporter import STALLED_AFTER_SECONDS, Exporter
from driftwatch.monitor.report import Report, StreamReport
from driftwatch.web.answer import Answer
from driftwatch.web.auth import Credentials, RequireCredentials
from driftwatch.web.pages.column import Governing, column_page
from driftwatch.web.pages.filter import Filter
from driftwatch.web.pages.overview import overview
from driftwatch.web.pages.render import ASSETS, asset, render
from driftwatch.web.scrapes import Scrapes

NEAREST = 5
"""Names that are offered where a column is not found."""
SMALL_BYTES = 4096
"""A page up to this size is sent as it is."""


def nothing_governs(_stream: StreamReport, _column: int) -> Sequence[Governing]:
    """Where nobody knows the settings."""
    return ()


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the interface shows. The functions are called by the server's threads.

    last_progress: when the loop last came round, in monotonic seconds.
    why_not_ready: a sentence; None when the process is ready.
    reload: reads the configuration anew and returns once it holds; raises DriftwatchError where it
        can't. Never called twice at a time. None where that may not be asked for.
    settings: as a file would say them, secrets masked.
    governing: what decides over the alarms of a stream's column, by its index.
    stuck_after_seconds: without progress for longer, the process is not healthy.
    """

    exporter: Exporter
    last_progress: Callable[[], float]
    why_not_ready: Callable[[], str | None]
    reload: Callable[[], None] | None
    settings: Callable[[], Mapping[str, Any]]
    governing: Callable[[StreamReport, int], Sequence[Governing]] = nothing_governs
    now: Callable[[], float] = time.monotonic
    stuck_after_seconds: float = STALLED_AFTER_SECONDS


def make_app(parts: WebParts, credentials: Credentials | None = None) -> ASGIApp:
    """The application, for `WebServer` to serve; open to all where there are no credentials."""
    pages = _Pages(parts)
    app = Starlette(
        routes=[
            Route("/", pages.index),
            _across_lines(Route("/columns/{name:path}", pages.column_page)),
            Route("/assets/{name}", pages.asset),
            Route("/metrics", pages.metrics),
            Route("/-/healthy", pages.healthy),
            Route("/-/ready", pages.ready),
            Route("/-/reload", pages.reload, methods=["POST"]),
            Route("/api/v1/status", pages.status),
            _across_lines(Route("/api/v1/columns/{name:path}", pages.column)),
            Route("/config", pages.config),
        ],
        exception_handlers={404: _not_found},
    )
    # It would send people to the host that the request names.
    app.router.redirect_slashes = False
    return app if credentials is None else RequireCredentials(app, credentials)


def _across_lines(route: Route) -> Route:
    """A route whose last part may be any text: a column's name may hold a line break."""
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return route


class _Pages:
    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._scrapes = Scrapes(parts.exporter)
        self._reloading = asyncio.Lock()

    async def index(self, request: Request) -> Response:
        wanted = Filter.asked(request.query_params)
        return _page(request, "overview.html", page=overview(self._report(), wanted))

    async def column_page(self, request: Request) -> Response:
        report, asked, name = self._report(), _asked(request), request.path_params["name"]
        if report is None:
            return _page(request, "overview.html", page=overview(None, Filter()))
        for stream in report.streams:
            if not asked.has_stream(stream.key):
                continue
            for i, column in enumerate(stream.columns):
                if column.name == name:
                    rules = self._parts.governing(stream, i)
                    window = request.query_params.get("window")
                    page = column_page(report, stream, i, rules, window)
                    return _page(request, "column.html", page=page)
        error, nearest = _nearest(report, asked, name)
        return _page(request, "missing.html", 404, error=error, nearest=nearest)

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise HTTPException(404)
        return Response(asset(name), headers={"content-type": ASSETS[name]})

    async def metrics(self, request: Request) -> Response:
        scrape = self._scrapes.scrape(
            self._parts.now(),
            request.headers.get("accept", ""),
            request.headers.get("accept-encoding", ""),
        )
        headers = {"content-type": scrape.content_type, "vary": "accept, accept-encoding"}
        if scrape.gzipped:
            headers["content-encoding"] = "gzip"
        return Answer(scrape.body, headers=headers)

    async def healthy(self, _request: Request) -> Response:
        still = self._parts.now() - self._parts.last_progress()
        if still > self._parts.stuck_after_seconds:
            return _text(f"the loop has not come round for {still:.0f} s", 503)
        return _text("healthy")

    async def ready(self, _request: Request) -> Response:
        missing = self._parts.why_not_ready()
        return _text("ready") if missing is None else _text(missing, 503)

    async def reload(self, _request: Request) -> Response:
        reload = self._parts.reload
        if reload is None:
            return _text("reloading by HTTP is off: set http.reload to true, or send SIGHUP", 403)
        async with self._reloading:
            try:
                await run_in_threadpool(reload)
            except DriftwatchError as problem:
                return _text(str(problem), 400)
        return _text("reloaded")

    async def config(self, _request: Request) -> Response:
        settings = dict(self._parts.settings())
        return _text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).rstrip())

    async def status(self, _request: Request) -> Response:
        report = self._report()
        return _json(document(report)) if report else _nothing_yet()

    async def column(self, request: Request) -> Response:
        report = self._report()
        if report is None:
            return _nothing_yet()
        asked, name = _asked(request), request.path_params["name"]
        found = document(report, replace(asked, column=name))
        if not found["streams"]:
            error, nearest = _nearest(report, asked, name)
            return _json({"error": error, "nearest": nearest}, 404)
        return _json(found)

    def _report(self) -> Report | None:
        return self._parts.exporter.report(self._parts.now())


def _asked(request: Request) -> Selection:
    """Which streams a request is about."""
    asked = {key: request.query_params.get(key) for key in ("model", "model_version", "segment")}
    return Selection(**asked)


def _nearest(report: Report, selection: Selection, name: str) -> tuple[str, list[str]]:
    """Why there is no such column, and what is there instead, the most alike first."""
    streams = [s for s in report.streams if selection.has_stream(s.key)]
    known = {c.name.casefold(): c.name for stream in streams for c in stream.columns}
    near = get_close_matches(name.casefold(), known, n=NEAREST, cutoff=0.4)
    error = f"no column is called {name!r}" if streams else "there is no such stream"
    return error, [known[key] for key in near]


def _page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of HTML, compressed for who takes that: one of many columns is large."""
    body = render(template, **values).encode("utf-8", "replace")
    headers = {"content-type": "text/html; charset=utf-8", "vary": "accept-encoding"}
    if len(body) > SMALL_BYTES and gzip_accepted(request.headers.get("accept-encoding", "")):
        body = gzip.compress(body, 1)
        headers["content-encoding"] = "gzip"
    return Answer(body, status, headers=headers)


def _nothing_yet() -> Response:
    return _json({"error": "nothing has been computed yet"}, 503)


def _json(found: Document, status: int = 200) -> Response:
    return Answer(to_json(found), status, media_type="application/json")


def _text(words: str, status: int = 200) -> Response:
    return PlainTextResponse(f"{words}\n", status)


async def _not_found(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return _text(f"there is nothing at {request.url.path}; / lists what there is", 404)
