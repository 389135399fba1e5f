"""What the types of an artifact can't say. All functions raise ValueError."""

from collections.abc import Sequence

import numpy as np

from driftwatch.baseline.basis import events_of
from driftwatch.baseline.columns import CategoricalBaseline, ColumnBaseline, Half, NumericBaseline
from driftwatch.derive.derivation import CONDITION_NAME, Derivation, NamedCondition
from driftwatch.records import WHOLE, IntArray
from driftwatch.stats.events import MAX_WORDS, ColumnEvents, is_chosen
from driftwatch.stats.members import SCORES
from driftwatch.stats.strata import SIZES


def check_counts(column: ColumnBaseline, rows: int) -> None:
    """The counts of a column add up, and fit its edges or words."""
    cells = column.cells()
    if min(cells) < 0 or sum(cells) != rows:
        raise ValueError(f"the counts of column {column.name!r} do not add up to the rows")
    if isinstance(column, NumericBaseline):
        _check_numeric(column)
    else:
        _check_categorical(column)


def _check_numeric(column: NumericBaseline) -> None:
    edges = np.array(column.edges)
    if len(column.bins) != len(edges) + 1 or (np.diff(edges) <= 0).any():
        raise ValueError(f"the edges of column {column.name!r} are not ascending")
    if len(edges) and not 0 <= column.low <= column.high < len(edges):
        raise ValueError(f"the range of column {column.name!r} is not among its edges")
    if column.count != sum(column.bins):
        raise ValueError(f"the bins of column {column.name!r} do not add up to its count")


def _check_categorical(column: CategoricalBaseline) -> None:
    words, hashes = column.vocabulary, column.hashes()
    if len(words) != len(column.counts) or len(set(words)) != len(words):
        raise ValueError(f"the vocabulary of column {column.name!r} does not fit its counts")
    if (hashes[1:] <= hashes[:-1]).any():
        raise ValueError(f"the hashes of column {column.name!r} are not ascending")


def check_derived(derived: Sequence[Derivation]) -> None:
    """No column is made twice."""
    made = [name for derivation in derived for name in derivation.columns]
    if len(set(made)) < len(made):
        raise ValueError("a column is derived twice")


def check_conditions(
    conditions: Sequence[NamedCondition], columns: Sequence[ColumnBaseline]
) -> None:
    """Each condition has a name that can be written, and a column of true and false."""
    by_name = {column.name: column for column in columns}
    if len({condition.column for condition in conditions}) < len(conditions):
        raise ValueError("two conditions have one name")
    for condition in conditions:
        if not CONDITION_NAME.fullmatch(condition.name) or condition.column == f"segment.{WHOLE}":
            raise ValueError(f"a {condition.role} can't be called {condition.name!r}")
        column = by_name.get(condition.column)
        if (
            not isinstance(column, CategoricalBaseline)
            or column.role != condition.role
            or set(column.vocabulary) != {"true", "false"}
        ):
            raise ValueError(f"{condition.role} {condition.name!r} has no column of true and false")


def check_segments(conditions: Sequence[NamedCondition], segments: Sequence[str]) -> None:
    """Each condition of that role has a segment, and no other has."""
    if [each.name for each in conditions if each.role == "segment"] != list(segments):
        raise ValueError("the segments are not those of the conditions")


def check_measured(column: ColumnBaseline, rows: int, untimed: int, sizes: int) -> None:
    """What was measured of a column fits its counts.

    rows: of the training data; untimed: those without a time. sizes: blocks were measured in.
    """
    events = events_of(column)
    sources = len(events.events) + SCORES * isinstance(column, NumericBaseline)
    shapes = {len(row) for row in column.phi}
    if len(column.phi) != sizes or not shapes <= {sources}:
        raise ValueError(f"the dependence of column {column.name!r} does not fit its events")
    if len(column.grows) != (sources if sizes else 0):
        raise ValueError(f"the growth of column {column.name!r} does not fit its events")
    if min((min(row) for row in column.phi if row), default=1.0) < 1.0:
        raise ValueError(f"a phi of column {column.name!r} is below 1")
    _check_strata(column, events, rows, untimed)
    if isinstance(column, CategoricalBaseline) and column.half is not None:
        _check_half(column, column.half)
    test = column.self_test
    if test is not None and min(test.info, test.page) < 0:
        raise ValueError(f"the self-test of column {column.name!r} counts less than nothing")


def _check_strata(column: ColumnBaseline, events: ColumnEvents, rows: int, untimed: int) -> None:
    strata = SIZES[column.strata] if column.strata != "none" else 0
    lengths = {len(row) for row in column.stratum_groups}
    if len(column.stratum_groups) != strata or not lengths <= {events.groups}:
        raise ValueError(f"the strata of column {column.name!r} do not fit its events")
    if strata:
        groups = np.array(column.stratum_groups, dtype=np.int64)
        whole: IntArray = events.grouped(np.array(column.cells(), dtype=np.int64))
        # Rows without a time are in no stratum.
        if groups.min() < 0 or groups.sum() != rows - untimed or (groups.sum(0) > whole).any():
            raise ValueError(f"the strata of column {column.name!r} do not add up to its counts")


def _check_half(column: CategoricalBaseline, half: Half) -> None:
    parts = (half.values, half.rest, half.outside, half.new)
    sizes = {len(part) for part in parts}
    words = min(MAX_WORDS, len(column.vocabulary)) if is_chosen(column.layout()) else 0
    if half.words or words:
        sizes.add(len(half.words))
    if sizes != {SIZES[column.strata]} or {len(row) for row in half.words} - {words}:
        raise ValueError(f"the half counts of column {column.name!r} do not fit its strata")
    counts = np.array([*parts, *zip(*half.words, strict=True)], dtype=np.int64)
    values = sum(column.counts) + column.other
    if counts.min() < 0 or (counts[1:] > counts[0]).any() or counts[0].sum() > values:
        raise ValueError(f"the half counts of column {column.name!r} do not fit its counts")
