"""All of it by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import StartState
from tests.browser.visit import Visit, visiting

# What has the focus: where it stands in the order of the document, and whether one can see it.
_FOCUSED = """
() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at)
  const all = [...document.querySelectorAll('*')]
  return {
    order: all.indexOf(at),
    label: (at.getAttribute('aria-label') || at.innerText || at.name || at.tagName).slice(0, 60),
    ring: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1)
      || style.boxShadow !== 'none',
    onScreen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth,
  }
}
"""
STOPS = 30


@pytest.fixture
def visit(in_state: StartState, browser: Browser) -> Iterator[Visit]:
    with visiting(browser, in_state("drifting").url) as found:
        found.goto()
        yield found


@pytest.mark.parametrize("path", ["/", "/columns/temperature"])
def test_the_focus_goes_down_the_page_and_can_be_seen(visit: Visit, path: str) -> None:
    visit.goto(path)
    stops = []
    for _ in range(STOPS):
        visit.page.keyboard.press("Tab")
        stops.append(visit.page.evaluate(_FOCUSED))
    # At its end the page hands the focus on to the browser, and gets it back at the top.
    orders = [stop["order"] for stop in stops]
    once = orders[: orders.index(max(orders)) + 1]
    assert once == sorted(set(once))
    hidden = [stop for stop in stops[: len(once)] if not (stop["ring"] and stop["onScreen"])]
    assert hidden == []


def test_the_first_stop_leads_past_the_head_of_the_page(visit: Visit) -> None:
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.matches('a.skip')")
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("!!document.activeElement.closest('main')")


def test_a_column_is_searched_and_opened_without_a_mouse(visit: Visit) -> None:
    visit.page.focus("form#filter input[name=q]")
    visit.page.keyboard.type("temp")
    visit.page.keyboard.press("Enter")
    visit.wait_for_columns("temperature")
    visit.page.focus("tr[data-column=temperature] a")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/columns/temperature*")
