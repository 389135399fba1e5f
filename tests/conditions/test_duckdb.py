"""A condition answers as DuckDB does, NULLs included, asked of columns or of one record."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings

from driftwatch.conditions import Operand, Truth, parse_condition
from driftwatch.sketch.vocabulary import category_text
from tests.conditions.written import KINDS, Duck, Row, Written, conditions, rows


@pytest.fixture(scope="module")
def duck() -> Iterator[Duck]:
    duck = Duck()
    yield duck
    duck.close()


def columns(table: list[Row]) -> dict[str, Operand]:
    """The columns as a decoder hands them to a condition."""
    made: dict[str, Operand] = {}
    for name, kind in KINDS.items():
        values = [row[name] for row in table]
        if kind == "numeric":
            made[name] = np.array(values, dtype=np.float64)
        else:
            made[name] = np.array([None if v is None else category_text(v) for v in values], object)
    return made


def answers(truth: Truth) -> list[bool | None]:
    return [
        None if unknown else true
        for true, unknown in zip(truth.true.tolist(), truth.unknown.tolist(), strict=True)
    ]


@settings(max_examples=25)
@given(conditions, rows)
def test_columns_and_records_are_answered_as_by_duckdb(
    duck: Duck, written: Written, table: list[Row]
) -> None:
    condition = parse_condition(written.ours, KINDS)
    truth = condition.evaluate(columns(table), len(table))
    expected = duck.answers(written.duck, table)
    assert not (truth.true & truth.unknown).any()
    assert answers(truth) == expected
    assert [condition.judge(row) for row in table] == expected
