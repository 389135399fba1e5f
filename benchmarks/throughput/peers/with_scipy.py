"""pandas and SciPy: KS of a batch against the baseline's ECDF, chi-square for words.

The ECDF is made once, so that a batch sorts nothing but its own values.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from scipy import stats

from benchmarks.throughput.peers.frames import ToFrame, frames
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.shapes import Shape


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Test every column of a frame."""
    known: dict[str, Any] = {n: stats.ecdf(train[n]).cdf.evaluate for n in shape.numbers}
    shares = {name: pd.Series(train[name]).value_counts(normalize=True) for name in shape.words}

    def compare(decode: ToFrame) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            frame = decode(values)
            found = {
                name: float(stats.ks_1samp(frame[name].to_numpy(), cdf, method="asymp").statistic)
                for name, cdf in known.items()
            }
            for name, share in shares.items():
                live = frame[name].value_counts().reindex(share.index, fill_value=0)
                test = stats.chisquare(live.to_numpy(), share.to_numpy() * live.sum())
                found[name] = float(test.statistic)
            return found

        return way

    return {name: compare(decode) for name, decode in frames(shape).items()}


if __name__ == "__main__":
    run(make, Package("scipy", ("pandas",)))
