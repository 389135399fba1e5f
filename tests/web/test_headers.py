"""What every answer says to a browser, and what it says of the request: nothing."""

import re
from collections.abc import Iterator

import pytest

from tests.web.site import Site, serving

PAGES = ("/", "/metrics", "/-/healthy", "/-/ready", "/config")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(Site()) as site:
        yield site


@pytest.mark.parametrize("page", [*PAGES, "/nothing", "/-/reload", "/api/v1/columns/nothing"])
def test_no_browser_is_led_astray_by_an_answer(site: Site, page: str) -> None:
    headers = site.ask(page).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


@pytest.mark.parametrize("page", ["/", "/columns/amount", "/columns/nothing"])
def test_a_page_needs_nothing_that_its_policy_forbids(site: Site, page: str) -> None:
    text = site.ask(page).text
    assert not re.search(r"<(style|img|iframe)|style=|\bon\w+=|javascript:", text)
    assert re.findall(r"<script[^>]*>[^<]*<", text) == ['<script src="/assets/refresh.js" defer><']
    links = re.findall(r"<link[^>]* href=\"([^\"]*)\"", text)
    assert links == ["/assets/icon.svg", "/assets/style.css"]


@pytest.mark.parametrize("page", [*PAGES, "/metrics/", "//metrics", "/nothing"])
def test_no_header_of_a_request_comes_back(site: Site, page: str) -> None:
    mark = "evil.example"
    given = {"host": mark, "x_forwarded_host": mark, "referer": f"http://{mark}/", "origin": mark}
    answer = site.ask(page, **given)
    assert mark not in answer.text
    assert mark not in repr(answer.headers)
    assert answer.status in {200, 404}
