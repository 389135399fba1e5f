"""The share of the most frequent word."""

import numpy as np
import pytest

from driftwatch.sketch.layout import CategoricalLayout, Layout
from driftwatch.stats.reference import values_per_column
from driftwatch.stats.top_class import top_class
from tests.stats.samples import counts_of, reference_of


def test_it_is_the_share_of_the_values_that_are_the_most_frequent_one() -> None:
    layout = reference_of(np.arange(5.0), ["a", "b", "c"]).layout
    live = counts_of(layout, np.arange(5.0), ["b", "b", "b", "a", None])
    found = top_class(live, layout, values_per_column(layout, live))
    assert np.isnan(found[0])
    assert found[1] == 0.75


def test_a_class_that_training_never_saw_counts_as_one() -> None:
    layout = reference_of(["a", "b"]).layout
    live = counts_of(layout, ["a", "Z", "Z", "Y"])
    assert top_class(live, layout, values_per_column(layout, live)).tolist() == [0.75]


def test_of_many_words_the_unseen_ones_are_no_class() -> None:
    layout = Layout((CategoricalLayout("c", "feature", ("a", "b"), np.array([7], np.uint64)),))
    live = counts_of(layout, ["a", "x", "y", "z"])
    assert top_class(live, layout, values_per_column(layout, live)).tolist() == [0.25]


@pytest.mark.parametrize("words", [(), ("a",)])
def test_without_a_value_it_is_not_known(words: tuple[str, ...]) -> None:
    layout = Layout((CategoricalLayout("c", "feature", words, np.empty(0, np.uint64), False),))
    live = counts_of(layout, [None, None])
    assert np.isnan(top_class(live, layout, values_per_column(layout, live))).all()
