"""Baselines that a real Spark cluster builds are those that are built here, to the byte."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftwatch.baseline.artifact import Baseline, load_baseline
from tests.docs.blocks import blocks
from tests.harness.tools import ROOT
from tests.spark.asked import CASES, FULL, PARTITIONINGS
from tests.spark.conftest import run_on_spark

GUIDE = ROOT / "docs" / "how-to" / "build-on-spark.md"
NAME = "train_on_spark.py"

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]


@pytest.mark.parametrize("case", CASES)
def test_the_baseline_is_the_one_that_is_built_here(answers: Mapping[str, Any], case: str) -> None:
    assert answers[f"{case}; uneven"] == "same"


@pytest.mark.parametrize("partitioning", PARTITIONINGS)
def test_it_makes_no_difference_where_partitions_end(
    answers: Mapping[str, Any], partitioning: str
) -> None:
    assert answers[f"{FULL}; {partitioning}"] == "same"


def test_a_file_that_is_sorted_by_its_row_numbers_gives_the_same(
    answers: Mapping[str, Any],
) -> None:
    assert answers["a file"] == "same"


def test_rows_stand_in_the_order_in_which_they_are_collected(answers: Mapping[str, Any]) -> None:
    assert answers["in another order"] == "same"


def test_a_column_with_too_many_words_to_keep_gives_the_same(answers: Mapping[str, Any]) -> None:
    assert answers["more words than are kept"] == "same"


def test_only_a_frame_that_was_persisted_before_is_left_persisted(
    answers: Mapping[str, Any],
) -> None:
    assert (answers["left persisted"], answers["put away"]) == (True, False)


def test_errors_are_the_usual_ones(answers: Mapping[str, Any]) -> None:
    assert answers["no such column"] == (
        "UsageError: --prediction scor: the data has no such column; did you mean score?"
    )
    assert answers["no rows"] == "DataError: the data has no rows; a baseline needs some"


def test_an_error_that_a_worker_finds_is_raised_where_the_program_is(
    answers: Mapping[str, Any],
) -> None:
    assert answers["an error of a worker"].startswith(
        "DataError: the data has a column 'text.length', as one that is derived from 'text'"
    )


def test_the_guides_program_builds_what_the_command_would(
    spark_master: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(6)
    table = pa.table(
        {
            "payment_id": rng.permutation(20_000),
            "amount": rng.lognormal(size=20_000),
            "country": rng.choice(["DE", "FR", "IT"], 20_000),
            "score": rng.random(20_000),
        }
    )
    pq.write_table(table, tmp_path / "training.parquet")
    _, program, output = blocks(GUIDE)
    assert program.name == NAME
    (tmp_path / NAME).write_text(program.text, encoding="utf-8")
    said = run_on_spark(spark_master, tmp_path / NAME, folder=tmp_path)
    assert said == output.text
    here = Baseline.from_arrow(
        table.sort_by("payment_id"),
        model="fraud",
        model_version="3",
        predictions="score",
        ignore="payment_id",
    )
    assert load_baseline(tmp_path / "fraud-3.spark.json.gz") == here
