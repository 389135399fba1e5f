"""Scrapes that come at the same time share one page."""

from driftwatch.export.exporter import Exporter, Scrape
from driftwatch.monitor.report import Report

_SHARED_SECONDS = 1.0
"""So old the process's own figures on a page may be; what the loop has published is never old."""

_MOST_WISHES = 32
"""Combinations of `Accept` and `Accept-Encoding` that are remembered."""


class Scrapes:
    """The pages of the last second, one for each format.

    Whoever scrapes, and however slowly he reads, holds the same bytes as the others of that second.
    """

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._report: Report | None = None
        self._since = 0.0
        self._pages: dict[tuple[str, bool], Scrape] = {}
        self._wishes: dict[tuple[str, str], Scrape] = {}

    def scrape(self, now: float, accept: str, accept_encoding: str) -> Scrape:
        """As the exporter's; `now` is in monotonic seconds."""
        report = self._exporter.report(now)
        # The report of a loop that stopped is another one each time: then nothing is shared.
        if report is not self._report or not 0.0 <= now - self._since < _SHARED_SECONDS:
            self._report, self._since = report, now
            self._pages.clear()
            self._wishes.clear()
        wish = (accept, accept_encoding)
        if wish not in self._wishes:
            made = self._exporter.scrape(now, accept, accept_encoding)
            if len(self._wishes) >= _MOST_WISHES:
                self._wishes.clear()
            # The same page may be wished for in many words.
            page = self._pages.setdefault((made.content_type, made.gzipped), made)
            self._wishes[wish] = page
        return self._wishes[wish]
