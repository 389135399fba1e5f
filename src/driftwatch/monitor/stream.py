"""One stream: its open panes, its windows and its alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import numpy as np

from driftwatch.baseline.artifact import Baseline
from driftwatch.errors import StateError
from driftwatch.explain import nameable
from driftwatch.monitor.alarms import SEVERITIES, AlarmState, Change
from driftwatch.monitor.detector import Detector, DetectorPolicy
from driftwatch.monitor.finding import Finding, Findings
from driftwatch.monitor.gauges import MIN_ROWS, Gauges, baseline_gauges, gauges
from driftwatch.monitor.report import Column, WindowReport
from driftwatch.monitor.trail import Trail
from driftwatch.monitor.volume import VolumePolicy
from driftwatch.monitor.windows import Window, WindowPolicy
from driftwatch.pieces import Pieces, whole
from driftwatch.protocol.checkpoint import PaneKey
from driftwatch.records import SECOND_US, FloatArray, IntArray, StreamKey
from driftwatch.sketch.counter import RowCounter
from driftwatch.sketch.counts import Counts
from driftwatch.sketch.top_words import TopWords
from driftwatch.stats.bars import make_bars
from driftwatch.stats.reference import make_reference


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """What a stream measures.

    pane_us: the length of a pane. windows: shortest first. alarms: what raises them.
    alarm_window: which window their thresholds look at, where it has `min_rows`.
    sensitive: columns of which no value is ever shown. show_values: of the others also values that
    few records had. history_us: how much of the past the plots show. meaning: changes where records
    are counted otherwise in the same cells: by another condition, or derived in another way.
    conditions: by column that says of one whether it holds, its text. volume: how many records are
    usual, where the baseline knows.
    """

    pane_us: int
    windows: tuple[WindowPolicy, ...]
    alarms: DetectorPolicy
    alarm_window: int = 0
    min_rows: int = MIN_ROWS
    sensitive: frozenset[str] = frozenset()
    show_values: bool = False
    history_us: int = 7 * 86_400 * SECOND_US
    meaning: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    volume: VolumePolicy | None = None


class Noted(NamedTuple):
    """An alarm that changed or stands, and what is known of it."""

    change: Change
    finding: Finding | None


class _Stored(msgspec.Struct, frozen=True):
    """What a stream keeps besides its panes."""

    closed_until_us: int | None
    first_seen_us: int | None
    detector: bytes
    trail: bytes = b""


class Stream:
    """The state of one stream, from confirmed panes only.

    counted: (cells,) records that were confirmed since this object began; never changed in place.
    """

    def __init__(self, key: StreamKey, baseline: Baseline, policy: StreamPolicy) -> None:
        self.key = key
        self.policy = policy
        self.layout = baseline.layout()
        self.counter = RowCounter(self.layout)
        self.reference = make_reference(self.layout, baseline.counts())
        self.baseline = baseline_gauges(self.reference)
        self.columns = tuple(Column(c.name, c.role, c.kind) for c in self.layout.columns)
        self.detector = Detector(baseline, policy.alarms)
        self.findings = Findings(
            self.layout, self.reference.counts, policy.sensitive, policy.show_values
        )
        bars = make_bars(self.layout, self.reference.counts.cells, policy.sensitive)
        self.trail = Trail(bars, policy.pane_us, policy.history_us)
        self.counted: IntArray = np.zeros(self.layout.size, dtype=np.int64)
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
        parts = (str(self.policy.pane_us), self.layout.fingerprint, self.policy.meaning)
        return ":".join(filter(None, parts))

    def confirm(self, start_us: int, counts: Counts) -> int:
        """Take in counts of a pane that were confirmed just now. Returns what `add` does."""
        self.counted = self.counted + counts.cells
        return self.add(start_us, counts)

    def add(self, start_us: int, counts: Counts) -> int:
        """Take in confirmed counts of a pane.

        Returns how many of the records came after their pane was closed: these are in the counts
        and the gauges, not in the evidence.
        """
        self.records += counts.rows
        self.trail.add(start_us, counts.rows, counts.cells)
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
        self.trail.forget_counts()
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

    def named_values(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """By column, the most frequent words that training never saw and that may be named."""
        shown = self.policy.show_values
        return {name: nameable(words.top(), shown) for name, words in self.new_values.items()}

    def close_panes(self, watermark_us: int) -> list[Noted]:
        """Close every open pane that ends at or before the watermark, in order.

        The alarms take a step at each of them.
        """
        return whole(self.closing(watermark_us))

    def closing(self, watermark_us: int) -> Pieces[list[Noted]]:
        """`close_panes` in pieces: the step at a pane, and each look at what has moved."""
        noted: list[Noted] = []
        due = sorted(s for s in self._open if s + self.policy.pane_us <= watermark_us)
        for start in due:
            end = start + self.policy.pane_us
            pane = self._open.pop(start)
            for window in self._windows:
                window.add(start, pane)
                window.expire(end)
            self.closed_until_us = end
            noted.extend((yield from self._step(pane, start, end)))
        # Panes without records close too: what still comes for them comes late.
        floor = watermark_us - watermark_us % self.policy.pane_us
        if self.first_seen_us is not None and floor > (self.closed_until_us or 0):
            self.closed_until_us = floor
        return noted

    def _step(self, pane: Counts, start_us: int, end_us: int) -> Pieces[list[Noted]]:
        def of_alarm_window() -> Gauges | None:
            counts = self._windows[self.policy.alarm_window].counts(end_us)
            if counts.rows < max(MIN_ROWS, self.policy.min_rows):
                return None
            return gauges(counts, self.reference, self.policy.alarms.thresholds.statistics)

        yield from self.detector.prepare(start_us)
        changes = self.detector.step(pane.cells, pane.rows, of_alarm_window, start_us, end_us)
        self.trail.note(start_us, self.detector.evidence)
        yield
        known = dict(self.findings.by_alarm)
        yield from self.looking()
        known |= self.findings.by_alarm
        return [
            Noted(change, known.get((SEVERITIES.index(change.severity), change.column)))
            for change in changes
        ]

    def quieten(self) -> None:
        """Forget all alarms and what was known of them."""
        self.detector.quieten()
        whole(self.looking())

    def looking(self) -> Pieces[None]:
        """Bring what is known of the standing alarms up to date."""
        if self.alarms.active.any() or self.findings.by_alarm:
            words = {name: words.top() for name, words in self.new_values.items()}
            end_us = self.closed_until_us or 0
            yield from self.findings.looking(
                self.detector, self.since, end_us, self.policy.pane_us, words
            )

    def open_pane(self, start_us: int) -> Counts | None:
        """The pane that begins then, if it has records and is not closed yet."""
        return self._open.get(start_us)

    def since(self, start_us: int) -> Counts:
        """What was counted since a moment, by the finest window that reaches back to it."""
        end_us = self.closed_until_us or 0
        for window in self._windows:
            if end_us - window.policy.length_us <= start_us:
                return window.since(start_us)
        return self._windows[-1].since(start_us)

    def seen(self, start_us: int, end_us: int) -> Counts:
        """What was counted from one moment to another, open panes included."""
        is_closed = self.closed_until_us is not None and self.closed_until_us > start_us
        counts = self.since(start_us).copy() if is_closed else self.counter.empty()
        for start, pane in self._open.items():
            if start_us <= start < end_us:
                counts.add(pane)
        return counts

    def windows(self, end_us: int) -> tuple[WindowReport, ...]:
        """Every window as it stands at `end_us`, open panes included."""
        found: list[WindowReport] = []
        for window in self._windows:
            counts = self._counts(window, end_us)
            # While a stream is young its windows hold the same.
            known = next((one.gauges for one in found if one.counts == counts), None)
            found.append(self._window(window.policy, end_us, counts, known))
        return tuple(found)

    def window_counts(self, end_us: int) -> list[Counts]:
        """What every window that ends at `end_us` holds, open panes included."""
        return [self._counts(window, end_us) for window in self._windows]

    def _counts(self, window: Window, end_us: int) -> Counts:
        begin_us = end_us - window.policy.length_us
        open_panes = [
            counts
            for start, counts in self._open.items()
            if start < end_us and start + self.policy.pane_us > begin_us
        ]
        return window.counts(end_us, open_panes)

    def _window(
        self, policy: WindowPolicy, end_us: int, counts: Counts, known: Gauges | None
    ) -> WindowReport:
        covered = 0 if self.first_seen_us is None else end_us - self.first_seen_us
        return WindowReport(
            policy.name,
            policy.length_us,
            end_us,
            min(1.0, max(0.0, covered / policy.length_us)),
            counts,
            gauges(counts, self.reference) if known is None else known,
        )

    def is_silent(self, end_us: int) -> bool:
        """Whether the longest window that ends at `end_us` holds nothing."""
        newest = max(self._open, default=None)
        length_us = self.policy.windows[-1].length_us
        is_open = newest is not None and newest + self.policy.pane_us > end_us - length_us
        return not is_open and self._windows[-1].rows(end_us) == 0

    @property
    def alarms(self) -> AlarmState:
        """Where the alarms stand."""
        return self.detector.alarms

    @property
    def evidence(self) -> FloatArray:
        """(severities, C) of the alarms' thresholds; NaN before the first pane has closed."""
        found = self.detector.evidence
        return found if self.closed_until_us is not None else np.full_like(found, np.nan)

    def standing(self) -> list[Noted]:
        """The alarms that are raised, with what is known of them."""
        return [
            Noted(
                self.detector.standing(severity, column),
                self.findings.by_alarm.get((severity, column)),
            )
            for severity, column in np.argwhere(self.alarms.active).tolist()
        ]

    def detector_bytes(self) -> bytes:
        """The state of the alarms for the store."""
        return msgspec.msgpack.encode(
            _Stored(
                self.closed_until_us,
                self.first_seen_us,
                self.detector.to_bytes(),
                self.trail.to_bytes(),
            )
        )

    def restore_detector(self, data: bytes) -> None:
        """Take the alarms up where they were. Raises StateError for bytes that are no such state.

        Alarms by statistics that are no longer configured are dropped, the others go on.
        """
        try:
            stored = msgspec.msgpack.decode(data, type=_Stored)
            self.detector.restore(stored.detector)
            if stored.trail:
                self.trail.restore(stored.trail)
        except (msgspec.MsgspecError, ValueError) as problem:
            raise StateError(f"the stored alarms of {self.key} can't be read") from problem
        self.closed_until_us = stored.closed_until_us
        self.first_seen_us = stored.first_seen_us
