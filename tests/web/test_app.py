"""Every page, asked for through a real socket."""

import gzip
import html
import http.client
import json
import re
import threading
import time
import urllib.parse
from collections.abc import Iterator

import markupsafe
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from driftwatch.errors import ConfigError
from driftwatch.export.facts import ProcessFacts
from driftwatch.monitor.report import Column, Report
from driftwatch.records import StreamKey
from tests.export.reports import AMOUNT, COUNTRY, alarm_event, report, stream
from tests.web.site import Site, serving

PAGES = ("/", "/metrics", "/-/healthy", "/-/ready", "/config", "/api/v1/status")
WEIRD = ("a/b c", "/a//b/", "ünï·code 🦉", "100%", "what?", "new\nline\n", "#1", "..", "a+b&c=d")


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    """One server for all tests of this file, and a second one costs a fifth of a second each."""
    with serving(Site()) as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    """A site where all is well, with a report of a second ago."""
    server.reset()
    show(server, report(stream(), alarms=(alarm_event(),)))
    return server


@pytest.fixture
def empty() -> Iterator[Site]:
    """A site before the first report."""
    with serving(Site()) as site:
        yield site


def show(site: Site, found: Report) -> None:
    site.exporter.publish(found, ProcessFacts(), site.now - 1.0)


@pytest.mark.parametrize("page", PAGES)
def test_a_head_request_has_the_headers_of_the_page_and_no_body(site: Site, page: str) -> None:
    got, head = site.ask(page), site.ask(page, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.kind == got.kind
    if page != "/metrics":  # memory and CPU time differ from one moment to the next
        assert head.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_that_is_read_takes_no_other_method(site: Site, page: str, method: str) -> None:
    answer = site.ask(page, method)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("page", ["/metric", "/api/v2/status", "/-/quit", "/<script>"])
def test_an_unknown_path_is_told_in_plain_text(site: Site, page: str) -> None:
    answer = site.ask(page)
    assert answer.status == 404
    assert answer.kind == "text/plain; charset=utf-8"
    assert answer.text == f"there is nothing at {page}; / lists what there is\n"


def test_the_metrics_are_those_of_the_exporter(site: Site) -> None:
    answer = site.ask("/metrics")
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"driftwatch_drift_alarm", "driftwatch_psi", "process_cpu_seconds"} <= names


def test_the_metrics_come_as_openmetrics_where_that_is_asked_for(site: Site) -> None:
    answer = site.ask("/metrics", accept="application/openmetrics-text;version=1.0.0")
    assert answer.kind.startswith("application/openmetrics-text; version=1.0.0;")
    assert answer.text.endswith("# EOF\n")


def test_the_metrics_are_gzipped_where_that_is_asked_for(site: Site) -> None:
    answer = site.ask("/metrics", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert b"driftwatch_drift_alarm{" in gzip.decompress(answer.body)


def test_the_metrics_of_a_loop_that_stopped_say_so(site: Site) -> None:
    site.now += 60.0
    text = site.ask("/metrics").text
    assert 'reason="stalled",segment="all"} 1.0\n' in text
    assert "driftwatch_drift_alarm{" not in text


def test_a_process_is_healthy_while_its_loop_comes_round(site: Site) -> None:
    answer = site.ask("/-/healthy")
    assert (answer.status, answer.text) == (200, "healthy\n")


def test_a_process_whose_loop_hangs_is_not_healthy(site: Site) -> None:
    site.last_progress = site.now - 60.0
    assert site.ask("/-/healthy").status == 200
    site.last_progress = site.now - 61.0
    answer = site.ask("/-/healthy")
    assert (answer.status, answer.text) == (503, "the loop has not come round for 61 s\n")


def test_a_process_is_ready_once_nothing_is_missing(site: Site) -> None:
    answer = site.ask("/-/ready")
    assert (answer.status, answer.text) == (200, "ready\n")
    site.missing = "the state is not open yet"
    answer = site.ask("/-/ready")
    assert (answer.status, answer.text) == (503, "the state is not open yet\n")


def test_blindness_does_not_take_a_process_out_of_service(site: Site) -> None:
    show(site, report(stream(blind={"no_records": "no record for 2 h"})))
    assert site.ask("/-/ready").status == 200
    assert site.ask("/-/healthy").status == 200


def test_a_reload_is_asked_for_by_post(site: Site) -> None:
    answer = site.ask("/-/reload", "POST")
    assert (answer.status, answer.text, site.reloads) == (200, "reloaded\n", 1)


def test_a_reload_that_fails_says_what_is_wrong(site: Site) -> None:
    site.refusal = ConfigError("driftwatch.yaml:3: windows: missing")
    answer = site.ask("/-/reload", "POST")
    assert (answer.status, answer.text) == (400, "driftwatch.yaml:3: windows: missing\n")


def test_a_reload_is_refused_where_it_is_off_with_the_way_to_turn_it_on() -> None:
    with serving(Site(), may_reload=False) as site:
        answer = site.ask("/-/reload", "POST")
    assert (answer.status, site.reloads) == (403, 0)
    assert answer.text == "reloading by HTTP is off: set http.reload to true, or send SIGHUP\n"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_nothing_but_a_post_reloads(site: Site, method: str) -> None:
    answer = site.ask("/-/reload", method)
    assert (answer.status, answer.headers["allow"], site.reloads) == (405, "POST", 0)


def test_two_reloads_never_run_at_a_time_and_hold_up_no_scrape(site: Site) -> None:
    site.hold_reloads.clear()
    asked = [threading.Thread(target=site.ask, args=("/-/reload", "POST")) for _ in range(2)]
    for thread in asked:
        thread.start()
    site.wait_until_reloading()
    assert site.ask("/metrics").status == 200
    time.sleep(0.05)  # time for a second reload to begin, if it could
    assert site.reloads == 1
    site.hold_reloads.set()
    for thread in asked:
        thread.join()
    assert site.reloads == 2


def test_the_configuration_is_shown_as_yaml_in_its_order(site: Site) -> None:
    site.settings = {"windows": ["1h"], "source": {"kafka": {"sasl_password": "********"}}}
    site.settings["models"] = {"café": {}}
    answer = site.ask("/config")
    assert answer.kind == "text/plain; charset=utf-8"
    assert yaml.safe_load(answer.text) == site.settings
    assert list(yaml.safe_load(answer.text)) == ["windows", "source", "models"]
    assert "café" in answer.text


def test_the_status_is_the_report_as_json(site: Site) -> None:
    answer = site.ask("/api/v1/status")
    assert (answer.status, answer.kind) == (200, "application/json")
    found = json.loads(answer.body)
    assert found["streams"][0]["columns"][0]["name"] == "amount"
    assert found["alarms"][0]["severity"] == "page"


def test_the_status_of_a_loop_that_stopped_is_blind(site: Site) -> None:
    site.now += 74.0
    (found,) = json.loads(site.ask("/api/v1/status").body)["streams"]
    assert found["blind"] == {"stalled": "the loop has not come back for 75 s"}


@pytest.mark.parametrize("page", ["/api/v1/status", "/api/v1/columns/amount"])
def test_before_the_first_report_there_is_no_status(empty: Site, page: str) -> None:
    answer = empty.ask(page)
    assert (answer.status, answer.kind) == (503, "application/json")
    assert json.loads(answer.body) == {"error": "nothing has been computed yet"}


def test_before_the_first_report_the_first_page_says_so(empty: Site) -> None:
    assert 'data-state="starting">Too early to tell' in empty.ask("/").text


def test_one_column_is_the_status_with_that_column_alone(site: Site) -> None:
    found = json.loads(site.ask("/api/v1/columns/country").body)
    assert [c["name"] for s in found["streams"] for c in s["columns"]] == ["country"]
    assert found["alarms"] == []
    assert found.keys() == json.loads(site.ask("/api/v1/status").body).keys()


@pytest.mark.parametrize("name", WEIRD)
def test_a_column_of_any_name_is_found(site: Site, name: str) -> None:
    show(site, report(stream(columns=(AMOUNT, Column(name, "feature", "numeric")))))
    answer = site.ask(f"/api/v1/columns/{urllib.parse.quote(name, safe='')}")
    assert answer.status == 200
    (found,) = json.loads(answer.body)["streams"]
    assert [column["name"] for column in found["columns"]] == [name]


def test_the_columns_of_several_streams_are_told_apart_by_a_filter(site: Site) -> None:
    keys = (StreamKey("fraud", "3"), StreamKey("fraud", "4"), StreamKey("fraud", "4", "new & old"))
    show(site, report(*(stream(key) for key in keys)))

    def found(**query: str) -> list[tuple[str, str, str]]:
        answer = site.ask(f"/api/v1/columns/amount?{urllib.parse.urlencode(query)}")
        streams = json.loads(answer.body)["streams"]
        return [(s["model"], s["model_version"], s["segment"]) for s in streams]

    assert found() == list(keys)
    assert found(model="fraud", model_version="4") == list(keys[1:])
    assert found(segment="new & old") == [keys[2]]


def test_a_column_that_is_not_there_is_answered_with_the_nearest_names(site: Site) -> None:
    columns = [Column(n, "feature", "numeric") for n in ("Amount", "amount_eur", "age", "zip")]
    show(site, report(stream(columns=columns)))
    answer = site.ask("/api/v1/columns/amont")
    assert (answer.status, answer.kind) == (404, "application/json")
    assert json.loads(answer.body) == {
        "error": "no column is called 'amont'",
        "nearest": ["Amount", "amount_eur"],
    }


def test_a_stream_that_is_not_there_is_told_apart_from_a_column(site: Site) -> None:
    answer = site.ask("/api/v1/columns/amount?model_version=9")
    assert answer.status == 404
    assert json.loads(answer.body) == {"error": "there is no such stream", "nearest": []}


@pytest.mark.parametrize("page", ["/", "/columns/amount", "/columns/country"])
def test_every_link_of_a_page_leads_to_something(site: Site, page: str) -> None:
    text = site.ask(page).text
    links = {html.unescape(part.split('"')[0]) for part in re.split('(?:href|src)="', text)[1:]}
    links = {link for link in links if not link.startswith("#")}
    assert {"/assets/style.css", "/metrics", "/config"} <= links
    assert {link: site.ask(link).status for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize("name", WEIRD)
def test_a_column_of_any_name_has_a_page(site: Site, name: str) -> None:
    show(site, report(stream(columns=(AMOUNT, Column(name, "feature", "numeric")))))
    answer = site.ask(f"/columns/{urllib.parse.quote(name, safe='')}")
    assert answer.status == 200
    assert str(markupsafe.escape(name)) in answer.text


def test_a_page_of_a_column_that_is_not_there_offers_the_nearest(site: Site) -> None:
    answer = site.ask("/columns/amont")
    assert (answer.status, answer.kind) == (404, "text/html; charset=utf-8")
    assert '<a href="/columns/amount">amount</a>' in answer.text


def test_a_page_is_compressed_for_who_takes_that(site: Site) -> None:
    plain, packed = site.ask("/"), site.ask("/", accept_encoding="gzip")
    assert gzip.decompress(packed.body) == plain.body


def test_an_asset_that_is_not_there_is_not_found(site: Site) -> None:
    assert site.ask("/assets/..%2fstyle.css").status == 404


def test_many_scrapes_at_a_time_each_get_the_whole_page(site: Site) -> None:
    columns = [Column(f"c{i}", "feature", "numeric") for i in range(100)] + [COUNTRY]
    show(site, report(stream(columns=columns)))
    sizes: list[int] = []

    def scrape() -> None:
        for _ in range(5):
            page = gzip.decompress(site.ask("/metrics", accept_encoding="gzip").body)
            sizes.append(page.count(b"driftwatch_psi{"))

    threads = [threading.Thread(target=scrape) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [202] * 40


def test_one_connection_serves_scrape_after_scrape(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        for _ in range(3):
            connection.request("GET", "/-/ready")
            answer = connection.getresponse()
            assert (answer.status, answer.read(), answer.will_close) == (200, b"ready\n", False)
    finally:
        connection.close()
