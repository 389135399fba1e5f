"""The reference of conditions tells the truth: each function is there, each example is right."""

import re

import numpy as np
import pytest

from driftwatch.conditions import parse_condition
from driftwatch.conditions.functions import ALIASES, FUNCTIONS
from driftwatch.conditions.syntax import MOST_LEVELS, MOST_SIGNS
from tests.harness.tools import ROOT

PAGE = (ROOT / "docs" / "reference" / "conditions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| .+? \| `(.+?)` \| `(.+?)` \|$", PAGE, re.MULTILINE)
NULL_AWARE = {"coalesce", "nullif", "greatest", "least"}


def test_every_function_has_its_row_and_no_other() -> None:
    named = {name for cell, _, _ in ROWS for name in re.findall(r"(\w+)\(", cell)}
    assert named == FUNCTIONS.keys() | ALIASES.keys() | NULL_AWARE


@pytest.mark.parametrize(("example", "result"), [row[1:] for row in ROWS])
def test_an_example_gives_what_it_says(example: str, result: str) -> None:
    text = f"{example} IS NULL" if result == "NULL" else f"{example} = {result}"
    condition = parse_condition(text, {})
    assert condition.judge({}) is True
    assert np.array_equal(condition.evaluate({}, 2).true, [True, True])


@pytest.mark.parametrize(
    "text",
    [
        "(1 > NULL) IS NULL",
        "(NOT 1 > NULL) IS NULL",
        "1 / 0 IS NULL AND sqrt(-1) IS NULL AND ln(0) IS NULL AND 1e300 * 1e300 IS NULL",
        "(FALSE AND NULL) IS FALSE AND (TRUE AND NULL) IS NULL",
        "(TRUE OR NULL) IS TRUE AND (FALSE OR NULL) IS NULL",
        "1 IN (1, NULL) AND (2 IN (1, NULL)) IS NULL",
        "5 % -3 = 2 AND -5 % 3 = -2 AND 1 / 2 = 0.5",
        "NOT 1 = 2 AND 1 = 1 OR 1 = 2",
        "2 + 3 * 4 = 14 AND 'a' || 'b' = 'ab' AND '100%' LIKE '100!%' ESCAPE '!'",
        "CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END = 'b'",
    ],
)
def test_the_rules_hold(text: str) -> None:
    condition = parse_condition(text, {})
    assert condition.judge({}) is True
    assert condition.evaluate({}, 1).true.tolist() == [True]


def test_the_limits_are_those_of_the_program() -> None:
    limits = PAGE.split("## Limits")[1]
    assert f"{MOST_SIGNS:,} characters, {MOST_LEVELS} brackets" in limits
