"""Where a story plays: a folder with a log, a baseline and a configuration for the real program."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from tests.conftest import StartDriftwatch
from tests.harness.process import Driftwatch
from tests.stories.log import START_S, Chapter, Record, write_log
from tests.stories.said import Said
from tests.stories.town import MODEL, PREDICTIONS, VERSION, draw, rows

TRAINING_ROWS = 40_000
PATIENCE_S = 120.0


def as_drawn(row: Record, _: Generator) -> Record:
    """A row of the training data where a story says nothing else."""
    return row


def build_baseline(
    folder: Path,
    *options: str,
    count: int = TRAINING_ROWS,
    trained: Callable[[Record, Generator], Record] = as_drawn,
    version: str = VERSION,
) -> Path:
    """A baseline of two weeks before the logs begin, by `driftwatch baseline build`.

    options: of the command. count: of rows. trained: what has changed in a row of the training
    data, or is there beside. version: of the model.
    """
    first_s, step_s = START_S - 14 * 86_400, 14 * 86_400 / count
    training, baseline = folder / "training.jsonl", folder / "town.baseline.json.gz"
    drawing, more = map(np.random.default_rng, np.random.SeedSequence(1).spawn(2))
    with training.open("w", encoding="utf-8") as file:
        for i, row in enumerate(rows(draw(drawing, count))):
            written = {"ts": round(first_s + i * step_s, 3), **trained(row, more)}
            file.write(json.dumps(written) + "\n")
    with Driftwatch(
        *("baseline", "build", training, "-o", baseline, "--timestamp", "ts"),
        *("--model", MODEL, "--model-version", version, "--prediction", ",".join(PREDICTIONS)),
        *options,
        folder=folder,
    ) as build:
        assert build.wait(PATIENCE_S) == 0, build.stderr
        assert "no column would have paged" in build.stdout, build.stdout
    return baseline


class Stage:
    """A folder of a story's own.

    Args:
        folder: it.
        baseline: of the model that answers.
        start: starts the program.
    """

    def __init__(self, folder: Path, baseline: Path, start: StartDriftwatch) -> None:
        self.folder = folder
        self.start = start
        self._baseline = baseline

    def configure(self, **sections: Any) -> Path:
        """The configuration; sections take the place of those that all stories have."""
        settings = {
            "source": {"files": {"path": "log"}},
            "decode": self.decode,
            "models": {MODEL: self.model()},
            "state": {"memory": True},
            **sections,
        }
        path = self.folder / "driftwatch.yaml"
        path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
        return path

    @property
    def decode(self) -> dict[str, Any]:
        """The section that tells how a record is read."""
        return {
            "timestamp": "ts",
            "model": {"const": MODEL},
            "model_version": "version",
            "features": "features",
            "predictions": {name: name for name in PREDICTIONS},
        }

    def model(self, **settings: Any) -> Mapping[str, Any]:
        """The section of the town's model."""
        return {"baselines": {VERSION: str(self._baseline)}, **settings}

    def replay(self, *chapters: Chapter, seed: int = 5, **sections: Any) -> Said:
        """Write the log, and read it as the daemon would have: event time is the clock."""
        log, report = self.folder / "log.jsonl", self.folder / "report.html"
        write_log(log, chapters, seed)
        return self.replay_file(log, report, self.configure(**sections))

    def printed(self) -> str:
        """What `replay` prints for people of the log that it has read."""
        files = (self.folder / name for name in ("driftwatch.yaml", "log.jsonl"))
        process = self.start("replay", "-c", *files)
        assert process.wait(PATIENCE_S) == 0, process.stderr
        return process.stdout

    def replay_file(self, log: Path, report: Path, configuration: Path) -> Said:
        """Read a log that is there."""
        process = self.start(
            *("replay", "-c", configuration, log, "--json", "--html", report),
        )
        assert process.wait(PATIENCE_S) == 0, process.stderr
        return Said.of(json.loads(process.stdout), report.read_text(encoding="utf-8"))
