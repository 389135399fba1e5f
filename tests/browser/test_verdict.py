"""The first line answers what a person who opens the page wants to know."""

import re

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import StartState
from tests.browser.daemons import State
from tests.browser.many import wide_report
from tests.browser.served import site_of
from tests.browser.visit import visiting

SAYS: dict[State, tuple[str, str]] = {
    "ok": ("ok", r"^No: all 15 columns of rides 7"),
    "drifting": ("drifting", r"^Yes: 6 columns of rides"),
    "silent": ("blind", r"^Can't tell: .*blind to rides 7: no record for"),
    "unparsed": ("blind", r"^Can't tell: .*blind to rides 7"),
    "warming_up": ("warming_up", r"^Too early to be sure"),
}


@pytest.mark.parametrize("state", SAYS)
def test_the_first_line_says_how_things_stand(
    in_state: StartState, browser: Browser, state: State
) -> None:
    expected, words = SAYS[state]
    with visiting(browser, in_state(state).url) as visit:
        visit.goto()
        assert visit.state() == expected
        assert re.search(words, visit.verdict())


def test_before_anything_is_known_it_says_that_it_is_starting(browser: Browser) -> None:
    with site_of(None) as url, visiting(browser, url) as visit:
        visit.goto()
        assert visit.state() == "starting"


def test_a_loop_that_hangs_reads_as_blind(browser: Browser) -> None:
    report = wide_report(columns=5, minutes=80, drifting=0)
    with site_of(report, age_seconds=61) as url, visiting(browser, url) as visit:
        visit.goto()
        assert visit.state() == "blind"
        assert "the loop has not come back for 61 s" in visit.verdict()


@pytest.mark.parametrize(
    ("state", "words"),
    [("silent", r"no record for \d+ (s|min)"), ("unparsed", r"could not be read")],
)
def test_a_blind_page_says_why(
    in_state: StartState, browser: Browser, state: State, words: str
) -> None:
    with visiting(browser, in_state(state).url) as visit:
        visit.goto()
        assert re.search(words, visit.page.locator("main").inner_text())


def test_the_title_of_the_tab_says_it_too(in_state: StartState, browser: Browser) -> None:
    titles = set()
    for state in ("ok", "drifting", "silent"):
        with visiting(browser, in_state(state).url) as visit:
            visit.goto()
            titles.add(visit.page.title())
    assert len(titles) == 3
