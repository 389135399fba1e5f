"""What a window publishes, and when it keeps silent."""

import numpy as np
import pytest

from driftwatch.monitor.gauges import GAUGES, MIN_ROWS, GaugeName, Gauges, baseline_gauges, gauges
from driftwatch.stats.reference import Reference
from tests.stats.samples import Sample, counts_of, reference_of

RATIOS = ("missing_ratio", "out_of_range_ratio", "new_category_ratio")
BASELINE: tuple[Sample, ...] = (np.arange(200.0), ["a", "b"] * 100)


def window(*columns: Sample) -> Gauges:
    reference = reference_of(*BASELINE)
    return gauges(counts_of(reference.layout, *columns), reference)


def test_every_gauge_is_there_for_every_column() -> None:
    found = window(np.arange(100.0), ["a"] * 100)
    assert set(found.by_name) == set(GAUGES)
    assert {values.shape for values in found.by_name.values()} == {(2,)}


def test_a_full_window_knows_what_applies_to_the_kind_of_a_column() -> None:
    found = window(np.arange(100.0), ["a", "b"] * 50)
    known = [
        {name for name, values in found.by_name.items() if not np.isnan(values[c])} for c in (0, 1)
    ]
    both = {"psi", "psi_debiased", "psi_p_value", "missing_ratio"}
    numeric = {"ks_statistic", "ks_upper_bound", "ks_p_value", "wasserstein_normalized"}
    moments = {"out_of_range_ratio", "column_mean", "column_stddev"}
    words = {"jensen_shannon", "new_category_ratio", "top_class_ratio"}
    assert known == [both | numeric | moments, both | words]


def test_a_window_with_too_few_rows_says_nothing_at_all() -> None:
    found = window(np.arange(MIN_ROWS - 1.0), ["a"] * (MIN_ROWS - 1))
    assert all(np.isnan(values).all() for values in found.by_name.values())


def test_a_window_with_just_enough_rows_speaks() -> None:
    found = window(np.arange(float(MIN_ROWS)), ["a"] * MIN_ROWS)
    assert not np.isnan(found.by_name["psi"]).any()


def test_a_column_with_too_few_values_has_its_missing_ratio_only() -> None:
    found = window(np.full(100, np.nan), ["a"] * 100)
    known = {name for name, values in found.by_name.items() if not np.isnan(values[0])}
    assert known == {"missing_ratio"}
    assert found.by_name["missing_ratio"][0] == 1.0


def test_mean_and_stddev_are_those_of_the_values() -> None:
    values = np.arange(100.0)
    found = window(values, ["a"] * 100).by_name
    assert found["column_mean"][0] == pytest.approx(values.mean())
    assert found["column_stddev"][0] == pytest.approx(values.std())


@pytest.mark.parametrize("wanted", [("psi",), ("ks_statistic", "missing_ratio"), ()])
def test_what_is_wanted_is_the_same_as_among_all(wanted: tuple[GaugeName, ...]) -> None:
    reference = reference_of(*BASELINE)
    counts = counts_of(reference.layout, np.arange(50.0, 150.0), ["a"] * 99 + ["new"])
    every, some = gauges(counts, reference).by_name, gauges(counts, reference, wanted).by_name
    for name in wanted:
        np.testing.assert_array_equal(some[name], every[name])


def figures(*baseline: Sample) -> dict[str, float]:
    """The baseline's own figures of its first column."""
    return {name: float(v[0]) for name, v in baseline_gauges(reference_of(*baseline)).items()}


def test_the_baselines_own_figures_stand_beside_the_live_ones() -> None:
    values = np.concatenate((np.arange(60.0), np.full(20, np.nan)))
    found = figures(values)
    assert found["mean"] == pytest.approx(29.5)
    assert found["stddev"] == pytest.approx(np.arange(60.0).std())
    assert found["missing_ratio"] == 0.25
    assert found["out_of_range_ratio"] == 0.0
    assert np.isnan(found["new_category_ratio"])


def test_a_baseline_without_values_has_no_mean() -> None:
    found = figures(np.full(9, np.nan))
    assert np.isnan([found["mean"], found["stddev"]]).all()


def test_a_live_column_has_a_mean_though_the_baseline_has_none() -> None:
    reference: Reference = reference_of(np.full(9, np.nan))
    found = gauges(counts_of(reference.layout, np.arange(100.0)), reference)
    assert found.by_name["column_mean"][0] == pytest.approx(49.5)


def test_words_of_the_baseline_have_no_mean() -> None:
    assert np.isnan(figures(["a", "b"])["mean"])
