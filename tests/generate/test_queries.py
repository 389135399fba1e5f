"""Every query of every dashboard, in a real Prometheus that scrapes a real daemon.

The daemon is scraped under two names, as if it were two replicas that hold the same state: a query
that told them apart would give two series where one is meant, or fail to match them.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from driftwatch.export.exposition import render_stalled
from driftwatch.export.facts import ProcessFacts
from driftwatch.generate.dashboards import DashboardPolicy, files
from driftwatch.generate.links import LOCAL
from tests.export.reports import FRAUD, report, stream
from tests.generate.as_grafana import Page, links_of, panels, queries
from tests.generate.drifting import (
    MODEL,
    NUMBER,
    PREDICTION,
    SILENT,
    STEADY,
    VERSION,
    WORDS,
    drifting,
)
from tests.harness.process import http_get
from tests.harness.prometheus import Prometheus
from tests.harness.waiting import wait_until

pytestmark = [pytest.mark.surfaces, pytest.mark.integration]

# Any: a dashboard is JSON.
DASHBOARDS: Mapping[str, Any] = {
    name.removesuffix(".json"): json.loads(text) for name, text in files(DashboardPolicy()).items()
}
OVERVIEW, COLUMN, ITSELF = "driftwatch-overview", "driftwatch-column", "driftwatch-itself"

NOBODY_IN_ALARM = ("In alarm (page)", "B")  # says that no column is
NOBODY_BLIND = ("Blind", "B")  # says that no stream is
OF_WORDS = {("Other distances", "B"), ("Never seen in training", "B")}
OF_NUMBERS = {
    ("Values over time", "A"),
    *(("Values up to here, the last $window", query) for query in "AB"),
    *((title, query) for title in ("Mean", "Standard deviation") for query in "AB"),
    *(("Kolmogorov-Smirnov distance", query) for query in "AB"),
    ("Other distances", "A"),
    ("Never seen in training", "A"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """url: of a Prometheus. status_page: of the daemon that it scrapes."""

    url: str
    status_page: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A Prometheus that has seen a daemon begin to drift."""
    home = tmp_path_factory.mktemp("drifting")
    data = tmp_path_factory.mktemp("prometheus")
    with (
        drifting(home) as port,
        Prometheus(data, [f"127.0.0.1:{port}", f"localhost:{port}"]) as found,
    ):

        def explained() -> bool:
            kinds = found.query('driftwatch_drift_explanation{severity="page"}')
            warming = found.query('driftwatch_blind{reason="warming_up"} == 1')
            columns = {each.labels["column"] for each in kinds}
            return columns == {NUMBER, WORDS, PREDICTION, STEADY} and {
                each.labels["model"] for each in warming
            } <= {SILENT}

        wait_until(explained, what="every column is in alarm and explained", timeout=90)
        time.sleep(5)  # rates need a few scrapes
        yield Seen(found.url, f"http://127.0.0.1:{port}")


def empty(server: Seen, name: str, **chosen: str) -> set[tuple[str, str]]:
    """The queries of a dashboard that find nothing."""
    page = Page(server.url, DASHBOARDS[name], chosen)
    return {(each.where, each.name) for each in queries(page.dashboard) if not page.rows(each)}


@pytest.mark.parametrize("name", [OVERVIEW, COLUMN, ITSELF])
def test_every_variable_offers_something_to_choose(server: Seen, name: str) -> None:
    offered = Page(server.url, DASHBOARDS[name], {"model": MODEL} if name == COLUMN else {}).offered
    assert [variable for variable, values in offered.items() if not values] == []


def test_a_column_is_chosen_among_those_of_its_model(server: Seen) -> None:
    page = Page(server.url, DASHBOARDS[COLUMN], {"model": MODEL})
    assert page.offered == {
        "model": sorted((MODEL, SILENT)),
        "model_version": [VERSION],
        "segment": ["all"],
        "column": sorted((NUMBER, WORDS, PREDICTION, STEADY)),
        "window": ["1m", "20s"],
    }


def test_every_query_of_the_overview_finds_something(server: Seen) -> None:
    assert empty(server, OVERVIEW) == {NOBODY_IN_ALARM, NOBODY_BLIND}


def test_the_overview_of_a_model_that_sees_says_that_no_stream_is_blind(
    server: Seen,
) -> None:
    marks = {("Blind", "A"), ("Blind", "annotation")}
    assert empty(server, OVERVIEW, model=MODEL) == {NOBODY_IN_ALARM, *marks}


def test_the_overview_of_a_model_without_drift_says_that_no_column_is_in_alarm(
    server: Seen,
) -> None:
    assert NOBODY_IN_ALARM not in empty(server, OVERVIEW, model=SILENT)


@pytest.mark.parametrize(
    ("column", "without"),
    [(NUMBER, OF_WORDS), (PREDICTION, OF_WORDS), (WORDS, OF_NUMBERS), (STEADY, OF_NUMBERS)],
)
def test_every_query_of_a_column_finds_something_but_what_its_kind_has_not(
    server: Seen, column: str, without: set[tuple[str, str]]
) -> None:
    not_blind = {("Blind", "annotation")}
    assert empty(server, COLUMN, model=MODEL, column=column) == without | not_blind


def test_every_query_of_the_process_finds_something(server: Seen) -> None:
    assert empty(server, ITSELF) == set()


@pytest.mark.parametrize(("name", "chosen"), [(OVERVIEW, {}), (COLUMN, {"column": NUMBER})])
def test_replicas_of_one_state_are_shown_as_one(
    server: Seen, name: str, chosen: Mapping[str, str]
) -> None:
    page = Page(server.url, DASHBOARDS[name], {"model": MODEL, **chosen})
    labels = {
        key for each in queries(page.dashboard) for row in page.rows(each) for key in row["metric"]
    }
    assert labels.isdisjoint({"instance", "job"})


def test_the_verdict_is_that_a_model_drifts_and_another_is_blind(server: Seen) -> None:
    page = Page(server.url, DASHBOARDS[OVERVIEW], {})
    asked = next(
        each for each in queries(page.dashboard) if each.where == "State of every model version"
    )
    states = {row["metric"]["model"]: float(row["values"][-1][1]) for row in page.rows(asked)}
    # 8 page, 4 blind, 2 info, 1 warming up.
    assert states == {MODEL: 8 + 2, SILENT: 4 + 1}


def test_an_alarm_that_was_raised_in_the_range_is_counted(server: Seen) -> None:
    page = Page(server.url, DASHBOARDS[COLUMN], {"model": MODEL, "column": NUMBER})
    asked = next(each for each in queries(page.dashboard) if each.where == "Alarms in this range")
    raised = {row["metric"]["severity"]: float(row["value"][1]) for row in page.rows(asked)}
    assert raised == {"info": pytest.approx(1, abs=0.3), "page": pytest.approx(1, abs=0.3)}


def test_a_column_in_alarm_has_one_row_in_the_table(server: Seen) -> None:
    page = Page(server.url, DASHBOARDS[OVERVIEW], {"model": MODEL})
    for asked in queries(page.dashboard):
        if asked.where == "Columns in alarm":
            columns = [row["metric"]["column"] for row in page.rows(asked)]
            assert sorted(columns) == sorted((NUMBER, WORDS, PREDICTION, STEADY)), asked.name


@pytest.mark.parametrize("name", [OVERVIEW, COLUMN, ITSELF])
def test_every_link_to_the_status_page_is_answered_by_it(server: Seen, name: str) -> None:
    links = replace(LOCAL, status_page=server.status_page)
    dashboard = json.loads(files(DashboardPolicy(links=links))[f"{name}.json"])
    page = Page(server.url, dashboard, {"model": MODEL, "column": NUMBER} if name == COLUMN else {})
    labels = {"model": MODEL, "model_version": VERSION, "segment": "all", "column": NUMBER}
    urls = {url for panel in panels(dashboard) for url in links_of(panel) if "status_page" in url}
    assert urls
    for url in urls:
        status, body = http_get(page.followed(url, labels))
        assert status == 200
        assert ("/columns/" not in url) or escape(NUMBER) in body


def test_a_process_that_hangs_is_blind_and_not_fine(tmp_path: Path) -> None:
    stalled = render_stalled(report(stream(FRAUD)), ProcessFacts()).text(False, b"")
    with serving(stalled) as port, Prometheus(tmp_path, [f"127.0.0.1:{port}"]) as server:
        server.wait_for("driftwatch_blind")
        page = Page(server.url, DASHBOARDS[OVERVIEW], {})
        asked = next(each for each in queries(page.dashboard) if each.where == "Verdict")
        assert [float(row["value"][1]) for row in page.rows(asked)] == [4]


@contextmanager
def serving(page: bytes) -> Iterator[int]:
    """A server that answers everything with this page, on a port of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
