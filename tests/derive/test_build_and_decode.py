"""The builder and the daemon see the same cells in the same data, bit for bit."""

from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.records import Partition, RawBatch, Rows
from driftwatch.sketch.counter import RowCounter
from tests.baseline.data import built
from tests.derive.training import CONDITIONS, DERIVED, encoded, records

OPTIONS: dict[str, Any] = {
    "derived": DERIVED,
    "conditions": CONDITIONS,
    "timestamp": "ts",
    "numeric": ("people", "amount"),
    "categorical": ("weather", "flag"),
}


@pytest.fixture(scope="module")
def both() -> tuple[Baseline, Rows]:
    """The baseline of some records, and the same records as the daemon reads them."""
    training = records(500, seed=3, odd=0.4)
    baseline = built(training, **OPTIONS)
    policy = RecordPolicy(timestamp="ts", const_model="fraud", const_version="3")
    decoder = JsonDecoder(policy, {baseline.route: baseline})
    values = encoded(training)
    batch = decoder.decode(RawBatch(Partition("t", 0), values, np.arange(len(values)), len(values)))
    assert batch.rejected == ()
    (rows,) = batch.rows
    return baseline, rows


def cells_of(baseline: Baseline, rows: Rows) -> dict[str, list[int]]:
    """By column, how many of the rows fall in each of its cells."""
    layout = baseline.layout()
    counter = RowCounter(layout)
    counts = counter.empty()
    counter.count(rows.numeric, rows.missing, rows.cells, counts)
    return {
        column.name: counts.cells[start : start + column.size].tolist()
        for column, start in zip(layout.columns, layout.starts.tolist(), strict=False)
    }


def test_every_column_has_the_same_cells(both: tuple[Baseline, Rows]) -> None:
    baseline, rows = both
    assert cells_of(baseline, rows) == {c.name: c.cells() for c in baseline.columns}


def test_every_number_has_the_same_bits(both: tuple[Baseline, Rows]) -> None:
    baseline, rows = both
    layout = baseline.layout()
    for values, i in zip(rows.numeric, layout.numeric.tolist(), strict=True):
        column, finite = baseline.columns[i], values[np.isfinite(values)]
        assert (column.minimum, column.maximum) == (finite.min() + 0.0, finite.max() + 0.0)


def test_every_segment_has_the_same_records(both: tuple[Baseline, Rows]) -> None:
    baseline, rows = both
    assert rows.masks.keys() == {"sunny", "short"}
    for name, mask in rows.masks.items():
        own = baseline.of(name)
        assert 0 < own.rows == int(mask.sum()) < baseline.rows
        assert cells_of(own, rows.chosen(mask)) == {c.name: c.cells() for c in own.columns}


def test_the_same_records_give_one_baseline_however_they_are_cut() -> None:
    training = records(80, seed=4)
    whole = built(training, 80, **OPTIONS).to_bytes()
    assert built(training, 7, **OPTIONS).to_bytes() == whole
