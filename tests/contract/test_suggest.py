"""Rules are suggested that training meets, and that say what a person would."""

from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.build import build
from driftwatch.baseline.chunk import Chunk
from driftwatch.baseline.options import BuildOptions
from driftwatch.contract.suggest import suggest
from tests.contract.orders import orders_baseline


def suggested(**columns: list[Any]) -> dict[str, str]:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    options = BuildOptions("m", "1", labels=("label",) if "label" in columns else ())
    return suggest(build(lambda: iter([Chunk.from_records(rows)]), options))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([12.5, 90.25], "BETWEEN 4.72 AND 98.1"),
        ([1.5, 90.25], "BETWEEN 0 AND 99.2"),
        ([-1.5, 90.25], "BETWEEN -10.7 AND 99.5"),
        ([-90.5, -0.5], "BETWEEN -99.5 AND 0"),
        ([0.01, 0.99], "BETWEEN 0 AND 1"),
        ([2.5, 2.5], "= 2.5"),
        (["b", "it's"], "IN ('b', 'it''s')"),
        ([True, False], "IN ('false', 'true')"),
        ([3, 1], "IN (1, 3)"),
        (list(range(1, 13)), "BETWEEN 0 AND 13.1"),
    ],
)
def test_a_column_gets_its_range_or_its_words(values: list[Any], expected: str) -> None:
    rules = suggested(v=values)
    assert rules.pop("v_present") == "v IS NOT NULL"
    ((_, condition),) = rules.items()
    assert condition == f"v {expected}"


def test_what_training_lacked_once_may_be_missing() -> None:
    assert suggested(v=[1.5, None, 3.5]).keys() == {"v_range"}


def test_too_many_words_are_no_category() -> None:
    assert suggested(v=[f"w{i}" for i in range(31)]).keys() == {"v_present"}


def test_names_that_are_no_plain_words_are_quoted() -> None:
    columns: dict[str, list[Any]] = {"is new": ["a", "b"], "select": [1.5, 2.5]}
    rules = suggested(**columns)
    assert rules["is_new_known"] == "\"is new\" IN ('a', 'b')"
    assert rules["select_present"] == '"select" IS NOT NULL'


def test_labels_come_later_and_get_no_rule() -> None:
    assert suggested(v=[1.5, 2.5], label=["a", "b"]).keys() == {"v_range", "v_present"}


def test_all_suggested_rules_hold_for_every_training_row() -> None:
    rules = suggest(orders_baseline({}))
    built = orders_baseline(rules)
    held = [column for column in built.columns if column.role == "contract"]
    assert len(held) == len(rules) > 10
    for column in held:
        assert column.kind == "categorical"
        assert dict(zip(column.vocabulary, column.counts, strict=True))["false"] == 0


def test_a_fresh_row_seldom_breaks_a_suggested_range() -> None:
    """Of 1,000 rows like those of training, fewer than one in a hundred lies beyond the margin."""
    broken = rows = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        rule = suggested(v=rng.normal(size=1_000).tolist())["v_range"]
        low, high = (float(word) for word in rule.split()[2::2])
        fresh = rng.normal(size=1_000)
        broken += int(((fresh < low) | (fresh > high)).sum())
        rows += 1_000
    # Without the margin it would be one in 1,000 on either side, 20 of 10,000.
    assert broken < 20


def test_names_do_not_clash() -> None:
    rules = suggested(**{"a b": [1.5, 2.5], "a_b": [3.5, 4.5]})
    assert rules.keys() == {"a_b_range", "a_b_present", "a_b_range_2", "a_b_present_2"}


def test_elements_of_a_vector_get_no_rule() -> None:
    assert suggested(**{"v.0": [1.5, 2.5], "v.10": [1.5, 2.5]}) == {}
