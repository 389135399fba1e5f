"""The exposition of a report: its series as text, made once and then only handed out."""

import zlib
from collections.abc import Mapping, Sequence

from driftwatch.export.budget import left_out
from driftwatch.export.count_plans import CountPlans
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.page import Page
from driftwatch.export.series import (
    NAN,
    ExportPolicy,
    add_process,
    add_stalled,
    lag_of,
    parts_of,
)
from driftwatch.export.table import BY_NAME
from driftwatch.export.text import header
from driftwatch.monitor.report import Report

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 3
"""The text says the same again and again: higher levels take twice as long to save a quarter."""


class Exposition:
    """A page, ready to be sent in either format, with what is read at the scrape as its tail.

    series: how many it has. dropped: how many were left out of it.

    What was asked for once is kept, so that a second scrape costs a copy. Two threads that ask at
    the same time may both do the work, and get the same.

    Memory: twice the text (110 bytes a series), and once more for each further format.
    """

    def __init__(self, lines: Mapping[str, Sequence[str]], dropped: int = 0) -> None:
        """lines: of samples, by metric."""
        self.series = sum(map(len, lines.values()))
        self.dropped = dropped
        self._families = [
            (BY_NAME[name], "".join(found).encode("utf-8", "replace"))
            for name, found in lines.items()
            if found
        ]
        self._bodies: dict[bool, bytes] = {}
        self._packed: dict[bool, tuple[bytes, zlib._Compress]] = {}

    def text(self, openmetrics: bool, tail: bytes) -> bytes:
        """The whole page."""
        return self._body(openmetrics) + tail

    def gzipped(self, openmetrics: bool, tail: bytes) -> bytes:
        """The whole page in one gzip stream, of which only the tail is compressed anew."""
        if openmetrics not in self._packed:
            compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
            head = compressor.compress(self._body(openmetrics))
            self._packed[openmetrics] = head + compressor.flush(zlib.Z_SYNC_FLUSH), compressor
        head, compressor = self._packed[openmetrics]
        rest = compressor.copy()
        return head + rest.compress(tail) + rest.flush()

    def _body(self, openmetrics: bool) -> bytes:
        if openmetrics not in self._bodies:
            self._bodies[openmetrics] = b"".join(
                header(metric, openmetrics).encode() + samples for metric, samples in self._families
            )
        return self._bodies[openmetrics]


BESIDE = 8
"""Series that are on every page and not yet there when parts are chosen: `series_dropped_total`,
`series` and the six `process_*`."""


def render(
    report: Report,
    facts: ProcessFacts,
    policy: ExportPolicy,
    dropped_before: int = 0,
    plans: CountPlans | None = None,
) -> Exposition:
    """The exposition of a report.

    dropped_before: series that were left out of earlier reports. plans: those of earlier reports.
    """
    page = Page()
    add_process(page, report, facts, lag_of(report))
    parts = parts_of(report, policy, plans or CountPlans())
    gone = left_out(parts, policy.max_series - len(page) - BESIDE)
    for index, part in enumerate(parts):
        if index not in gone:
            part.write(page)
    return _finished(page, sum(parts[index].size for index in gone), dropped_before)


def render_stalled(report: Report, facts: ProcessFacts, dropped_before: int = 0) -> Exposition:
    """What may still be said when the loop has not come back since this report.

    Nothing about the data: only what the process did, and that every stream is blind for it.
    """
    page = Page()
    add_process(page, report, facts, NAN)
    add_stalled(page, report)
    return _finished(page, 0, dropped_before)


def _finished(page: Page, dropped: int, dropped_before: int) -> Exposition:
    """A page that says how many series it has, and how many were left out so far."""
    page.add_one("series_dropped_total", dropped_before + dropped)
    page.add_one("series", len(page) + 1)
    return Exposition(page.lines, dropped)
