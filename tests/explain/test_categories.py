"""What is said about categorical columns."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from driftwatch.explain import Explanation, explain
from driftwatch.sketch.layout import CategoricalLayout, Layout
from tests.stats.samples import counts_of

COUNTRIES = ["DE", "FR", "IT", "ES", "PL", "NL", "AT"]
SHARES = np.array([0.35, 0.2, 0.15, 0.12, 0.1, 0.05, 0.03])


def draw(seed: int, rows: int, shares: Sequence[float] | np.ndarray = SHARES) -> list[str]:
    p = np.asarray(shares) / np.sum(shares)
    words: list[str] = np.random.default_rng(seed).choice(COUNTRIES, rows, p=p).tolist()
    return words


BASELINE = draw(1, 20_000)


def explained(
    live: Sequence[str | None],
    baseline: Sequence[str] = BASELINE,
    sensitive: bool = False,
    listed: int = 20,
    noted: int = 1,
    show_values: bool = False,
) -> Explanation:
    """noted: how many times as long as the counts the new words have been noted."""
    words = tuple(word for word, _ in Counter(baseline).most_common())
    layout = Layout((CategoricalLayout("country", "feature", words, np.empty(0, np.uint64)),))
    new = Counter(word for word in live if word is not None and word not in words)
    return explain(
        layout,
        counts_of(layout, baseline),
        counts_of(layout, live),
        [0],
        new_values={"country": [(w, noted * count) for w, count in new.most_common(listed)]},
        sensitive=frozenset({"country"} if sensitive else ()),
        show_values=show_values,
    )[0]


def every(n: int, live: list[str], word: str) -> list[str]:
    return [word if i % n == 0 else old for i, old in enumerate(live)]


def test_a_new_value_is_named_with_its_share() -> None:
    explanation = explained(every(50, draw(2, 3000), "UK"))
    assert explanation.kind == "new_value"
    assert explanation.words == "new value 'UK' in 2.0% of the values"


def test_a_value_that_vanished_is_named() -> None:
    explanation = explained([word for word in draw(3, 4000) if word != "IT"])
    assert explanation.kind == "vanished"
    assert explanation.words.startswith("vanished: 'IT' (1")


def test_a_renamed_value_is_new_and_vanished() -> None:
    explanation = explained(["Italy" if word == "IT" else word for word in draw(4, 3000)])
    assert explanation.kind in ("new_value", "vanished")
    assert "'Italy'" in explanation.words
    assert "'IT'" in explanation.words


@pytest.mark.parametrize(
    ("spelled", "how"),
    [(str.lower, "other case"), (lambda w: " " + w, "other whitespace")],
    ids=["case", "whitespace"],
)
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_another_spelling_is_told_from_a_new_value(spelled, how, share) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    live = [spelled(word) if rng.random() < share else word for word in draw(6, 3000)]
    explanation = explained(live)
    assert explanation.kind == "spelling"
    assert explanation.words.endswith(f": {how}")
    assert f"'DE' is now '{spelled('DE')}'" in explanation.words


def test_a_spelling_of_more_words_than_are_listed_is_found() -> None:
    names = [f"Word{i}" for i in range(80)]
    rng = np.random.default_rng(7)
    explanation = explained(
        [word.upper() for word in rng.choice(names, 4000)], rng.choice(names, 20_000).tolist()
    )
    assert explanation.kind == "spelling"


def test_two_known_spellings_that_trade_places_are_a_spelling() -> None:
    baseline = [word.lower() if i % 5 == 0 else word for i, word in enumerate(BASELINE)]
    live = [word.lower() if i % 5 else word for i, word in enumerate(draw(8, 3000))]
    assert explained(live, baseline).kind == "spelling"


def test_shares_that_moved_are_named_with_both() -> None:
    explanation = explained(draw(9, 3000, [0.1, 0.2, 0.4, 0.12, 0.1, 0.05, 0.03]))
    assert explanation.kind == "shares"
    assert "'DE' 35." in explanation.words
    assert "'IT' 1" in explanation.words


def test_one_word_for_the_others_in_proportion_is_a_default_that_ties_with_shares() -> None:
    explanation = explained(every(4, draw(10, 3000), "AT"))
    assert explanation.kind == "default"
    assert "are now 'AT' (" in explanation.words
    assert "shares" in {tie.kind for tie in explanation.ties}


def test_a_column_with_one_word_left_is_stuck() -> None:
    explanation = explained(["FR"] * 500)
    assert explanation.kind == "stuck"
    assert explanation.words.startswith("stuck at 'FR' (was ")


def test_what_is_missing_is_told_of_categories_as_well() -> None:
    live = [None if i % 4 == 0 else word for i, word in enumerate(draw(11, 2000))]
    assert explained(live).words == "null in 25.0% of the records (0.0% in training)"


@pytest.mark.parametrize(
    "live",
    [
        every(20, draw(12, 3000), "UK"),
        [word for word in draw(13, 4000) if word != "IT"],
        [word.lower() for word in draw(14, 3000)],
        draw(15, 3000, [0.1, 0.2, 0.4, 0.12, 0.1, 0.05, 0.03]),
        every(4, draw(16, 3000), "AT"),
        ["FR"] * 500,
    ],
)
def test_no_word_of_a_sensitive_column_is_shown(live: list[str]) -> None:
    explanation = explained(live, sensitive=True)
    said = " ".join((explanation.words, *(tie.words for tie in explanation.ties)))
    assert explanation.kind != "none"
    assert not any(word in said or word.lower() + "'" in said for word in [*COUNTRIES, "UK"])


def test_one_category_that_stays_has_no_explanation() -> None:
    assert explained(["a"] * 500, ["a"] * 1000).kind == "none"


def test_a_column_with_one_word_that_training_never_saw_is_new_and_stuck() -> None:
    explanation = explained(["UK"] * 500)
    assert {explanation.kind, *(tie.kind for tie in explanation.ties)} >= {"new_value", "stuck"}


def test_one_category_that_is_replaced_is_new_and_vanished() -> None:
    explanation = explained(["b"] * 500, ["a"] * 1000)
    assert explanation.kind in ("new_value", "vanished")
    assert "'b'" in explanation.words


def test_no_live_rows_have_no_explanation() -> None:
    assert explained([]).kind == "none"


def test_ten_thousand_categories_are_explained() -> None:
    rng = np.random.default_rng(17)
    names = np.array([f"n{i}" for i in range(10_000)])
    baseline = rng.choice(names, 50_000).tolist()
    assert explained(rng.choice(names[:10], 2000).tolist(), baseline).kind == "shares"
    assert explained(rng.choice(names, 5000).tolist(), names.tolist() * 5).kind == "none"


def test_the_same_shares_have_no_explanation() -> None:
    assert explained(draw(18, 5000)).kind == "none"


def test_words_noted_before_the_onset_make_no_share_larger_than_it_is() -> None:
    explanation = explained(every(50, draw(2, 3000), "UK"), noted=40)
    assert explanation.words == "new value 'UK' in 2.0% of the values"


def few(count: int, word: str) -> list[str]:
    """That many of another word among 300."""
    return [word if i < count else old for i, old in enumerate(draw(19, 300))]


@pytest.mark.parametrize(
    ("count", "show_values", "shown"), [(19, False, False), (20, False, True), (19, True, True)]
)
def test_a_new_value_is_named_once_many_records_had_it(
    count: int, show_values: bool, shown: bool
) -> None:
    explanation = explained(few(count, "Jane Doe"), show_values=show_values)
    assert explanation.kind == "new_value"
    assert ("Jane Doe" in explanation.words) == shown
    assert f"{count / 3:.1f}% of the values" in explanation.words


def test_of_several_new_values_those_that_few_records_had_are_not_named() -> None:
    live = few(60, "UK")
    live[60:70] = ["Jane Doe"] * 10
    explanation = explained(live)
    assert explanation.words == "new values in 23.3% of the values: 'UK' in 20.0%"


@pytest.mark.parametrize("show_values", [False, True])
def test_a_column_that_is_stuck_at_a_value_of_few_records_names_it_on_request_only(
    show_values: bool,
) -> None:
    explanation = explained(["Jane Doe"] * 15, show_values=show_values)
    said = [explanation.words, *(tie.words for tie in explanation.ties)]
    assert any(words.startswith("stuck at ") for words in said)
    assert any("Jane Doe" in words for words in said) == show_values


@pytest.mark.parametrize("show_values", [False, True])
def test_another_spelling_in_few_records_is_named_on_request_only(show_values: bool) -> None:
    names = [f"Word{i}" for i in range(20)]
    rng = np.random.default_rng(7)
    live = [word.upper() for word in rng.choice(names, 250)]
    explanation = explained(live, rng.choice(names, 20_000).tolist(), show_values=show_values)
    assert explanation.kind == "spelling"
    assert max(Counter(live).values()) < 20
    assert ("'WORD" in explanation.words) == show_values
