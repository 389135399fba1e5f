"""What a prediction's changes are called, and one value that takes over from the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from driftwatch.explain import Explanation, explain
from driftwatch.records import FloatArray
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout, Role
from tests.sketch.zoo import layout_of
from tests.stats.samples import counts_of

CLASSES = ["cat", "dog", "cow", "hen"]
TRAINED = [0.4, 0.3, 0.2, 0.1]


def draw(rows: int, shares: Sequence[float] = TRAINED, seed: int = 1) -> list[str]:
    words: list[str] = np.random.default_rng(seed).choice(CLASSES, rows, p=shares).tolist()
    return words


def of_words(
    live: Sequence[str],
    trained: Sequence[str] = tuple(draw(20_000)),
    role: Role = "prediction",
    sensitive: bool = False,
) -> Explanation:
    words = tuple(word for word, _ in Counter(trained).most_common())
    layout = Layout((CategoricalLayout("label", role, words, np.empty(0, np.uint64)),))
    new = Counter(word for word in live if word not in words).most_common()
    return explain(
        layout,
        counts_of(layout, trained),
        counts_of(layout, live),
        [0],
        new_values={"label": new},
        sensitive=frozenset({"label"} if sensitive else ()),
    )[0]


def of_numbers(live: FloatArray, role: Role = "prediction", sensitive: bool = False) -> Explanation:
    trained = np.random.default_rng(2).beta(2, 5, 20_000)
    column: NumericLayout = replace(layout_of(trained, "score"), role=role)
    layout = Layout((column,))
    hidden = frozenset({"score"} if sensitive else ())
    both = counts_of(layout, trained), counts_of(layout, live)
    return explain(layout, *both, [0], sensitive=hidden)[0]


def test_one_class_that_takes_most_of_the_answers_takes_over() -> None:
    found = of_words(draw(2_000, [0.05, 0.85, 0.05, 0.05]))
    assert found.kind == "concentrated"
    assert found.words.startswith("'dog' takes over: 8")
    assert "% in training" in found.words
    assert found.score >= 5
    assert "shares" in {tie.kind for tie in found.ties}


def test_a_class_that_only_grows_takes_nothing_over() -> None:
    assert of_words(draw(2_000, [0.55, 0.2, 0.15, 0.1])).kind == "shares"


def test_a_feature_with_a_default_in_proportion_stays_a_default() -> None:
    live = ["hen" if i % 10 < 6 else word for i, word in enumerate(draw(2_000, seed=3))]
    assert of_words(live, role="feature").kind == "default"
    assert of_words(live).kind == "concentrated"


def test_a_feature_whose_shares_move_to_one_value_is_taken_over() -> None:
    live = draw(2_000, [0.04, 0.9, 0.06, 0.0])
    assert of_words(live, role="feature").kind in ("concentrated", "vanished")
    assert of_words(draw(2_000, [0.02, 0.9, 0.06, 0.02]), role="feature").kind == "concentrated"


@pytest.mark.parametrize("share", [1.0, 0.99])
def test_one_class_for_all_is_the_same_value(share: float) -> None:
    rest = (1.0 - share) / 3
    found = of_words(draw(2_000, [rest, rest, share, rest]))
    assert found.kind == "one_value"
    assert "the same value" in found.words
    assert "'cow'" in found.words


def test_a_rare_class_that_is_never_predicted_any_more_is_one_value() -> None:
    trained = ["legit"] * 9_700 + ["fraud"] * 300
    found = of_words(["legit"] * 3_000, trained)
    assert found.kind == "one_value"
    assert "(" not in found.words or "training" in found.words


def test_a_rare_class_that_is_as_rare_as_ever_is_none() -> None:
    trained = ["legit"] * 9_700 + ["fraud"] * 300
    assert of_words(["legit"] * 970 + ["fraud"] * 30, trained).kind == "none"


def test_a_class_of_zero_for_all_is_all_zero() -> None:
    trained = ["0"] * 6_000 + ["1"] * 4_000
    assert of_words(["0"] * 500, trained).kind == "all_zero"
    assert of_words(["1"] * 500, trained).kind == "one_value"
    assert of_words(["0"] * 500, trained, sensitive=True).kind == "one_value"


def test_a_class_never_predicted_before_is_called_that() -> None:
    live = ["owl" if i % 50 == 0 else word for i, word in enumerate(draw(3_000, seed=4))]
    found = of_words(live)
    assert found.kind == "new_value"
    assert found.words == ("a class never predicted before: new value 'owl' in 2.0% of the values")
    assert of_words(live, role="feature").words == "new value 'owl' in 2.0% of the values"


def test_a_class_never_seen_for_all_is_one_value() -> None:
    found = of_words(["owl"] * 1_000)
    assert found.kind == "one_value"


@pytest.mark.parametrize(
    ("value", "kind"), [(0.0, "all_zero"), (0.25, "one_value"), (7.0, "one_value")]
)
def test_a_score_that_stands_still_is_one_value(value: float, kind: str) -> None:
    found = of_numbers(np.full(800, value))
    assert found.kind == kind
    assert "stuck" in found.words


def test_a_feature_that_stands_still_is_stuck() -> None:
    assert of_numbers(np.zeros(800), role="feature").kind == "stuck"


def test_of_a_sensitive_score_no_zero_is_told() -> None:
    found = of_numbers(np.zeros(800), sensitive=True)
    assert found.kind == "one_value"
    assert "zero" not in found.words


def test_scores_that_are_shifted_are_not_one_value() -> None:
    live = np.random.default_rng(5).beta(2, 5, 2_000) + 0.2
    assert of_numbers(live).kind == "shift"


@pytest.mark.parametrize("shares", [[0.05, 0.85, 0.05, 0.05], [0.0, 1.0, 0.0, 0.0]])
def test_no_word_of_a_sensitive_prediction_is_shown(shares: list[float]) -> None:
    found = of_words(draw(2_000, shares), sensitive=True)
    said = " ".join((found.words, *(tie.words for tie in found.ties)))
    assert found.kind in ("concentrated", "one_value")
    assert not any(word in said for word in CLASSES)
