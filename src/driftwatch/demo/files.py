"""The demo's folder: what somebody with a model of their own would have, too.

training.csv                   what the model was trained on, with its predictions
ride-time-4.baseline.json.gz   made of it
driftwatch.yaml                the configuration
log/                           the serving log, where it is in files
state/, driftwatch.log         the daemon's own
"""

import csv
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driftwatch.baseline.build import build
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.read import open_data
from driftwatch.demo.rides import FEATURES, MODEL, PREDICTION, VERSION, draw, rows
from driftwatch.errors import DriftwatchError, UsageError

TRAINING_ROWS = 20_000
TRAINING_SEED = 4

_YAML = """\
# Made by `driftwatch demo`. `driftwatch config schema` describes every key.
source:
  {source}
decode:
  timestamp: ts
  model: model
  model_version: version
  features: features
  predictions: {{{prediction}: prediction.{prediction}}}
models:
  {model}: {{baselines: {{"{version}": {baseline}}}}}

# Short times, so that there is something to see within a minute. For a model in production leave
# these five out: a pane is then 1m, the windows are 1h and 1d.
pane: 2s
windows: [1m, 10m]
lateness: 2s
idle_after: 5s
checkpoint_every: 1s

alarms:
  hold: 30s
state: {{path: state}}
http: {{listen: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The folder and what is in it."""

    folder: Path

    @property
    def training(self) -> Path:
        """The training data, as CSV."""
        return self.folder / "training.csv"

    @property
    def baseline(self) -> Path:
        """The baseline that is made of it."""
        return self.folder / f"{MODEL}-{VERSION}.baseline.json.gz"

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "driftwatch.yaml"

    @property
    def log(self) -> Path:
        """The folder of the serving log."""
        return self.folder / "log"

    @property
    def own_log(self) -> Path:
        """What the daemon says about itself."""
        return self.folder / "driftwatch.log"


@contextmanager
def open_folder(keep: Path | None) -> Iterator[Path]:
    """A folder for the demo's files. Raises UsageError if it can't be used."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="driftwatch-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        used = any(keep.iterdir())
    except OSError as problem:
        raise UsageError(f"--keep {keep}: {(problem.strerror or '').lower()}") from problem
    if used:
        raise UsageError(f"--keep {keep}: there are files in it; name a new or an empty folder")
    yield keep


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Say it in words where the folder can't be written to."""
    try:
        yield
    except OSError as problem:
        words = (problem.strerror or str(problem)).lower()
        raise DriftwatchError(f"{folder}: can't be written to: {words}") from problem


def prepare(files: DemoFiles, source: str, port: int, say: Callable[[str], None]) -> None:
    """Make what the daemon needs. Raises OSError."""
    say(f"Training data: {TRAINING_ROWS:,} rides that a model has answered.")
    write_training_data(files.training)
    say("Baseline: what each column looked like in them.")
    build_baseline(files.training, files.baseline)
    files.config.write_text(configuration(source, files.baseline.name, port), encoding="utf-8")


def write_training_data(path: Path) -> None:
    """Write rides with their predictions, the same ones each time. Raises OSError."""
    rides = draw(np.random.default_rng(TRAINING_SEED), TRAINING_ROWS)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, (*FEATURES, PREDICTION))
        writer.writeheader()
        writer.writerows(rows(rides))


def build_baseline(training: Path, output: Path) -> None:
    """What `driftwatch baseline build` does with these data."""
    options = BuildOptions(MODEL, VERSION, predictions=(PREDICTION,))
    build(open_data([str(training)]).chunks, options).save(output)


def configuration(source: str, baseline: str, port: int) -> str:
    """The text of driftwatch.yaml. source: the one line below `source:`."""
    return _YAML.format(
        source=source,
        prediction=PREDICTION,
        model=MODEL,
        version=VERSION,
        baseline=baseline,
        port=port,
    )
