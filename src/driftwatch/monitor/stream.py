"""One stream: its open panes, its windows and its alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from driftwatch.baseline.artifact import Baseline
from driftwatch.errors import StateError
from driftwatch.monitor.alarms import AlarmPolicy, AlarmState, Change, standing, step
from driftwatch.monitor.checkpoint import PaneKey
from driftwatch.monitor.gauges import MIN_ROWS, baseline_gauges, gauges
from driftwatch.monitor.report import Column, WindowReport
from driftwatch.monitor.windows import Window, WindowPolicy
from driftwatch.records import StreamKey
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.top_words import TopWords
from driftwatch.stats.reference import make_reference


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """What a stream measures.

    pane_us: the length of a pane. windows: shortest first. alarm_window: which of them the alarms
    look at. alarms: their bounds. min_rows: of the alarm window, below which nothing is raised.
    sensitive: columns of which no value is ever shown.
    """

    pane_us: int
    windows: tuple[WindowPolicy, ...]
    alarm_window: int
    alarms: AlarmPolicy
    min_rows: int = MIN_ROWS
    sensitive: frozenset[str] = frozenset()


class _Detector(msgspec.Struct, frozen=True):
    """What a stream keeps besides its panes."""

    closed_until_us: int | None
    first_seen_us: int | None
    statistics: tuple[str, ...]
    alarms: bytes


class Stream:
    """The state of one stream, from confirmed panes only."""

    def __init__(self, key: StreamKey, baseline: Baseline, policy: StreamPolicy) -> None:
        self.key = key
        self.policy = policy
        self.layout = baseline.layout()
        self.counter = RowCounter(self.layout)
        self.reference = make_reference(self.layout, baseline.counts())
        self.baseline = baseline_gauges(self.reference)
        self.columns = tuple(Column(c.name, c.role, c.kind) for c in self.layout.columns)
        self.alarms = AlarmState.quiet(len(self.columns))
        self.records = 0
        self.first_seen_us: int | None = None
        self.new_values: dict[str, TopWords] = {}
        self.closed_until_us: int | None = None
        self._restart()

    def _restart(self) -> None:
        self._open: dict[int, Counts] = {}
        self._windows = [Window(w, self.counter.empty()) for w in self.policy.windows]

    @property
    def fingerprint(self) -> str:
        """Changes when the state of before can't be gone on with."""
        return f"{self.policy.pane_us}:{self.layout.fingerprint}"

    def add(self, start_us: int, counts: Counts) -> int:
        """Take in confirmed counts of a pane.

        Returns how many of the records came after their pane was closed: these are in the counts
        and the gauges, not in the evidence.
        """
        self.records += counts.rows
        if self.first_seen_us is None or start_us < self.first_seen_us:
            self.first_seen_us = start_us
        if self.closed_until_us is not None and start_us < self.closed_until_us:
            for window in self._windows:
                window.add(start_us, counts)
            return counts.rows
        pane = self._open.get(start_us)
        if pane is None:
            self._open[start_us] = counts.copy()
        else:
            pane.add(counts)
        return 0

    def restore(self, panes: Mapping[PaneKey, Counts]) -> None:
        """Replace all panes by stored ones; those of other streams are passed over.

        Each is asked for once and let go again: there may be more than memory holds.
        """
        self._restart()
        self.records = 0
        mine = sorted(
            (key for key in panes if key.stream == self.key), key=lambda key: key.start_us
        )
        for key in mine:
            # What was rolled up into a block was closed long ago.
            if key.length_us > self.policy.pane_us:
                self.closed_until_us = max(self.closed_until_us or 0, key.start_us + key.length_us)
        for key in mine:
            if self.add(key.start_us, panes[key]):
                for window in self._windows:
                    window.expire(key.start_us)

    def note_new_values(self, column: int, words: TopWords) -> None:
        """Remember words that the baseline has never seen, unless nobody may see them."""
        name = self.columns[column].name
        if name not in self.policy.sensitive:
            self.new_values.setdefault(name, TopWords()).merge(words)

    def close_panes(self, watermark_us: int) -> list[Change]:
        """Close every open pane that ends at or before the watermark, in order.

        The alarms take a step at each of them.
        """
        changes: list[Change] = []
        due = sorted(s for s in self._open if s + self.policy.pane_us <= watermark_us)
        for start in due:
            end = start + self.policy.pane_us
            pane = self._open.pop(start)
            for window in self._windows:
                window.add(start, pane)
                window.expire(end)
            self.closed_until_us = end
            changes.extend(self._step(start, end))
        # Panes without records close too: what still comes for them comes late.
        floor = watermark_us - watermark_us % self.policy.pane_us
        if self.first_seen_us is not None and floor > (self.closed_until_us or 0):
            self.closed_until_us = floor
        return changes

    def _step(self, start_us: int, end_us: int) -> list[Change]:
        if not self.policy.alarms.statistics:
            return []
        counts = self._windows[self.policy.alarm_window].counts(end_us)
        if counts.rows < max(MIN_ROWS, self.policy.min_rows):
            return []
        found = gauges(counts, self.reference, self.policy.alarms.statistics)
        self.alarms, changes = step(self.policy.alarms, self.alarms, found, start_us, end_us)
        return changes

    def windows(self, end_us: int) -> tuple[WindowReport, ...]:
        """Every window as it stands at `end_us`, open panes included."""
        return tuple(self._window(window, end_us) for window in self._windows)

    def _window(self, window: Window, end_us: int) -> WindowReport:
        policy = window.policy
        open_panes = [
            counts
            for start, counts in self._open.items()
            if start < end_us and start + self.policy.pane_us > end_us - policy.length_us
        ]
        counts = window.counts(end_us, open_panes)
        covered = 0 if self.first_seen_us is None else end_us - self.first_seen_us
        return WindowReport(
            policy.name,
            policy.length_us,
            end_us,
            min(1.0, max(0.0, covered / policy.length_us)),
            counts,
            gauges(counts, self.reference),
        )

    def standing(self, severity: int, column: int) -> Change:
        """An alarm that is raised, as the change that raised it."""
        return standing(self.policy.alarms, self.alarms, severity, column)

    def detector_bytes(self) -> bytes:
        """The state of the alarms for the store."""
        return msgspec.msgpack.encode(
            _Detector(
                self.closed_until_us,
                self.first_seen_us,
                self.policy.alarms.statistics,
                self.alarms.to_bytes(),
            )
        )

    def restore_detector(self, data: bytes) -> None:
        """Take the alarms up where they were. Raises StateError for bytes that are no such state.

        Alarms by statistics that are no longer configured are dropped, the others go on.
        """
        try:
            stored = msgspec.msgpack.decode(data, type=_Detector)
            alarms = AlarmState.from_bytes(stored.alarms)
        except (msgspec.MsgspecError, ValueError) as problem:
            raise StateError(f"the stored alarms of {self.key} can't be read") from problem
        self.closed_until_us = stored.closed_until_us
        self.first_seen_us = stored.first_seen_us
        if alarms.raised_us.shape == self.alarms.raised_us.shape:
            self.alarms = alarms.counted_by(stored.statistics, self.policy.alarms.statistics)
