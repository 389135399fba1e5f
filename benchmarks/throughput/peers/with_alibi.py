"""Alibi Detect: its TabularDrift, which is KS for numbers and chi-square for words.

It takes an array of numbers, so words become the numbers of their place in the vocabulary.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from alibi_detect.cd import TabularDrift  # type: ignore[import-not-found,unused-ignore]

from benchmarks.throughput.peers.frames import ToFrame, frames
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.shapes import Shape


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Ask a detector that keeps its reference."""
    names = (*shape.numbers, *shape.words)
    known = {name: pd.Index(np.unique(train[name])) for name in shape.words}

    def matrix(
        columns: Mapping[str, Any],
    ) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        each = [columns[name] for name in shape.numbers]
        each += [known[name].get_indexer(columns[name]) for name in shape.words]
        return np.column_stack(each).astype(np.float32)

    places = dict.fromkeys(range(len(shape.numbers), len(names)))
    detector = TabularDrift(matrix(train), p_val=0.05, categories_per_feature=places)

    def compare(decode: ToFrame) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            said = detector.predict(matrix(decode(values)), drift_type="feature")
            return dict(zip(names, said["data"]["distance"].tolist(), strict=True))

        return way

    return {name: compare(decode) for name, decode in frames(shape).items()}


if __name__ == "__main__":
    run(make, Package("alibi-detect"))
