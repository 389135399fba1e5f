"""NannyML: a batch is a chunk; KS for numbers and Jensen-Shannon for words, fitted once."""

from collections.abc import Mapping, Sequence

import nannyml  # type: ignore[import-not-found,unused-ignore]
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.throughput.peers.frames import ToFrame, frames
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.shapes import Shape

REFERENCE_CHUNKS = 20
"""Those that its thresholds come from."""


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Compute with a fitted calculator."""
    numeric = nannyml.UnivariateDriftCalculator(
        column_names=[*shape.numbers, *shape.words],
        treat_as_categorical=list(shape.words),
        continuous_methods=["kolmogorov_smirnov"],
        categorical_methods=["jensen_shannon"],
        chunk_number=REFERENCE_CHUNKS,
    )
    numeric.fit(pd.DataFrame(train))

    def compare(decode: ToFrame) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            numeric.chunker = nannyml.chunk.CountBasedChunker(1)
            found = numeric.calculate(decode(values)).filter(period="analysis").to_df()
            return {
                name: float(found[name][method]["value"].iloc[0])
                for names, method in (
                    (shape.numbers, "kolmogorov_smirnov"),
                    (shape.words, "jensen_shannon"),
                )
                for name in names
            }

        return way

    return {name: compare(decode) for name, decode in frames(shape).items()}


if __name__ == "__main__":
    run(make, Package("nannyml"))
