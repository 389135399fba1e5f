"""What is said about numeric columns, and what is said where there is little to say."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from driftwatch.explain import Explanation, explain
from driftwatch.records import FloatArray
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout
from tests.sketch.zoo import LARGEST, layout_of
from tests.stats.samples import counts_of, numeric_samples

RNG = np.random.default_rng(5)
FAHRENHEIT = RNG.normal(60, 15, 30_000)


def explained(
    baseline: FloatArray,
    live: FloatArray,
    phi: float = 1.0,
    sensitive: bool = False,
    show_values: bool = False,
) -> Explanation:
    layout = Layout((layout_of(baseline[np.isfinite(baseline)]),))
    return explain(
        layout,
        counts_of(layout, baseline),
        counts_of(layout, live),
        [0],
        phi=np.array([phi]),
        sensitive=frozenset({"x"} if sensitive else ()),
        show_values=show_values,
    )[0]


def drawn(rows: int = 4000) -> FloatArray:
    return np.random.default_rng(6).normal(60, 15, rows)


def partly(share: float, value: float) -> FloatArray:
    live = drawn()
    live[: int(share * len(live))] = value
    return live


@pytest.mark.parametrize(
    ("live", "kind", "words"),
    [
        ((drawn() - 32) / 1.8, "units", "looks like Fahrenheit turned into Celsius"),
        (drawn() * 1000, "units", "looks like seconds turned into milliseconds, or kilomet"),
        (np.full(500, 12.5), "stuck", "stuck at 12.5 (was 0.1% of the values, now 100.0%)"),
        (partly(0.2, -500.0), "default", "20.0% of the values are now -500 (0.0% in tr"),
        (partly(0.2, -498.7), "default", "20.0% of the values are now between -"),
        (
            np.minimum(drawn(), 80),
            "clipped",
            "clipped between 80 and 80.2 (9.1% of the values were above",
        ),
        (-drawn(), "sign_flip", "the sign flipped (x became -x)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words_say_what_happened_with_numbers(live: FloatArray, kind: str, words: str) -> None:
    explanation = explained(FAHRENHEIT, live)
    assert explanation.kind == kind
    assert explanation.words.startswith(words)


def test_a_shift_is_said_in_the_columns_unit_and_in_standard_deviations() -> None:
    words = explained(FAHRENHEIT, drawn() + 12).words
    amount = float(words.split()[2])
    assert words.startswith("shifted by +")
    assert words.endswith("standard deviations)")
    assert amount == pytest.approx(12, abs=1)


def test_a_value_that_training_knew_is_named_exactly() -> None:
    counts = RNG.poisson(200, 20_000).astype(float)
    live = np.random.default_rng(7).poisson(200, 3000).astype(float)
    live[:900] = 187
    explanation = explained(counts, live)
    assert explanation.kind == "default"
    assert " of the values are now 187 (" in explanation.words


def test_a_default_filled_in_where_the_rest_has_shifted_names_both() -> None:
    zero_inflated = np.where(RNG.random(30_000) < 0.1, 0.0, RNG.normal(60, 15, 30_000))
    rng = np.random.default_rng(8)
    live = np.where(rng.random(6000) < 0.5, 0.0, rng.normal(60, 15, 6000) + 10)
    words = explained(zero_inflated, live).words
    assert "are now 0 (" in words
    assert "shifted by +" in words


def test_a_unit_change_is_preferred_to_the_free_transform_that_equals_it() -> None:
    explanation = explained(FAHRENHEIT, (drawn(20_000) - 32) / 1.8)
    assert explanation.kind == "units"


def test_a_flip_of_a_column_that_looks_the_same_shifted_ties_with_the_shift() -> None:
    explanation = explained(FAHRENHEIT, -drawn())
    assert "shift" in {tie.kind for tie in explanation.ties}


def test_rounded_units_of_a_whole_column_are_found() -> None:
    baseline = RNG.poisson(400, 20_000).astype(float)
    live = np.round((np.random.default_rng(9).poisson(400, 5000) - 32) / 1.8)
    assert explained(baseline, live).words == "looks like Fahrenheit turned into Celsius"


def test_the_same_counts_with_many_rows_for_one_say_less() -> None:
    alone, crowded = (explained(FAHRENHEIT, drawn() + 12, phi=phi) for phi in (1.0, 10.0))
    assert crowded.kind == "shift"
    assert crowded.score < alone.score / 5


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + 12,
        lambda x: 60 + 2 * (x - 60),
        lambda x: 1.7 * x + 71,
        lambda x: np.full_like(x, 54.25),
        lambda x: np.where(np.arange(len(x)) % 5, x, 777.0),
        lambda x: np.minimum(x, 71.5),
    ],
)
def test_no_value_of_a_sensitive_column_is_shown(
    change: Callable[[FloatArray], FloatArray],
) -> None:
    explanation = explained(FAHRENHEIT, change(drawn()), sensitive=True)
    said = " ".join((explanation.words, *(tie.words for tie in explanation.ties)))
    assert explanation.kind != "none"
    assert not any(place in said for place in ("between", "54.25", "777", "71.5", "12", " 60"))


def test_nothing_changed_has_no_explanation() -> None:
    explanation = explained(FAHRENHEIT, drawn())
    assert explanation == Explanation("none", "no simple explanation", 0.0)


def test_no_live_rows_have_no_explanation() -> None:
    assert explained(FAHRENHEIT, np.empty(0)).kind == "none"


def test_a_constant_column_that_takes_another_value_is_stuck_there() -> None:
    explanation = explained(np.full(1000, 3.25), np.full(400, 7.0))
    assert explanation.words == "stuck at 7 (was 0.0% of the values, now 100.0%)"


def test_a_baseline_without_values_says_that_there_are_values_now() -> None:
    explanation = explained(np.full(1000, np.nan), drawn())
    assert explanation.kind == "missing"
    assert "in 0.0% of the records (100.0% in training)" in explanation.words


def test_two_baseline_rows_are_too_few_to_explain_anything() -> None:
    explanation = explained(np.array([1.0, 2.0]), drawn())
    assert np.isfinite(explanation.score)


def test_values_at_the_limits_of_floats_are_explained() -> None:
    baseline = RNG.choice([-LARGEST, 0.0, LARGEST], 2000)
    explanation = explained(baseline, np.zeros(500))
    assert explanation.words.startswith("stuck at 0 (was ")


def test_fifty_million_rows_are_explained_as_a_few_thousand_are() -> None:
    layout = Layout((layout_of(FAHRENHEIT),))
    baseline = counts_of(layout, FAHRENHEIT)
    part = counts_of(layout, np.random.default_rng(10).normal(60, 15, 500_000) + 12)
    live = RowCounter(layout).empty()
    live.cells[:] = part.cells * 100
    live.rows = part.rows * 100
    assert explain(layout, baseline, live, [0])[0].kind == "shift"


def test_a_live_count_on_no_column_of_the_alarm_is_not_looked_at() -> None:
    layout = Layout((layout_of(FAHRENHEIT),))
    assert explain(layout, Counts.empty(layout.size, 1), Counts.empty(layout.size, 1), []) == {}


@hypothesis_settings(max_examples=60)
@given(baseline=numeric_samples(largest=1500), live=numeric_samples(largest=1500, smallest=2))
def test_any_column_is_explained_without_a_warning_in_finite_words(
    baseline: FloatArray, live: FloatArray
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explanation = explained(baseline, live)
    assert np.isfinite(explanation.score)
    for words in (explanation.words, *(tie.words for tie in explanation.ties)):
        assert words
        assert "nan" not in words
        assert "+inf" not in words


@pytest.mark.parametrize(
    ("rows", "show_values", "shown"), [(19, False, False), (20, False, True), (19, True, True)]
)
def test_the_one_value_of_a_column_that_is_stuck_is_named_once_many_records_had_it(
    rows: int, show_values: bool, shown: bool
) -> None:
    explanation = explained(FAHRENHEIT, np.full(rows, 61.23456), show_values=show_values)
    assert explanation.kind == "stuck"
    assert ("61.2346" in explanation.words) == shown
    assert ("between 61." in explanation.words) != shown
