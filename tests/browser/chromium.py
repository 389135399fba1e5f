"""The system's Chromium, started for tests: without a window, and asking nobody for anything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.harness.tools import program

QUIET = (
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-quic", "--disable-gpu", "--no-first-run", "--no-proxy-server"),
    # Letters look the same on every machine that has the fonts.
    *("--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, until the block ends."""
    # Chromium's sandbox refuses to work for root, as whom a container's tests often run.
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    path = program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *as_root])
        try:
            yield browser
        finally:
            browser.close()
