"""The demo without its waiting: a log of many seconds at once, read as the daemon does."""

import os
from pathlib import Path

import numpy as np

from driftwatch.assembly import make_decoder, make_monitor
from driftwatch.baselines import make_baselines
from driftwatch.config import load
from driftwatch.demo.files import DemoFiles, build_baseline, configuration, write_training_data
from driftwatch.demo.rides import draw
from driftwatch.demo.story import Story
from driftwatch.demo.writer import PER_SECOND, records
from driftwatch.monitor.report import Report
from driftwatch.replay import open_log, replay

START_S = 1_800_000_000.0
NOTHING_HAPPENS = Story(float("inf"), float("inf"))


def make_files(folder: Path) -> DemoFiles:
    """What the demo has before its log begins."""
    files = DemoFiles(folder)
    write_training_data(files.training)
    build_baseline(files.training, files.baseline)
    text = configuration("files: {path: log}", files.baseline.name, 8710)
    files.config.write_text(text, encoding="utf-8")
    files.log.mkdir()
    return files


def write_log(path: Path, story: Story, seed: int, seconds: int) -> None:
    """What the writer writes in so many seconds."""
    rng, hail_rng = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
    with path.open("wb") as file:
        for second in range(seconds):
            count = int(rng.poisson(PER_SECOND))
            rides = story.as_sent(draw(rng, count), second, hail_rng)
            times = START_S + second + np.sort(rng.random(count))
            file.writelines(record + b"\n" for record in records(rides, times))


def report_of(files: DemoFiles, log: Path) -> Report:
    """The last report of the daemon."""
    settings = load(files.config, os.environ)
    baselines = make_baselines(settings)
    source = open_log([str(log)], settings, baselines).source
    decoder = make_decoder(settings, baselines)
    return replay(source, decoder, make_monitor(settings, baselines, 0))
