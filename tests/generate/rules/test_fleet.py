"""One view of a fleet: what Prometheus makes of the counts of replicas that each saw a part."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from driftwatch.export.count_plans import CountPlans
from driftwatch.export.exposition import render
from driftwatch.export.facts import ProcessFacts
from driftwatch.export.series import ExportPolicy
from driftwatch.generate.rules.fleet import fleet_group
from driftwatch.generate.rules.policy import RulesPolicy
from driftwatch.generate.rules.rule import Group
from driftwatch.monitor.report import Column, Pictures
from driftwatch.records import FloatArray, IntArray
from driftwatch.sketch.counts import Counts, Moments
from driftwatch.sketch.edges import make_edges
from driftwatch.sketch.layout import CategoricalLayout, Layout, NumericLayout
from driftwatch.stats.bars import make_bars
from driftwatch.stats.ks import ks
from driftwatch.stats.psi import psi
from driftwatch.stats.reference import make_reference, values_per_column
from tests.export.reports import report, stream
from tests.generate.rules.promtool import OF_AMOUNT, Series, Trial

pytestmark = pytest.mark.integration

REPLICAS = 3
MISSING = 20
SCRAPES = 20
"""In the hour, three minutes apart."""
WORDS = ("DE", "FR", "IT", "other")


def training(rng: np.random.Generator, rows: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Amounts, ages and the indices of words."""
    return (
        rng.lognormal(3.0, 0.8, rows),
        rng.integers(18, 90, rows).astype(np.float64),
        rng.choice(6, rows, p=(0.5, 0.3, 0.1, 0.07, 0.03, 0.0)),
    )


def live(rng: np.random.Generator, rows: int) -> tuple[FloatArray, FloatArray, IntArray]:
    return (
        rng.lognormal(3.25, 0.9, rows),
        np.minimum(rng.integers(20, 95, rows), 92).astype(np.float64),
        rng.choice(6, rows, p=(0.5, 0.3, 0.0, 0.12, 0.03, 0.05)),
    )


def numeric(name: str, values: FloatArray) -> NumericLayout:
    known = np.sort(values)
    edges, low, high = make_edges(known, np.ones(len(known), np.int64), known[0], known[-1])
    return NumericLayout(name, "feature", edges, low, high)


def cells(layout: Layout, rows: tuple[FloatArray, FloatArray, IntArray], missing: int) -> IntArray:
    """The counts of some rows, of which the first few have no amount."""
    amount, age, word = rows
    found = []
    for column, values in zip(layout.columns, (amount, age, word), strict=True):
        if isinstance(column, NumericLayout):
            at = np.searchsorted(column.edges, values, side="right")
            if column.name == "amount":
                at[:missing] = column.cell("null")
        else:
            at = values.astype(np.int64)
        found.append(np.bincount(at.astype(np.int64), minlength=column.size))
    return np.concatenate(found).astype(np.int64)


class Fleet:
    """Replicas that count for an hour, each what it gets.

    Args:
        restart: the scrape before which the first of them begins again at 0.
        rows: how many records come between two scrapes; more to some than to others.
    """

    def __init__(self, restart: int | None = None, rows: int = 1200) -> None:
        rng = np.random.default_rng(7)
        known = training(rng, 20_000)
        words = CategoricalLayout("country", "feature", WORDS, np.empty(0, np.uint64))
        self.layout = Layout((numeric("amount", known[0]), numeric("age", known[1]), words))
        self.baseline = Counts(20_000, cells(self.layout, known, 100), Moments.empty(2))
        self._plans = CountPlans()
        self.whole = np.zeros(self.layout.size, np.int64)
        self.series: dict[str, list[str]] = {}
        counted = [self.whole] * REPLICAS
        for scrape in range(SCRAPES + 1):
            for replica in range(REPLICAS):
                if scrape:
                    some = live(rng, rows * (replica + 1) // 2)
                    more = cells(self.layout, some, missing=MISSING)
                    self.whole, counted[replica] = self.whole + more, counted[replica] + more
                if scrape == restart and replica == 0:
                    counted[replica] = np.zeros_like(self.whole)
                for name, value in self.page(replica, counted[replica]):
                    self.series.setdefault(name, []).append(value)

    def page(self, replica: int, counted: IntArray) -> Iterator[tuple[str, str]]:
        """What a replica exports of its counts."""
        columns = tuple(Column(c.name, c.role, c.kind) for c in self.layout.columns)
        bars, tolerance = make_bars(self.layout, self.baseline.cells), np.full(3, 0.03)
        pictures = Pictures(self.layout, bars, self.baseline, counted, frozenset(), tolerance)
        found = report(stream(columns=columns, windows=(), pictures=pictures))
        shown = render(found, ProcessFacts(), ExportPolicy(counts=True), plans=self._plans)
        for line in shown.text(False, b"").decode().splitlines():
            if 'le="' in line or 'cell="' in line:
                series, value = line.rsplit(" ", 1)
                own = f'job="driftwatch",instance="{replica}:8710",'
                yield series.replace("{", "{" + own, 1), value

    def values(self) -> Series:
        """Everything that was scraped."""
        return {name: " ".join(values) for name, values in self.series.items()}

    def batch(self, statistic: str) -> dict[str, float]:
        """By column, what one process makes of it that read everything."""
        live = Counts(int(self.whole.sum()), self.whole, Moments.empty(2))
        reference = make_reference(self.layout, self.baseline)
        size, known = values_per_column(self.layout, live), reference.values
        found = {
            "ks_statistic": ks(live, reference, size, known).statistic,
            "psi": psi(live, reference, size, known).value,
        }[statistic]
        names = [column.name for column in self.layout.columns]
        return {k: v for k, v in zip(names, found.tolist(), strict=True) if v == v}


def of_fleet(policy: RulesPolicy) -> list[Group]:
    return [fleet_group(policy)]


@pytest.mark.parametrize("restart", [None, 9])
def test_the_fleets_view_is_within_a_hundredth_of_the_batch_value(
    tmp_path: Path, restart: int | None
) -> None:
    fleet = Fleet(restart)
    with Trial(tmp_path, fleet.values(), groups=of_fleet, step="3m", every="1h") as trial:
        for statistic in ("ks_statistic", "psi"):
            batch = fleet.batch(statistic)
            assert len(batch) == (2 if statistic == "ks_statistic" else 3)
            recorded = f"column:driftwatch_{statistic}:fleet1h"
            for column, value in batch.items():
                near = f'abs({recorded}{{column="{column}"}} / {value!r} - 1) < bool 0.01'
                trial.has(near, "1h", ({**OF_AMOUNT, "column": column}, 1.0))
        missing = 'column:driftwatch_missing_ratio:fleet1h{column="amount"}'
        trial.has(f"abs({missing} / {MISSING / 1200} - 1) < bool 0.01", "1h", (OF_AMOUNT, 1.0))


def test_a_fleet_that_counted_too_little_has_no_distances(tmp_path: Path) -> None:
    fleet = Fleet(rows=0)
    with Trial(tmp_path, fleet.values(), groups=of_fleet, step="3m", every="1h") as trial:
        trial.has('{__name__=~"column:driftwatch_.*:fleet1h"}', "1h")
