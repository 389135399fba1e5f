from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.baseline import words as words_module
from driftwatch.baseline.words import WordCounter


def counter_of(words: list[str], block: int) -> WordCounter:
    counter = WordCounter()
    for start in range(0, len(words), block):
        part = words[start : start + block]
        distinct = sorted(set(part))
        counter.add(
            np.array([distinct.index(word) for word in part], dtype=np.int32), distinct, start
        )
        counter.settle()
    return counter


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can reach."""
    monkeypatch.setattr(words_module, "MAX_WORDS", 40)
    monkeypatch.setattr(words_module, "SUMMARY_WORDS", 10)


def zipf(seed: int, rows: int) -> list[str]:
    return [f"w{x}" for x in np.random.default_rng(seed).zipf(1.4, rows)]


def doubled(words: list[str]) -> list[str]:
    """Each word in both halves of the rows, which are the even and the odd ones."""
    return [word for word in words for _ in range(2)]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 20))
def test_few_words_are_counted_in_both_halves_of_the_rows(words: list[str], block: int) -> None:
    counter = counter_of(words, block)
    assert counter.counts == {word: words[::2].count(word) for word in words}
    assert counter.second == Counter(words[1::2])
    assert counter.frequencies == Counter(words)
    assert counter.exact
    assert counter.total == len(words[::2])


@given(st.lists(st.integers(0, 70), min_size=200, max_size=300), st.integers(1, 20))
def test_many_words_are_counted_in_the_first_half_of_the_rows(
    numbers: list[int], block: int
) -> None:
    words = [f"w{number}" for number in [*range(60), *numbers]]
    counter = counter_of(words, block)
    assert counter.counts == {word: words[::2].count(word) for word in words}
    assert counter.second is None
    assert counter.frequencies == counter.counts
    assert counter.needs_half
    assert set(counter.fresh) == set(words) - set(words[::2])


@pytest.mark.parametrize(("often", "needs"), [(30, False), (29, True)])
def test_few_words_that_all_are_frequent_need_no_half(often: int, needs: bool) -> None:
    assert counter_of(["a"] * 40 + ["b"] * often, 7).needs_half == needs


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(10))
def test_beyond_its_bounds_counts_are_low_by_no_more_than_promised(seed: int) -> None:
    words = zipf(seed, 5_000)
    counter, truth = counter_of(words, 50), Counter(words[::2])
    assert not counter.exact
    assert counter.fresh == []
    for word, count in truth.items():
        assert 0 <= count - counter.counts.get(word, 0) <= len(words[::2]) / 10


@pytest.mark.usefixtures("small")
def test_beyond_its_bounds_it_keeps_no_more_words_than_promised() -> None:
    assert len(counter_of([f"w{i}" for i in range(1_000)], 50).counts) <= 10


@pytest.mark.usefixtures("small")
def test_a_word_behind_the_flood_is_still_found() -> None:
    words = [word for i in range(1_000) for word in (f"id{i}", "frequent")]
    assert counter_of(doubled(words), 64).vocabulary()[0] == "frequent"


def test_the_vocabulary_has_the_most_frequent_first_and_equal_ones_by_their_text() -> None:
    assert counter_of(list("ccbbdda"), 3).vocabulary() == ("b", "c", "d", "a")


def test_no_more_than_256_words_have_cells() -> None:
    words = [f"w{i:03}" for i in range(300) for _ in range(2)]
    vocabulary = counter_of(doubled([*words, "z", "z", "z"]), 100).vocabulary()
    assert len(vocabulary) == 256
    assert vocabulary[:2] == ("z", "w000")


def test_a_word_seen_once_has_a_cell_only_where_there_is_room_for_all() -> None:
    once = [f"w{i}" for i in range(256)]
    assert len(counter_of(doubled(once), 100).vocabulary()) == 256
    assert counter_of(doubled([*once, "often", "often"]), 100).vocabulary() == ("often",)


def test_a_word_that_the_first_half_lacks_has_no_cell() -> None:
    words = ["odd" if i % 2 else f"w{i % 100}" for i in range(1_000)]
    counter = counter_of(words, 33)
    assert counter.fresh == ["odd"]
    assert len(counter.vocabulary()) == 50
    assert "odd" not in counter.vocabulary()


@pytest.mark.usefixtures("small")
def test_an_incomplete_vocabulary_holds_what_is_surely_frequent() -> None:
    words = [f"id{i}" for i in range(20_000)]
    words[::100] = ["one percent"] * 200
    words[5::10_000] = ["rare"] * 2
    words += ["id", "id", "last"]
    assert counter_of(words, 500).vocabulary() == ("one percent",)


@pytest.mark.usefixtures("small")
def test_what_is_given_up_is_taken_from_all_counts_alike() -> None:
    words = [f"w{i:02}" for i in range(12) for _ in range(i)]
    counter = counter_of(doubled(words), 200)
    counter.give_up()
    assert counter.counts == {f"w{i:02}": i - 1 for i in range(2, 12)}


def test_of_words_that_were_given_up_none_is_known_to_be_fresh() -> None:
    counter = counter_of(["a", "b", "a"], 10)
    assert counter.fresh == ["b"]
    counter.give_up()
    assert counter.fresh == []


def test_words_that_get_one_name_are_added_up() -> None:
    counter = counter_of(["3", "3.0", "x"], 2)
    renamed = counter.renamed({"3": "3", "3.0": "3"})
    assert renamed.frequencies == {"3": 2}
    assert (renamed.counts, renamed.total) == ({"3": 1}, 1)


def counted(words: list[str], first_row: int) -> WordCounter:
    counter = WordCounter()
    counter.add(np.arange(len(words), dtype=np.int32), words, first_row)
    return counter


def test_counters_of_some_rows_each_add_up_to_that_of_all() -> None:
    whole, part = counted(["a", "b", "a", "c", "b"], 0), counted(["a", "b", "a"], 0)
    part.merge(counted(["c", "b"], 3))
    assert (part.counts, part.second, part.total) == (whole.counts, whole.second, whole.total)


def test_counters_that_have_too_many_words_together_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 3)
    part = counted(["a", "b"], 0)
    part.merge(counted(["b", "c"], 2))
    assert part.exact
    part.merge(counted(["d"], 4))
    assert (part.exact, part.counts) == (False, {})
