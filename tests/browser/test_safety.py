"""Names and words from outside are text, and a page takes nothing from anywhere else."""

import json
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import StartState
from tests.browser.visit import Visit, visiting
from tests.browser.world import (
    HOSTILE_NAME,
    HOSTILE_WORDS,
    NEW_HOSTILE_WORD,
    NEW_SECRET_WORD,
    SECRET_WORDS,
)

PATHS = ("/", "/columns/temperature")


@pytest.fixture
def visit(in_state: StartState, browser: Browser) -> Iterator[Visit]:
    with visiting(browser, in_state("drifting").url) as found:
        yield found


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/columns/promo",
        f"/columns/{quote(HOSTILE_NAME, safe='')}",
        f"/?q={quote(NEW_HOSTILE_WORD)}&role={quote(NEW_HOSTILE_WORD)}&model=%22%3E%3Cb%3E",
        f"/columns/{quote(NEW_HOSTILE_WORD, safe='')}",
    ],
)
def test_what_looks_like_markup_stays_text(visit: Visit, path: str) -> None:
    visit.page.goto(visit.url + path)
    visit.page.wait_for_timeout(300)
    assert "taken" not in visit.page.title()
    assert visit.page.locator("main b, [onerror], [onload], main script, main img").count() == 0
    assert "49" not in visit.page.locator("main").inner_text().split("{{")[0][-3:]


def test_hostile_words_and_names_are_shown_as_they_are(visit: Visit) -> None:
    visit.goto("/")
    assert HOSTILE_NAME in visit.page.locator("main").inner_text()
    visit.goto("/columns/promo")
    shown = visit.page.locator("main").text_content() or ""
    assert all(word in shown for word in (*HOSTILE_WORDS, NEW_HOSTILE_WORD))


def test_words_of_a_sensitive_column_are_nowhere(visit: Visit) -> None:
    for path in ("/", "/columns/email_domain", "/?q=secret", "/api/v1/columns/email_domain"):
        visit.goto(path)
        shown = visit.page.content()
        assert [word for word in (*SECRET_WORDS, NEW_SECRET_WORD) if word in shown] == []


@pytest.mark.parametrize("path", PATHS)
def test_a_page_may_load_nothing_but_its_own(visit: Visit, path: str) -> None:
    with urllib.request.urlopen(visit.url + path) as answer:
        policy = answer.headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    allowed = {word for rule in rules.values() for word in rule.split()}
    assert not allowed & {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:", "http:"}


@pytest.mark.parametrize("path", PATHS)
def test_a_script_that_gets_into_a_page_does_not_run(visit: Visit, path: str) -> None:
    visit.goto(path)
    visit.page.evaluate(
        """() => {
          const script = document.createElement('script')
          script.textContent = "document.title = 'taken'"
          document.body.append(script)
          const image = document.createElement('div')
          image.innerHTML = "<img src=x onerror=\\"document.title = 'taken'\\">"
          document.body.append(image)
        }"""
    )
    visit.page.wait_for_timeout(300)
    assert "taken" not in visit.page.title()


@pytest.mark.parametrize("path", PATHS)
def test_all_that_a_page_asks_for_is_its_own(visit: Visit, path: str) -> None:
    visit.goto(path)
    visit.page.wait_for_timeout(1_000)
    assert visit.elsewhere == []
    assert visit.complaints == []
    assert json.loads(visit.page.evaluate("JSON.stringify(document.cookie)")) == ""
