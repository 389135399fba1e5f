from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from scipy import stats

from benchmarks.alarms.peers.rules import Cells, ks
from benchmarks.alarms.streams import (
    DRIFT_COPY,
    DRIFTS,
    KINDS,
    PANE_ROWS,
    Array,
    baseline,
    drift_suite,
    drifting,
    live,
    null_suite,
)


def taken(panes: Iterator[Array], count: int) -> Array:
    return np.concatenate([next(panes) for _ in range(count)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_is_the_same_each_time(kind: str) -> None:
    assert (taken(live(kind, 2), 3) == taken(live(kind, 2), 3)).all()
    assert (baseline(kind, 2, 500) == baseline(kind, 2, 500)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_copies_of_a_stream_differ(kind: str) -> None:
    assert (taken(live(kind, 2), 30) != taken(live(kind, 3), 30)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_live_panes_are_like_the_baseline(kind: str) -> None:
    # A day of them, so that the one that moves with the hour has been everywhere.
    found = np.concatenate([values[::20] for values in islice(live(kind, 1), 1440)])
    known = baseline(kind, 1, 20_000)
    if KINDS[kind].numeric:
        assert abs(found.mean() - known.mean()) < 0.07 * known.std()
        assert found.std() == pytest.approx(known.std(), rel=0.12)
    else:
        words, counts = np.unique(known, return_counts=True)
        for word, count in zip(words[:5], counts[:5], strict=True):
            assert np.mean(found == word) == pytest.approx(count / 20_000, rel=0.35, abs=2e-3)


def test_rows_that_depend_on_each_other_do_so_across_panes() -> None:
    values = taken(live("ar", 0), 40)
    ends = np.arange(PANE_ROWS, len(values), PANE_ROWS)
    assert np.corrcoef(values[:-1], values[1:])[0, 1] == pytest.approx(0.6, abs=0.05)
    assert np.corrcoef(values[ends - 1], values[ends])[0, 1] > 0.2


def test_every_drift_does_what_it_says() -> None:
    panes = {name: taken(drifting(name, 0), 100) for name in DRIFTS}
    plain = taken(live("normal", 0), 100)
    assert (panes["shift_10"] - plain).mean() == pytest.approx(0.1)
    assert (panes["shift_25"] - plain).mean() == pytest.approx(0.25)
    assert panes["wider"].std() == pytest.approx(1.2 * plain.std())
    assert panes["narrower"].std() == pytest.approx(0.85 * plain.std())
    assert np.mean(panes["tail"] != plain) == pytest.approx(0.02, abs=0.004)
    assert np.isnan(panes["nulls"]).mean() == pytest.approx(0.05, abs=0.006)
    assert np.mean(panes["new_word"] == "new") == pytest.approx(0.02, abs=0.004)


def test_the_suites_share_no_baseline() -> None:
    null, _ = null_suite(0, 300, 1)
    drift, panes = drift_suite(0, 300, 2)
    assert (null["normal"] != drift["tail"]).any()
    assert (drift["tail"] == baseline("normal", DRIFT_COPY, 300)).all()
    assert [set(pane) for pane in panes] == [set(DRIFTS)] * 2


def test_psi_is_small_where_nothing_has_changed_and_sees_nulls_and_new_words() -> None:
    numbers, words = Cells(baseline("normal", 0, 5_000)), Cells(baseline("fifty", 0, 5_000))
    assert numbers.psi(taken(live("normal", 0), 20)) < 0.02
    assert numbers.psi(taken(drifting("nulls", 0), 20)) > 0.25
    assert words.psi(taken(drifting("new_word", 0), 20)) > words.psi(taken(live("fifty", 0), 20))


@pytest.mark.parametrize("kind", ["normal", "zero_inflated", "integer"])
def test_ks_is_that_of_scipy(kind: str) -> None:
    known, found = np.sort(baseline(kind, 0, 5_000)), np.sort(taken(live(kind, 0), 1))
    expected = stats.ks_2samp(known, found, method="asymp").pvalue
    assert ks(known, found) == pytest.approx(expected, abs=1e-12)
