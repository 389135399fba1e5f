"""Phi of a whole build, against what is known of the rows."""

from typing import Any

import numpy as np
import pytest

from driftwatch.baseline.artifact import Baseline
from driftwatch.baseline.basis import events_of
from tests.baseline.data import Array, built_of_arrays, column, numeric


def ar(rng: np.random.Generator, rows: int, memory: float) -> Array:
    noise = rng.normal(size=rows) * np.sqrt(1 - memory**2)
    values = np.empty(rows)
    values[0] = rng.normal()
    for i in range(1, rows):
        values[i] = memory * values[i - 1] + noise[i]
    return values


def in_order(**columns: Array) -> Baseline:
    return built_of_arrays(columns, in_order=True, rows_per_pane=50)


def phi_of(baseline: Baseline, name: str, **event: Any) -> Array:
    """(sizes,) of the event with these attributes."""
    found = column(baseline, name)
    events = events_of(found).events
    (at,) = [i for i, e in enumerate(events) if all(getattr(e, k) == v for k, v in event.items())]
    return np.array(found.phi)[:, at]


def of_scores(baseline: Baseline, name: str) -> Array:
    """(sizes, 2)."""
    return np.array(numeric(baseline, name).phi)[:, -2:]


def test_independent_rows_have_a_phi_near_one() -> None:
    baseline = in_order(x=np.random.default_rng(0).normal(size=60_000))
    assert baseline.block_sizes == (50, 200, 800)
    phi = np.array(numeric(baseline).phi)
    # Its upper bounds: of 75 blocks a chi-squared variance is off by a third.
    assert np.median(phi[0]) < 1.15
    assert phi.max() < 2.2
    assert (phi >= 1.0).all()
    assert (np.diff(phi, axis=0) >= 0.0).all()


@pytest.mark.parametrize("memory", [0.6, 0.9])
def test_the_phi_of_a_mean_is_that_of_the_autocorrelation(memory: float) -> None:
    rng = np.random.default_rng(1)
    phi = of_scores(in_order(x=ar(rng, 100_000, memory)), "x")[:, 0]
    truth = (1 + memory) / (1 - memory)
    assert 0.9 * truth < phi[1] < 1.5 * truth
    assert not numeric(in_order(x=ar(rng, 100_000, memory))).grows[-2]


def test_a_shuffle_takes_the_dependence_away() -> None:
    rng = np.random.default_rng(2)
    values = ar(rng, 60_000, 0.9)
    phi = of_scores(in_order(x=rng.permutation(values)), "x")
    assert phi.max() < 1.6


def test_one_bursty_event_leaves_the_others_alone() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=100_000)
    for start in rng.integers(0, 99_000, 60).tolist():
        values[start : start + 25] = 9.0
    baseline = in_order(x=values)
    phi = np.array(numeric(baseline).phi)
    assert phi_of(baseline, "x", kind="atom")[1] > 10
    middle = [i for i, e in enumerate(events_of(numeric(baseline)).events) if e.kind == "bin"][3:15]
    assert np.median(phi[1, middle]) < 1.3


def test_bursts_of_nulls_leave_the_values_alone() -> None:
    rng = np.random.default_rng(4)
    words = np.array(["a", "b", "c"], dtype=object)[rng.integers(0, 3, 100_000)]
    for start in rng.integers(0, 99_000, 100).tolist():
        words[start : start + 40] = None
    baseline = in_order(x=words)
    assert phi_of(baseline, "x", kind="null")[1] > 10
    assert phi_of(baseline, "x", kind="word", first=0)[1] < 1.4


def test_an_effect_of_many_panes_counts_for_each_of_them_and_grows_with_the_rows() -> None:
    rng = np.random.default_rng(5)
    panes = np.repeat(rng.normal(size=50) * 0.3, 2_000)
    baseline = in_order(x=panes + rng.normal(size=100_000))
    phi = of_scores(baseline, "x")[:, 0]
    raw = phi[2] / 1.8  # at most so much is added for confidence with 31 blocks
    assert phi[0] >= raw > 10
    assert numeric(baseline).grows[-2]


def test_missing_values_do_not_hide_the_dependence_of_the_rest() -> None:
    rng = np.random.default_rng(6)
    words = np.where(np.repeat(rng.random(2_000), 50) < 0.5, "a", "b").astype(object)
    words[rng.random(100_000) < 0.7] = None
    phi = phi_of(in_order(x=words), "x", kind="word", first=0)
    # Of a block of 50 some 15 rows have a value, and all of these the same one.
    assert 13 < phi[0] < 22


def test_events_too_rare_to_be_measured_have_the_phi_of_the_others() -> None:
    rng = np.random.default_rng(7)
    words = np.where(rng.random(60_000) < 0.3, "often", "usual").astype(object)
    words[10_000::20_000] = "rare"
    baseline = in_order(x=words)
    found = phi_of(baseline, "x", kind="word", first=2)
    others = np.array(column(baseline, "x").phi)[:, :2]
    assert (found <= others.max(axis=1) + 0.001).all()
    assert (found >= others.min(axis=1) - 0.001).all()


def test_without_an_order_nothing_is_measured() -> None:
    baseline = built_of_arrays({"x": np.random.default_rng(0).normal(size=5_000)})
    assert (baseline.order, baseline.block_sizes, baseline.self_test) == ("unknown", (), None)
    assert numeric(baseline).phi == ()
    (basis,) = baseline.bases()
    assert (basis.dependence.at(10_000.0) == 1.0).all()


def test_too_few_rows_for_blocks_are_taken_to_be_independent() -> None:
    baseline = in_order(x=np.random.default_rng(0).normal(size=45))
    assert (baseline.order, baseline.block_sizes) == ("rows", ())
    assert (baseline.bases()[0].dependence.largest == 1.0).all()


def test_written_phi_is_rounded_up(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    written = np.array(numeric(in_order(x=values)).phi)
    monkeypatch.setattr("driftwatch.baseline.measuring.PHI_DECIMALS", 9)
    finer = np.array(numeric(in_order(x=values)).phi)
    np.testing.assert_allclose(written, written.round(3), atol=1e-12)
    assert (written >= finer - 1e-9).all()
    assert (written > finer + 1e-9).any()
