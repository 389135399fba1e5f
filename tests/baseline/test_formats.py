"""The same data give the same baseline, whatever file format they come in."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftwatch.baseline.artifact import Baseline
from tests.baseline.data import (
    Record,
    built_of,
    column,
    words,
    write_csv,
    write_jsonl,
    write_parquet,
)

pa = pytest.importorskip("pyarrow")

finite = st.floats(allow_nan=False, allow_infinity=False)
word = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4).map(
    "w{}".format
)
flat = {
    "f": st.none() | st.floats(),
    "i": st.none() | st.integers(-(2**63), 2**63 - 1),
    "few": st.none() | st.integers(0, 3),
    "w": st.none() | word,
    "b": st.none() | st.booleans(),
}
rows_of_all = st.lists(st.fixed_dictionaries(flat), min_size=1, max_size=30)
nested = st.fixed_dictionaries(
    {
        "u": st.none()
        | st.fixed_dictionaries({"age": st.none() | finite, "city": st.none() | word}),
        "v": st.none() | st.lists(st.none() | finite, max_size=3),
        "x": finite,
    }
)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def by_name(baseline: Baseline) -> list[Any]:
    return sorted(baseline.columns, key=lambda column: column.name)


@in_one_folder
@given(rows_of_all)
def test_flat_rows_give_the_same_bytes_in_every_format(tmp_path: Path, rows: list[Record]) -> None:
    expected = built_of(write_jsonl(tmp_path / "a.jsonl", rows)).to_bytes()
    assert built_of(write_csv(tmp_path / "a.csv", rows)).to_bytes() == expected
    schema = pa.schema([SCHEMA.field(name) for name in rows[0]])
    write_table(tmp_path / "a.parquet", pa.Table.from_pylist(list(rows), schema))
    assert built_of(tmp_path / "a.parquet").to_bytes() == expected


@in_one_folder
@given(st.lists(nested, min_size=1, max_size=20))
def test_nested_rows_give_the_same_columns_as_json_and_as_parquet(
    tmp_path: Path, rows: list[Record]
) -> None:
    # A schema has columns for what never occurs, and JSON knows nothing of them: here all occurs.
    rows = [{"u": {"age": 1.5, "city": "w"}, "v": [0.5, 1.5, 2.5], "x": 0.0}, *rows]
    user = pa.struct([("age", pa.float64()), ("city", pa.string())])
    schema = pa.schema([("u", user), ("v", pa.list_(pa.float64())), ("x", pa.float64())])
    write_table(tmp_path / "a.parquet", pa.Table.from_pylist(rows, schema))
    as_json = built_of(write_jsonl(tmp_path / "a.jsonl", rows))
    assert by_name(built_of(tmp_path / "a.parquet")) == by_name(as_json)


def test_arrays_that_are_all_empty_are_one_column_of_the_wrong_type(tmp_path: Path) -> None:
    rows: list[Record] = [{"v": [], "x": 1.5}, {"v": None, "x": 2.5}]
    schema = pa.schema([("v", pa.list_(pa.float64())), ("x", pa.float64())])
    write_table(tmp_path / "a.parquet", pa.Table.from_pylist(rows, schema))
    as_json = built_of(write_jsonl(tmp_path / "a.jsonl", rows))
    assert by_name(built_of(tmp_path / "a.parquet")) == by_name(as_json)
    assert (column(as_json, "v").wrong_type, column(as_json, "v").null) == (1, 1)


SCHEMA = pa.schema(
    [
        ("f", pa.float64()),
        ("i", pa.int64()),
        ("few", pa.int8()),
        ("w", pa.string()),
        ("b", pa.bool_()),
    ]
)


def write_table(path: Path, table: Any) -> Path:
    import pyarrow.parquet as pq

    pq.write_table(table, path, row_group_size=7)
    return path


def parquet_of(tmp_path: Path, array: Any, **given: Any) -> Baseline:
    return built_of(write_table(tmp_path / "a.parquet", pa.table({"x": array})), **given)


@pytest.mark.parametrize("rows", [10, 3_000])
def test_many_rows_give_the_same_bytes_in_every_format(tmp_path: Path, rows: int) -> None:
    rng = np.random.default_rng(4)
    records = [
        {"f": f, "w": f"w{w}", "i": int(i), "b": bool(i % 2)}
        for f, w, i in zip(
            rng.normal(size=rows).tolist(), rng.zipf(1.3, rows), rng.poisson(9, rows), strict=True
        )
    ]
    expected = built_of(write_jsonl(tmp_path / "a.jsonl", records)).to_bytes()
    assert built_of(write_csv(tmp_path / "a.csv", records)).to_bytes() == expected
    assert built_of(write_parquet(tmp_path / "a.parquet", records)).to_bytes() == expected


@pytest.mark.parametrize(
    "kind",
    ["float16", "float32", "decimal128(10, 2)", "decimal256(50, 2)", "dictionary"],
)
def test_numbers_are_widened_to_float64(tmp_path: Path, kind: str) -> None:
    values = [0.5, None, 2.25, 2.25]
    if kind == "dictionary":
        array = pa.array(values).dictionary_encode()
    elif kind.startswith("decimal"):
        bits, digits = kind.removeprefix("decimal").rstrip(")").split("(")
        precision, scale = map(int, digits.split(","))
        decimal = {"128": pa.decimal128, "256": pa.decimal256}[bits](precision, scale)
        array = pa.array([None if v is None else Decimal(str(v)) for v in values], decimal)
    else:
        dtype = np.dtype(kind)
        array = pa.array(
            [None if v is None else dtype.type(v) for v in values], getattr(pa, kind)()
        )
    expected = parquet_of(tmp_path, pa.array(values)).columns
    assert parquet_of(tmp_path, array).columns == expected


def test_float32_is_widened_and_not_rounded(tmp_path: Path) -> None:
    baseline = parquet_of(tmp_path, pa.array([0.1, 0.2], pa.float32()))
    assert column(baseline, "x").minimum == float(np.float32(0.1))  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["int64", "uint64", "decimal128", "dictionary"])
def test_integers_beyond_2_to_the_53_keep_their_digits_as_categories(
    tmp_path: Path, kind: str
) -> None:
    values = [2**53 + 1, 2**53, None, 2**53 + 1]
    if kind == "decimal128":
        array = pa.array([None if v is None else Decimal(v) for v in values], pa.decimal128(38, 0))
    elif kind == "dictionary":
        array = pa.array(values).dictionary_encode()
    else:
        array = pa.array(values, getattr(pa, kind)())
    assert words(parquet_of(tmp_path, array)) == {"9007199254740993": 2, "9007199254740992": 1}


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
def test_texts_are_texts_however_they_are_stored(tmp_path: Path, kind: str) -> None:
    array = pa.array(
        ["a", None, "b", "a"], pa.string() if kind == "dictionary" else getattr(pa, kind)()
    )
    array = array.dictionary_encode() if kind == "dictionary" else array
    assert words(parquet_of(tmp_path, array)) == {"a": 2, "b": 1}


def test_times_are_texts_in_iso_8601(tmp_path: Path) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    berlin = pa.array([at], pa.timestamp("us", "Europe/Berlin"))
    assert words(parquet_of(tmp_path, berlin)) == {"2026-01-02T03:04:05.000000Z": 1}
    local = pa.array([at.replace(tzinfo=None)], pa.timestamp("ms"))
    assert words(parquet_of(tmp_path, local)) == {"2026-01-02T03:04:05.000": 1}
    assert words(parquet_of(tmp_path, pa.array([at.date()]))) == {"2026-01-02": 1}


@pytest.mark.parametrize(
    "array",
    [
        pa.array([b"\xff", b"a", None]),
        pa.array([["a"], [], None]),
        pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        pa.array([[[1]], [], None]),
        pa.array([{}, {}, None], pa.struct([])),
    ],
    ids=["binary", "texts", "map", "lists", "empty struct"],
)
def test_what_json_has_no_scalar_for_is_of_the_wrong_type(array: Any) -> None:
    from driftwatch.baseline.arrow import columns_of

    values = columns_of(pa.record_batch({"x": array}))["x"]
    assert values.status.tolist() == [3, 3, 1]


def test_what_lies_below_a_null_struct_is_null() -> None:
    from driftwatch.baseline.arrow import columns_of

    mask = pa.array([False, True, False])
    struct = pa.StructArray.from_arrays([pa.array([1.5, 2.5, None])], ["a"], mask=mask)
    for rows, status in ((struct, [0, 1, 1]), (struct[1:], [1, 1])):
        found = columns_of(pa.record_batch({"s": rows}))
        assert {name: column.status.tolist() for name, column in found.items()} == {"s.a": status}


def test_a_column_of_nothing_but_nulls_is_read(tmp_path: Path) -> None:
    for array in (pa.nulls(3), pa.nulls(3, pa.string()), pa.nulls(3, pa.float64())):
        assert column(parquet_of(tmp_path, array), "x").null == 3


def test_a_column_whose_type_differs_between_files_is_read(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", pa.table({"x": pa.array([1, 2])}))
    write_table(tmp_path / "b.parquet", pa.table({"x": pa.array([0.5, 2.0])}))
    baseline = built_of(tmp_path)
    assert column(baseline, "x").kind == "numeric"
    assert baseline.rows == 4


def test_nan_is_no_null_in_any_format(tmp_path: Path) -> None:
    rows: list[Record] = [{"x": math.nan}, {"x": 1.5}, {"x": None}]
    (tmp_path / "a.csv").write_text("x,y\nnan,0\n1.5,0\n,0\n")
    write_table(tmp_path / "a.parquet", pa.table({"x": [math.nan, 1.5, None]}))
    for path in (
        write_jsonl(tmp_path / "a.jsonl", rows),
        tmp_path / "a.csv",
        tmp_path / "a.parquet",
    ):
        found = column(built_of(path), "x")
        assert (found.null, found.nan) == (1, 1)  # type: ignore[union-attr]
