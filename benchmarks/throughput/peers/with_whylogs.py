"""whylogs: a profile of each batch, by its default drift algorithms against that of the baseline.

These are KS on its sketches for numbers, and chi-square on its frequent items for words. The
baseline's profile is made once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
import whylogs  # type: ignore[import-not-found,unused-ignore]
from whylogs.viz.drift.column_drift_algorithms import (  # type: ignore[import-not-found,unused-ignore]
    calculate_drift_scores,
)

from benchmarks.throughput.peers.frames import frames
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.shapes import Shape


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Profile a frame, compare the profiles."""
    reference = whylogs.log(pd.DataFrame(train)).view()

    def compare(decode: Any) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            profile = whylogs.log(decode(values)).view()
            scores = calculate_drift_scores(profile, reference, with_thresholds=True)
            return {name: score["pvalue"] for name, score in scores.items()}

        return way

    return {name: compare(decode) for name, decode in frames(shape).items()}


if __name__ == "__main__":
    run(make, Package("whylogs"))
