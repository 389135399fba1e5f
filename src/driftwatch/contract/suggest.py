"""Rules that the training data of a baseline meets, as a draft for people to edit.

Each says one thing: a range, the known categories, or that a value is there. All of them hold for
every training row, those of a range with a margin: a tenth of the training range on either side, so
that a value just beyond the largest of some thousand rows breaks no rule, rounded outwards to three
digits; but not across zero, nor across one for shares and probabilities.
"""

import math
import re
from collections.abc import Iterator, Mapping

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline, NumericBaseline
from driftwatch.baseline.summary import missing
from driftwatch.conditions import ColumnKind, kind_of_words
from driftwatch.conditions.kinds import numeral
from driftwatch.conditions.writing import column_sql, number_sql, text_sql

MARGIN = 0.1
"""Of the training range, on either side."""
MOST_WORDS = 30
"""Categories that a rule lists; a column with more gets none."""
MOST_CODES = 10
"""Distinct numbers that a rule lists; a column with more gets a range."""
_DIGITS = 3
_ELEMENT = re.compile(r"\.\d+$")
_OTHER = re.compile(r"\W", re.ASCII)
"""What the name of a rule can't have."""


def suggest(baseline: Baseline) -> dict[str, str]:
    """Conditions by name, column by column, for features and predictions.

    None for columns that are derived, since a rule on one makes every check of a record slower, and
    none for the single elements of a vector.
    """
    made = {name for one in baseline.derived for name in one.columns}
    rules: dict[str, str] = {}
    for column in baseline.columns:
        if column.role not in ("feature", "prediction") or column.name in made:
            continue
        if _ELEMENT.search(column.name):
            continue
        for what, condition in _rules(column, baseline.rows):
            rules[_free(f"{column.name}_{what}", rules)] = condition
    return rules


def _rules(column: ColumnBaseline, rows: int) -> Iterator[tuple[str, str]]:
    name = column_sql(column.name, _kind(column))
    if isinstance(column, NumericBaseline):
        finite = not (column.negative_inf or column.positive_inf)
        if finite and column.minimum is not None and column.maximum is not None:
            yield "range", f"{name} {_range(column.minimum, column.maximum)}"
    elif column.other == 0 and column.vocabulary:
        numbers = [numeral(word) for word in column.vocabulary]
        found = [number for number in numbers if number is not None]
        if len(found) == len(numbers) and len(found) > MOST_CODES:
            yield "range", f"{name} {_range(min(found), max(found))}"
        elif len(found) == len(numbers):
            listed = ", ".join(map(number_sql, sorted(found)))
            yield "known", f"{name} IN ({listed})"
        elif len(column.vocabulary) <= MOST_WORDS:
            listed = ", ".join(map(text_sql, sorted(column.vocabulary)))
            yield "known", f"{name} IN ({listed})"
    if rows and missing(column) == 0:
        yield "present", f"{name} IS NOT NULL"


def _kind(column: ColumnBaseline) -> ColumnKind:
    if isinstance(column, CategoricalBaseline):
        return kind_of_words(column.vocabulary)
    return "numeric"


def _range(low: float, high: float) -> str:
    if low == high:
        return f"= {number_sql(low)}"
    margin = MARGIN * (high / 2 - low / 2) * 2  # halved, so that no difference overflows
    least, most = low - margin, high + margin
    if low >= 0:
        least = max(least, 0.0)
        most = min(most, 1.0) if high <= 1 else most
    if high <= 0:
        most = min(most, 0.0)
    return f"BETWEEN {number_sql(_outwards(least, -1))} AND {number_sql(_outwards(most, 1))}"


def _outwards(value: float, sign: int) -> float:
    """Rounded to three digits, downwards or upwards.

    >>> _outwards(123.45, 1), _outwards(123.45, -1), _outwards(-0.0123456, -1), _outwards(0.0, 1)
    (124.0, 123.0, -0.0124, 0.0)
    """
    if value == 0.0 or not math.isfinite(value):
        return max(min(value, 1e308), -1e308)
    digits = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    step = float(f"1e{-digits}")
    if (rounded - value) * sign < 0:
        rounded = round(rounded + sign * step, digits)
    return rounded if math.isfinite(rounded) else value


def _free(name: str, taken: Mapping[str, str]) -> str:
    """A rule's name that is not taken yet.

    >>> _free("user.age_range", {}), _free("3d_range", {}), _free("a", {"a": ""})
    ('user_age_range', '_3d_range', 'a_2')
    """
    name = _OTHER.sub("_", name)
    name = f"_{name}" if name[0].isdigit() else name
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
