"""One baseline on the edges of another: the counts, and the bounds of the distance."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.comparison.ks_bounds import ks_bounds
from driftwatch.comparison.laid_out import laid_out, numbers_laid_out, words_laid_out
from tests.baseline.data import Array, built_of_arrays, categorical, numeric

sizes = st.integers(1, 400)
kinds = st.sampled_from(["normal", "shifted", "atoms", "integers", "huge", "tiny", "constant"])


def values(kind: str, rows: int, rng: np.random.Generator) -> Array:
    normal = rng.normal(size=rows)
    return {
        "normal": normal,
        "shifted": normal + 3.0,
        "atoms": np.where(rng.random(rows) < 0.5, 0.0, normal),
        "integers": np.round(normal * 3.0),
        "huge": np.clip(normal, -3.0, 3.0) * 5e307,
        "tiny": np.round(normal) * 5e-324,
        "constant": np.full(rows, 7.0),
    }[kind]


@settings(max_examples=15)
@given(kinds, kinds, sizes, sizes, st.integers(0, 10**6))
def test_the_true_distance_lies_between_the_bounds(
    one: str, other: str, n: int, m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = values(one, n, rng), values(other, m, rng)
    bounds = ks_bounds(*(numeric(built_of_arrays({"x": v})) for v in (x, y)))
    points = np.concatenate((x, y))
    shares = [np.searchsorted(np.sort(v), points, side="right") / len(v) for v in (x, y)]
    true = np.abs(shares[0] - shares[1]).max()
    assert bounds.least - 1e-12 <= true <= bounds.largest + 1e-12


def test_the_bounds_are_close_where_there_are_many_rows() -> None:
    rng = np.random.default_rng(2)
    a, b = (numeric(built_of_arrays({"x": rng.normal(m, 1.0, 20_000)})) for m in (0.0, 0.1))
    bounds = ks_bounds(a, b)
    assert bounds.largest - bounds.least < 3 / 320


@settings(max_examples=15)
@given(kinds, kinds, sizes, sizes, st.integers(0, 10**6))
def test_no_row_is_lost_and_none_is_far_from_where_it_was(
    one: str, other: str, n: int, m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = values(one, n, rng)
    own = numeric(built_of_arrays({"x": x}))
    over = numeric(built_of_arrays({"x": values(other, m, rng)}))
    cells = numbers_laid_out(own, over)
    layout = over.layout()
    assert cells.min() >= 0
    assert cells[: layout.bins].sum() == n
    below = np.cumsum(cells[: layout.bins])[:-1]
    exact = np.searchsorted(np.sort(x), layout.edges, side="left")
    widest = max(
        (count for count, single in zip(own.bins, own.layout().single, strict=True) if not single),
        default=0,
    )
    assert np.abs(below - exact).max() <= widest + 0.5


def test_on_its_own_edges_a_baseline_is_itself() -> None:
    rng = np.random.default_rng(3)
    columns: dict[str, Any] = {
        "x": rng.normal(size=3_000),
        "w": np.array([f"w{i}" for i in rng.zipf(1.3, 3_000) % 900]),
    }
    baseline = built_of_arrays(columns)
    assert laid_out(baseline, baseline) == baseline.counts()


def test_the_same_values_of_other_rows_are_laid_where_they_lie() -> None:
    rng = np.random.default_rng(4)
    x = rng.choice([0.5, 1.5, 2.5, 9.5], 1_000)
    own, over = (numeric(built_of_arrays({"x": part})) for part in (x[:300], x))
    cells = numbers_laid_out(own, over)
    assert [int(c) for c in cells[: over.layout().bins] if c] == [
        int((x[:300] == v).sum()) for v in (0.5, 1.5, 2.5, 9.5)
    ]


def test_a_known_word_keeps_its_count_and_a_word_nobody_saw_is_new() -> None:
    over = categorical(built_of_arrays({"x": np.repeat(["a", "b", "c"], [50, 30, 20])}))
    own = categorical(built_of_arrays({"x": np.repeat(["b", "a", "d"], [70, 20, 10])}))
    cells = words_laid_out(own, over)
    layout = over.layout()
    assert dict(zip(layout.vocabulary, cells.tolist(), strict=False)) == {"a": 20, "b": 70, "c": 0}
    assert (cells[layout.cell("new")], cells[layout.cell("other")]) == (10, 0)


def test_words_outside_the_vocabulary_are_shared_out_as_the_other_has_them() -> None:
    rng = np.random.default_rng(5)
    halves = np.split(np.array([f"w{i}" for i in rng.integers(0, 600, 8_000)]), 2)
    own, over = (categorical(built_of_arrays({"x": half})) for half in halves)
    assert own.other > 1_000
    cells = words_laid_out(own, over)
    layout = over.layout()
    assert cells.sum() == 4_000
    assert cells.min() >= 0
    share = cells[layout.cell("other")] / 4_000
    assert over.half is not None
    assert share == pytest.approx(sum(over.half.outside) / sum(over.half.values), abs=0.02)
