"""Driftwatch on the streams: the code that its daemon runs, from the rows of a pane to the alarm.

A baseline is built of all columns at once, 200 of them, and every pane is counted and closed as a
stream does. Columns share nothing but the budget, so the copies of the null suite are columns
of one stream, and so are the seeds of the drift suite; what is missing to 200 is filled with
columns that do not drift.

Both with the times of the baseline's rows, from which Driftwatch takes how much rows depend on each
other and which columns move with the hour, and without them.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import driftwatch
from benchmarks.alarms.detectors import BUDGET_PANES, COLUMNS, TOLERANCE
from benchmarks.alarms.streams import (
    BASELINE_DAYS,
    DRIFT_COPY,
    DRIFTS,
    KINDS,
    PANE_ROWS,
    Array,
    baseline,
    baseline_days,
    drifting,
    live,
)
from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.build import build
from driftwatch.baseline.cells import Values
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.monitor.alarms import SEVERITIES
from driftwatch.monitor.detector import Detector, DetectorPolicy
from driftwatch.monitor.thresholds import threshold_policy
from driftwatch.records import FloatArray
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.layout import CategoricalLayout

PANE_US = 60_000_000
DAY_US = 86_400_000_000
FIRST_US = 1_767_571_200_000_000
"""Monday, 2026-01-05, 00:00 UTC; the baseline's 28 days end there."""
HOLD_US = 600_000_000
UNTIMED_PANES = 1_440
"""Of the null suite without times; it is the lesser variant."""


@dataclass(frozen=True, slots=True)
class Source:
    """A column of the stream.

    key: its copy and name in the answer; None for one that only fills up.
    """

    train: Array
    panes: Iterator[Array]
    key: tuple[int, str] | None


def null_sources(copies: int, rows: int) -> list[Source]:
    """Every kind, as often as was asked for, and filled up to 200."""
    names = [(copy, kind) for copy in range(copies) for kind in KINDS]
    sources = [Source(baseline(k, c, rows), live(k, c), (c, k)) for c, k in names]
    return sources + _filling(COLUMNS - len(sources), copies, rows)


def drift_sources(copies: int, rows: int) -> list[Source]:
    """Every drift, as often as was asked for, and filled up to 200."""
    sources = []
    for copy in range(copies):
        for name, drift in DRIFTS.items():
            train = baseline(drift.base, DRIFT_COPY + copy, rows)
            sources.append(Source(train, drifting(name, DRIFT_COPY + copy), (copy, name)))
    return sources + _filling(COLUMNS - len(sources), 0, rows)


def _filling(columns: int, first: int, rows: int) -> list[Source]:
    kinds = list(KINDS)
    names = [(first + i // len(kinds), kinds[i % len(kinds)]) for i in range(columns)]
    return [Source(baseline(k, c, rows), live(k, c), None) for c, k in names]


def train(sources: list[Source], rows: int, *, timed: bool) -> Baseline:
    """A baseline of all columns, with the times of its rows or without."""
    times_us = ((baseline_days(rows) - BASELINE_DAYS) * DAY_US).astype(np.int64) + FIRST_US
    columns = {f"c{i:03}": _values(source.train) for i, source in enumerate(sources)}
    chunk = Chunk(rows, columns, closed=True, times=times_us if timed else None)
    return build(lambda: iter([chunk]), BuildOptions("bench", "1"))


def _values(values: Array) -> Values:
    status = np.zeros(len(values), dtype=np.uint8)
    if values.dtype.kind == "f":
        return Values(status, values, integral=bool((values == np.floor(values)).all()))
    words, codes = np.unique(values, return_inverse=True)
    return Values(status, None, codes.astype(np.int32), words.tolist())


class Panes:
    """Counts the panes of a stream."""

    def __init__(self, made: Baseline, sources: list[Source]) -> None:
        self._counter = RowCounter(made.layout())
        self._sources = sources
        self._numeric = self._counter.layout.numeric.tolist()
        self._words = {
            int(i): self._vocabulary(self._counter.layout.columns[i])
            for i in self._counter.layout.categorical
        }

    @staticmethod
    def _vocabulary(layout: Any) -> tuple[Array, Array, int]:
        assert isinstance(layout, CategoricalLayout)
        order = np.argsort(layout.vocabulary)
        return np.array(layout.vocabulary)[order], order, layout.cell("new")

    def cells(self) -> Array:
        """The counts of the next pane."""
        values = [next(source.panes) for source in self._sources]
        numeric: FloatArray = np.array([values[i] for i in self._numeric])
        null = np.isnan(numeric)
        missing = null.astype(np.uint8) if null.any() else None
        cells = np.array([self._cells(values[i], *words) for i, words in self._words.items()])
        counts = self._counter.empty()
        self._counter.count(numeric, missing, cells.astype(np.int32), counts)
        return counts.cells

    @staticmethod
    def _cells(values: Array, words: Array, order: Array, new: int) -> Array:
        at = np.minimum(np.searchsorted(words, values), len(words) - 1)
        return np.where(words[at] == values, order[at], new)


def watch(made: Baseline, sources: list[Source], panes: int, variant: str) -> dict[str, Array]:
    """Evidence and alarms of every column, by severity."""
    policy = DetectorPolicy(
        tolerance=np.full(len(sources), TOLERANCE),
        watched=len(sources),
        budget_panes=float(BUDGET_PANES),
        thresholds=threshold_policy([{} for _ in sources], {}),
        hold_us=HOLD_US,
    )
    detector, stream = Detector(made, policy), Panes(made, sources)
    shape = (panes, len(SEVERITIES), len(sources))
    evidence, alarms = np.empty(shape), np.empty(shape, dtype=bool)
    for pane in range(panes):
        start_us = FIRST_US + pane * PANE_US
        detector.step(stream.cells(), PANE_ROWS, lambda: None, start_us, start_us + PANE_US)
        evidence[pane], alarms[pane] = detector.evidence, detector.alarms.active
    found: dict[str, Array] = {}
    for column, source in enumerate(sources):
        for severity, name in enumerate(SEVERITIES):
            if source.key is not None:
                copy, kind = source.key
                key = f"{copy}/driftwatch_{name}{variant}/{kind}"
                found[f"{key}/score"] = evidence[:, severity, column]
                found[f"{key}/alarm"] = alarms[:, severity, column]
    return found


def main() -> None:
    """Do the job that the command line names, as `peers.protocol.run` does."""
    job = json.loads(Path(sys.argv[1]).read_text())
    answer: dict[str, Array] = {}
    column_panes, begin = 0, time.process_time()
    for suite, make in (("null", null_sources), ("drift", drift_sources)):
        size = job["suites"][suite]
        for timed in (True, False):
            panes = size["panes"] if timed else min(size["panes"], UNTIMED_PANES)
            sources = make(size["copies"], job["rows"])
            made = train(sources, job["rows"], timed=timed)
            found = watch(made, sources, panes, "" if timed else "_untimed")
            answer.update({f"{suite}/{key}": values for key, values in found.items()})
            column_panes += panes * len(sources)
    about = {
        "package": "",
        "version": driftwatch.__version__,
        "license": "Apache-2.0",
        "cpu_s": time.process_time() - begin,
        "column_panes": column_panes,
    }
    answer["about"] = np.array(json.dumps(about))
    np.savez_compressed(sys.argv[2], **answer)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
