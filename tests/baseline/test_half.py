"""Counts of the second half of the rows, by brute force."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.baseline.artifact import CategoricalBaseline
from tests.baseline.data import Array, built, built_of_arrays, categorical


def slow(words: list[str | None], found: CategoricalBaseline) -> tuple[int, int, int, int]:
    first = {word for word in words[::2] if word is not None}
    second = [word for word in words[1::2] if word is not None]
    rest = set(found.vocabulary[50:])
    return (
        len(second),
        sum(word in rest for word in second),
        sum(word not in found.vocabulary for word in second),
        sum(word not in first for word in second),
    )


def counted(found: CategoricalBaseline) -> tuple[int, ...]:
    assert found.half is not None
    half = found.half
    return tuple(part[0] for part in (half.values, half.rest, half.outside, half.new))


def words_of_half(words: list[str | None], found: CategoricalBaseline) -> list[int]:
    second = Counter(words[1::2])
    return [second[word] for word in found.vocabulary[:50]]


def zipf(seed: int, rows: int, words: int) -> list[str | None]:
    rng = np.random.default_rng(seed)
    drawn = rng.zipf(1.2, rows) % words
    return [None if rng.random() < 0.05 else f"w{i}" for i in drawn]


@pytest.mark.parametrize(("seed", "many"), [(0, 60), (1, 300), (2, 2_000)])
def test_of_many_words_the_second_half_is_counted(seed: int, many: int) -> None:
    words = zipf(seed, 6_001, many)
    found = categorical(built([{"x": word} for word in words], 713))
    assert counted(found) == slow(words, found)
    assert found.half is not None
    assert [list(part) for part in found.half.words] == [words_of_half(words, found)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), st.integers(1, 40))
def test_of_few_words_new_ones_are_counted_where_some_are_rare(
    words: list[str], chunk_rows: int
) -> None:
    found = categorical(built([{"x": word} for word in words], chunk_rows))
    assert counted(found) == slow(list(words), found)
    assert counted(found)[1:3] == (0, 0)
    assert found.half is not None
    assert found.half.words == ()


def test_where_all_words_are_frequent_nothing_is_halved() -> None:
    rows = [{"x": f"w{i % 50}"} for i in range(50 * 30)]
    assert categorical(built(rows)).half is None
    assert categorical(built(rows[:-1])).half is not None


def test_the_vocabulary_is_chosen_by_the_first_half_of_the_rows() -> None:
    words = [f"w{i // 2 % 120}" for i in range(6_000)]
    words[1::10] = ["odd"] * len(words[1::10])
    words[::100] = ["even"] * len(words[::100])
    found = categorical(built([{"x": word} for word in words]))
    truth = Counter(words)
    assert "odd" not in found.vocabulary
    assert found.vocabulary[0] == "even"
    assert found.counts[0] == truth["even"] == 60
    assert counted(found)[3] == truth["odd"]


def test_where_words_were_given_up_there_is_no_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driftwatch.baseline.survey.BLOCK_ROWS", 64)
    monkeypatch.setattr("driftwatch.baseline.words.MAX_WORDS", 100)
    monkeypatch.setattr("driftwatch.baseline.words.SUMMARY_WORDS", 20)
    monkeypatch.setattr("driftwatch.baseline.words.RARE", 100)
    words = zipf(3, 3_000, 1_000)
    found = categorical(built([{"x": word} for word in words], 100))
    assert not found.other_complete
    assert counted(found) == (*slow(words, found)[:3], 0)


def test_half_is_counted_by_stratum() -> None:
    week_us = 7 * 86_400_000_000
    rows = 4 * 7 * 24 * 300
    times = np.arange(rows) * (4 * week_us // rows)
    hour = times // 3_600_000_000 % 24
    rng = np.random.default_rng(0)
    words: Array = np.array([f"w{i:03}" for i in range(200)])
    drawn = words[np.where(hour < 12, rng.integers(0, 150, rows), rng.integers(100, 200, rows))]
    found = categorical(built_of_arrays({"x": drawn}, times))
    assert found.strata == "hour_of_day"
    assert found.half is not None
    for stratum in (0, 13, 23):
        second = drawn[1::2][hour[1::2] == stratum].tolist()
        assert found.half.values[stratum] == len(second)
        assert found.half.rest[stratum] == sum(w in found.vocabulary[50:] for w in second)
