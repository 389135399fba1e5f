"""The alarms of the process as events with a beginning and an end."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from driftwatch.monitor.alarms import SEVERITIES, Change, Severity
from driftwatch.monitor.gauges import RATIO_GAUGES
from driftwatch.monitor.report import AlarmEvent
from driftwatch.monitor.stream import Stream
from driftwatch.records import StreamKey

MAX_EVENTS = 10_000


class AlarmLog:
    """The latest alarms, oldest first.

    raised: how often each severity of each column was raised since the process began.
    """

    def __init__(self) -> None:
        self._events: deque[AlarmEvent] = deque(maxlen=MAX_EVENTS)
        self._fresh: list[AlarmEvent] = []
        self.raised: dict[_Identity, int] = {}

    def record(self, stream: Stream, changes: Iterable[Change]) -> None:
        """Note what changed when panes of a stream closed."""
        for change in changes:
            event = _event(stream, change)
            if change.raised:
                self._events.append(event)
                self.raised[_identity(event)] = self.raised.get(_identity(event), 0) + 1
            else:
                self._clear(event)
            self._fresh.append(event)

    def _clear(self, cleared: AlarmEvent) -> None:
        for i in range(len(self._events) - 1, -1, -1):
            known = self._events[i]
            if known.cleared_us is None and _identity(known) == _identity(cleared):
                self._events[i] = replace(known, cleared_us=cleared.cleared_us)
                return
        self._events.append(cleared)  # raised before this process began

    def restore(self, streams: Mapping[StreamKey, Stream]) -> None:
        """Take up the alarms that stand, and end those that no longer do.

        An alarm ends without having been cleared where its column, its statistic or its stream is
        no longer watched, or its stream began anew.
        """
        standing = {
            _identity(event): event
            for stream in streams.values()
            for severity, column in zip(*stream.alarms.active.nonzero(), strict=True)
            for event in [_event(stream, stream.standing(int(severity), int(column)))]
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


_Identity = tuple[StreamKey, str, Severity]


def _identity(event: AlarmEvent) -> _Identity:
    return event.stream, event.column, event.severity


def _event(stream: Stream, change: Change) -> AlarmEvent:
    column = stream.columns[change.column]
    policy = stream.policy.alarms
    row = policy.statistics.index(change.statistic)
    ratio = change.statistic in RATIO_GAUGES
    return AlarmEvent(
        stream.key,
        column.name,
        column.role,
        change.severity,
        change.raised_us,
        change.onset_us,
        change.cleared_us,
        change.statistic,
        change.value,
        float(policy.baseline[row, change.column]) if ratio else None,
        float(policy.bounds[SEVERITIES.index(change.severity), row, change.column]),
    )
