"""River's ADWIN and Page-Hinkley, fed with one value after the other.

They learn from the baseline by reading it first, and take numbers only. Values are standardized by
the baseline's mean and sd, because Page-Hinkley's settings are in units of the data; nulls are left
out. Both reset themselves at an alarm. They have no score: each is run at its default and at
ever stricter settings side by side, and the score of a pane is the strictest that gave an alarm.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from river import drift  # type: ignore[import-not-found,unused-ignore]

from benchmarks.alarms.peers.protocol import Verdicts, Watched, run
from benchmarks.alarms.streams import Array, Frame

DELTAS = (2e-3, 3e-4, 1e-5, 1e-7, 1e-9, 1e-12, 1e-15, 1e-20)
THRESHOLDS = (50.0, 100.0, 200.0, 300.0, 450.0, 700.0, 1_100.0, 1_700.0, 2_600.0, 4_000.0, 8_000.0)
MAKERS: dict[str, tuple[Callable[[float], Any], tuple[float, ...]]] = {
    "adwin": (lambda delta: drift.ADWIN(delta=delta), DELTAS),
    "page_hinkley": (lambda threshold: drift.PageHinkley(threshold=threshold), THRESHOLDS),
}


def standardized(train: Array, values: Array) -> list[float]:
    """Numbers without the nulls, in sds of the baseline."""
    found: list[float] = ((values[~np.isnan(values)] - train.mean()) / train.std()).tolist()
    return found


def fired(detector: Any, values: list[float]) -> bool:
    """Whether any of these values makes an alarm."""
    update, found = detector.update, False
    for value in values:
        update(value)
        found = found or detector.drift_detected
    return found


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """The strictest setting that fired in each pane, counted from 1; 0 for none."""
    numeric = {name: values for name, values in train.items() if values.dtype.kind == "f"}
    live: dict[str, list[list[float]]] = {name: [] for name in numeric}
    for pane in panes:
        for name, seen in live.items():
            seen.append(standardized(numeric[name], pane[name]))
    found: Watched = {}
    for name, values in numeric.items():
        learned = standardized(values, values)
        for kind, (make, settings) in MAKERS.items():
            detectors = [make(setting) for setting in settings]
            for detector in detectors:
                fired(detector, learned)
            alarms = np.array([[fired(d, pane) for d in detectors] for pane in live[name]])
            levels = np.where(alarms, np.arange(1, len(settings) + 1), 0).max(axis=1)
            found[kind, name] = Verdicts(levels, alarms[:, 0])
    return found


if __name__ == "__main__":
    run(watch, "river")
