"""A page that stays open stays true: it follows the daemon, and says where it no longer can."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import StartState
from tests.browser.daemons import daemon
from tests.browser.looks import picture
from tests.browser.visit import PHONE, Visit, visiting
from tests.harness.waiting import wait_until

SOON_SECONDS = 25.0


@pytest.fixture
def visit(in_state: StartState, browser: Browser) -> Iterator[Visit]:
    with visiting(browser, in_state("drifting").url, PHONE) as found:
        found.goto()
        found.page.evaluate("window.sameDocument = true")
        yield found
        assert found.complaints == []


def wait_for_news(visit: Visit) -> None:
    """Wait until the page says something else than before, and has not been loaded anew."""
    main = visit.page.locator("main")
    before = main.inner_text()
    wait_until(lambda: main.inner_text() != before, what="the page has news", timeout=SOON_SECONDS)
    assert visit.page.evaluate("window.sameDocument === true")


@pytest.mark.parametrize("path", ["/", "/columns/temperature"])
def test_numbers_change_by_themselves(visit: Visit, path: str) -> None:
    visit.goto(path)
    visit.page.evaluate("window.sameDocument = true")
    wait_for_news(visit)


def test_a_refresh_leaves_the_page_where_it_was_scrolled_to(visit: Visit) -> None:
    visit.page.evaluate("window.scrollTo(0, 400)")
    before = visit.page.evaluate("window.scrollY")
    wait_for_news(visit)
    assert before > 0
    assert visit.page.evaluate("window.scrollY") == before


def test_a_refresh_leaves_what_is_being_typed(visit: Visit) -> None:
    box = visit.page.locator("form#filter input[name=q]")
    box.press_sequentially("tem")
    wait_for_news(visit)
    assert visit.page.evaluate("document.activeElement.name") == "q"
    box.press_sequentially("per")
    assert box.input_value() == "temper"


def test_a_refresh_leaves_what_was_opened(visit: Visit) -> None:
    visit.goto("/columns/temperature")
    visit.page.evaluate("window.sameDocument = true")
    details = visit.page.locator("main details:not([open])").first
    details.locator("summary").click()
    opened = visit.page.locator("main details[open]").count()
    wait_for_news(visit)
    assert visit.page.locator("main details[open]").count() == opened


def test_a_refresh_leaves_the_focus_on_a_link(visit: Visit) -> None:
    link = visit.page.locator("tr[data-column=weather] a").first
    link.focus()
    wait_for_news(visit)
    expect(link).to_be_focused()


def test_a_page_whose_daemon_is_gone_says_so_and_recovers(
    browser: Browser, baseline: Path, tmp_path: Path
) -> None:
    with (
        daemon("ok", tmp_path / "ok", baseline) as running,
        visiting(browser, running.url) as visit,
    ):
        visit.goto()
        assert visit.state() == "ok"
        running.process.signal(signal.SIGSTOP)
        lost = visit.page.locator("#lost[role=status]")
        expect(lost).to_contain_text("No answer from Driftwatch since", timeout=40_000)
        assert "No answer" in visit.page.title()
        visit.page.screenshot(path=picture("gone"))
        running.process.signal(signal.SIGCONT)
        expect(lost).to_be_hidden(timeout=1000 * SOON_SECONDS)
        assert "No answer" not in visit.page.title()
        assert visit.elsewhere == []


def test_without_script_the_browser_loads_it_anew(in_state: StartState, browser: Browser) -> None:
    url = in_state("drifting").url
    with visiting(browser, url, java_script_enabled=False) as visit:
        visit.goto()
        refresh = visit.page.locator("meta[http-equiv=refresh]")
        assert refresh.count() == 1
        assert 5 <= float(refresh.get_attribute("content") or 0) <= 120
