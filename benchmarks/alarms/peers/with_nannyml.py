"""NannyML's univariate drift at its defaults, with chunks of one pane.

The Jensen-Shannon distance of each chunk, held against mean + 3 sd of the baseline's own chunks. It
leaves nulls out; its calculator of missing values, which would see them, is another one.
"""

from collections.abc import Iterator

import nannyml  # type: ignore[import-not-found,unused-ignore]
import numpy as np
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

from benchmarks.alarms.peers.protocol import Verdicts, Watched, run
from benchmarks.alarms.streams import PANE_ROWS, Frame

METHOD = "jensen_shannon"


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """The distance of every pane."""
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(train), chunk_size=PANE_ROWS)
    calculator.fit(pd.DataFrame(train))
    seen = list(panes)
    live = {name: np.concatenate([pane[name] for pane in seen]) for name in train}
    table = calculator.calculate(pd.DataFrame(live)).filter(period="analysis").to_df()
    return {
        ("nannyml", name): Verdicts(
            table[name, METHOD, "value"].to_numpy(dtype=np.float64),
            table[name, METHOD, "alert"].to_numpy(dtype=bool),
        )
        for name in train
    }


if __name__ == "__main__":
    run(watch, "nannyml")
