"""Plain ratios, counted one record after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import Status
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.stats.ratios import Ratios, ratios, side_counts
from tests.sketch.zoo import layout_of

LOW, HIGH = 10.0, 20.0
NUMBER = layout_of(np.array([LOW, 12.0, HIGH]), "number")
WORD = CategoricalLayout("word", "feature", ("a", "b"), np.empty(0, dtype=np.uint64))
LAYOUT = Layout((NUMBER, WORD))

Cell = float | str
"""A number; or `null`, `absent`, `wrong_type`."""
numbers = st.sampled_from((LOW, HIGH, 15.0, 9.999, 20.001, -1e300, 1e300, 0.0)) | st.sampled_from(
    (np.nan, np.inf, -np.inf)
)
missing = st.sampled_from(("null", "absent", "wrong_type"))
rows = st.tuples(numbers | missing, st.sampled_from(("a", "b", "other", "new")) | missing)


def counted(records: list[tuple[Cell, str]]) -> Counts:
    status = {"null": Status.NULL, "absent": Status.ABSENT, "wrong_type": Status.WRONG_TYPE}
    numeric = [np.nan if isinstance(cell, str) else cell for cell, _ in records]
    codes = [status[cell] if isinstance(cell, str) else Status.VALUE for cell, _ in records]
    cells = [
        WORD.vocabulary.index(word) if word in WORD.vocabulary else WORD.cell(word)
        for _, word in records
    ]
    counts = RowCounter(LAYOUT).empty()
    RowCounter(LAYOUT).count(
        np.array([numeric], dtype=np.float64).reshape(1, len(records)),
        np.array([codes], dtype=np.uint8).reshape(1, len(records)),
        np.array([cells], dtype=np.int32).reshape(1, len(records)),
        counts,
    )
    return counts


def of(records: list[tuple[Cell, str]]) -> Ratios:
    return ratios(counted(records), LAYOUT)


def share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


@given(st.lists(rows, max_size=30))
def test_missing_is_what_has_no_usable_value_of_all_rows(records: list[tuple[Cell, str]]) -> None:
    lacking = [
        sum(isinstance(cell, str) or np.isnan(cell) for cell, _ in records),
        sum(word in ("null", "absent", "wrong_type") for _, word in records),
    ]
    expected = [share(count, len(records)) for count in lacking]
    assert of(records).missing == pytest.approx(expected, nan_ok=True)


@given(st.lists(rows, max_size=30))
def test_out_of_range_is_what_the_baseline_never_reached_of_all_numbers(
    records: list[tuple[Cell, str]],
) -> None:
    found = [cell for cell, _ in records if not isinstance(cell, str) and not np.isnan(cell)]
    outside = sum(not LOW <= value <= HIGH for value in found)
    expected = [share(outside, len(found)), np.nan]
    assert of(records).out_of_range == pytest.approx(expected, nan_ok=True)


@given(st.lists(rows, max_size=30))
def test_new_is_what_the_baseline_never_saw_of_all_words(records: list[tuple[Cell, str]]) -> None:
    found = [word for _, word in records if word in ("a", "b", "other", "new")]
    expected = [np.nan, share(found.count("new"), len(found))]
    assert of(records).new_category == pytest.approx(expected, nan_ok=True)


@given(st.lists(rows, max_size=30))
def test_every_side_counter_counts_its_own(records: list[tuple[Cell, str]]) -> None:
    numeric = [cell for cell, _ in records]
    words = [word for _, word in records]
    found = [cell for cell in numeric if not isinstance(cell, str)]
    expected = {name: [numeric.count(name), words.count(name)] for name in ("null", "absent")}
    expected |= {"wrong_type": [numeric.count("wrong_type"), words.count("wrong_type")]}
    expected |= {name: [0, words.count(name)] for name in ("other", "new")}
    expected |= {
        "nan": [sum(map(np.isnan, found)), 0],
        "negative_inf": [found.count(-np.inf), 0],
        "positive_inf": [found.count(np.inf), 0],
        "below": [sum(-np.inf < value < LOW for value in found), 0],
        "above": [sum(HIGH < value < np.inf for value in found), 0],
    }
    side = side_counts(counted(records), LAYOUT)
    assert {name: counts.tolist() for name, counts in side.items()} == expected


def test_a_column_that_had_no_numbers_in_training_finds_all_of_them_out_of_range() -> None:
    layout = Layout((layout_of(np.empty(0)),))
    counts = RowCounter(layout).empty()
    nothing = np.empty((0, 3), dtype=np.int32)
    RowCounter(layout).count(np.array([[1.0, -5.0, np.nan]]), None, nothing, counts)
    assert ratios(counts, layout).out_of_range.tolist() == [1.0]
