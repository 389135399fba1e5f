"""How long pages take in a real browser: a model of 500 columns, monitored for three hours.

    make browser
    python -m benchmarks.pages

Asked for: 500 columns load in under 300 ms. The browser is open already, and loads each page anew
some times, with all that belongs to it; printed are the median, the quickest and the slowest.
"""

import time
import urllib.request

import numpy as np
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.many import COLUMNS, name_of, wide_report
from tests.browser.served import site_of
from tests.browser.visit import Visit, visiting
from tests.harness.waiting import wait_until

ROUNDS = 15
_PAINTS = "performance.getEntriesByName('first-contentful-paint').length"
_TIMES = """
() => {
  const at = performance.getEntriesByType('navigation')[0]
  const painted = performance.getEntriesByName('first-contentful-paint')[0]
  return [at.responseStart, at.responseEnd, at.domContentLoadedEventEnd, at.loadEventEnd,
    painted ? painted.startTime : NaN]
}
"""
_MOMENTS = ("first byte", "last byte", "parsed", "loaded", "first paint")


def main() -> None:
    """Print the times of each page."""
    report = wide_report()
    with site_of(report) as url, chromium() as browser:
        for what, path in (
            (f"{COLUMNS} columns", "/"),
            ("those that drift", "/?state=drifting"),
            ("one column", f"/columns/{name_of(0)}"),
        ):
            say(browser, what, url, path)


def say(browser: Browser, what: str, url: str, path: str) -> None:
    """Load a page some times."""
    begin = time.perf_counter()
    request = urllib.request.Request(url + path, headers={"accept-encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        sent = len(answer.read())
    served = 1000 * (time.perf_counter() - begin)
    with visiting(browser, url) as visit:
        found = np.array([load(visit, path) for _ in range(ROUNDS + 1)][1:])
    print(f"{what}: {sent / 1000:,.0f} kB over the wire, {served:.0f} ms without a browser")
    for moment, times in zip(_MOMENTS, found.T, strict=True):
        print(f"  {moment:<12} {np.median(times):6.0f} ms ({times.min():.0f} to {times.max():.0f})")


def load(visit: Visit, path: str) -> list[float]:
    """Milliseconds from asking for the page to each of the moments."""
    visit.goto(path)
    wait_until(lambda: visit.page.evaluate(_PAINTS), what="something is painted")
    times: list[float] = visit.page.evaluate(_TIMES)
    return times


if __name__ == "__main__":
    main()
