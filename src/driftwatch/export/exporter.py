"""What /metrics says: handed over by the loop, read by whoever scrapes.

`publish` renders and then makes one assignment; `scrape` reads that once. Neither waits for the
other.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import (
    CONTENT_TYPE_PLAIN_0_0_4,
    choose_encoder,
    generate_latest,
    gzip_accepted,
)

from driftwatch.export.count_plans import CountPlans
from driftwatch.export.exposition import Exposition, render, render_stalled
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.report import Report

STALLED_AFTER_SECONDS = 60.0
"""So long a report is believed. A loop that hangs must not look healthy."""


class Scrape(NamedTuple):
    """An answer. body: gzipped where `gzipped`."""

    content_type: str
    body: bytes
    gzipped: bool = False


@dataclass(frozen=True, slots=True)
class _Published:
    """at: when, in monotonic seconds."""

    report: Report | None
    at: float
    page: Exposition
    stalled: Exposition


class Exporter:
    """Holds the last report and its exposition. Times are monotonic seconds, as handed in.

    policy: may be exchanged at any time, and holds from the next report on.
    """

    def __init__(self, policy: ExportPolicy) -> None:
        self.policy = policy
        self._dropped = 0
        self._plans = CountPlans()
        # A registry of our own: the process's memory, CPU time and files, read at each scrape.
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        nothing = render_stalled(_NOTHING, ProcessFacts())
        self._published = _Published(None, 0.0, nothing, nothing)

    def publish(self, report: Report, facts: ProcessFacts, now: float) -> None:
        """Render a report and show it from now on. Called by one thread only."""
        page = render(report, facts, self.policy, self._dropped, self._plans)
        self._dropped += page.dropped
        stalled = render_stalled(report, facts, self._dropped)
        self._published = _Published(report, now, page, stalled)

    def scrape(self, now: float, accept: str = "", accept_encoding: str = "") -> Scrape:
        """The page in the format that is asked for.

        Before the first report, and once the last one is too old, it holds the process's own series
        and that every stream is blind.
        """
        published = self._published
        page = published.stalled if _is_stalled(published, now) else published.page
        try:
            encode, content_type = choose_encoder(accept)
        except TypeError:  # a version that is no number
            encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
        openmetrics = content_type.startswith("application/openmetrics-text")
        tail = encode(self._process)
        if gzip_accepted(accept_encoding):
            return Scrape(content_type, page.gzipped(openmetrics, tail), gzipped=True)
        return Scrape(content_type, page.text(openmetrics, tail))

    def report(self, now: float) -> Report | None:
        """The last report; None before the first. Of one that is too old every stream is blind."""
        published = self._published
        report = published.report
        if report is None or not _is_stalled(published, now):
            return report
        words = f"the loop has not come back for {now - published.at:.0f} s"
        streams = (replace(s, blind={**s.blind, "stalled": words}) for s in report.streams)
        return replace(report, streams=tuple(streams))


def _is_stalled(published: _Published, now: float) -> bool:
    return published.report is None or now - published.at >= STALLED_AFTER_SECONDS


_NOTHING = Report(0, (), {}, {}, (), (), None, None)
