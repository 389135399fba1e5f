"""Records without a value: each way of missing has its own words."""

import numpy as np
import pytest

from driftwatch.explain import Explanation, explain
from driftwatch.records import FloatArray, Status
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout
from tests.sketch.zoo import layout_of

NO_CELLS = np.empty((0, 2000), dtype=np.int32)
TRAINED = np.random.default_rng(11).normal(size=20_000)
LAYOUT = Layout((layout_of(TRAINED),))


def counted(values: FloatArray, status: int, share: float) -> Counts:
    """Rows of which the first few have this status; NaN itself where that is VALUE."""
    gone = np.arange(len(values)) < share * len(values)
    missing = np.where(gone, np.uint8(status), np.uint8(Status.VALUE))
    counts = RowCounter(LAYOUT).empty()
    numeric = np.where(gone, np.nan, values)[None]
    cells = np.empty((0, len(values)), dtype=np.int32)
    RowCounter(LAYOUT).count(numeric, missing[None], cells, counts)
    return counts


def explained(live: Counts) -> Explanation:
    return explain(LAYOUT, counted(TRAINED, Status.NULL, 0.0), live, [0])[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.NULL, "null in 30.0% of the records (0.0% in training)"),
        (Status.ABSENT, "absent from 30.0% of the records (0.0% in training)"),
        (Status.WRONG_TYPE, "of the wrong type in 30.0% of the records (0.0% in training)"),
        (Status.VALUE, "not a number (NaN) in 30.0% of the records (0.0% in training)"),
    ],
)
def test_each_way_of_missing_is_told_apart(status: int, words: str) -> None:
    live = np.random.default_rng(12).normal(size=2000)
    explanation = explained(counted(live, status, 0.3))
    assert (explanation.kind, explanation.words) == ("missing", words)


def test_one_percent_of_nan_is_found() -> None:
    live = np.random.default_rng(13).normal(size=5000)
    assert explained(counted(live, Status.VALUE, 0.01)).kind == "missing"


def test_what_is_missing_and_what_is_left_are_both_explained() -> None:
    live = np.random.default_rng(14).normal(0.5, 1, 2000)
    explanation = explained(counted(live, Status.ABSENT, 0.3))
    assert explanation.kind == "missing"
    assert "; also shifted by +0." in explanation.words


def test_the_greater_of_two_changes_comes_first() -> None:
    live = np.random.default_rng(15).normal(3, 1, 2000)
    explanation = explained(counted(live, Status.ABSENT, 0.05))
    assert explanation.kind == "shift"
    assert explanation.words.endswith("; also absent from 5.0% of the records (0.0% in training)")


def test_values_that_change_in_no_simple_way_are_mentioned_beside_what_is_missing() -> None:
    rng = np.random.default_rng(16)
    live = rng.normal(size=4000)
    live = live[(np.floor(live * 3) % 2 == 0) | (rng.random(4000) < 0.3)]
    explanation = explained(counted(live, Status.NULL, 0.4))
    assert explanation.kind == "missing"
    assert explanation.words.endswith("the values that are left changed too, in no simple way")


def test_a_column_that_is_missing_altogether_says_so() -> None:
    explanation = explained(counted(np.zeros(1000), Status.ABSENT, 1.0))
    assert explanation.words == "absent from 100.0% of the records (0.0% in training)"
