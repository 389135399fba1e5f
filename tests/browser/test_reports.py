"""The reports of `replay` and `check`: one file each, opened from a disk, and printed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.daemons import configuration, write_backlog
from tests.browser.looks import PLOTS_WITHOUT_TABLE, grave_violations, picture
from tests.browser.visit import SIZES, Theme, visiting
from tests.browser.world import EVERYTHING, NEW_SECRET_WORD, SECRET_WORDS, write_training_data
from tests.harness.process import Driftwatch
from tests.harness.tools import program

A4_MM = (210, 297)
DRIFTING = {"temperature", "rating", "weather", "promo", "email_domain", "minutes"}
NAMES = ("replay", "check")


@dataclass(frozen=True)
class Report:
    """A report that the program wrote, where a browser finds it."""

    path: Path

    @property
    def url(self) -> str:
        return self.path.as_uri()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, baseline: Path) -> dict[str, Report]:
    """A report of each kind, written by the program about data that drift."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "log").mkdir()
    write_backlog(folder / "log" / "rides.jsonl", "drifting")
    (folder / "driftwatch.yaml").write_text(configuration("drifting", baseline, 8710))
    write_training_data(folder / "batch.csv", 2_000, EVERYTHING)
    config = folder / "driftwatch.yaml"
    replay = ("replay", "-c", config, folder / "log", "--html", folder / "replay.html")
    check = ("check", "-c", config, "--baseline", baseline, folder / "batch.csv")
    assert run(folder, *replay) == 0
    assert run(folder, *check, "--html", folder / "check.html") == 1
    return {name: Report(folder / f"{name}.html") for name in NAMES}


def run(folder: Path, *arguments: str | Path) -> int:
    """What the program ends with."""
    with Driftwatch(*arguments, folder=folder) as process:
        return process.wait(60)


@pytest.fixture(params=NAMES)
def report(request: pytest.FixtureRequest, reports: dict[str, Report]) -> Report:
    return reports[request.param]


def test_a_report_asks_for_nothing(report: Report, browser: Browser) -> None:
    with visiting(browser, report.url) as visit:
        visit.goto("")
        assert visit.requests == [report.url]
        assert visit.complaints == []


def test_the_first_line_of_a_report_says_what_was_found(report: Report, browser: Browser) -> None:
    with visiting(browser, report.url, java_script_enabled=False) as visit:
        visit.goto("")
        assert visit.state() == "drifting"
        assert "6" in visit.verdict()


def test_the_timeline_holds_every_column_with_an_alarm(
    reports: dict[str, Report], browser: Browser
) -> None:
    with visiting(browser, reports["replay"].url) as visit:
        visit.goto("")
        drawn = visit.page.locator("#timeline svg text").all_text_contents()
        told = visit.page.locator("#timeline table").inner_text()
    assert set(drawn) >= DRIFTING
    assert all(name in told for name in DRIFTING)


@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), ("laptop", "light")])
def test_a_report_has_no_barrier_and_nothing_beside_the_window(
    report: Report, browser: Browser, size: str, theme: Theme
) -> None:
    with visiting(browser, report.url, SIZES[size], theme) as visit:
        visit.goto("")
        visit.page.screenshot(path=picture(f"{report.path.stem}-{size}-{theme}"), full_page=True)
        assert visit.overflow() <= 0
        assert visit.page.evaluate(PLOTS_WITHOUT_TABLE) == []
        assert grave_violations(visit.page) == []


def test_words_of_a_sensitive_column_are_in_no_report(report: Report) -> None:
    text = report.path.read_text(encoding="utf-8")
    assert [word for word in (*SECRET_WORDS, NEW_SECRET_WORD) if word in text] == []


def test_markup_from_the_data_stays_text_in_a_report(report: Report, browser: Browser) -> None:
    with visiting(browser, report.url) as visit:
        visit.goto("")
        visit.page.wait_for_timeout(200)
        assert "taken" not in visit.page.title()
        assert visit.page.locator("script, b, img, [onload], [onerror]").count() == 0


def test_a_report_is_printed_on_a4_with_every_plot_whole(report: Report, browser: Browser) -> None:
    with visiting(browser, report.url) as visit:
        visit.goto("")
        plots = visit.page.locator("main svg.plot").count()
        printed = picture(report.path.stem).with_suffix(".pdf")
        visit.page.pdf(path=printed, format="A4", print_background=True)
        visit.page.emulate_media(media="print")
        width = round((A4_MM[0] - 20) / 25.4 * 96)
        visit.page.set_viewport_size({"width": width, "height": 1000})
        assert visit.overflow() <= 0
        tall = visit.page.evaluate(
            "Math.max(...[...document.querySelectorAll('main svg.plot')]"
            ".map(plot => plot.getBoundingClientRect().height))"
        )
    assert plots > 0
    assert tall < A4_MM[1] / 25.4 * 96 / 2
    subprocess.run(
        [program("pdftoppm"), "-r", "60", "-png", printed, printed.with_suffix("")], check=True
    )
