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
        counter.add(np.array([distinct.index(word) for word in part], dtype=np.int32), distinct)
        counter.settle()
    return counter


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can reach."""
    monkeypatch.setattr(words_module, "MAX_WORDS", 40)
    monkeypatch.setattr(words_module, "SUMMARY_WORDS", 10)


def zipf(seed: int, rows: int) -> list[str]:
    return [f"w{x}" for x in np.random.default_rng(seed).zipf(1.4, rows)]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 20))
def test_within_its_bounds_it_is_exact(words: list[str], block: int) -> None:
    counter = counter_of(words, block)
    assert counter.counts == Counter(words)
    assert counter.exact
    assert counter.total == len(words)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(10))
def test_beyond_its_bounds_counts_are_low_by_no_more_than_promised(seed: int) -> None:
    words = zipf(seed, 5_000)
    counter, truth = counter_of(words, 50), Counter(words)
    assert not counter.exact
    for word, count in truth.items():
        assert 0 <= count - counter.counts.get(word, 0) <= len(words) / 10


@pytest.mark.usefixtures("small")
def test_beyond_its_bounds_it_keeps_no_more_words_than_promised() -> None:
    assert len(counter_of([f"w{i}" for i in range(1_000)], 50).counts) <= 10


@pytest.mark.usefixtures("small")
def test_a_word_behind_the_flood_is_still_found() -> None:
    words = [word for i in range(1_000) for word in (f"id{i}", "frequent")]
    assert counter_of(words, 64).vocabulary()[0] == "frequent"


def test_the_vocabulary_has_the_most_frequent_first_and_equal_ones_by_their_text() -> None:
    assert counter_of(list("ccbbdda"), 3).vocabulary() == ("b", "c", "d", "a")


def test_no_more_than_256_words_have_cells() -> None:
    words = [f"w{i:03}" for i in range(300) for _ in range(2)]
    vocabulary = counter_of([*words, "z", "z", "z"], 100).vocabulary()
    assert len(vocabulary) == 256
    assert vocabulary[:2] == ("z", "w000")


def test_a_word_seen_once_has_a_cell_only_where_there_is_room_for_all() -> None:
    once = [f"w{i}" for i in range(256)]
    assert len(counter_of(once, 100).vocabulary()) == 256
    assert counter_of([*once, "often", "often"], 100).vocabulary() == ("often",)


@pytest.mark.usefixtures("small")
def test_an_incomplete_vocabulary_holds_what_is_surely_frequent() -> None:
    words = [f"id{i}" for i in range(20_000)]
    words[::100] = ["one percent"] * 200
    words[5::10_000] = ["rare"] * 2
    words += ["id", "id", "last"]
    assert counter_of(words, 500).vocabulary() == ("one percent",)


@pytest.mark.usefixtures("small")
def test_what_is_given_up_is_taken_from_all_counts_alike() -> None:
    counter = counter_of([f"w{i:02}" for i in range(12) for _ in range(i)], 100)
    counter.give_up()
    assert counter.counts == {f"w{i:02}": i - 1 for i in range(2, 12)}


def test_words_that_get_one_name_are_added_up() -> None:
    counter = counter_of(["3", "3.0", "x"], 2)
    renamed = counter.renamed({"3": "3", "3.0": "3"})
    assert renamed.counts == {"3": 2}
    assert renamed.total == 2
