"""Builds baselines of the same rows here and on a Spark cluster, and writes down how they compare.

Run by the Python of .tools/spark:

    python asked.py FOLDER

writes FOLDER/answers.json: by case, whether the two files are the same to the byte, or the error.
"""

import json
import sys
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftwatch import Baseline
from driftwatch.errors import DriftwatchError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS = 8_000
FULL = "timed, with all that is made of columns"
DAY_US = 24 * 3_600 * 10**6

CASES: dict[str, dict[str, Any]] = {
    "unordered": {},
    "in order": {"in_order": True, "predictions": "score", "ignore": ["id", "row"]},
    "timed": {"timestamp": "at", "categorical": "few", "numeric": "flag"},
    FULL: {
        "timestamp": "at",
        "derive": ["text:text", "age:born", "vector:vector"],
        "segments": {"north": "place.side = 'n'", "high": "score > 1"},
        "rates": {"flagged": "flag = 'true'"},
        "contract": {"positive": "amount > 0"},
    },
}


def training(rows: int) -> pa.Table:
    """Numbers, words, nulls, integers and times, some in another order than the rows."""
    rng = np.random.default_rng(8)
    hours = np.sort(rng.integers(0, 24 * 70, rows))
    late = np.where(rng.random(rows) < 0.2, rng.permutation(hours), hours)
    amount = np.where(rng.random(rows) < 0.02, np.nan, rng.lognormal(size=rows))
    sides = rng.choice(["n", "s", "ö", ""], rows)
    return pa.table(
        {
            "row": np.arange(rows),
            "score": pa.array(rng.normal(size=rows), mask=rng.random(rows) < 0.1),
            "amount": pa.array(amount),
            "single": pa.array(rng.normal(size=rows).astype(np.float32)),
            "count": rng.integers(0, 1_000, rows),
            "few": rng.integers(0, 7, rows),
            "large": rng.integers(2**53, 2**54, rows),
            "word": pa.array([f"w{i}" for i in rng.zipf(1.4, rows) % 1_000]),
            "rare": pa.array([None if i else "seen" for i in rng.random(rows) < 0.9995]),
            "flag": pa.array(rng.random(rows) < 0.3, mask=rng.random(rows) < 0.01),
            "nothing": pa.array([None] * rows, pa.float64()),
            "vector": pa.array(rng.normal(size=(rows, 3)).tolist()),
            "text": pa.array(["some words " * int(i) for i in rng.integers(0, 5, rows)]),
            "id": pa.array([f"id{i}" for i in range(rows)]),
            "place": pa.StructArray.from_arrays(
                [pa.array(rng.normal(size=rows)), pa.array(sides)], ["height", "side"]
            ),
            "born": pa.array(
                DAY_US * 20_000 - rng.integers(0, DAY_US, rows), pa.timestamp("us", tz="UTC")
            ),
            "at": pa.array(
                DAY_US * 20_000 + late * (DAY_US // 24),
                pa.timestamp("us", tz="UTC"),
                mask=rng.random(rows) < 0.003,
            ),
        }
    )


def slices(spark: "SparkSession", table: pa.Table, cuts: list[int]) -> "DataFrame":
    """The table in partitions that end at these rows."""
    bounds = [0, *cuts, table.num_rows]
    parts = [
        spark.createDataFrame(table.slice(start, end - start)).coalesce(1)
        for start, end in pairwise(bounds)
    ]
    return reduce(lambda before, part: before.union(part), parts)


PARTITIONINGS: dict[str, Callable[["SparkSession", pa.Table], "DataFrame"]] = {
    "uneven": lambda spark, table: slices(spark, table, [1, 7, 4_096, 4_097, 7_001]),
    "some empty": lambda spark, table: slices(spark, table, [0, 3_000, 3_000, ROWS]),
    "many, sorted": lambda spark, table: (
        spark.createDataFrame(table).repartition(3).repartition(7, "word").orderBy("row")
    ),
}


def answer(frame: "DataFrame", table: pa.Table, **options: Any) -> str:
    built = Baseline.from_spark(frame, model="m", model_version="1", **options)
    here = Baseline.from_arrow(table, model="m", model_version="1", **options)
    return "same" if built.to_bytes() == here.to_bytes() else "other"


def error(frame: "DataFrame", **options: Any) -> str:
    try:
        Baseline.from_spark(frame, model="m", model_version="1", **options)
    except DriftwatchError as problem:
        return f"{type(problem).__name__}: {problem}"
    return "none"


def main(folder: Path) -> None:
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.config("spark.sql.session.timeZone", "America/New_York")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1777")
        .config("spark.sql.shuffle.partitions", "7")
        .getOrCreate()
    )
    table = training(ROWS)
    answers: dict[str, Any] = {}
    for partitioning, frame_of in PARTITIONINGS.items():
        frame = frame_of(spark, table).persist()
        for case in CASES if partitioning == "uneven" else [FULL]:
            options = CASES[case]
            answers[f"{case}; {partitioning}"] = answer(frame, table, **options)
        frame.unpersist()

    pq.write_table(table, folder / "rows.parquet", row_group_size=3_000)
    read = spark.read.parquet(str(folder / "rows.parquet")).orderBy("row")
    answers["a file"] = answer(read, table)
    moved = spark.createDataFrame(table).repartition(5).persist()
    answers["in another order"] = answer(moved, moved.toArrow())
    answers["left persisted"] = moved.is_cached
    ids = pa.table({"row": np.arange(120_000), "id": [f"id{i}" for i in range(120_000)]})
    answers["more words than are kept"] = answer(slices(spark, ids, [50_001, 90_000]), ids)
    answers["put away"] = read.is_cached

    small = spark.createDataFrame(table.slice(0, 100))
    answers["no such column"] = error(small, predictions="scor")
    answers["no rows"] = error(small.where("1 = 0"))
    clash = small.withColumnRenamed("single", "text.length")
    answers["an error of a worker"] = error(clash, derive="text:text")
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
