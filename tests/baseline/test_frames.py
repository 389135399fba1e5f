"""A table in memory gives the baseline that its rows give as a Parquet file, byte for byte."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.cli import main
from driftwatch.errors import BaselineError, DataError, UsageError
from tests.baseline.data import categorical, numeric

OF = {"model": "fraud", "model_version": "3"}
ROWS = 1_000


def build_on_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, data: Path, *options: str
) -> bytes:
    """What the command makes of a file."""
    output = folder / "built.json"
    command = ["driftwatch", "baseline", "build", str(data), "-o", str(output), "--model", "fraud"]
    monkeypatch.setattr("sys.argv", [*command, "--model-version", "3", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    return output.read_bytes()


def rides() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    amount = rng.lognormal(3.0, 1.0, ROWS)
    amount[rng.random(ROWS) < 0.02] = np.nan
    return pd.DataFrame(
        {
            "ts": pd.date_range("2026-03-01", periods=ROWS, freq="7s", tz="UTC"),
            "amount": amount,
            "small": rng.normal(size=ROWS).astype(np.float32),
            "riders": rng.integers(1, 7, ROWS),
            "account": rng.integers(2**60, 2**62, ROWS),
            "city": pd.Categorical(rng.choice(["Köln", "Bonn", "Ulm"], ROWS)),
            "note": [None if i % 7 == 0 else f"n{i % 90}" for i in range(ROWS)],
            "shared": rng.random(ROWS) < 0.2,
            "taste": [[float(i), 0.5 * i] if i % 5 else None for i in range(ROWS)],
            "price": rng.random(ROWS),
        }
    )


def test_a_frame_is_its_parquet_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = rides()
    frame.to_parquet(tmp_path / "rides.parquet")
    baseline = Baseline.from_pandas(
        frame, **OF, predictions="price", timestamp="ts", ignore=["account"], categorical="riders"
    )
    assert baseline.order == "timestamp"
    assert baseline.untimed == 0
    expected = build_on_disk(
        tmp_path,
        monkeypatch,
        tmp_path / "rides.parquet",
        *("--prediction", "price", "--timestamp", "ts", "--ignore", "account"),
        *("--categorical", "riders"),
    )
    assert baseline.to_bytes() == expected


def test_a_table_in_pieces_is_its_parquet_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = pa.table(
        {
            "x": pa.array([1.5, None, float("nan"), 4.0] * 200, pa.float64()),
            "n": pa.array(list(range(800)), pa.uint16()),
            "user": [{"age": i % 60, "city": "Ulm"} if i % 3 else None for i in range(800)],
            "v": pa.array([[1.0, 2.0], [], None, [3.0]] * 200, pa.list_(pa.float32())),
        }
    )
    table = pa.concat_tables([one, one.slice(100, 500)])
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=333)
    monkeypatch.setattr("driftwatch.baseline.frames._CHUNK_ROWS", 97)
    expected = build_on_disk(tmp_path, monkeypatch, tmp_path / "t.parquet")
    baseline = Baseline.from_arrow(table, **OF)
    assert baseline.to_bytes() == expected
    assert (numeric(baseline).null, numeric(baseline).nan) == (325, 325)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint64", "bool", "U", "object"])
def test_an_array_is_its_parquet_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    rng = np.random.default_rng(5)
    numbers = rng.normal(0.0, 1e3, (ROWS, 3))
    array: Any = np.abs(numbers) if dtype == "uint64" else numbers
    if dtype in ("int64", "uint64"):
        array = array * 1e14  # beyond what a float tells apart
    array = array > 0 if dtype == "bool" else array.astype(dtype)
    if dtype == "float64":
        array[::9, 1] = np.nan
    if dtype == "object":
        array[:, 1] = [None if i % 4 == 0 else f"w{i % 5}" for i in range(ROWS)]
        array[:, 2] = [np.float32(i % 70) for i in range(ROWS)]
    names = ["a", "b", "c"]
    columns = [c.tolist() if dtype == "object" else c for c in array.T]
    if dtype == "object":
        columns[2] = [float(c) for c in columns[2]]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), tmp_path / "t.parquet")
    expected = build_on_disk(tmp_path, monkeypatch, tmp_path / "t.parquet", "--label", "c")
    assert Baseline.from_numpy(array, names, **OF, labels="c").to_bytes() == expected


def test_rows_in_order_are_calibrated_as_the_command_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.random.default_rng(6).normal(size=(8_000, 1))
    pq.write_table(pa.table({"x": array[:, 0]}), tmp_path / "t.parquet")
    expected = build_on_disk(
        tmp_path, monkeypatch, tmp_path / "t.parquet", "--in-order", "--rows-per-pane", "100"
    )
    found = Baseline.from_numpy(array, ["x"], **OF, in_order=True, rows_per_pane=100)
    assert found.order == "rows"
    assert found.to_bytes() == expected


def test_an_index_counts_as_a_column_only_where_it_has_a_name() -> None:
    frame = pd.DataFrame({"x": np.arange(100.0)}, index=np.arange(100) * 3 % 100)
    assert [c.name for c in Baseline.from_pandas(frame, **OF).columns] == ["x"]
    frame.index.name = "customer"
    assert [c.name for c in Baseline.from_pandas(frame, **OF).columns] == ["x", "customer"]


def test_nan_is_null_to_pandas_and_itself_to_arrow_and_numpy() -> None:
    array = np.array([[1.0], [np.nan]] * 50)
    of_pandas = numeric(Baseline.from_pandas(pd.DataFrame({"x": array[:, 0]}), **OF))
    of_numpy = numeric(Baseline.from_numpy(array, ["x"], **OF))
    of_arrow = numeric(Baseline.from_arrow(pa.table({"x": array[:, 0]}), **OF))
    assert (of_pandas.null, of_pandas.nan) == (50, 0)
    assert (of_numpy.null, of_numpy.nan) == (0, 50)
    assert (of_arrow.null, of_arrow.nan) == (0, 50)


def test_a_baseline_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    baseline = Baseline.from_numpy(np.arange(100)[:, None] % 7, ["n"], **OF)
    assert categorical(baseline, "n").vocabulary[0] in "0123456"
    baseline.save(str(tmp_path / "b.json.gz"))
    assert Baseline.load(str(tmp_path / "b.json.gz")) == baseline
    with pytest.raises(BaselineError, match="no such baseline"):
        Baseline.load(tmp_path / "other.json")


def test_a_wrong_table_is_an_error_in_words() -> None:
    with pytest.raises(UsageError, match=r"the shape \(3,\); expected \(rows, columns\)"):
        Baseline.from_numpy(np.zeros(3), ["x"], **OF)
    with pytest.raises(UsageError, match="2 columns, and 1 have a name"):
        Baseline.from_numpy(np.zeros((3, 2)), ["x"], **OF)
    with pytest.raises(UsageError, match="complex128: expected numbers"):
        Baseline.from_numpy(np.zeros((3, 1), dtype=complex), ["x"], **OF)
    with pytest.raises(DataError, match="two columns have the name 'x'"):
        Baseline.from_numpy(np.zeros((3, 2)), ["x", "x"], **OF)
    with pytest.raises(DataError, match="two columns have the name 'x'"):
        Baseline.from_pandas(pd.DataFrame(np.zeros((3, 2)), columns=["x", "x"]), **OF)
    with pytest.raises(DataError, match=r"column odd .* give each column one type"):
        Baseline.from_pandas(pd.DataFrame({"odd": [1, "a", 2.5]}), **OF)
    with pytest.raises(UsageError, match="scroe: the data has no such column; did you mean score"):
        Baseline.from_numpy(np.zeros((3, 1)), ["score"], **OF, predictions="scroe")
    with pytest.raises(DataError, match="no rows"):
        Baseline.from_numpy(np.zeros((0, 1)), ["score"], **OF)


def test_conditions_and_derived_columns_are_those_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = rides().drop(columns=["account", "taste"])
    frame.to_parquet(tmp_path / "rides.parquet")
    (tmp_path / "contract.yaml").write_text("few: riders BETWEEN 1 AND 6\n")
    expected = build_on_disk(
        tmp_path,
        monkeypatch,
        tmp_path / "rides.parquet",
        *("--derive", "text:note", "--segment", "cheap=price < 0.5", "--timestamp", "ts"),
        *("--contract", str(tmp_path / "contract.yaml")),
    )
    asked: dict[str, Any] = {
        "timestamp": "ts",
        "derive": "text:note",
        "segments": {"cheap": "price < 0.5"},
        "contract": {"few": "riders BETWEEN 1 AND 6"},
    }
    baseline = Baseline.from_pandas(frame, **OF, **asked)
    assert baseline.to_bytes() == expected
    assert [segment.name for segment in baseline.segments] == ["cheap"]
    as_objects = frame.astype(object).where(frame.notna(), None)
    as_objects["ts"] = [str(ts) for ts in frame["ts"]]
    array = Baseline.from_numpy(as_objects.to_numpy(), list(frame.columns), **OF, **asked)
    assert numeric(array, "note.length") == numeric(baseline, "note.length")
