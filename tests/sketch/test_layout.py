from dataclasses import replace

import numpy as np
import pytest

from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, Layout, NumericLayout

HASHES = np.array([3, 5], dtype=np.uint64)
AGE = NumericLayout("age", "feature", np.array([0.0, 1.0, 2.0]), 0, 2)
COUNTRY = CategoricalLayout("country", "feature", ("DE", "FR"), HASHES)


def test_columns_stand_one_behind_the_other() -> None:
    layout = Layout((AGE, COUNTRY))
    assert layout.starts.tolist() == [0, 10, 17]
    assert layout.size == AGE.size + COUNTRY.size == 17


def test_columns_of_each_kind_are_found_in_order() -> None:
    layout = Layout((COUNTRY, AGE, replace(AGE, name="b"), replace(COUNTRY, name="c")))
    assert layout.numeric.tolist() == [1, 2]
    assert layout.categorical.tolist() == [0, 3]


def test_a_layout_without_columns_has_no_cells() -> None:
    assert Layout(()).size == 0


def test_the_side_counters_lie_behind_the_bins() -> None:
    names = ("null", "absent", "wrong_type", "nan", "negative_inf", "positive_inf")
    assert [AGE.cell(name) for name in names] == [4, 5, 6, 7, 8, 9]
    assert [COUNTRY.cell(name) for name in ("other", "new", *names[:3])] == [2, 3, 4, 5, 6]


def test_side_counters_are_found_in_every_column_that_has_them() -> None:
    found = Layout((AGE, COUNTRY)).side_cells
    assert [a.tolist() for a in found["null"]] == [[0, 1], [4, 14]]
    assert [a.tolist() for a in found["nan"]] == [[0], [7]]
    assert [a.tolist() for a in found["new"]] == [[1], [13]]


def test_value_bounds_enclose_the_bins() -> None:
    assert Layout((AGE, COUNTRY)).value_bounds.tolist() == [0, 4, 10, 14]


def test_a_bin_between_neighbouring_floats_holds_one_value() -> None:
    edges = np.array([0.0, 1.0, np.nextafter(1.0, 2.0), 2.0])
    single = NumericLayout("x", "feature", edges, 0, 3).single
    assert single.tolist() == [False, False, True, False, False]


def test_the_outer_bins_are_never_single() -> None:
    for edges in (np.empty(0), np.array([1.0])):
        layout = NumericLayout("x", "feature", edges, 0, 0)
        assert layout.single.tolist() == [False] * layout.bins


@pytest.mark.parametrize(
    "other",
    [
        replace(AGE, name="years"),
        replace(AGE, role="label"),
        replace(AGE, edges=np.array([0.0, 1.0, 2.5])),
        replace(AGE, low=1),
        replace(AGE, high=1),
        COUNTRY,
        replace(COUNTRY, vocabulary=("FR", "DE")),
        replace(COUNTRY, vocabulary=("DE",)),
        replace(COUNTRY, vocabulary=("D", "EFR")),
        replace(COUNTRY, other=HASHES[:1]),
        replace(COUNTRY, other=HASHES[:0]),
        replace(COUNTRY, other=HASHES[:0], other_complete=False),
    ],
)
def test_the_fingerprint_changes_with_whatever_counts_depend_on(other: ColumnLayout) -> None:
    same = NumericLayout("age", "feature", np.array([0.0, 1.0, 2.0]), 0, 2)
    assert Layout((AGE,)).fingerprint == Layout((same,)).fingerprint
    assert Layout((AGE,)).fingerprint != Layout((other,)).fingerprint
    if other is not COUNTRY:
        assert Layout((COUNTRY,)).fingerprint != Layout((other,)).fingerprint


def test_the_fingerprint_tells_no_other_words_from_unknown_ones() -> None:
    none = replace(COUNTRY, other=HASHES[:0])
    assert Layout((none,)).fingerprint != Layout((replace(none, other_complete=False),)).fingerprint


def test_the_fingerprint_changes_with_the_order_of_the_columns() -> None:
    assert Layout((AGE, COUNTRY)).fingerprint != Layout((COUNTRY, AGE)).fingerprint
