"""A report without a daemon behind it, served as a daemon would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from driftwatch.config import Settings
from driftwatch.export.facts import ProcessFacts
from driftwatch.governing import governing
from driftwatch.monitor.report import Report
from driftwatch.web.app import make_app
from driftwatch.web.server import WebServer
from tests.web.site import UNHURRIED, Site


@contextmanager
def site_of(
    report: Report | None, settings: Settings | None = None, age_seconds: float = 0.0
) -> Iterator[str]:
    """The address of a site that shows this report, or that has none yet.

    settings: with which the report was made, for the pages to say what decides over an alarm.
    age_seconds: how long ago the report was published.
    """
    site = Site()
    if report is not None:
        site.exporter.publish(report, ProcessFacts(), site.now - age_seconds)
    parts = site.parts()
    if settings is not None:
        parts = replace(
            parts, governing=lambda stream, column: tuple(governing(settings, stream, column))
        )
    with WebServer(make_app(parts), "127.0.0.1", 0, limits=UNHURRIED) as server:
        yield f"http://127.0.0.1:{server.port}"
