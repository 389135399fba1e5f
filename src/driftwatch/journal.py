"""What a process says about itself in its log, from one report to the next.

Only what changed is said, so that a log of a quiet day is short. A line holds no value of a record
but what an alarm's words may name (see `docs/explanation/privacy.md`).
"""

from collections.abc import Iterable, Mapping

import structlog

from driftwatch.deadletters.port import Delivery
from driftwatch.monitor.alarm_words import alarm_words, when
from driftwatch.monitor.report import NO_BUDGET, AlarmEvent, BlindReason, Budget, Report
from driftwatch.records import SECOND_US, StreamKey
from driftwatch.sources.port import Problem

REJECTS_EVERY_US = 60 * SECOND_US

log = structlog.get_logger("driftwatch")


class Journal:
    """Remembers what was said last."""

    def __init__(self) -> None:
        self._blind: dict[StreamKey, Mapping[BlindReason, str]] = {}
        self._reasons: dict[str, int] = {}
        self._reasons_said_us: dict[str, int] = {}
        self._unknown_columns = 0
        self._problems: frozenset[Problem] = frozenset()
        self._budget = NO_BUDGET
        self._dropped = 0
        self._dropped_said_us: int | None = None

    def write(self, report: Report) -> None:
        """Say what is new in this report."""
        if report.budget != self._budget:
            self._budget = report.budget
            log.info("budget of false alarms", **_shares(report.budget))
        for event in report.fresh:
            self._alarm(event)
        for event in report.explained:
            log.info("what changed", **_facts(event))
        for stream in report.streams:
            before = self._blind.get(stream.key, {})
            key = stream.key._asdict()
            for blind in stream.blind.keys() - before.keys():
                log.warning("blind", reason=blind, because=stream.blind[blind], **key)
            for blind in before.keys() - stream.blind.keys():
                log.info("no longer blind", reason=blind, **key)
            self._blind[stream.key] = stream.blind
        for reason, count in report.reasons.items():
            new = count - self._reasons.get(reason, 0)
            said = self._reasons_said_us.get(reason)
            if new > 0 and (said is None or report.now_us - said >= REJECTS_EVERY_US):
                log.warning("records refused", reason=reason, new=new, total=count)
                self._reasons[reason] = count
                self._reasons_said_us[reason] = report.now_us
        fresh = report.unknown_columns[self._unknown_columns :]
        if fresh:
            log.info("columns that no baseline has", names=list(fresh))
            self._unknown_columns = len(report.unknown_columns)

    def problems(self, found: Iterable[Problem]) -> None:
        """Say what newly stands in the way of the source."""
        now = frozenset(found)
        for problem in sorted(now - self._problems):
            log.warning("source problem", where=problem.where, what=problem.what)
        self._problems = now

    def dead_letters(
        self, deliveries: Mapping[Delivery, int], problem: str | None, now_us: int
    ) -> None:
        """Say, once a minute at most, that dead letters are dropped or wait, and why."""
        dropped = deliveries["dropped"]
        said = self._dropped_said_us
        is_due = said is None or now_us - said >= REJECTS_EVERY_US
        if is_due and (problem is not None or dropped > self._dropped):
            new = dropped - self._dropped
            log.warning("dead letters not written", dropped=new, total=dropped, problem=problem)
            self._dropped, self._dropped_said_us = dropped, now_us

    def _alarm(self, event: AlarmEvent) -> None:
        if event.cleared_us is not None:
            log.info("alarm cleared", at=when(event.cleared_us), **_facts(event))
        elif event.severity == "page":
            log.error("alarm raised", at=when(event.raised_us), **_facts(event))
        else:
            log.warning("alarm raised", at=when(event.raised_us), **_facts(event))


def _facts(event: AlarmEvent) -> dict[str, str]:
    return {
        **event.stream._asdict(),
        "column": event.column,
        "role": event.role,
        "severity": event.severity,
        "since": when(event.onset_us),
        "words": alarm_words(event),
    }


def _shares(budget: Budget) -> dict[str, object]:
    if budget.column_seconds is None:
        return {"columns": budget.columns, "each": "thresholds only"}
    days = budget.column_seconds / 86_400
    return {"columns": budget.columns, "each": f"one false alarm in {days:,.1f} days"}
