"""The pictures of the documents, made by the real thing: `python -m tests.browser.pictures`.

Half a day in the life of the demo's model, read as `driftwatch replay` reads it: at 10:40 the
weather team switches to Celsius, at 11:25 a release of the app knows hail. Nothing of it depends on
the clock or on chance, so that pictures change only where pages do.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, FloatRect

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import Settings, load
from driftwatch.demo.files import DemoFiles, build_baseline, write_training_data
from driftwatch.demo.rides import MODEL, PREDICTION, VERSION, draw
from driftwatch.demo.story import Story
from driftwatch.demo.writer import records
from driftwatch.monitor.report import Report
from driftwatch.replay import open_log, replay
from tests.browser.chromium import chromium
from tests.browser.served import site_of
from tests.browser.visit import THEMES, Theme, visiting
from tests.harness.process import Driftwatch
from tests.harness.tools import ROOT

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
MARGIN = 4

START_S = 1_777_852_800
"""2026-05-04 00:00 UTC."""
MINUTES, PER_MINUTE = 12 * 60, 150
STORY = Story(celsius_at_s=(10 * 60 + 40) * 60.0, hail_at_s=(11 * 60 + 25) * 60.0)

_CONFIGURATION = """\
source: {{files: {{path: log}}}}
decode:
  timestamp: ts
  model: model
  model_version: version
  features: features
  predictions: {{{prediction}: prediction.{prediction}}}
models:
  {model}: {{baselines: {{"{version}": {baseline}}}}}
windows: [1h, 6h]
state: {{path: state}}
"""


class Picture(NamedTuple):
    """A picture and what it shows. width: of the window. last: what stands at its lower end."""

    name: str
    address: str
    width: int
    last: str


def main() -> None:
    """Make all pictures anew."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="driftwatch-pictures-") as folder,
        chromium() as browser,
    ):
        for path in make_pictures(browser, Path(folder), IMAGES):
            sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


def make_pictures(browser: Browser, folder: Path, images: Path) -> Iterator[Path]:
    """Make each picture in each theme. folder: an empty one, for what they are made of."""
    files = make_files(folder)
    with _shown(files) as pictures:
        for picture, theme in product(pictures, THEMES):
            yield take(browser, picture, theme, images)


def take(browser: Browser, picture: Picture, theme: Theme, images: Path) -> Path:
    """Take one picture."""
    path = images / f"{picture.name}{'-dark' if theme == 'dark' else ''}.png"
    with visiting(browser, picture.address, (picture.width, 900), theme) as visit:
        visit.goto("")
        last = visit.page.locator(picture.last).first.bounding_box()
        assert last is not None
        height = last["y"] + last["height"] + MARGIN
        clip: FloatRect = {"x": 0, "y": 0, "width": picture.width, "height": height}
        visit.page.screenshot(path=path, clip=clip, full_page=True)
    return path


def make_files(folder: Path) -> DemoFiles:
    """Training data, baseline, configuration and log."""
    files = DemoFiles(folder)
    write_training_data(files.training)
    build_baseline(files.training, files.baseline)
    names = {"model": MODEL, "version": VERSION, "prediction": PREDICTION}
    text = _CONFIGURATION.format(baseline=files.baseline.name, **names)
    files.config.write_text(text, encoding="utf-8")
    files.log.mkdir()
    with (files.log / "rides.jsonl").open("wb") as log:
        log.writelines(record + b"\n" for record in half_a_day())
    return files


def half_a_day() -> Iterator[bytes]:
    """The serving log."""
    rng, hail_rng = map(np.random.default_rng, np.random.SeedSequence(7).spawn(2))
    for minute in range(MINUTES):
        count = int(rng.poisson(PER_MINUTE))
        rides = STORY.as_sent(draw(rng, count), minute * 60.0, hail_rng)
        times = START_S + 60 * (minute + np.sort(rng.random(count)))
        yield from records(rides, times)


@contextmanager
def _shown(files: DemoFiles) -> Iterator[Sequence[Picture]]:
    """What the pictures are of, while the block runs."""
    settings, report = _read(files)
    with site_of(report, settings) as url:
        yield (
            Picture("status-page", f"{url}/", 1200, "tr[data-column]:nth-of-type(6)"),
            Picture("column", f"{url}/columns/temperature", 1440, "#alarms"),
            Picture("report", _report(files).as_uri(), 1200, "#timeline tbody tr:nth-of-type(6)"),
        )


def _read(files: DemoFiles) -> tuple[Settings, Report]:
    """What a daemon with these settings would know at the end of the log."""
    settings = load(files.config, os.environ)
    baselines = make_baselines(settings)
    source = open_log([str(files.log)], settings, baselines).source
    decoder = make_decoder(settings, baselines)
    monitor = make_monitor(settings, baselines, START_S * 1_000_000)
    return settings, replay(source, decoder, monitor)


def _report(files: DemoFiles) -> Path:
    """What the program writes about the log."""
    path = files.folder / "report.html"
    command = ("replay", "-c", files.config.name, files.log.name, "--html", path.name)
    with Driftwatch(*command, folder=files.folder) as program:
        if program.wait(120) != 0:
            raise RuntimeError(program.stderr)
    return path


if __name__ == "__main__":
    main()
