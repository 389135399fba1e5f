"""Publishing and scraping: what is served when, in which format, and from which thread."""

import gzip
import itertools
import threading
import time
from collections.abc import Callable

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from driftwatch.explain.explanation import UNEXPLAINED
from driftwatch.export.exporter import Exporter, Scrape
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.report import BLIND_REASONS, Column
from tests.export.reports import FRAUD, NOW_US, alarm_event, report, stream

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
# What Prometheus sends, the second and the third of its name.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def published(at: float = 100.0) -> Exporter:
    exporter = Exporter(ExportPolicy())
    exporter.publish(report(), ProcessFacts(), at)
    return exporter


def families(scrape: Scrape) -> set[str]:
    return {family.name for family in parse_text(scrape.body.decode())}


def test_what_was_published_is_served() -> None:
    scrape = published(100.0).scrape(101.0)
    assert scrape.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b'driftwatch_records_total{outcome="counted"} 5000.0\n' in scrape.body


def test_the_last_report_is_the_one_that_is_served() -> None:
    exporter = published()
    exporter.publish(report(outcomes={"counted": 6000}), ProcessFacts(), 110.0)
    assert b'driftwatch_records_total{outcome="counted"} 6000.0\n' in exporter.scrape(111.0).body


def test_memory_and_cpu_time_of_the_process_stand_beside_it_and_are_read_anew() -> None:
    exporter = published()

    def cpu_seconds() -> float:
        found = parse_text(exporter.scrape(101.0).body.decode())
        (family,) = [family for family in found if family.name == "process_cpu_seconds"]
        return family.samples[0].value

    assert "process_resident_memory_bytes" in families(exporter.scrape(101.0))
    before = cpu_seconds()
    while time.process_time() < before + 0.05:
        pass
    assert cpu_seconds() > before


@pytest.mark.parametrize("accept", [OPENMETRICS, PROMETHEUS_2, PROMETHEUS_3])
def test_openmetrics_is_served_to_whom_it_suits(accept: str) -> None:
    scrape = published().scrape(101.0, accept)
    assert scrape.content_type.startswith("application/openmetrics-text; version=1.0.0;")
    found = parse_openmetrics(scrape.body.decode())  # type: ignore[no-untyped-call]
    assert "driftwatch_records" in {family.name for family in found}


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html", "text/plain;version=soon", ";;,=", "application/json"]
)
def test_any_other_wish_gets_the_plain_text(accept: str) -> None:
    assert published().scrape(101.0, accept).content_type.startswith("text/plain; version=0.0.4;")


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_a_gzipped_page_is_the_page(accept: str) -> None:
    exporter = published()
    for _ in range(2):
        packed = exporter.scrape(101.0, accept, "deflate, gzip;q=0.9")
        assert packed.gzipped
        plain = exporter.scrape(101.0, accept, "identity")
        assert not plain.gzipped
        assert without_process(gzip.decompress(packed.body)) == without_process(plain.body)
        assert len(packed.body) < len(plain.body) / 3


def without_process(page: bytes) -> list[bytes]:
    """The lines that do not change from one moment to the next."""
    return [line for line in page.splitlines() if not line.startswith(b"process_")]


def test_before_the_first_report_there_is_the_process_and_nothing_else() -> None:
    exporter = Exporter(ExportPolicy())
    found = families(exporter.scrape(0.0))
    assert {"driftwatch_records", "driftwatch_build_info", "process_cpu_seconds"} <= found
    assert not found & {"driftwatch_drift_alarm", "driftwatch_psi", "driftwatch_blind"}
    assert b'driftwatch_records_total{outcome="counted"} 0.0\n' in exporter.scrape(0.0).body
    assert exporter.report(0.0) is None


def test_a_report_is_believed_for_less_than_60_s() -> None:
    exporter = published(100.0)
    assert "driftwatch_drift_alarm" in families(exporter.scrape(159.9))
    stalled = exporter.scrape(160.0)
    assert not families(stalled) & {"driftwatch_drift_alarm", "driftwatch_psi"}
    blind = [line for line in stalled.body.splitlines() if line.startswith(b"driftwatch_blind")]
    assert blind == [
        b'driftwatch_blind{model="fraud",model_version="3",reason="stalled",segment="all"} 1.0'
    ]
    assert b'driftwatch_records_total{outcome="counted"} 5000.0\n' in stalled.body


def test_a_loop_that_comes_back_is_believed_again() -> None:
    exporter = published(100.0)
    assert "driftwatch_drift_alarm" not in families(exporter.scrape(200.0))
    exporter.publish(report(), ProcessFacts(), 201.0)
    assert "driftwatch_drift_alarm" in families(exporter.scrape(202.0))


def test_a_report_that_is_too_old_says_that_it_is_blind() -> None:
    exporter = Exporter(ExportPolicy())
    given = report(stream(blind={"late": "12% came late"}))
    exporter.publish(given, ProcessFacts(), 100.0)
    assert exporter.report(159.0) is given
    old = exporter.report(175.0)
    assert old is not None
    (found,) = old.streams
    assert found.key == FRAUD
    assert found.blind == {
        "late": "12% came late",
        "stalled": "the loop has not come back for 75 s",
    }


def test_series_that_are_dropped_are_counted_up_from_report_to_report() -> None:
    exporter = Exporter(ExportPolicy(max_series=70))
    dropped = []
    for at in (100.0, 110.0, 180.0):
        if at < 180.0:
            exporter.publish(report(), ProcessFacts(), at)
        body = exporter.scrape(at).body.decode()
        (family,) = [f for f in parse_text(body) if f.name == "driftwatch_series_dropped"]
        dropped.append(family.samples[0].value)
    assert dropped[0] > 0
    assert dropped[1:] == [2 * dropped[0], 2 * dropped[0]]


def test_scrapes_while_the_loop_publishes_each_see_one_whole_report() -> None:
    columns = [Column(f"c{i}", "feature", "numeric") for i in range(100)]
    given = [report(stream(columns=columns, rows=rows)) for rows in (1000, 2000)]
    exporter = Exporter(ExportPolicy())
    exporter.publish(given[0], ProcessFacts(), 0.0)
    stop = threading.Event()

    def publish() -> None:
        for found in itertools.cycle(given):
            if stop.is_set():
                return
            exporter.publish(found, ProcessFacts(), 0.0)

    loop = threading.Thread(target=publish)
    loop.start()
    try:
        seen = set()
        for encoding in ("", "gzip") * 25:
            scrape = exporter.scrape(1.0, "", encoding)
            body = gzip.decompress(scrape.body) if scrape.gzipped else scrape.body
            assert body.count(b"driftwatch_psi{") == 200
            assert body.count(b"driftwatch_blind{") == len(BLIND_REASONS)
            rows = {
                line.rpartition(b" ")[2]
                for line in body.splitlines()
                if line.startswith(b"driftwatch_window_records{")
            }
            assert len(rows) == 1
            seen |= rows
    finally:
        stop.set()
        loop.join()
    assert seen == {b"1000.0", b"2000.0"}


def test_a_publish_of_500_columns_in_two_windows_is_quick_and_a_scrape_quicker() -> None:
    columns = [Column(f"column_{i}", "feature", "numeric") for i in range(500)]
    given = report(stream(columns=columns))
    exporter = Exporter(ExportPolicy())

    def quickest(what: Callable[[], object]) -> float:
        return min(timed(what) for _ in range(5))

    def timed(what: Callable[[], object]) -> float:
        begin = time.process_time()
        what()
        return time.process_time() - begin

    # Several times what it takes, for slow machines; and a scrape that renders would be noticed.
    assert quickest(lambda: exporter.publish(given, ProcessFacts(), 0.0)) < 0.1
    assert quickest(lambda: exporter.scrape(1.0, "", "gzip")) < 0.005


def test_no_page_has_more_series_than_allowed_even_with_every_alarm_raised() -> None:
    raised = [(severity, column) for severity in SEVERITIES for column in (0, 1)]
    events = [
        alarm_event(column=name, severity=severity, explanation=UNEXPLAINED)
        for severity in SEVERITIES
        for name in ("amount", "country")
    ]
    given = report(stream(raised=dict.fromkeys(raised, NOW_US)), alarms=tuple(events))

    def size(max_series: int) -> int:
        exporter = Exporter(ExportPolicy(max_series))
        exporter.publish(given, ProcessFacts(), 100.0)
        return count(exporter.scrape(101.0))

    sizes = set()
    for limit in range(size(1), size(10_000) + 1):
        assert size(limit) <= limit
        sizes.add(size(limit))
    assert len(sizes) == 4  # with both windows, with one, with none, and without the baseline


def count(scrape: Scrape) -> int:
    """The series of a page."""
    return sum(len(family.samples) for family in parse_text(scrape.body.decode()))


def test_another_policy_holds_from_the_next_report_on() -> None:
    exporter = published(100.0)
    exporter.policy = ExportPolicy(p_values=True)
    assert "driftwatch_psi_p_value" not in families(exporter.scrape(101.0))
    exporter.publish(report(), ProcessFacts(), 102.0)
    assert "driftwatch_psi_p_value" in families(exporter.scrape(103.0))
