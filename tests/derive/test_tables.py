"""Tables go the way of logs: `check` and `replay` make the same columns of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.read import open_data
from driftwatch.check import CheckPolicy, check, count
from driftwatch.decode.composer import RecordPolicy
from driftwatch.decode.json_records import JsonDecoder
from driftwatch.derive.derivation import NamedCondition
from driftwatch.derive.kinds import parse_derivation
from driftwatch.errors import DataError
from driftwatch.records import RawBatch
from driftwatch.sketch.counter import RowCounter
from driftwatch.sources.table import TableSource
from tests.baseline.data import built

DERIVED = tuple(map(parse_derivation, ("text:review", "vector:v", "age:created")))
CONDITIONS = (
    NamedCondition(name="long", role="segment", text="review.length > 8"),
    NamedCondition(name="near", role="contract", text="v.norm < 100"),
)


def vector(rng: np.random.Generator, factor: float) -> list[float] | None:
    chance = rng.random()
    if chance < 0.1:
        return None
    found: list[float] = (factor * rng.normal(size=3)).tolist()
    return [float("nan"), *found[1:]] if chance < 0.15 else found


def rows(count: int, seed: int, factor: float = 1.0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "ts": 1_700_000_000 + i,
            "created": 1_700_000_000 + i - int(rng.integers(0, 60)),
            "review": "good " * int(rng.integers(1, 4)),
            "v": vector(rng, factor),
        }
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    projections = ("v.projection.*",)
    return built(
        rows(1_000, 1), derived=DERIVED, conditions=CONDITIONS, timestamp="ts", ignore=projections
    )


@pytest.fixture(params=["jsonl", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The training data themselves."""
    path = tmp_path / f"rows.{request.param}"
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(rows(1_000, 1)), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows(1_000, 1)))
    return path


def test_a_check_counts_what_the_builder_has_counted(baseline: Baseline, table: Path) -> None:
    data = open_data([str(table)], sources_of(baseline.derived))
    counted = count(baseline, data.chunks())
    assert counted.counts.cells.tolist() == baseline.counts().cells.tolist()
    assert counted.unknown == ()


def test_a_check_finds_what_moves_derived_columns_and_breaks_rules(baseline: Baseline) -> None:
    batch = rows(1_000, 2, factor=60.0)
    chunk = Chunk.from_records(batch, None, sources_of(baseline.derived))
    found = check(baseline, count(baseline, [chunk]), CheckPolicy())
    drifted = {column.name for column in found.columns if column.drift}
    assert drifted == {"v.norm", "v.distance", "contract.near"}


def test_a_check_of_ages_needs_times(baseline: Baseline) -> None:
    timeless = baseline.model_copy(update={"timestamp": None})
    with pytest.raises(DataError, match="an age, which needs times; --timestamp names"):
        count(timeless, [])


def test_a_replayed_table_has_the_columns_of_the_baseline(baseline: Baseline, table: Path) -> None:
    data = open_data([str(table)], sources_of(baseline.derived))
    source = TableSource(data.chunks(), {"ts": "number"})
    policy = RecordPolicy(timestamp="ts", const_model="fraud", const_version="3")
    decoder = JsonDecoder(policy, {baseline.route: baseline})
    counter = RowCounter(baseline.layout())
    counts, inside = counter.empty(), Counter[str]()
    while not source.exhausted:
        for event in source.poll(0.0):
            if isinstance(event, RawBatch):
                (found,) = decoder.decode(event).rows
                counter.count(found.numeric, found.missing, found.cells, counts)
                inside.update({name: int(mask.sum()) for name, mask in found.masks.items()})
    assert counts.cells.tolist() == baseline.counts().cells.tolist()
    assert inside == {"long": baseline.of("long").rows}
