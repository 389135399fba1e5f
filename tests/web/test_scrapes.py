"""Scrapes that share a page."""

from driftwatch.export.exporter import Exporter
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.web.scrapes import Scrapes
from tests.export.reports import report, stream

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def published(now: float) -> tuple[Exporter, Scrapes]:
    exporter = Exporter(ExportPolicy())
    exporter.publish(report(stream()), ProcessFacts(), now)
    return exporter, Scrapes(exporter)


def test_scrapes_of_one_second_share_one_page() -> None:
    _, scrapes = published(10.0)
    first = scrapes.scrape(10.0, "", "gzip")
    assert scrapes.scrape(10.9, "", "gzip").body is first.body
    assert scrapes.scrape(11.0, "", "gzip").body is not first.body


def test_the_same_page_is_shared_in_whatever_words_it_is_asked_for() -> None:
    _, scrapes = published(10.0)
    first = scrapes.scrape(10.0, "", "gzip")
    for i in range(200):
        assert scrapes.scrape(10.5, f"text/x-{i}", "gzip, br").body is first.body


def test_each_format_has_its_own_page() -> None:
    _, scrapes = published(10.0)
    plain = scrapes.scrape(10.0, "", "")
    packed = scrapes.scrape(10.0, "", "gzip")
    other = scrapes.scrape(10.0, OPENMETRICS, "")
    assert [page.gzipped for page in (plain, packed, other)] == [False, True, False]
    assert plain.content_type != other.content_type
    assert other.body.endswith(b"# EOF\n")


def test_what_is_published_is_on_the_next_page() -> None:
    exporter, scrapes = published(10.0)
    before = scrapes.scrape(10.0, "", "").body
    exporter.publish(report(stream(), stream()), ProcessFacts(), 10.1)
    assert scrapes.scrape(10.1, "", "").body.count(b"\n") > before.count(b"\n")


def test_a_loop_that_stopped_is_told_at_once() -> None:
    _, scrapes = published(10.0)
    assert (
        b'reason="stalled"'
        not in scrapes.scrape(69.9, "", "").body.split(b"# TYPE driftwatch_blind")[0]
    )
    assert b'reason="stalled",segment="all"} 1.0\n' in scrapes.scrape(70.0, "", "").body
