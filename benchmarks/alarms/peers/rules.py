"""What people write themselves: PSI and KS, with the thresholds that everybody uses.

PSI is over the tenths of the baseline, or over its words and one cell for the rest, with a cell for
nulls; an empty cell counts as a share of 1 in 10,000. KS is what scipy's ks_2samp gives, with the
baseline sorted once; nulls are left out, and words have none.
"""

from collections.abc import Iterator

import numpy as np
from scipy import stats  # type: ignore[import-untyped,unused-ignore]

from benchmarks.alarms.peers.protocol import Notes, Watched, run
from benchmarks.alarms.streams import Array, Frame

COLUMNS = 200
"""As many as Driftwatch shares its budget among."""
BUDGET_PANES = 43_200
KS_LEVELS = {
    "ks_05": 0.05,
    "ks_bonferroni": 0.05 / COLUMNS,
    "ks_budget": 1.0 / (COLUMNS * BUDGET_PANES),
}
PSI_LEVELS = {"psi_10": 0.10, "psi_25": 0.25}
EMPTY = 1e-4


class Cells:
    """The cells of one column's PSI."""

    def __init__(self, train: Array) -> None:
        self.numeric = train.dtype.kind == "f"
        if self.numeric:
            tenths = np.quantile(train[~np.isnan(train)], np.arange(1, 10) / 10)
            self.edges = np.unique(tenths)
        else:
            self.edges = np.unique(train)
        self.shares = self._shares(train)

    def _shares(self, values: Array) -> Array:
        if self.numeric:
            null = np.isnan(values)
            at = np.where(null, len(self.edges) + 1, np.searchsorted(self.edges, values, "right"))
            size = len(self.edges) + 2
        else:
            found = np.minimum(np.searchsorted(self.edges, values), len(self.edges) - 1)
            at = np.where(self.edges[found] == values, found, len(self.edges))
            size = len(self.edges) + 1
        shares: Array = np.bincount(at, minlength=size) / len(values)
        return np.where(shares == 0.0, EMPTY, shares)

    def psi(self, values: Array) -> float:
        """Of live values."""
        live = self._shares(values)
        return float(((live - self.shares) * np.log(live / self.shares)).sum())


def ks(ordered: Array, values: Array) -> float:
    """The p-value that `scipy.stats.ks_2samp(..., method="asymp")` gives; both sorted."""
    m, n = len(ordered), len(values)
    below = np.searchsorted(ordered, values, "left") / m
    at = np.searchsorted(ordered, values, "right") / m
    # Between two live values the distance is largest at their ends.
    upper = np.searchsorted(values, values, "right") / n - at
    lower = below - np.searchsorted(values, values, "left") / n
    distance = max(upper.max(), lower.max())
    return float(np.clip(stats.kstwo.sf(distance, np.round(m * n / (m + n))), 0.0, 1.0))


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """PSI and KS of every pane."""
    notes = Notes()
    cells = {name: Cells(values) for name, values in train.items()}
    sorted_train = {
        name: np.sort(values[~np.isnan(values)])
        for name, values in train.items()
        if cells[name].numeric
    }
    for pane in panes:
        for name, values in pane.items():
            psi = cells[name].psi(values)
            for detector, level in PSI_LEVELS.items():
                notes.add(detector, name, psi, psi > level)
            if name in sorted_train:
                p = ks(sorted_train[name], np.sort(values[~np.isnan(values)]))
                for detector, level in KS_LEVELS.items():
                    notes.add(detector, name, -np.log10(max(p, 1e-300)), p < level)
    return notes.verdicts()


if __name__ == "__main__":
    run(watch, "scipy")
