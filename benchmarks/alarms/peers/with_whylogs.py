"""whylogs: a profile of each pane against the profile of the baseline, by its default algorithms.

These are KS on its sketches for numbers and chi-square on its frequent items for words; its
category "DRIFT" is the alarm. It leaves nulls out of both, and counts them in the profile.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
import whylogs  # type: ignore[import-not-found,unused-ignore]
from whylogs.viz.drift.column_drift_algorithms import (  # type: ignore[import-not-found,unused-ignore]
    calculate_drift_scores,
)

from benchmarks.alarms.peers.protocol import Notes, Watched, run
from benchmarks.alarms.streams import Frame


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """Minus the logarithm of the p-value of every pane."""
    notes = Notes()
    reference = whylogs.log(pd.DataFrame(train)).view()
    for pane in panes:
        profile = whylogs.log(pd.DataFrame(pane)).view()
        scores = calculate_drift_scores(profile, reference, with_thresholds=True)
        for name in train:
            found = scores[name]
            p = np.nan if found is None else found["pvalue"]
            alarm = found is not None and found["drift_category"] == "DRIFT"
            notes.add("whylogs", name, -np.log10(max(p, 1e-300)), alarm)
    return notes.verdicts()


if __name__ == "__main__":
    run(watch, "whylogs")
