"""Columns that hold what another held."""

from collections.abc import Sequence

import numpy as np
import pytest

from driftwatch.explain import Explanation, explain, explainer
from driftwatch.sketch.layout import CategoricalLayout, Layout
from tests.sketch.zoo import layout_of
from tests.stats.samples import Sample, counts_of

RNG = np.random.default_rng(19)


def explained(
    baseline: Sequence[Sample], live: Sequence[Sample], columns: Sequence[int]
) -> dict[int, Explanation]:
    layout = Layout(
        tuple(
            layout_of(sample, f"c{i}")
            if isinstance(sample, np.ndarray)
            else CategoricalLayout(
                f"c{i}",
                "feature",
                tuple(sorted({word for word in sample if word is not None})),
                np.empty(0, np.uint64),
            )
            for i, sample in enumerate(baseline)
        )
    )
    return explain(layout, counts_of(layout, *baseline), counts_of(layout, *live), columns)


def age_and_income(rows: int) -> tuple[np.ndarray, np.ndarray]:
    return RNG.normal(40, 9, rows), RNG.lognormal(3.5, 0.6, rows)


def test_two_columns_that_hold_what_the_other_held_are_exchanged() -> None:
    baseline, (age, income) = age_and_income(20_000), age_and_income(2000)
    found = explained(baseline, (income, age), [0, 1])
    assert [e.kind for e in found.values()] == ["exchanged", "exchanged"]
    assert found[0].words == "holds what c1 held, and the other way round: exchanged?"


def test_a_column_is_not_exchanged_with_one_that_is_not_in_alarm() -> None:
    baseline, (age, income) = age_and_income(20_000), age_and_income(2000)
    assert explained(baseline, (income, age), [0])[0].kind != "exchanged"


def test_a_column_that_another_was_copied_to_is_not_exchanged() -> None:
    baseline, (_, income) = age_and_income(20_000), age_and_income(2000)
    found = explained(baseline, (income, income + 300), [0, 1])
    assert found[0].kind != "exchanged"


def test_where_very_many_columns_moved_at_once_no_pairs_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explainer, "MOST_EXCHANGED", 2)
    other = RNG.normal(0, 1, 500)
    baseline, (age, income) = (*age_and_income(20_000), other), age_and_income(2000)
    for columns in ([0, 1], [0, 1, 2]):
        found = explained(baseline, (income, age, other), columns)
        assert (found[0].kind == "exchanged") == (columns == [0, 1])


def test_exchanged_categories_are_found() -> None:
    colours, sizes = ["red", "green", "blue"], ["S", "M", "L", "XL"]
    baseline = (RNG.choice(colours, 5000).tolist(), RNG.choice(sizes, 5000).tolist())
    live = (RNG.choice(sizes, 900).tolist(), RNG.choice(colours, 900).tolist())
    found = explained(baseline, live, [0, 1])
    assert "exchanged" in {found[0].kind, *(tie.kind for tie in found[0].ties)}
