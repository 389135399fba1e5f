"""What a baseline with hours of its own expects of a batch that spans some of them."""

import numpy as np
from scipy import stats

from driftwatch.records import IntArray
from driftwatch.sketch.layout import CategoricalLayout
from driftwatch.stats.dependence import Dependence
from driftwatch.stats.events import column_events
from driftwatch.stats.exceedance import p_more
from driftwatch.stats.members import Basis
from driftwatch.stats.mixture import mixture

COLUMN = CategoricalLayout("w", "feature", ("a", "b"), np.empty(0, np.uint64))


def hourly(a: IntArray, b: IntArray, null: IntArray | None = None) -> Basis:
    """A column of two words, with these counts by hour of the day."""
    cells = np.zeros((24, COLUMN.size), dtype=np.int64)
    cells[:, 0], cells[:, 1] = a, b
    cells[:, COLUMN.cell("null")] = 0 if null is None else null
    events = column_events(COLUMN, cells.sum(axis=0))
    dependence = Dependence.none(len(events.events))
    return Basis(events, events.grouped(cells), None, dependence, "hour_of_day", scored=False)


def rows_at(**hours: int) -> IntArray:
    """Rows by hour of the week: so many at hour h<n> of the Monday."""
    found = np.zeros(168, dtype=np.int64)
    for name, rows in hours.items():
        found[int(name[1:])] = rows
    return found


def test_rows_of_one_hour_are_compared_with_just_that_hour() -> None:
    a, b = np.arange(24) * 10 + 5, np.full(24, 300)
    basis = hourly(a, b)
    found = mixture(basis, rows_at(h7=400))
    k, m = basis.counts(7)
    np.testing.assert_allclose(found.more, np.stack((k, m)), atol=1e-6)
    np.testing.assert_allclose(found.less, np.stack((m - k, m)), atol=1e-6)


def test_the_hours_of_all_days_of_the_week_are_one_hour_of_the_day() -> None:
    basis = hourly(np.arange(24) * 10 + 5, np.full(24, 300))
    once = mixture(basis, rows_at(h7=400, h9=100))
    spread = rows_at(h7=100, h9=100)
    spread[24 + 7] = spread[24 * 6 + 7] = 150
    np.testing.assert_allclose(mixture(basis, spread).more, once.more)


def test_equal_hours_in_equal_parts_are_nearly_the_whole() -> None:
    basis = hourly(np.full(24, 100), np.full(24, 900))
    found = mixture(basis, rows_at(**{f"h{i}": 50 for i in range(24)}))
    k, m = basis.counts_of_all()
    np.testing.assert_allclose(found.share, k / m)
    np.testing.assert_allclose(found.more[1, :1], m[:1], rtol=0.01)


def test_an_event_is_expected_as_often_as_its_hours_say() -> None:
    basis = hourly(np.where(np.arange(24) < 12, 900, 100), np.where(np.arange(24) < 12, 100, 900))
    found = mixture(basis, rows_at(h3=300, h20=100))
    assert found.share[0] == 0.75 * 0.9 + 0.25 * 0.1


def test_hours_weigh_by_the_rows_that_have_a_value() -> None:
    null = np.where(np.arange(24) == 3, 1_000, 0)  # half of them
    basis = hourly(np.where(np.arange(24) == 3, 1_000, 0), np.where(np.arange(24) == 3, 0, 1), null)
    found = mixture(basis, rows_at(h3=200, h4=100))
    assert found.share[0] == 0.5


def test_without_times_it_is_the_whole() -> None:
    basis = hourly(np.arange(24), np.full(24, 900))
    for hours in (None, np.zeros(168, dtype=np.int64)):
        found = mixture(basis, hours)
        np.testing.assert_array_equal(found.more, np.stack(basis.counts_of_all()))


def test_the_effective_size_never_claims_to_know_more_than_the_hours_do() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        m = rng.integers(50, 5_000, 24)
        a = rng.binomial(m, rng.beta(0.5, 0.5, 24))
        hours = np.append(rng.multinomial(1_000, rng.dirichlet(np.full(24, 0.3))), np.zeros(144))
        found = mixture(hourly(a, m - a), hours.astype(np.int64))
        weights, p = hours[:24] / 1_000, a / m
        variance = (weights**2 * p * (1 - p) / m).sum()
        share = found.share[0]
        for size in (found.more[1, 0], found.less[1, 0]):
            assert share * (1 - share) / size >= variance * (1 - 1e-9)


def test_a_batch_of_any_mix_of_hours_that_differ_is_no_drift() -> None:
    rng = np.random.default_rng(6)
    shares, size = np.linspace(0.0, 0.6, 24) ** 3, 1_500
    rows = np.zeros(168, dtype=np.int64)
    rows[:24] = np.where(np.arange(24) >= 18, 40, 5)
    seen, more, less, whole = np.empty(size), *(np.empty((2, size)) for _ in range(3))
    for i in range(size):
        a = rng.binomial(100, shares)
        basis = hourly(a, 100 - a)
        found = mixture(basis, rows)
        more[:, i], less[:, i] = found.more[:, 0], found.less[:, 0]
        whole[:, i] = mixture(basis, None).more[:, 0]
        seen[i] = rng.binomial(rows[:24], shares).sum()
    n, none = np.full(size, float(rows.sum())), np.zeros(size)
    for p_values in (
        p_more(seen, n, more[0], more[1], none),
        p_more(n - seen, n, less[0], less[1], none),
    ):
        for level in (0.05, 0.01, 0.001):
            assert (p_values < level).sum() <= stats.binom.ppf(0.9999, size, level)
    # What the hours are for:
    assert (p_more(seen, n, whole[0], whole[1], none) < 0.001).sum() > 0.5 * size
