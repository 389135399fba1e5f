"""What is known of the alarms that stand: which rows are more or fewer, and what that looks like.

Both are read off the panes since the alarm's onset, when it is raised and again as often as the
time since then has doubled: an alarm begins with too little to tell a shift from a spread.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftwatch.explain import Explanation, explain
from driftwatch.monitor.detector import Detector
from driftwatch.records import IntArray
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import Layout
from driftwatch.stats.event_words import event_words, score_words, share_words
from driftwatch.stats.evidence import Winner
from driftwatch.stats.members import Basis

TOGETHER_PANES = 5
"""Alarms whose onsets lie no farther apart are looked at together: columns may be exchanged."""
ENOUGH_ROWS = 100
"""With so many rows after the pane of the onset, that pane is left out."""
MOST_AT_ONCE = 40
"""Columns that are looked at as one pane closes; the others wait for the next one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """words: what moved, with its share before and since; None for an alarm by a threshold.

    explanation: what kind of change it looks like; None where nothing was counted since.
    """

    words: str | None
    explanation: Explanation | None


class Findings:
    """The findings of one stream's standing alarms."""

    def __init__(self, layout: Layout, baseline: Counts, sensitive: frozenset[str]) -> None:
        self._layout = layout
        self._baseline = baseline
        self._sensitive = sensitive
        self._looked: dict[tuple[int, int], int] = {}
        self.by_alarm: dict[tuple[int, int], Finding] = {}

    def look(
        self,
        detector: Detector,
        since: Callable[[int], Counts],
        end_us: int,
        pane_us: int,
        new_values: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        """Bring the findings up to date as a pane closes.

        since: the counts since a moment. end_us: where that pane ends.
        """
        active = [(s, c) for s, c in np.argwhere(detector.alarms.active).tolist()]
        for ended in self.by_alarm.keys() - set(active):
            del self.by_alarm[ended]
            self._looked.pop(ended, None)
        if not active:
            return
        columns = 0
        for onset_us, together in _by_onset(detector, active, TOGETHER_PANES * pane_us):
            elapsed_us = end_us - onset_us
            due = any(elapsed_us >= 2 * self._looked.get(alarm, 0) for alarm in together)
            if not due or columns >= MOST_AT_ONCE:
                continue
            columns += len(together)
            # A change rarely begins with a pane: the first one may be half as it was before.
            live = since(onset_us + pane_us) if elapsed_us > pane_us else since(onset_us)
            if live.rows < ENOUGH_ROWS:
                live = since(onset_us)
            self._explain(detector, together, live, new_values)
            self._looked.update(dict.fromkeys(together, elapsed_us))

    def _explain(
        self,
        detector: Detector,
        alarms: Sequence[tuple[int, int]],
        live: Counts,
        new_values: Mapping[str, Sequence[tuple[str, int]]],
    ) -> None:
        columns = sorted({column for _, column in alarms})
        phi = np.ones(len(self._layout.columns))
        for column, basis in enumerate(detector.bases):
            phi[column] = float(np.median(basis.dependence.at(float(live.rows))))
        explanations: Mapping[int, Explanation] = {}
        if live.rows:
            explanations = explain(
                self._layout,
                self._baseline,
                live,
                columns,
                phi=phi,
                new_values=new_values,
                sensitive=self._sensitive,
            )
        for severity, column in alarms:
            words = self._words(detector, severity, column, live)
            self.by_alarm[severity, column] = Finding(words, explanations.get(column))

    def _words(self, detector: Detector, severity: int, column: int, live: Counts) -> str | None:
        if int(detector.alarms.statistic[severity, column]) != len(detector.statistics) - 1:
            return None
        winner = detector.winner(severity, column)
        if winner is None:
            return None
        layout = self._layout.columns[column]
        start = int(self._layout.starts[column])
        cells = live.cells[start : start + layout.size]
        basis = detector.bases[column]
        events = basis.events
        if winner.source >= len(events.events):
            return score_words(0 if winner.source == len(events.events) else 1, winner.more)
        name = event_words(layout, events.events[winner.source], layout.name not in self._sensitive)
        return f"{name} went {_from_to(basis, winner, events.grouped(cells))}"


def _from_to(basis: Basis, winner: Winner, groups: IntArray) -> str:
    k, m = basis.counts_of_all()
    seen, asked = basis.events.counts(groups)
    before = k[winner.source] / max(1.0, m[winner.source])
    since = seen[winner.source] / max(1, asked[winner.source])
    return f"from {share_words(before)} to {share_words(since)}"


def _by_onset(
    detector: Detector, active: Sequence[tuple[int, int]], within_us: int
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Alarms that began at about the same time, and the latest of their onsets."""
    onsets = sorted((int(detector.alarms.onset_us[alarm]), alarm) for alarm in active)
    together: list[tuple[int, int]] = []
    first_us = last_us = onsets[0][0]
    for onset_us, alarm in onsets:
        if onset_us - first_us > within_us:
            yield last_us, together
            together, first_us = [], onset_us
        together.append(alarm)
        last_us = onset_us
    yield last_us, together
