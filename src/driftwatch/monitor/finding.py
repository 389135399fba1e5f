"""What is known of the alarms that stand: which rows are more or fewer, and what that looks like.

Both are read off the panes since the alarm's onset, when it is raised and again as often as the
time since then has doubled: an alarm begins with too little to tell a shift from a spread.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftwatch.explain import Explanation, explaining
from driftwatch.monitor.alarms import EVIDENCE
from driftwatch.monitor.detector import Detector
from driftwatch.pieces import Pieces
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CONDITION_ROLES, Layout
from driftwatch.stats.event_words import event_words, score_words, share_words
from driftwatch.stats.evidence import Winner
from driftwatch.stats.slack import h

TOGETHER_PANES = 5
"""Alarms whose onsets lie no farther apart are looked at together: columns may be exchanged."""
ENOUGH_ROWS = 100
"""With so many rows after the pane of the onset, that pane is left out."""
FADED = 0.8
"""What has come back so far towards the baseline is not said any more."""
MOST_AT_ONCE = 40
"""Columns that are looked at as one pane closes; the others wait for the next one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """words: what moved, with its share before and since; None for an alarm by a threshold.

    explanation: what kind of change it looks like; None where nothing was counted since.
    winner: the member whose event the words are of, from the first look on.
    moved: by how much its share has moved, on the scale of `stats.slack.h`; 0 where it is none.
    """

    words: str | None
    explanation: Explanation | None
    winner: Winner | None = None
    moved: float = 0.0


class Findings:
    """The findings of one stream's standing alarms."""

    def __init__(
        self,
        layout: Layout,
        baseline: Counts,
        sensitive: frozenset[str],
        show_values: bool = False,
    ) -> None:
        """sensitive, show_values: which values may be named; see `explain.explain`."""
        self._layout = layout
        self._baseline = baseline
        self._sensitive = sensitive
        self._show_values = show_values
        self._looked: dict[tuple[int, int], int] = {}
        self.by_alarm: dict[tuple[int, int], Finding] = {}

    def looking(
        self,
        detector: Detector,
        since: Callable[[int], Counts],
        end_us: int,
        pane_us: int,
        new_values: Mapping[str, Sequence[tuple[str, int]]],
    ) -> Pieces[None]:
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
            yield from self._explain(
                detector, together, _apart(since, onset_us, elapsed_us, pane_us), new_values
            )
            self._looked.update(dict.fromkeys(together, elapsed_us))

    def _explain(
        self,
        detector: Detector,
        alarms: Sequence[tuple[int, int]],
        lives: Sequence[Counts],
        new_values: Mapping[str, Sequence[tuple[str, int]]],
    ) -> Pieces[None]:
        """lives: the counts since the onset, and since a little later; what moved more counts."""
        said: list[list[Finding]] = []
        for live in lives:
            said.append([])
            for alarm in alarms:
                said[-1].append(self._words(detector, alarm, live))
                yield
        best = max(range(len(lives)), key=lambda i: sum(found.moved for found in said[i]))
        live = lives[best]
        explanations = yield from self._kinds(detector, alarms, live, new_values)
        for alarm, found in zip(alarms, said[best], strict=True):
            known = self.by_alarm.get(alarm)
            # Once it fades, what it was at its height goes on to speak for it.
            if known is None or found.moved >= FADED * known.moved:
                explanation = explanations.get(alarm[1])
                self.by_alarm[alarm] = replace(found, explanation=explanation)

    def _kinds(
        self,
        detector: Detector,
        alarms: Sequence[tuple[int, int]],
        live: Counts,
        new_values: Mapping[str, Sequence[tuple[str, int]]],
    ) -> Pieces[Mapping[int, Explanation]]:
        if not live.rows:
            return {}
        # That a condition holds more often or less has no simpler explanation than itself.
        roles = [column.role for column in self._layout.columns]
        columns = sorted({column for _, column in alarms if roles[column] not in CONDITION_ROLES})
        phi, missing_phi = np.ones((2, len(self._layout.columns)))
        for column in columns if detector.bases else ():
            basis = detector.bases[column]
            found = basis.dependence.at(float(live.rows))[: len(basis.events.events)]
            of_values = basis.events.of_values
            if of_values.any():
                phi[column] = float(np.median(found[of_values]))
            missing_phi[column] = float(np.median(found[~of_values]))
        return (
            yield from explaining(
                self._layout,
                self._baseline,
                live,
                columns,
                phi=phi,
                missing_phi=missing_phi,
                new_values=new_values,
                sensitive=self._sensitive,
                show_values=self._show_values,
            )
        )

    def _words(self, detector: Detector, alarm: tuple[int, int], live: Counts) -> Finding:
        """What says most about a column, and by how much it has moved."""
        severity, column = alarm
        known = self.by_alarm.get(alarm)
        winner = None if known is None else known.winner
        if detector.statistics[detector.alarms.statistic[severity, column]] != EVIDENCE:
            return Finding(None, None)
        if winner is None:
            winner = detector.winner(severity, column, live)
        if winner is None:
            return Finding(None, None)
        basis = detector.bases[column]
        events = basis.events
        if winner.source >= len(events.events):
            score = winner.source - len(events.events)
            return Finding(score_words(score, winner.more), None, winner)
        layout = self._layout.columns[column]
        start = int(self._layout.starts[column])
        k, m = basis.counts_of_all()
        groups = events.grouped(live.cells[start : start + layout.size])
        seen, asked = (part[winner.source] for part in events.counts(groups))
        before = k[winner.source] / max(1.0, m[winner.source])
        after = seen / max(1, asked)
        event = events.events[winner.source]
        name = event_words(layout, event, layout.name not in self._sensitive)
        moved = float(abs(h(np.array(after)) - h(np.array(before))))
        words = f"{name} went from {share_words(before)} to {share_words(after)}"
        return Finding(words, None, winner, moved)


def _apart(
    since: Callable[[int], Counts], onset_us: int, elapsed_us: int, pane_us: int
) -> list[Counts]:
    """The counts since the onset, and those without its pane, of which a part may be as before."""
    whole = since(onset_us)
    later = since(onset_us + pane_us) if elapsed_us > pane_us else whole
    return [whole, later] if whole.rows > later.rows >= ENOUGH_ROWS else [whole]


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
