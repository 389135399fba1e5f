"""What a peer is asked, and how it answers.

A peer is a function `watch(train, panes)`: from the columns of a baseline and an iterator over live
panes to what its detectors say of every column and pane. It is run as

    python -m benchmarks.alarms.peers.NAME JOB.json ANSWER.npz

with a job that says which suites, how many copies and how many panes.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.alarms.streams import Array, Frame, drift_suite, null_suite

SUITES = {"null": null_suite, "drift": drift_suite}
LICENSE_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one detector says of one column, pane by pane.

    score: the higher, the more drift; NaN where it says nothing. alarm: at its defaults.
    """

    score: Array
    alarm: Array


Watched = dict[tuple[str, str], Verdicts]
"""By detector and column."""
Watch = Callable[[Frame, Iterator[Frame]], Watched]


class Notes:
    """Collects verdicts, pane by pane."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[list[float], list[bool]]] = {}

    def add(self, detector: str, column: str, score: float, alarm: bool) -> None:
        """Of the next pane."""
        scores, alarms = self._found.setdefault((detector, column), ([], []))
        scores.append(float(score))
        alarms.append(bool(alarm))

    def verdicts(self) -> Watched:
        """All of them."""
        return {
            key: Verdicts(np.array(scores), np.array(alarms, dtype=bool))
            for key, (scores, alarms) in self._found.items()
        }


def run(watch: Watch, package: str, argv: list[str] | None = None) -> None:
    """Do the job that the command line names."""
    job_path, answer_path = (sys.argv[1:] if argv is None else argv)[:2]
    job = json.loads(Path(job_path).read_text())
    answer: dict[str, Array] = {}
    panes_seen, begin = 0, time.process_time()
    for suite, size in job["suites"].items():
        for copy in range(size["copies"]):
            train, panes = SUITES[suite](copy, job["rows"], size["panes"])
            for (detector, column), verdicts in watch(train, panes).items():
                key = f"{suite}/{copy}/{detector}/{column}"
                answer[f"{key}/score"] = verdicts.score.astype(np.float64)
                answer[f"{key}/alarm"] = verdicts.alarm
            panes_seen += size["panes"] * len(train)
    about = {**_about(package), "cpu_s": time.process_time() - begin, "column_panes": panes_seen}
    answer["about"] = np.array(json.dumps(about))
    np.savez_compressed(answer_path, **answer)  # type: ignore[arg-type,unused-ignore]


def _about(package: str) -> dict[str, Any]:
    if not package:
        return {"package": "", "version": "", "license": ""}
    found: Any = metadata.metadata(package)
    named = [c for c in found.get_all("Classifier") or [] if c.startswith(LICENSE_CLASSIFIER)]
    text = found.get("License-Expression") or ", ".join(c[len(LICENSE_CLASSIFIER) :] for c in named)
    return {
        "package": package,
        "version": metadata.version(package),
        "license": text or (found.get("License") or "not said").splitlines()[0],
    }
