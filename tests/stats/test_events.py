"""Events and scores against the rows themselves, one by one."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from driftwatch.records import IntArray
from driftwatch.sketch.layout import CategoricalLayout, ColumnLayout, NumericLayout
from driftwatch.stats.events import (
    MAX_ATOMS,
    QUANTILES,
    TAILS,
    WINSOR,
    ColumnEvents,
    Event,
    column_events,
    scores,
    standardized,
)
from tests.sketch.zoo import SHAPES, layout_of
from tests.stats.samples import numeric_samples


def cells_of(layout: NumericLayout, rows: np.ndarray) -> IntArray:
    """The cell of each row; NaN is null here."""
    inside = np.searchsorted(layout.edges, rows, side="right")
    inside = np.where(np.isposinf(rows), layout.cell("positive_inf"), inside)
    inside = np.where(np.isneginf(rows), layout.cell("negative_inf"), inside)
    return np.where(np.isnan(rows), layout.cell("null"), inside).astype(np.int64)


def counts_of(layout: ColumnLayout, cells: IntArray) -> IntArray:
    return np.bincount(cells, minlength=layout.size)


def holds(event: Event, layout: ColumnLayout, cell: int) -> bool:
    """Whether a row in this cell is a yes."""
    inside = event.first <= cell < event.last
    return not inside and cell < layout.bins if event.complement else inside


def by_hand(events: ColumnEvents, layout: ColumnLayout, rows: IntArray) -> list[tuple[int, int]]:
    """Yes and asked of each event, row by row."""
    return [
        (
            sum(holds(event, layout, cell) for cell in rows.tolist()),
            sum(not event.of_values or cell < layout.bins for cell in rows.tolist()),
        )
        for event in events.events
    ]


def of_shape(name: str, size: int = 4_000) -> tuple[NumericLayout, IntArray, ColumnEvents]:
    values = SHAPES[name](np.random.default_rng(1), size)
    layout = layout_of(values)
    counts = counts_of(layout, cells_of(layout, values))
    return layout, counts, column_events(layout, counts)


@given(numeric_samples(700), numeric_samples(60))
@settings(max_examples=60)
def test_counts_of_a_numeric_column_are_those_of_its_rows(
    baseline: np.ndarray, live: np.ndarray
) -> None:
    layout = layout_of(baseline[np.isfinite(baseline)])
    events = column_events(layout, counts_of(layout, cells_of(layout, baseline)))
    rows = cells_of(layout, live)
    yes, asked = events.counts(events.grouped(counts_of(layout, rows)))
    assert list(zip(yes.tolist(), asked.tolist(), strict=True)) == by_hand(events, layout, rows)


@given(st.data(), st.integers(0, 80), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_counts_of_a_categorical_column_are_those_of_its_rows(
    data: st.DataObject, words: int, others: bool, complete: bool
) -> None:
    other = np.arange(int(others and complete), dtype=np.uint64)
    names = tuple(map(str, range(words)))
    layout = CategoricalLayout("c", "feature", names, other, complete)
    row = st.lists(st.integers(0, layout.size - 1), max_size=100)
    baseline, live = (np.array(data.draw(row), dtype=np.int64) for _ in range(2))
    events = column_events(layout, counts_of(layout, baseline))
    yes, asked = events.counts(events.grouped(counts_of(layout, live)))
    assert list(zip(yes.tolist(), asked.tolist(), strict=True)) == by_hand(events, layout, live)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_no_two_events_say_the_same(name: str) -> None:
    layout, _, events = of_shape(name)
    answers: set[tuple[bool, ...]] = set()
    for event in events.events:
        answer = tuple(holds(event, layout, cell) for cell in range(layout.size))
        asked = layout.bins if event.of_values else layout.size
        assert any(answer)
        assert not all(answer[:asked])
        opposite = tuple(not yes for yes in answer[:asked]) + answer[asked:]
        assert not {answer, opposite} & answers
        answers.add(answer)


def test_a_smooth_column_has_every_event_at_its_share() -> None:
    _, counts, events = of_shape("normal", 20_000)
    yes, asked = events.counts(events.grouped(counts))
    shares = {
        kind: sorted(
            (yes[i] / asked[i]).item() for i, e in enumerate(events.events) if e.kind == kind
        )
        for kind in ("below", "bin", "outside")
    }
    assert shares["below"] == pytest.approx(sorted(QUANTILES), abs=0.002)
    # The lowest is the values below .05; the highest leaves out what lies above the range.
    assert shares["bin"] == pytest.approx([0.05] * 19, abs=0.004)
    assert shares["outside"] == pytest.approx([2 * a for a in TAILS], abs=0.004)


def test_a_value_that_is_often_met_is_an_event_of_its_own() -> None:
    layout, counts, events = of_shape("zero inflated")
    atoms = [event for event in events.events if event.kind in ("atom", "bin", "below")]
    zero = int(np.searchsorted(layout.edges, 0.0, side="right"))
    assert any(event.last == zero + 1 for event in atoms)
    assert counts[zero] > 0.6 * counts.sum()


def test_there_are_at_most_ten_atoms_and_they_are_the_heaviest() -> None:
    values = np.repeat(np.arange(40.0), np.arange(40) + 50)
    layout = layout_of(values)
    counts = counts_of(layout, cells_of(layout, values))
    atoms = [e.first for e in column_events(layout, counts).events if e.kind == "atom"]
    assert 1 <= len(atoms) <= MAX_ATOMS
    assert counts[atoms].min() >= np.sort(counts)[-MAX_ATOMS]


@pytest.mark.parametrize(
    ("words", "others", "kinds"),
    [
        (2, 0, ["word"] * 2 + ["new"]),
        (50, 0, ["word"] * 50 + ["new"]),
        (52, 0, ["word"] * 50 + ["rest", "new"]),
        (256, 3, ["word"] * 50 + ["rest", "outside_vocabulary", "new"]),
    ],
)
def test_words_beyond_the_fiftieth_are_one_event(words: int, others: int, kinds: list[str]) -> None:
    names = tuple(map(str, range(words)))
    layout = CategoricalLayout("c", "feature", names, np.arange(others, dtype=np.uint64))
    found = column_events(layout, np.ones(layout.size, dtype=np.int64) * (others > 0)).events
    assert [e.kind for e in found] == [*kinds, "null", "absent", "wrong_type"]


def test_only_more_of_what_is_new_is_news() -> None:
    layout = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, dtype=np.uint64))
    events = column_events(layout, np.array([5, 5, 0, 0, 0, 0, 0])).events
    assert [event.kind for event in events if event.up_only] == ["new"]


def test_where_new_words_can_not_be_told_from_others_there_is_no_such_event() -> None:
    layout = CategoricalLayout("c", "feature", ("a", "b"), np.empty(0, dtype=np.uint64), False)
    counts = np.array([9, 5, 1, 0, 0, 0, 0])
    kinds = {event.kind for event in column_events(layout, counts).events}
    assert "new" not in kinds
    assert "outside_vocabulary" in kinds


def test_a_column_without_values_is_asked_for_missing_ones_only() -> None:
    layout = layout_of(np.empty(0))
    counts = np.zeros(layout.size, dtype=np.int64)
    counts[layout.cell("null")] = 100
    kinds = [event.kind for event in column_events(layout, counts).events]
    assert kinds == ["null", "absent", "wrong_type", "not_finite"]


groups = st.lists(st.integers(0, 10**6), min_size=1, max_size=80).map(np.array)


@given(groups)
def test_scores_are_the_normal_quantiles_of_mid_ranks(values: IntArray) -> None:
    first, second = scores(values)
    rank = 0.0
    for i, count in enumerate(values.tolist() if values.sum() else []):
        middle = (rank + count / 2) / values.sum()
        expected = float(np.clip(norm.ppf(middle), -WINSOR, WINSOR))
        assert first[i] == pytest.approx(expected, abs=1e-9)
        assert second[i] == pytest.approx(expected**2, abs=1e-9)
        rank += count


@given(groups)
def test_a_standardized_score_has_mean_zero_and_deviation_one(values: IntArray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for score in scores(values):
            z = standardized(score, values)
            if z is not None:
                shares = values / values.sum()
                assert shares @ z == pytest.approx(0.0, abs=1e-6)
                assert shares @ z**2 == pytest.approx(1.0, abs=1e-6)
                assert np.abs(z[values > 0]).max() <= 5.0


@pytest.mark.parametrize("values", [[0, 0], [0, 50, 0], [10_000, 1]], ids=str)
def test_a_score_is_left_out_where_it_says_nothing_or_shouts(values: list[int]) -> None:
    counts = np.array(values)
    assert standardized(scores(counts)[0], counts) is None
