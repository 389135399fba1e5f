"""What columns are derived from comes through every reader as it stands in the data."""

import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline.raw import sources_of
from driftwatch.baseline.read import open_data
from driftwatch.derive.kinds import parse_derivation
from driftwatch.records import ABSENT

SOURCES = sources_of(map(parse_derivation, ("text:user.review", "vector:v", "shape:image")))
ROWS: list[dict[str, Any]] = [
    {"user": {"review": "x" * 400, "age": 7}, "v": [1.5, 2.0], "image": [[1], [2]], "y": 1},
    {"user": {"review": None, "age": 8}, "v": None, "image": [], "y": 2},
    {"user": None, "v": [], "image": None, "y": 3},
]


def raw_of(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for chunk in open_data([str(path)], SOURCES).chunks():
        assert not chunk.columns.keys() & SOURCES.keys()
        for name, values in chunk.raw.items():
            found.setdefault(name, []).extend(values)
    return found


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
def test_values_are_not_flattened_and_not_cut(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    found = raw_of(path)
    assert found["v"] == [[1.5, 2.0], None, []]
    assert found["image"] == [[[1], [2]], [], None]
    assert found["user.review"][:2] == ["x" * 400, None]
    assert found["user.review"][2] in (None, ABSENT)  # JSON's null has no fields, Arrow's has


def test_cells_of_csv_are_read_as_json_but_for_texts(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["user.review", "v", "image"], ["[1]", "[1, 2]", "[[1], [2]]"], ["", "", "[soon"]]
        )
    assert raw_of(path) == {
        "user.review": ["[1]", None],
        "v": [[1, 2], None],
        "image": [[[1], [2]], "[soon"],
    }


@settings(max_examples=25)
@given(
    st.lists(
        st.none()
        | st.lists(st.none() | st.lists(st.floats(allow_nan=False, width=32), max_size=3)),
        min_size=1,
        max_size=8,
    )
)
def test_arrays_of_arrow_are_those_of_json(arrays: list[Any]) -> None:
    from driftwatch.baseline.arrow import raw_of as of_arrow

    for kind in (pa.list_(pa.list_(pa.float32())), pa.large_list(pa.list_(pa.float64()))):
        batch = pa.record_batch({"image": pa.array([[[9.0]], *arrays], kind)}).slice(1)
        assert of_arrow(batch, SOURCES) == {"image": arrays}


def test_times_and_decimals_of_arrow_are_what_json_would_have() -> None:
    from driftwatch.baseline.arrow import raw_of as of_arrow

    moment = dt.datetime(2023, 11, 14, 22, 13, 20, 500_000)  # noqa: DTZ001 (as Arrow gives them)
    columns = {
        "v": [[Decimal("1.5")], None],
        "image": [{"a": moment, "b": b"x"}, None],
        "user.review": [moment, None],
    }
    assert of_arrow(pa.record_batch(columns), SOURCES) == {
        "v": [[1.5], None],
        "image": [{"a": "2023-11-14T22:13:20.500000", "b": {}}, None],
        "user.review": ["2023-11-14T22:13:20.500000", None],
    }
