"""A page as a person sees it, and all that it asked for and complained of meanwhile."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, ViewportSize, expect

PHONE, LAPTOP, WALL = (390, 844), (1280, 800), (1920, 1080)
SIZES: Mapping[str, tuple[int, int]] = {"phone": PHONE, "laptop": LAPTOP, "wall": WALL}
SLOW_MS = 30_000
"""So long a page of a busy machine may take."""
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)


@dataclass
class Visit:
    """A page that is open, and what happened in it.

    url: of the site; paths begin at it. requests: every address that was asked for. complaints:
    what the console showed as an error or a warning, and exceptions that nobody caught.
    """

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str = "/") -> None:
        """Open a path of the site, and wait until it is there with all that belongs to it."""
        answer = self.page.goto(self.url + path, wait_until="load")
        assert answer is None or answer.ok, f"{path}: {answer.status}"

    @property
    def elsewhere(self) -> list[str]:
        """Requests to any other place than the site."""
        own = urlsplit(self.url)[:2]
        return [asked for asked in self.requests if urlsplit(asked)[:2] != own]

    def state(self) -> str:
        """The state that the first line says."""
        return self.page.locator("#verdict").get_attribute("data-state") or ""

    def verdict(self) -> str:
        """The first line."""
        return self.page.locator("#verdict").inner_text()

    def columns(self) -> list[str]:
        """The names of the columns that can be seen, from above."""
        found: list[str] = self.page.evaluate(_NAMES)
        return found

    def wait_for_columns(self, *names: str) -> None:
        """Wait until the columns that can be seen are these alone, in any order.

        For after a search, which with script changes the page, and without it loads it anew.
        """
        shown = self.page.locator("tr[data-column]:visible")
        expect(shown).to_have_count(len(names), timeout=SLOW_MS)
        self.page.wait_for_load_state()
        assert sorted(self.columns()) == sorted(names)

    def overflow(self) -> int:
        """How many pixels of the page lie to the right of the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


_NAMES = """
[...document.querySelectorAll('tr[data-column]')]
  .filter(row => row.offsetParent !== null).map(row => row.dataset.column)
"""


@contextmanager
def visiting(
    browser: Browser,
    url: str,
    size: tuple[int, int] = LAPTOP,
    theme: Theme = "light",
    **options: Any,
) -> Iterator[Visit]:
    """A new visitor of a site.

    theme: `light` or `dark`. options: more of `Browser.new_context`.
    """
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    context = browser.new_context(
        viewport=viewport, color_scheme=theme, reduced_motion="reduce", **options
    )
    context.set_default_timeout(10_000)
    try:
        visit = Visit(context.new_page(), url)
        _listen(visit)
        yield visit
    finally:
        context.close()


def _listen(visit: Visit) -> None:
    def asked(request: Request) -> None:
        visit.requests.append(request.url)

    def failed(error: Error) -> None:
        visit.complaints.append(str(error))

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.complaints.append(message.text)

    visit.page.on("request", asked)
    visit.page.on("pageerror", failed)
    visit.page.on("console", said)
