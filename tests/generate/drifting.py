"""A daemon with something to see on every panel: drift, missing values, blindness, refusals.

The model `rides` drifts, in a number, in words and in its prediction; a field goes missing, and
lines come that can't be read. The model `prices` has a baseline and gets no record: it is blind.
"""

import json
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from tests.harness.process import Driftwatch

MODEL, SILENT = "rides", "prices"
VERSION = "1/a b+c"  # all of which has to be escaped somewhere
NUMBER, WORDS, PREDICTION, STEADY = "fare (EUR)", "city", "minutes", "hour"
PER_SECOND = 150
BACKLOG_SECONDS = 60
CALM_SECONDS = 8

_CONFIGURATION = """
source: {{files: {{path: log, start: earliest}}}}
decode:
  timestamp: ts
  model: model
  model_version: version
  features: features
  predictions: {{{prediction}: {prediction}}}
models:
  {model}: {{baselines: {{"{version}": rides.json}}}}
  {silent}: {{baselines: {{"1": prices.json}}}}
pane: 2s
windows: [20s, 1m]
lateness: 2s
idle_after: 2s
checkpoint_every: 500ms
state: {{path: state}}
dead_letters: {{folder: rejected}}
metrics: {{counts: true}}
http: {{listen: "127.0.0.1:0"}}
"""


def row(chance: random.Random, drifted: bool) -> dict[str, object]:
    """A row of the model `rides`, as in training or not."""
    found: dict[str, object] = {
        NUMBER: chance.lognormvariate(2, 0.5) * (1.4 if drifted else 1),
        WORDS: "Lyon" if drifted and chance.random() < 0.3 else chance.choice(("Paris", "Rome")),
        STEADY: chance.randrange(24),
        PREDICTION: chance.gauss(15, 4) + (3 if drifted else 0),
    }
    if drifted and chance.random() < 0.2:
        del found[STEADY]
    return found


def line(chance: random.Random, at: float, drifted: bool) -> str:
    """A record of the log."""
    features = row(chance, drifted)
    prediction = features.pop(PREDICTION)
    if drifted:
        features["never heard of"] = 1
    record = {"ts": at, "model": MODEL, "version": VERSION, "features": features}
    return json.dumps({**record, PREDICTION: prediction}) + "\n"


def nuisance(at: float) -> list[str]:
    """Records that can't be counted: late, unreadable, of an unknown model."""
    record = {"ts": at, "model": MODEL, "version": VERSION, "features": {}}
    return [
        json.dumps({**record, "ts": at - 600}) + "\n",
        json.dumps({**record, "model": "nobody's"}) + "\n",
        '{"ts": \n',
    ]


@contextmanager
def drifting(home: Path) -> Iterator[int]:
    """A daemon whose log goes on in a thread of ours until the end. Gives its port."""
    for model, version in ((MODEL, VERSION), (SILENT, "1")):
        _write_baseline(home / f"{model}.json", model, version)
    (home / "log").mkdir()
    said = {"model": MODEL, "silent": SILENT, "version": VERSION, "prediction": PREDICTION}
    (home / "driftwatch.yaml").write_text(_CONFIGURATION.format(**said), encoding="utf-8")
    chance = random.Random(1)
    now = time.time()
    _write(
        home,
        [
            line(chance, now - BACKLOG_SECONDS + i / PER_SECOND, drifted=False)
            for i in range(BACKLOG_SECONDS * PER_SECOND)
        ],
    )
    done = threading.Event()
    writer = threading.Thread(target=_go_on, args=(home, chance, done))
    with Driftwatch("run", "-c", home / "driftwatch.yaml", folder=home) as process:
        process.wait_until_said("started")
        found = re.search(r'"listen": "127\.0\.0\.1:(\d+)"', process.stderr)
        assert found is not None, process.stderr
        writer.start()
        try:
            yield int(found[1])
        finally:
            done.set()
            writer.join()


def _go_on(home: Path, chance: random.Random, done: threading.Event) -> None:
    """Write what comes next, four times a second: calm at first, so that the change is seen."""
    quarter, begin = 0.25, time.time() + CALM_SECONDS
    while not done.wait(quarter):
        now = time.time()
        count = int(PER_SECOND * quarter)
        at = [now - quarter + i * quarter / count for i in range(count)]
        drifted = now > begin
        _write(home, [*(line(chance, each, drifted) for each in at), *nuisance(now)])


def _write(home: Path, lines: list[str]) -> None:
    with (home / "log" / "a.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def _write_baseline(path: Path, model: str, version: str) -> None:
    chance = random.Random(2)
    chunk = Chunk.from_records([row(chance, drifted=False) for _ in range(8_000)])
    options = BuildOptions(model, version, predictions=(PREDICTION,))
    build(lambda: iter([chunk]), options).save(path)
