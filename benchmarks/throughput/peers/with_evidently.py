"""Evidently: a report of its DataDriftPreset for each batch, against a reference made once."""

from collections.abc import Mapping, Sequence

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found,unused-ignore]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found,unused-ignore]

from benchmarks.throughput.peers.frames import ToFrame, frames
from benchmarks.throughput.peers.protocol import Package, Train, Way, run
from benchmarks.throughput.shapes import Shape


def make(train: Train, shape: Shape) -> Mapping[str, Way]:
    """Run a report, read its values."""
    definition = DataDefinition(
        numerical_columns=list(shape.numbers), categorical_columns=list(shape.words)
    )
    reference = Dataset.from_pandas(pd.DataFrame(train), data_definition=definition)

    def compare(decode: ToFrame) -> Way:
        def way(values: Sequence[bytes]) -> Mapping[str, float]:
            live = Dataset.from_pandas(decode(values), data_definition=definition)
            metrics = Report([DataDriftPreset()]).run(live, reference).dict()["metrics"]
            return {
                m["config"]["column"]: float(m["value"]) for m in metrics if "column" in m["config"]
            }

        return way

    return {name: compare(decode) for name, decode in frames(shape).items()}


if __name__ == "__main__":
    run(make, Package("evidently"))
