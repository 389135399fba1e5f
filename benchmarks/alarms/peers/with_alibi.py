"""Alibi Detect's online Cramer-von Mises detector, fed with one value after the other.

It has no defaults for the two settings that matter; these are the ones in its documentation:
windows of 20 and 40 rows, and an expected run of 150 rows. Its memory grows with the square of the
baseline, and its documentation says to take a sample: the first 1,000 rows. Numbers only; nulls are
left out. After an alarm its user has to reset it; here a pane is in alarm if any row's statistic is
above the threshold. The columns are scored side by side, with the threshold of one column.
"""

from collections.abc import Iterator

import numpy as np
from alibi_detect.cd import CVMDriftOnline  # type: ignore[import-not-found,unused-ignore]

from benchmarks.alarms.peers.protocol import Notes, Watched, run
from benchmarks.alarms.streams import Array, Frame

ERT = 150.0
WINDOWS = [20, 40]
SAMPLE = 1_000
BOOTSTRAPS = 2_000
SETTLED = 2 * max(WINDOWS)


class Scorer(CVMDriftOnline):  # type: ignore[misc,unused-ignore]
    """The same without the simulation: the threshold does not depend on the data."""

    def _configure_thresholds(self) -> None:
        self.thresholds = np.zeros((1, 1))


def _detector(kind: type, reference: Array, bootstraps: int) -> CVMDriftOnline:
    return kind(
        reference,
        ert=ERT,
        window_sizes=WINDOWS,
        n_bootstraps=bootstraps,
        verbose=False,
    )


_known: list[float] = []


def threshold() -> float:
    """What a stream's statistic is held against once its windows are full."""
    if not _known:
        np.random.seed(1)  # noqa: NPY002 - the detector draws from it
        sample = np.random.default_rng(1).normal(size=SAMPLE)
        _known.append(float(_detector(CVMDriftOnline, sample, BOOTSTRAPS).thresholds[-1, 0]))
    return _known[0]


def watch(train: Frame, panes: Iterator[Frame]) -> Watched:
    """The largest statistic of each pane."""
    notes, limit = Notes(), threshold()
    numeric = [name for name, values in train.items() if values.dtype.kind == "f"]
    # Columns go side by side, which is faster; one with nulls has fewer rows than the others.
    groups = [[name for name in numeric if name != "nulls"], [n for n in numeric if n == "nulls"]]
    scorers = [
        (names, _detector(Scorer, np.stack([train[name][:SAMPLE] for name in names], axis=1), 1))
        for names in groups
        if names
    ]
    for pane in panes:
        for names, scorer in scorers:
            rows = np.stack([pane[name][~np.isnan(pane[name])] for name in names], axis=1)
            # All rows ever seen are copied at each row; none before the windows is looked at again.
            scorer.xs = scorer.xs[-max(WINDOWS) :]
            # Of both windows and all rows; NaN until a window is full.
            best = np.nanmax(np.stack([scorer.score(row) for row in rows]), axis=(0, 1))
            for name, score in zip(names, best.tolist(), strict=True):
                notes.add("cvm_online", name, score, score > limit)
    return notes.verdicts()


if __name__ == "__main__":
    run(watch, "alibi-detect")
