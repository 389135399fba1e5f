"""The alarms of the process as events with a beginning and an end."""

from collections import deque
from collections.abc import Iterable
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
        self.raised: dict[tuple[StreamKey, str, Severity], int] = {}

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

    def restore(self, stream: Stream) -> None:
        """Take up the alarms that stood when the state was saved."""
        for severity, column in zip(*stream.alarms.active.nonzero(), strict=True):
            event = _event(stream, stream.standing(int(severity), int(column)))
            if not any(
                known.cleared_us is None and _identity(known) == _identity(event)
                for known in self._events
            ):
                self._events.append(event)

    @property
    def events(self) -> tuple[AlarmEvent, ...]:
        """The alarms, oldest first."""
        return tuple(self._events)

    def take_fresh(self) -> tuple[AlarmEvent, ...]:
        """What was raised or cleared since this was asked last."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh


def _identity(event: AlarmEvent) -> tuple[StreamKey, str, Severity]:
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
