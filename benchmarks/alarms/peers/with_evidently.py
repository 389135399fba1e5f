"""Evidently's default drift tests, the ones that its DataDriftPreset picks.

A report takes a second a pane, most of it for the plots in it. So the tests are called by
themselves, on columns without nulls as the report does; the first pane of each copy is given to
a whole report as well, which has to say the same.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]
from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found,unused-ignore]
from evidently.legacy.calculations.stattests import (  # type: ignore[import-not-found,unused-ignore]
    get_stattest,
)
from evidently.legacy.core import ColumnType  # type: ignore[import-not-found,unused-ignore]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found,unused-ignore]

from benchmarks.alarms.peers.protocol import Notes, Watched, run
from benchmarks.alarms.streams import Frame


def by_report(train: Frame, pane: Frame, kinds: dict[str, Any]) -> dict[str, float]:
    """What a report says of each column."""
    definition = DataDefinition(
        numerical_columns=[n for n, kind in kinds.items() if kind == ColumnType.Numerical],
        categorical_columns=[n for n, kind in kinds.items() if kind == ColumnType.Categorical],
    )
    live, reference = (
        Dataset.from_pandas(pd.DataFrame(frame), data_definition=definition)
        for frame in (pane, train)
    )
    metrics = Report([DataDriftPreset()]).run(live, reference).dict()["metrics"]
    return {m["config"]["column"]: float(m["value"]) for m in metrics if "column" in m["config"]}


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """The distance of every pane."""
    notes = Notes()
    kinds = {
        name: ColumnType.Numerical if values.dtype.kind == "f" else ColumnType.Categorical
        for name, values in train.items()
    }
    reference = {name: pd.Series(values).dropna() for name, values in train.items()}
    for i, pane in enumerate(panes):
        said = by_report(train, pane, kinds) if i == 0 else {}
        for name, values in pane.items():
            live = pd.Series(values).dropna()
            test = get_stattest(reference[name], live, kinds[name], None)
            found = test(reference[name], live, kinds[name], None)
            if said and abs(said[name] - float(found.drift_score)) > 1e-9:
                raise RuntimeError(f"{name}: {found.drift_score}, and the report: {said[name]}")
            notes.add("evidently", name, float(found.drift_score), bool(found.drifted))
    return notes.verdicts()


if __name__ == "__main__":
    run(watch, "evidently")
