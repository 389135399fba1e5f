"""All statistics together: columns do not touch each other, and nothing warns."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftwatch.records import FloatArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout
from driftwatch.stats.jensen_shannon import jensen_shannon
from driftwatch.stats.ks import ks
from driftwatch.stats.psi import psi
from driftwatch.stats.ratios import ratios
from driftwatch.stats.reference import Reference, make_reference, values_per_column
from driftwatch.stats.wasserstein import wasserstein
from tests.sketch.zoo import LARGEST
from tests.stats.samples import (
    Sample,
    counts_of,
    finite,
    numeric_samples,
    reference_of,
    sizes,
    word_samples,
)


def everything(live: Counts, reference: Reference) -> Mapping[str, FloatArray]:
    """Every statistic of every column, by name."""
    distance = ks(live, reference, *sizes(reference, live))
    index = psi(live, reference, *sizes(reference, live))
    shares = ratios(live, reference.layout)
    return {
        "ks": distance.statistic,
        "ks bound": distance.upper_bound,
        "ks p": distance.p_value,
        "psi": index.value,
        "psi debiased": index.debiased,
        "psi p": index.p_value,
        "wasserstein": wasserstein(live, reference).normalized,
        "jensen shannon": jensen_shannon(live, reference).distance,
        "missing": shares.missing,
        "out of range": shares.out_of_range,
        "new category": shares.new_category,
    }


def pairs() -> st.SearchStrategy[tuple[Sample, Sample]]:
    """(baseline, live) of a column, either of which may lack all values."""
    nothing = st.just(np.full(3, np.nan))
    numbers = numeric_samples(300) | nothing
    return st.one_of(
        st.tuples(numbers.filter(has_a_scale), numbers), st.tuples(word_samples, word_samples)
    )


def has_a_scale(sample: FloatArray) -> bool:
    """Not so narrow that its standard deviation is a matter of rounding."""
    values = finite(sample)
    if len(values) == 0:
        return True
    with np.errstate(over="ignore"):
        return not 0 < np.ptp(values) <= 1e-9 * np.abs(values).max()


@given(st.lists(pairs(), min_size=1, max_size=5))
@settings(max_examples=60)
def test_many_columns_at_once_give_what_each_gives_alone(
    columns: list[tuple[Sample, Sample]],
) -> None:
    baseline = [column for column, _ in columns]
    longest = [max(map(len, side)) for side in zip(*columns, strict=True)]
    together = reference_of(*baseline)
    found = everything(counts_of(together.layout, *(live for _, live in columns)), together)
    for i, (before, live) in enumerate(columns):
        alone = make_alone(before, longest[0])
        expected = everything(counts_of(alone.layout, filled(live, longest[1])), alone)
        for name, values in expected.items():
            assert found[name][i] == pytest.approx(values[0], rel=1e-9, abs=1e-12, nan_ok=True), (
                name
            )


def make_alone(sample: Sample, rows: int) -> Reference:
    return reference_of(filled(sample, rows))


def filled(sample: Sample, rows: int) -> Sample:
    """As many rows, the rest of them without a value."""
    if isinstance(sample, np.ndarray):
        return np.concatenate((sample, np.full(rows - len(sample), np.nan)))
    return [*sample, *[None] * (rows - len(sample))]


MAX = np.array([LARGEST, -LARGEST])
COLUMNS: Mapping[str, Sample] = {
    "nothing": np.full(4, np.nan),
    "infinite": np.array([np.inf, -np.inf, np.inf]),
    "one row": np.array([3.0]),
    "constant": np.full(80, 7.0),
    "zero": np.zeros(80),
    "normal": np.random.default_rng(2).normal(size=80),
    "denormal": np.arange(80.0) * 5e-324,
    "largest": np.full(80, LARGEST),
    "both ends": np.tile(MAX, 40),
    "ends and odd": np.concatenate((np.tile(MAX, 40), [np.nan, np.inf, -np.inf, 0.0])),
}
WORDS: Mapping[str, Sample] = {
    "no words": [None] * 3,
    "one word": ["a"],
    "two words": ["a", "b"] * 40,
    "other words": ["x", "y", "z"] * 20,
}


@pytest.mark.parametrize("baseline", [COLUMNS, WORDS], ids=["numbers", "words"])
def test_no_pair_of_odd_columns_raises_a_warning(baseline: Mapping[str, Sample]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for before in baseline.values():
            reference = reference_of(before)
            for after in baseline.values():
                everything(counts_of(reference.layout, after), reference)


Make = Callable[[], tuple[Counts, Reference]]


def without_rows(*baseline: Sample) -> Make:
    def make() -> tuple[Counts, Reference]:
        reference = reference_of(*baseline)
        return counts_of(reference.layout, *([] for _ in baseline)), reference

    return make


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (without_rows(np.arange(9.0), ["a"]), 2),
        (without_rows(np.arange(9.0)), 1),
        (without_rows(["a", "b"]), 1),
        (without_rows(np.empty(0), []), 2),
    ],
    ids=["both kinds", "numbers only", "words only", "an empty baseline"],
)
def test_a_window_without_rows_has_no_statistic_at_all(make: Make, columns: int) -> None:
    for values in everything(*make()).values():
        assert values.shape == (columns,)
        assert np.isnan(values).all()


def test_a_baseline_without_columns_has_no_statistics() -> None:
    layout = Layout(())
    counts = Counts.empty(0, 0)
    counts.rows = 5
    found = everything(counts, make_reference(layout, counts))
    assert {values.shape for values in found.values()} == {(0,)}


@given(st.lists(pairs(), min_size=1, max_size=4))
@settings(max_examples=30)
def test_values_of_a_column_are_its_rows_with_a_number_or_a_word(
    columns: list[tuple[Sample, Sample]],
) -> None:
    reference = reference_of(*(baseline for baseline, _ in columns))
    live = [sample for _, sample in columns]
    expected = [
        int(np.isfinite(sample).sum())
        if isinstance(sample, np.ndarray)
        else sum(word is not None for word in sample)
        for sample in live
    ]
    counts = counts_of(reference.layout, *live)
    assert values_per_column(reference.layout, counts).tolist() == expected
