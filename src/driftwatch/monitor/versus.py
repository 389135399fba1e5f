"""One version against another that is live at the same time: their panes, their alarms.

The records of the one are counted a second time by the layout of the other (`Rows.view`), in a
stream of its own. At each pane that closes, this stream looks at the same pane of the other
version: where `Stream` compares with the training data, it compares with what is live.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.monitor.alarms import SEVERITIES, AlarmState, Change, Verdict, step
from driftwatch.monitor.comparison import ComparedColumn, ComparisonReport, compared
from driftwatch.monitor.detector import Detector, DetectorPolicy
from driftwatch.monitor.finding import Finding
from driftwatch.monitor.gauges import Gauges
from driftwatch.monitor.shadow import Shadow, ShadowPolicy
from driftwatch.monitor.stream import Stream, StreamPolicy
from driftwatch.pieces import Pieces
from driftwatch.records import WHOLE, FloatArray, IntArray, Rows, StreamKey
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.layout import CONDITION_ROLES, CategoricalLayout
from driftwatch.stats.event_words import event_words, share_words
from driftwatch.stats.versus import Side, Versus

_NOWHERE = -1


@dataclass(frozen=True, slots=True)
class View:
    """By whose layout a version's records are counted once more, and with what they are compared.

    baseline: of the other version. against: the stream of all its records. shared: the columns
    that both versions have. shadow: how their answers to one request are compared, if they are.
    """

    baseline: Baseline
    against: StreamKey
    shared: frozenset[str]
    shadow: ShadowPolicy | None = None


class VersusDetector(Detector):
    """The evidence between two versions, and the alarms that it raises."""

    def __init__(
        self,
        baseline: Baseline,
        policy: DetectorPolicy,
        places: tuple[int, ...],
        pane_of_other: Callable[[int], Counts | None],
    ) -> None:
        """places: the columns that are compared. pane_of_other: by its start, where it has one."""
        super().__init__(baseline, replace(policy, budget_panes=None))
        layout = baseline.layout()
        self.places = places
        self._pane_of_other = pane_of_other
        bases = baseline.bases()
        self.versus: Versus | None = None
        if policy.budget_panes is not None and places:
            self.versus = Versus(
                [bases[i] for i in places],
                policy.tolerance[list(places)],
                policy.watched,
                policy.budget_panes,
            )
            self._compared = self.versus.start()
        events = [bases[i].events for i in places]
        # Of a condition people ask how often it holds, whichever of its two words tells more.
        self._holds: dict[int, int] = {}
        for i, event in zip(places, events, strict=True):
            column = layout.columns[i]
            if isinstance(column, CategoricalLayout) and column.role in CONDITION_ROLES:
                for source, each in enumerate(event.events):
                    if each.kind == "word" and column.vocabulary[each.first] == "true":
                        self._holds[i] = source
        starts = [int(layout.starts[i]) for i in places]
        self._cells = [
            (slice(start, start + layout.columns[i].size), event.bounds[:-1])
            for i, start, event in zip(places, starts, events, strict=True)
        ]

    def side(self, cells: IntArray, rows: int) -> Side:
        """What the evidence looks at, from the cells of all columns."""
        parts = [np.add.reduceat(cells[part], bounds) for part, bounds in self._cells]
        return Side(np.concatenate(parts), rows)

    def step(
        self,
        pane: IntArray,
        rows: int,
        gauges: Callable[[], Gauges | None],  # noqa: ARG002 - nobody sets thresholds here
        start_us: int,
        end_us: int,
    ) -> list[Change]:
        """What changes as a pane closes."""
        if self.versus is None:
            return []
        other = self._pane_of_other(start_us)
        if other is not None:
            sides = self.side(pane, rows), self.side(other.cells, other.rows)
            self._compared = self.versus.step(self._compared, *sides, start_us)
        self.alarms, changes = step(self.alarms, [self._verdict()], self.policy.hold_us, end_us)
        ended = np.zeros((len(SEVERITIES), len(self.places)), dtype=np.bool_)
        for change in changes:
            if not change.raised:
                severity = SEVERITIES.index(change.severity)
                ended[severity, self.places.index(change.column)] = True
        self._compared = self.versus.reset(self._compared, ended)
        return changes

    def _verdict(self) -> Verdict:
        assert self.versus is not None
        evidence = self.evidence
        passes = evidence >= 1.0
        quiet = np.ones_like(passes)
        quiet[:, list(self.places)] = self.versus.quiet(self._compared)
        onset_us = np.full(passes.shape, _NOWHERE, dtype=np.int64)
        for severity, column in np.argwhere(passes & ~self.alarms.active).tolist():
            place = self.places.index(column)
            onset_us[severity, column] = self.versus.winner(
                self._compared, severity, place
            ).onset_us
        statistic = np.full(passes.shape, len(self.statistics) - 1)
        return Verdict(passes, quiet, statistic, evidence, onset_us)

    @property
    def evidence(self) -> FloatArray:
        """(severities, C) from 0 to 1, the alarm; 0 for a column that is not compared."""
        found = np.zeros(self.alarms.active.shape)
        if self.versus is None:
            return np.full_like(found, np.nan)
        found[:, list(self.places)] = self.versus.evidence(self._compared)
        return found

    def words(
        self, severity: int, column: int, here: Side, there: Side
    ) -> tuple[int, float, float]:
        """Which event says most of a column, and its share in both versions.

        here, there: what was counted since the onset.
        """
        assert self.versus is not None
        place = self.places.index(column)
        events = self.versus.bases[place].events
        source = self._holds.get(column)
        if source is None:
            source = self.versus.winner(self._compared, severity, place, (here, there)).source
        first = sum(basis.events.groups for basis in self.versus.bases[:place])
        shares = []
        for side in (here, there):
            seen, asked = events.counts(side.groups[first : first + events.groups])
            shares.append(float(seen[source] / max(1, int(asked[source]))))
        return source, shares[0], shares[1]

    def take_share(self, share: float) -> None:
        """Spend this part of the budget of false alarms only."""
        if self.versus is not None:
            self.versus.take_share(share)

    def quieten(self) -> None:
        """Forget all alarms and all evidence."""
        super().quieten()
        if self.versus is not None:
            self._compared = self.versus.start()

    def to_bytes(self) -> bytes:
        """For the store."""
        compared = None if self.versus is None else self.versus.to_bytes(self._compared)
        return msgspec.msgpack.encode((super().to_bytes(), compared))

    def restore(self, data: bytes) -> None:
        """Take up what was stored. Raises msgspec.MsgspecError or ValueError.

        Evidence that was gathered for other events starts anew.
        """
        alarms, compared = msgspec.msgpack.decode(data, type=tuple[bytes, bytes | None])
        super().restore(alarms)
        if self.versus is not None and compared is not None:
            known = self.versus.from_bytes(compared)
            self._compared = self.versus.start() if known is None else known


class VersusStream(Stream):
    """The records of one version, counted by the layout of another that they are compared with.

    other: the stream of that version's records; it has to close its panes after this one.
    """

    def __init__(self, key: StreamKey, view: View, policy: StreamPolicy, other: Stream) -> None:
        super().__init__(key, view.baseline, policy)
        self.other = other
        places = tuple(
            i for i, column in enumerate(self.layout.columns) if column.name in view.shared
        )
        self.versus = VersusDetector(view.baseline, policy.alarms, places, other.open_pane)
        self.detector = self.versus
        self.shadow: Shadow | None = None
        if view.shadow is not None:
            self.shadow = Shadow(view.shadow, self.layout, places)
        bases = view.baseline.bases()
        self._phi = [bases[i].dependence.largest for i in places]
        self._looked: dict[tuple[int, int], int] = {}

    def pair(self, batch: Sequence[Rows]) -> None:
        """Take in what both versions answered, where their answers are compared one by one."""
        if self.shadow is None:
            return
        for rows in batch:
            if (rows.route, rows.view) == (self.key.route, self.key.segment):
                self.shadow.add("here", rows)
            elif (rows.route, rows.view) == (self.other.key.route, WHOLE):
                self.shadow.add("there", rows)

    def looking(self) -> Pieces[None]:
        """Bring the words of the standing alarms up to date: as often as their time has doubled."""
        by_alarm = self.findings.by_alarm
        active = {(s, c) for s, c in np.argwhere(self.alarms.active).tolist()}
        for ended in by_alarm.keys() - active:
            del by_alarm[ended]
            self._looked.pop(ended, None)
        end_us = self.closed_until_us or 0
        for severity, column in active:
            onset_us = int(self.alarms.onset_us[severity, column])
            elapsed_us = end_us - onset_us
            if elapsed_us >= 2 * self._looked.get((severity, column), 0):
                by_alarm[severity, column] = Finding(self._words(severity, column, onset_us), None)
                self._looked[severity, column] = max(1, elapsed_us)
                yield

    def _words(self, severity: int, column: int, onset_us: int) -> str | None:
        if self.versus.versus is None:
            return None
        here = self.since(onset_us)
        there = self.other.seen(onset_us, self.closed_until_us or 0)
        sides = (self.versus.side(counts.cells, counts.rows) for counts in (here, there))
        source, share, of_other = self.versus.words(severity, column, *sides)
        layout = self.layout.columns[column]
        place = self.versus.places.index(column)
        event = self.versus.versus.bases[place].events.events[source]
        name = event_words(layout, event, layout.name not in self.policy.sensitive)
        return (
            f"{name}: {share_words(share)} of version {self.key.model_version}, "
            f"{share_words(of_other)} of version {self.other.key.model_version}"
        )

    def comparison(self, end_us: int, retired: bool, total: FloatArray) -> ComparisonReport:
        """How the two compare.

        end_us: where windows end. retired: whether one of them is. total: (severities, C) how
        often each alarm was raised.
        """
        at = list(self.versus.places)
        columns = tuple(
            ComparedColumn(self.columns[i].name, self.columns[i].role, self.columns[i].kind, i)
            for i in at
        )
        phi = np.array([float(np.median(each)) for each in self._phi])
        pairs = zip(self.window_counts(end_us), self.other.window_counts(end_us), strict=True)
        windows = tuple(
            compared(window, self.layout, here, there, self.versus.places, phi)
            for window, (here, there) in zip(self.policy.windows, pairs, strict=True)
        )
        alarms = AlarmState(*(array[:, at] for array in self.alarms.arrays))  # type: ignore[arg-type]
        page = SEVERITIES.index("page")
        words: dict[str, str] = {}
        for severity, column in sorted(self.findings.by_alarm, key=lambda each: each[0] == page):
            said = self.findings.by_alarm[severity, column].words
            if said is not None:
                words[self.columns[column].name] = said
        return ComparisonReport(
            self.key,
            self.other.key.model_version,
            columns,
            windows,
            alarms,
            self.evidence[:, at],
            total[:, at],
            words,
            None if self.shadow is None else self.shadow.report(),
            retired,
        )
