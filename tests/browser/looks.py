"""One look at a page: its picture, and what was found wrong with it."""

from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.visit import SIZES, Theme, visiting
from tests.harness.tools import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
GRAVE = ("serious", "critical")


@dataclass(frozen=True)
class Look:
    """What a page was like in one size and one theme.

    violations: of the rules of accessibility, one line each, the grave ones. overflow: pixels to
    the right of the window. without_table: plots that no table stands for.
    """

    violations: list[str]
    overflow: int
    without_table: list[str]
    complaints: list[str]
    elsewhere: list[str]


def look(browser: Browser, url: str, path: str, name: str, size: str, theme: Theme) -> Look:
    """Look at a page, and keep its picture as `build/screenshots/NAME-SIZE-THEME.png`."""
    with visiting(browser, url, SIZES[size], theme) as visit:
        visit.goto(path)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        visit.page.screenshot(path=SCREENSHOTS / f"{name}-{size}-{theme}.png", full_page=True)
        return Look(
            violations=grave_violations(visit.page),
            overflow=visit.overflow(),
            without_table=visit.page.evaluate(PLOTS_WITHOUT_TABLE),
            complaints=list(visit.complaints),
            elsewhere=visit.elsewhere,
        )


def picture(name: str) -> Path:
    """Where a picture of this name is kept."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / f"{name}.png"


def grave_violations(page: Page) -> list[str]:
    """What axe finds that is grave, one line each, with where it is.

    Of a long table it sees the first rows only, which all others are like: it would take minutes.
    """
    page.evaluate(_SHORTER_TABLES)
    found = []
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in GRAVE:
            nodes = violation["nodes"]
            places = [(" ".join(map(str, node["target"])), node["html"][:90]) for node in nodes[:4]]
            found.append(f"{violation['id']}: {violation['help']}, {len(nodes)} times: {places}")
    return found


_SHORTER_TABLES = """
document.querySelectorAll('details tbody tr:nth-child(n+6)').forEach(row => row.remove())
"""

# A sparkline in a row says what the cells beside it say; every other plot has a table of its own.
PLOTS_WITHOUT_TABLE = """
[...document.querySelectorAll('main svg:not([aria-hidden=true])')]
  .filter(svg => !svg.closest('td') && !svg.closest('section')?.querySelector('table'))
  .map(svg => svg.getAttribute('aria-label') || svg.outerHTML.slice(0, 80))
"""
