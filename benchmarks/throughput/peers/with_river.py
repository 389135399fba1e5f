"""River: an ADWIN for each column of numbers, and counted words, record by record.

It reads streams and knows no batches; its detectors have read the baseline first. For words it has
no detector, so they are counted, and the shares compared at the end of a batch.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from river.drift import ADWIN  # type: ignore[import-not-found,unused-ignore]

from benchmarks.throughput.peers.decoding import Lists, by_msgspec, by_orjson
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.peers.shares import psi
from benchmarks.throughput.shapes import Shape


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Update a detector for each value."""
    detectors = {name: ADWIN() for name in shape.numbers}
    for name, detector in detectors.items():
        for value in train[name]:
            detector.update(value)
    known = {name: Counter(train[name]) for name in shape.words}

    def compare(decode: Callable[[Sequence[bytes]], Lists]) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            columns, found = decode(values), {}
            for name, detector in detectors.items():
                alarms, update = 0, detector.update
                for value in columns[name]:
                    update(value)
                    alarms += detector.drift_detected
                found[name] = float(alarms)
            for name, words in known.items():
                live = Counter(columns[name])
                each = words.keys() | live.keys()
                found[name] = psi(
                    np.array([live[w] for w in each]), np.array([words[w] for w in each])
                )
            return found

        return way

    return {
        "orjson": compare(by_orjson(shape)),
        "msgspec": compare(by_msgspec(shape)),
    }


if __name__ == "__main__":
    run(make, Package("river"))
