"""Every page in every size and theme: no barrier, nothing cut off, and a picture of each."""

from collections.abc import Callable
from itertools import product
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import StartState
from tests.browser.daemons import State
from tests.browser.looks import Look, look
from tests.browser.visit import SIZES, THEMES, Theme, visiting
from tests.browser.world import HOSTILE_NAME

Seen = tuple[str, str, Theme]
"""A page, a size and a theme."""

PAGES: dict[str, tuple[State, str]] = {
    "ok": ("ok", "/"),
    "drifting": ("drifting", "/"),
    "silent": ("silent", "/"),
    "unparsed": ("unparsed", "/"),
    "warming-up": ("warming_up", "/"),
    "column-numeric": ("drifting", "/columns/temperature"),
    "column-few-numbers": ("drifting", "/columns/surge"),
    "column-words": ("drifting", "/columns/promo"),
    "column-missing": ("drifting", "/columns/rating"),
    "column-sensitive": ("drifting", "/columns/email_domain"),
    "column-hostile-name": ("drifting", f"/columns/{quote(HOSTILE_NAME, safe='')}"),
    "column-warming-up": ("warming_up", "/columns/temperature"),
}
WHOLE = ("drifting", "column-numeric")
"""Seen in every size and theme; the others by turns on a phone at night and on a laptop."""

SEEN: list[Seen] = [
    *product(WHOLE, SIZES, THEMES),
    *((name, "phone", "dark") for name in [*PAGES][::2] if name not in WHOLE),
    *((name, "laptop", "light") for name in [*PAGES][1::2] if name not in WHOLE),
]

Looking = Callable[[Seen], Look]


@pytest.fixture(scope="module")
def looking(in_state: StartState, browser: Browser) -> Looking:
    """Looks at a page when it is first asked for, and remembers."""
    known: dict[Seen, Look] = {}

    def at(seen: Seen) -> Look:
        if seen not in known:
            name, size, theme = seen
            state, path = PAGES[name]
            known[seen] = look(browser, in_state(state).url, path, name, size, theme)
        return known[seen]

    return at


@pytest.fixture(params=SEEN, ids="-".join)
def seen(request: pytest.FixtureRequest, looking: Looking) -> Look:
    return looking(request.param)


def test_axe_finds_nothing_serious(seen: Look) -> None:
    assert seen.violations == []


def test_nothing_lies_beside_the_window(seen: Look) -> None:
    assert seen.overflow <= 0


@pytest.mark.parametrize("path", [path for state, path in PAGES.values() if state == "drifting"])
def test_a_page_fits_a_window_of_320_pixels(
    in_state: StartState, browser: Browser, path: str
) -> None:
    """So wide is a laptop's window at a zoom of 400%."""
    with visiting(browser, in_state("drifting").url, (320, 640)) as visit:
        visit.goto(path)
        assert visit.overflow() <= 0


def test_every_plot_has_a_table(seen: Look) -> None:
    assert seen.without_table == []


def test_the_console_is_silent(seen: Look) -> None:
    assert seen.complaints == []


def test_nothing_is_asked_of_anybody_else(seen: Look) -> None:
    assert seen.elsewhere == []
