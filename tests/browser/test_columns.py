"""Finding a column among many, opening it, and coming back; with script and without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import StartState
from tests.browser.many import in_segments, wide_report
from tests.browser.served import site_of
from tests.browser.visit import SLOW_MS, Visit, visiting
from tests.browser.world import HOSTILE_NAME

IN_ALARM = {"temperature", "rating", "weather", "promo", "email_domain"}
SECTIONS = ("distribution", "over-time", "missing", "gauges", "alarms", "governed-by")


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def visit(
    request: pytest.FixtureRequest, in_state: StartState, browser: Browser
) -> Iterator[Visit]:
    """The page of a daemon that sees drift."""
    script: bool = request.param
    with visiting(browser, in_state("drifting").url, java_script_enabled=script) as found:
        found.goto()
        yield found
        assert found.complaints == []
        assert found.elsewhere == []


def choose(visit: Visit, name: str, value: str) -> None:
    """Choose in a list of the form, and send it; what is shown then has to be waited for."""
    visit.page.select_option(f"form#filter select[name={name}]", value)
    visit.page.locator("form#filter button[type=submit]").click()


def search(visit: Visit, words: str) -> None:
    """Type into the search box and press Enter; what is shown then has to be waited for."""
    visit.page.fill("form#filter input[name=q]", words)
    visit.page.press("form#filter input[name=q]", "Enter")


def test_columns_in_alarm_stand_above_the_others(visit: Visit) -> None:
    rows = visit.page.locator("tr[data-column]").all()
    paged = [row.get_attribute("data-state") == "page" for row in rows]
    assert paged == sorted(paged, reverse=True)
    assert set(visit.columns()[: sum(paged)]) >= IN_ALARM


def test_a_search_leaves_the_columns_with_these_letters(visit: Visit) -> None:
    search(visit, "minutes")
    visit.wait_for_columns("minutes", "actual_minutes")
    assert visit.page.input_value("form#filter input[name=q]") == "minutes"


def test_a_search_may_be_for_signs_that_mean_something_elsewhere(visit: Visit) -> None:
    search(visit, "<b>€</b>/km & 'Größe' %2F")
    visit.wait_for_columns(HOSTILE_NAME)


def test_a_search_that_finds_nothing_says_so(visit: Visit) -> None:
    search(visit, "no such thing")
    visit.wait_for_columns()
    expect(visit.page.locator("#columns")).to_contain_text("0 columns of 15")


def test_columns_are_filtered_by_role(visit: Visit) -> None:
    choose(visit, "role", "prediction")
    visit.wait_for_columns("minutes")


def test_columns_are_filtered_by_state(visit: Visit) -> None:
    choose(visit, "state", "ok")
    expect(visit.page.locator("tr[data-column]:not([data-state=ok])")).to_have_count(
        0, timeout=SLOW_MS
    )
    visit.page.wait_for_load_state()
    shown = visit.columns()
    assert "trip_miles" in shown
    assert not IN_ALARM & set(shown)


def test_with_script_a_choice_changes_the_page_in_place(
    in_state: StartState, browser: Browser
) -> None:
    """By one way only: what is fetched, and not a load of the page beside it."""
    with visiting(browser, in_state("drifting").url) as visit:
        visit.goto()
        choose(visit, "role", "prediction")
        visit.wait_for_columns("minutes")
        visit.page.wait_for_timeout(300)  # as long as letters are waited for, and more
        assert visit.page.url == f"{visit.url}/?role=prediction"
        assert {asked for asked in visit.requests if "role=" in asked} == {visit.page.url}


def test_a_search_and_a_filter_hold_together(visit: Visit) -> None:
    search(visit, "minutes")
    visit.wait_for_columns("minutes", "actual_minutes")
    choose(visit, "role", "label")
    visit.wait_for_columns("actual_minutes")


def test_a_column_opens_and_the_back_button_leads_to_where_one_was(visit: Visit) -> None:
    search(visit, "temp")
    visit.wait_for_columns("temperature")
    visit.page.locator("tr[data-column=temperature] a").first.click()
    visit.page.wait_for_url("**/columns/temperature*")
    assert "temperature" in visit.page.locator("h1").inner_text()
    visit.page.go_back()
    visit.wait_for_columns("temperature")
    assert visit.page.input_value("form#filter input[name=q]") == "temp"


@pytest.mark.parametrize("name", ["temperature", "weather", HOSTILE_NAME, "email_domain"])
def test_the_page_of_a_column_has_all_its_parts(visit: Visit, name: str) -> None:
    row = visit.page.locator("tr[data-column]").filter(has=visit.page.get_by_text(name, exact=True))
    row.locator("a").first.click()
    visit.page.wait_for_url("**/columns/*")
    assert name in visit.page.locator("h1").inner_text()
    found = [name for name in SECTIONS if visit.page.locator(f"#{name}").count() == 1]
    assert found == list(SECTIONS)


def test_a_column_is_shown_over_the_window_that_is_asked_for(visit: Visit) -> None:
    visit.goto("/columns/temperature")
    shown = visit.page.locator("#distribution [aria-current]")
    assert shown.inner_text() == "last 1m"
    visit.page.get_by_role("link", name="last 10m").click()
    visit.page.wait_for_url("**window=10m*")
    assert shown.inner_text() == "last 10m"
    assert "last 10m" in visit.page.locator("#gauges").inner_text()


def test_a_name_that_no_column_has_leads_to_those_that_are_like_it(visit: Visit) -> None:
    visit.page.goto(f"{visit.url}/columns/temprature")
    visit.page.get_by_role("link", name="temperature", exact=True).click()
    visit.page.wait_for_url("**/columns/temperature*")
    visit.complaints.clear()  # the browser tells the console of every 404


def test_streams_are_filtered_by_segment(browser: Browser) -> None:
    report = in_segments(wide_report(columns=10, minutes=30), "new_customers", "abroad")
    with site_of(report) as url, visiting(browser, url) as visit:
        visit.goto()
        assert visit.page.locator("[data-stream]").count() == 3
        choose(visit, "segment", "abroad")
        expect(visit.page.locator("[data-stream]")).to_have_count(1, timeout=SLOW_MS)
        assert len(visit.columns()) == 10
