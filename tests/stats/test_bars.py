"""Bars: they cover every cell once, follow the baseline alone, and show what is there."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from driftwatch.stats.bars import FEW_VALUES, MOST_WORDS, WORDS, column_bars, make_bars


def numeric(values: FloatArray, name: str = "x") -> tuple[NumericLayout, IntArray]:
    """A column whose edges are 200 quantiles of these values, and its counts."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, 200)))
    edges = np.append(edges[:-1], np.nextafter(values.max(), np.inf))
    layout = NumericLayout(name, "feature", edges, 0, len(edges) - 1)
    cells = np.zeros(layout.size, dtype=np.int64)
    np.add.at(cells, np.searchsorted(edges, values, side="right"), 1)
    return layout, cells


def words(count: int) -> CategoricalLayout:
    return CategoricalLayout(
        "w", "feature", tuple(f"w{i}" for i in range(count)), np.empty(0, np.uint64)
    )


RNG = np.random.default_rng(7)
SHAPES = {
    "normal": RNG.normal(50, 10, 5_000),
    "lognormal": RNG.lognormal(3, 2, 5_000),
    "many zeros": np.where(RNG.random(5_000) < 0.4, 0.0, RNG.exponential(900, 5_000)),
    "uniform": RNG.random(5_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_bars_cover_all_cells_without_a_gap(shape: str) -> None:
    layout, cells = numeric(SHAPES[shape])
    bars = list(column_bars(layout, cells))
    assert bars[0].first == 0
    assert bars[-1].last == layout.size
    assert all(a.last == b.first for a, b in pairwise(bars))


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_is_squeezed_into_one_bar(shape: str) -> None:
    layout, cells = numeric(SHAPES[shape])
    found = make_bars(Layout((layout,)), cells)
    shares = found.baseline / found.baseline.sum()
    assert len(shares) >= 12
    assert shares.max() <= 0.6


@given(st.lists(st.integers(0, 60), min_size=1, max_size=60))
def test_what_the_bars_hold_adds_up(counts: list[int]) -> None:
    layout, cells = numeric(np.repeat(np.arange(len(counts)), np.array(counts) + 1).astype(float))
    found = make_bars(Layout((layout, words(3))), np.concatenate((cells, np.arange(8))))
    assert found.baseline.sum() == cells.sum() + 28
    assert found.of(1, found.baseline).tolist() == list(range(8))


def test_few_values_have_a_bar_each() -> None:
    # Edges as a baseline has them: each of three values in a bin of its own.
    values = np.array([1.0, 2.0, 5.0])
    edges = np.sort(np.concatenate((values, np.nextafter(values, np.inf))))
    layout = NumericLayout("n", "feature", edges, 0, 5)
    cells = np.zeros(layout.size, dtype=np.int64)
    cells[[1, 3, 5]] = 7, 8, 9
    bars = [bar for bar in column_bars(layout, cells) if bar.kind == "value"]
    assert [bar.label for bar in bars] == ["1", "2", "5"]
    assert len(bars) <= FEW_VALUES


def test_many_words_share_their_last_bar() -> None:
    few, many = words(MOST_WORDS), words(MOST_WORDS + 1)
    labels = [bar.label for bar in column_bars(few, np.zeros(few.size, dtype=np.int64))]
    assert labels[: MOST_WORDS + 1] == [*few.vocabulary, "rare in training"]
    labels = [bar.label for bar in column_bars(many, np.zeros(many.size, dtype=np.int64))]
    assert labels[WORDS] == f"{MOST_WORDS + 1 - WORDS} more words"


def test_of_a_sensitive_column_no_label_names_a_value() -> None:
    layout, cells = numeric(SHAPES["normal"])
    for column, counts in ((layout, cells), (words(3), np.zeros(8, dtype=np.int64))):
        bars = list(column_bars(column, counts, sensitive=True))
        assert all(bar.low is None for bar in bars)
        kept = {bar.label for bar in bars if bar.kind in ("value", "word")}
        assert kept == {
            f"{'range' if column is layout else 'word'} {i + 1}" for i in range(len(kept))
        }
