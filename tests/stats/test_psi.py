"""The stability index, held against a slow computation on the same groups, and as a rate."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driftwatch.records import FloatArray
from driftwatch.stats.psi import Psi, psi
from driftwatch.stats.reference import Reference
from tests.stats.samples import (
    Sample,
    Words,
    counts_of,
    numeric_samples,
    reference_of,
    sizes,
    word_samples,
)

Group = tuple[int, int]
"""How many values of a group are live, and how many are in the baseline."""

any_samples = st.one_of(
    st.tuples(word_samples, word_samples),
    st.tuples(numeric_samples(300), numeric_samples(300)),
)


def compared(reference: Reference, *live: Sample) -> Psi:
    counts = counts_of(reference.layout, *live)
    return psi(counts, reference, *sizes(reference, counts))


def groups_of(baseline: Sample, live: Sample) -> list[Group]:
    """The groups of a lone column."""
    reference = reference_of(baseline)
    counts = counts_of(reference.layout, live)
    ends = [*reference.group_starts.tolist()[1:], len(reference.group_cells)]
    parts = [reference.group_cells[a:b] for a, b in zip(reference.group_starts, ends, strict=True)]
    return [
        (int(counts.cells[cells].sum()), int(reference.counts.cells[cells].sum()))
        for cells in parts
    ]


def slow_index(groups: list[Group]) -> float:
    live, baseline = (sum(group[side] for group in groups) for side in (0, 1))
    if live == 0 or baseline == 0:
        return math.nan
    total = 0.0
    for n, m in groups:
        q = (n + 0.5) / (live + 0.5 * len(groups))
        p = (m + 0.5) / (baseline + 0.5 * len(groups))
        total += (q - p) * math.log(q / p)
    return total


def slow_merge(groups: list[Group]) -> list[Group]:
    """Groups gathered, the smallest first, until the smaller sample expects 5 in each."""
    live, baseline = (sum(group[side] for group in groups) for side in (0, 1))
    merged: list[Group] = []
    gathered = (0, 0)
    for n, m in sorted(groups, key=lambda group: group[1]):
        gathered = (gathered[0] + n, gathered[1] + m)
        if gathered[1] * min(live, baseline) >= 5 * baseline:
            merged.append(gathered)
            gathered = (0, 0)
    if gathered != (0, 0) and merged:
        last = merged.pop()
        merged.append((last[0] + gathered[0], last[1] + gathered[1]))
    return merged or [gathered]


@given(any_samples)
def test_the_value_is_that_of_a_slow_computation(samples: tuple[Sample, Sample]) -> None:
    baseline, live = samples
    expected = slow_index(groups_of(baseline, live))
    found = compared(reference_of(baseline), live).value[0]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@given(any_samples)
@example((["a"] * 60 + ["b"] * 30 + ["c"] * 10, ["a"] * 50))  # c: exactly five are expected
@example((list("abcdefghij") * 10, ["a"] * 50))
@example((list("abcdefghijklmnopq") * 5, ["a"] * 85))
def test_the_debiased_value_is_that_of_merged_groups_less_the_noise(
    samples: tuple[Sample, Sample],
) -> None:
    baseline, live = samples
    merged = slow_merge(groups_of(baseline, live))
    n, m = (sum(group[side] for group in merged) for side in (0, 1))
    expected, p_value = math.nan, math.nan
    if len(merged) > 1:
        noise = 1 / n + 1 / m
        expected = slow_index(merged) - (len(merged) - 1) * noise
        p_value = scipy.stats.chi2.sf(slow_index(merged) / noise, len(merged) - 1)
    found = compared(reference_of(baseline), live)
    assert found.debiased[0] == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
    assert found.p_value[0] == pytest.approx(p_value, rel=1e-6, abs=1e-300, nan_ok=True)


@given(numeric_samples(2000, smallest=700))
@settings(max_examples=30)
def test_a_group_holds_a_tenth_of_the_baseline_unless_a_single_bin_is_larger(
    baseline: FloatArray,
) -> None:
    reference = reference_of(baseline)
    largest = reference.counts.cells[reference.bin_cells].max()
    # A bin goes where its middle is: half of one may stick out on either side.
    most = reference.values[0] / 10 + largest
    assert (reference.group_counts <= most).all()
    assert reference.group_counts.sum() == reference.values[0]


def test_smooth_data_has_ten_groups() -> None:
    groups = reference_of(np.random.default_rng(1).normal(size=5000)).group_counts
    assert len(groups) == 10
    assert (abs(groups / 5000 - 0.1) < 0.004).all()


def test_a_bin_belongs_to_the_tenth_in_which_its_middle_lies() -> None:
    groups = reference_of(np.repeat([0.0, 1.0, 2.0], [5, 12, 83])).group_counts
    assert groups.tolist() == [5, 12, 83, 0]


def test_an_atom_stays_in_one_group() -> None:
    rng = np.random.default_rng(1)
    sample = np.concatenate((np.zeros(3000), rng.normal(size=7000)))
    assert reference_of(sample).group_counts.max() >= 3000


def test_words_outside_the_vocabulary_are_one_group_whether_new_or_not() -> None:
    found = compared(reference_of(["a"] * 100 + ["b"] * 100), ["x", "y", "z"] * 50)
    expected = slow_index([(0, 100), (0, 100), (150, 0)])
    assert found.value[0] == pytest.approx(expected)


def test_the_same_shares_give_nothing_below_zero_and_almost_nothing_above() -> None:
    found = compared(reference_of(["a", "b"] * 5000), ["a", "b"] * 1000)
    assert 0 <= found.value[0] < 1e-3


@pytest.mark.parametrize("live", [["a"] * 3, ["a"] * 9])
def test_fewer_than_two_merged_cells_have_no_debiased_value(live: Words) -> None:
    found = compared(reference_of(["a", "b"] * 50), live)
    assert np.isnan([found.debiased[0], found.p_value[0]]).all()
    assert found.value[0] > 0


@pytest.mark.parametrize(
    ("baseline", "live"), [(["a"], []), ([None], ["a"]), (np.arange(9.0), np.array([np.nan]))]
)
def test_without_values_on_both_sides_there_is_no_index(baseline: Sample, live: Sample) -> None:
    found = compared(reference_of(baseline), live)
    assert np.isnan([found.value[0], found.debiased[0], found.p_value[0]]).all()


def drifting(kind: str, n: int, m: int, shift: float = 0.0) -> Psi:
    """200 columns of one kind, m rows of each in the baseline and n live ones."""
    rng = np.random.default_rng([n, m, len(kind)])
    if kind == "normal":
        reference = reference_of(*rng.normal(size=(200, m)))
        return compared(reference, *rng.normal(shift, size=(200, n)))
    names = np.array([f"w{i}" for i in range(50)])
    shares = rng.dirichlet(np.full(50, 5.0))
    reference = reference_of(*rng.choice(names, (200, m), p=shares).tolist())
    return compared(reference, *rng.choice(names, (200, n), p=shares).tolist())


SIZES = [("normal", 100, 1000), ("normal", 800, 800), ("words", 50, 2000), ("words", 400, 400)]


@pytest.mark.parametrize(("kind", "n", "m"), SIZES)
def test_without_drift_the_debiased_value_is_nothing_on_average(kind: str, n: int, m: int) -> None:
    found = drifting(kind, n, m)
    noise = np.mean(found.value)  # what the bias would be if nothing were taken off
    error = found.debiased.std() / math.sqrt(len(found.debiased))
    assert abs(found.debiased.mean()) < 4.5 * error + 0.1 * noise


@pytest.mark.parametrize(("kind", "n", "m"), SIZES)
def test_without_drift_p_values_are_small_no_more_often_than_they_say(
    kind: str, n: int, m: int
) -> None:
    found = drifting(kind, n, m)
    for level in (0.01, 0.05, 0.2):
        most = scipy.stats.binom.ppf(1 - 1e-6, len(found.p_value), level)
        assert (found.p_value < level).sum() <= most


def test_p_values_find_a_shift_of_half_a_standard_deviation() -> None:
    assert (drifting("normal", 200, 1000, shift=0.5).p_value < 0.01).mean() > 0.9
