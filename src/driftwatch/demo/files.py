"""The demo's folder: what somebody with a model of their own would have, too.

training.csv                   what the model was trained on, with its predictions
ride-time-4.baseline.json.gz   made of it
driftwatch.yaml                the configuration
log/                           the serving log, where it is in files
state/, driftwatch.log         the daemon's own
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driftwatch.baseline.build import build
from driftwatch.baseline.options import BuildOptions
from driftwatch.baseline.read import open_data
from driftwatch.demo.rides import FEATURES, MODEL, PREDICTION, VERSION, draw, rows

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
