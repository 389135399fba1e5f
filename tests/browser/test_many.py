"""Five hundred columns on one page."""

import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.looks import picture
from tests.browser.many import COLUMNS, DRIFTING, name_of, wide_report
from tests.browser.served import site_of
from tests.browser.visit import visiting

MOST_BYTES = 1_500_000
MOST_NODES = 20_000


@pytest.fixture(scope="module")
def wide() -> Iterator[str]:
    with site_of(wide_report()) as url:
        yield url


def test_all_of_them_are_on_the_page_and_the_drifting_ones_above(
    wide: str, browser: Browser
) -> None:
    with visiting(browser, wide) as visit:
        visit.goto()
        shown = visit.columns()
        visit.page.screenshot(path=picture("500-columns"))
    assert len(shown) == COLUMNS
    drifting = [name_of(i) for i in range(COLUMNS) if i % 5 != 4][:DRIFTING]
    assert sorted(shown[:DRIFTING]) == drifting


def test_the_page_stays_small_enough_to_load_at_once(wide: str, browser: Browser) -> None:
    with urllib.request.urlopen(wide) as answer:
        assert len(answer.read()) < MOST_BYTES
    with visiting(browser, wide) as visit:
        visit.goto()
        assert visit.page.evaluate("document.querySelectorAll('*').length") < MOST_NODES


def test_a_search_among_them_finds_one(wide: str, browser: Browser) -> None:
    with visiting(browser, wide) as visit:
        visit.goto(f"/?q={name_of(123)}")
        assert visit.columns() == [name_of(123)]
