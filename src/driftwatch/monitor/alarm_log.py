"""The alarms of the process as events with a beginning and an end."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from driftwatch.monitor.alarms import EVIDENCE, SEVERITIES, Severity
from driftwatch.monitor.gauges import RATIO_GAUGES
from driftwatch.monitor.report import AlarmEvent
from driftwatch.monitor.stream import Noted, Stream
from driftwatch.records import StreamKey

MAX_EVENTS = 10_000


class AlarmLog:
    """The latest alarms, oldest first.

    raised: how often each severity of each column was raised since the process began.
    """

    def __init__(self) -> None:
        self._events: deque[AlarmEvent] = deque(maxlen=MAX_EVENTS)
        self._fresh: list[AlarmEvent] = []
        self._explained: list[AlarmEvent] = []
        self.raised: dict[_Identity, int] = {}

    def record(self, stream: Stream, noted: Iterable[Noted]) -> None:
        """Note what changed when panes of a stream closed."""
        for each in noted:
            event = _event(stream, each)
            if each.change.raised:
                self._events.append(event)
                self.raised[_identity(event)] = self.raised.get(_identity(event), 0) + 1
            else:
                self._clear(event)
            self._fresh.append(event)

    def _clear(self, cleared: AlarmEvent) -> None:
        for i in range(len(self._events) - 1, -1, -1):
            known = self._events[i]
            if known.cleared_us is None and _identity(known) == _identity(cleared):
                found = cleared if cleared.words or cleared.explanation else known
                self._events[i] = replace(
                    known,
                    cleared_us=cleared.cleared_us,
                    words=found.words,
                    explanation=found.explanation,
                )
                return
        self._events.append(cleared)  # raised before this process began

    def refresh(self, stream: Stream) -> None:
        """Note what is known by now of the alarms of a stream that stand."""
        events = (_event(stream, each) for each in stream.standing())
        known = {_identity(event): event for event in events}
        for i in range(len(self._events) - 1, -1, -1):
            if not known:
                return
            event = self._events[i]
            now = known.pop(_identity(event), None)
            if now is None or (now.words is None and now.explanation is None):
                continue
            if _kind(now) != _kind(event):
                self._explained.append(now)
            self._events[i] = replace(event, words=now.words, explanation=now.explanation)

    def restore(self, streams: Mapping[StreamKey, Stream]) -> None:
        """Take up the alarms that stand, and end those that no longer do.

        An alarm ends without having been cleared where its column, its statistic or its stream is
        no longer watched, or its stream began anew. What was said of a column that is sensitive by
        now is forgotten.
        """
        for i, event in enumerate(self._events):
            stream = streams.get(event.stream)
            if stream is not None and event.column in stream.policy.sensitive:
                self._events[i] = replace(event, words=None, explanation=None)
        standing = {
            _identity(event): event
            for stream in streams.values()
            for each in stream.standing()
            for event in [_event(stream, each)]
        }
        for event in [event for event in self._events if event.cleared_us is None]:
            if standing.pop(_identity(event), None) is None:
                stream = streams.get(event.stream)
                end_us = stream.closed_until_us if stream is not None else None
                cleared = replace(event, cleared_us=max(event.raised_us, end_us or 0))
                self._clear(cleared)
                self._fresh.append(cleared)
        self._events.extend(standing.values())

    @property
    def events(self) -> tuple[AlarmEvent, ...]:
        """The alarms, oldest first."""
        return tuple(self._events)

    def take_fresh(self) -> tuple[AlarmEvent, ...]:
        """What was raised or cleared since this was asked last."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

    def take_explained(self) -> tuple[AlarmEvent, ...]:
        """Alarms that look like something else than when this was asked last."""
        explained, self._explained = tuple(self._explained), []
        return explained


_Identity = tuple[StreamKey, str, Severity]


def _identity(event: AlarmEvent) -> _Identity:
    return event.stream, event.column, event.severity


def _kind(event: AlarmEvent) -> str | None:
    return None if event.explanation is None else event.explanation.kind


def _event(stream: Stream, noted: Noted) -> AlarmEvent:
    change, finding = noted
    column = stream.columns[change.column]
    statistic = stream.detector.statistics[change.statistic]
    bound, baseline = 1.0, None
    if statistic != EVIDENCE:
        policy = stream.policy.alarms.thresholds
        severity = SEVERITIES.index(change.severity)
        bound = float(policy.bounds[severity, change.statistic, change.column])
        if statistic in RATIO_GAUGES:
            baseline = float(policy.baseline[change.statistic, change.column])
    return AlarmEvent(
        stream.key,
        column.name,
        column.role,
        change.severity,
        change.raised_us,
        change.onset_us,
        change.cleared_us,
        statistic,
        change.value,
        baseline,
        bound,
        None if finding is None else finding.words,
        None if finding is None else finding.explanation,
    )
